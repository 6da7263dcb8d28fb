"""Trims: what is held above a cap is sold down to it, never more than is owned."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions.trims import HUNDRED, HeldLots, Trim, TrimCaps, Upkeep, trims
from domain.model.instants import MINUTE, Nanos
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.portfolio import Lot
from domain.model.product import Product, ProductId, base_of
from tests.builders.messages import BTC, ETH, NOW, a_lot, a_product

ON = Upkeep(enabled=True, trims_per_round=5)
NLV = Amount(Decimal(10_000))
BTC_USDC = ProductId("BTC-USDC")
NAMES = (BTC, ETH, BTC_USDC)


def pct(value: str) -> Decimal:
    return Decimal(value)


def caps(**changes: Any) -> TrimCaps:
    """Return caps that nothing reaches, but for those of the test."""
    return TrimCaps(
        **{"total_pct": HUNDRED, "position_pct": HUNDRED, "asset_pct": HUNDRED, **changes}
    )


def owned(number: int, quantity: str, product: ProductId = BTC, **changes: Any) -> Lot:
    """Return a lot; the lower its number, the older it is."""
    opened = Nanos(NOW + number * MINUTE)
    values = {"id": f"lot-{number}", "product": product, "opened_ns": opened, **changes}
    return a_lot(quantity, **values)


def holding(*lots: Lot, bid: str = "100", nlv: Amount | None = NLV, **changes: Any) -> HeldLots:
    products = {name: a_product(name, **changes) for name in NAMES}
    return HeldLots(
        lots=lots, bids=dict.fromkeys(NAMES, Price(Decimal(bid))), products=products, nlv=nlv
    )


def sold(found: tuple[Trim, ...]) -> dict[str, Decimal]:
    return {each.lot.id: each.quantity for each in found}


@pytest.mark.req("E1")
@pytest.mark.parametrize(
    ("which", "name"),
    [
        ({"position_pct": pct("3")}, "position BTC-USD"),
        ({"asset_pct": pct("3")}, "asset BTC"),
        ({"per_asset_pct": {"BTC": pct("3")}}, "asset BTC"),
        ({"themes": {"L1": (("BTC", "ETH"), pct("3"))}}, "theme L1"),
        ({"total_pct": pct("3")}, "total"),
    ],
)
def test_what_is_held_above_any_cap_is_sold_down_to_it_oldest_first(
    which: dict[str, Any], name: str
) -> None:
    held = holding(owned(2, "3"), owned(1, "1"))

    found = trims(held, caps(**which), ON)

    assert sold(found) == {"lot-1": 1}, "400 is held, 300 is allowed"
    assert found[0].why == f"{name}: 4.00 % of equity held, its cap is 3 %"


@pytest.mark.req("E1")
def test_an_asset_is_trimmed_over_all_its_products() -> None:
    held = holding(owned(1, "2"), owned(2, "2", BTC_USDC), owned(3, "9", ETH))

    assert sold(trims(held, caps(per_asset_pct={"BTC": pct("1")}), ON)) == {
        "lot-1": 2,
        "lot-2": 1,
    }


@pytest.mark.req("E1")
def test_what_a_narrow_cap_sells_counts_for_the_wide_one() -> None:
    held = holding(owned(1, "5"), owned(2, "4", ETH))

    found = trims(held, caps(position_pct=pct("4"), total_pct=pct("7")), ON)

    assert sold(found) == {"lot-1": 2}, "one for the position, then one for the total"
    assert found[0].why.startswith("position BTC-USD")


@pytest.mark.parametrize(
    ("held", "upkeep"),
    [
        (holding(owned(1, "9")), Upkeep()),
        (holding(owned(1, "9"), nlv=None), ON),
        (holding(owned(1, "9"), nlv=Amount(ZERO)), ON),
        (evolve(holding(owned(1, "9"), owned(2, "1", ETH)), bids={BTC: Price(HUNDRED)}), ON),
        (evolve(holding(owned(1, "9")), products={}), ON),
        (holding(owned(1, "3.02")), ON),
        (holding(owned(1, "9", missing=Quantity(Decimal(9)))), ON),
        (holding(owned(1, "0.5"), owned(2, "0.5"), owned(3, "9"), base_min=Decimal(10)), ON),
    ],
    ids=[
        "off",
        "no value",
        "nothing worth",
        "a lot without a price",
        "not in the catalogue",
        "within the margin",
        "gone from the venue",
        "too small to be sold",
    ],
)
@pytest.mark.req("E1")
def test_nothing_is_trimmed_while_it_is_off_in_doubt_or_not_needed(
    held: HeldLots, upkeep: Upkeep
) -> None:
    assert trims(held, caps(position_pct=pct("3")), upkeep) == ()


@pytest.mark.req("E1")
@pytest.mark.parametrize(
    ("quantity", "least", "sale"),
    [("4", "1.5", "1.5"), ("4", "3.5", "4"), ("3.4", "0.1", "0.4"), ("3.3", "0.5", "0.5")],
)
def test_a_sale_is_at_least_the_smallest_and_leaves_nothing_that_cannot_be_sold(
    quantity: str, least: str, sale: str
) -> None:
    held = holding(owned(1, quantity), base_min=Decimal(least))

    assert sold(trims(held, caps(total_pct=pct("3")), ON)) == {"lot-1": Decimal(sale)}


@pytest.mark.req("E1")
def test_one_round_sells_from_no_more_lots_than_it_may() -> None:
    held = holding(*(owned(number, "1") for number in range(1, 9)))

    found = trims(held, caps(total_pct=pct("1")), evolve(ON, trims_per_round=2))

    assert sold(found) == {"lot-1": 1, "lot-2": 1}


quantities = st.decimals("0.0001", "50", places=4).map(str)
shares = st.decimals("0", "15", places=2)


@st.composite
def situations(draw: st.DrawFn) -> tuple[HeldLots, TrimCaps, Upkeep]:
    sizes = draw(st.lists(st.tuples(quantities, st.sampled_from(NAMES)), max_size=6))
    lots = tuple(owned(number, size, name) for number, (size, name) in enumerate(sizes))
    held = holding(
        *lots,
        bid=str(draw(st.decimals("0.5", "900", places=2))),
        base_increment=draw(st.sampled_from([Decimal("0.0001"), Decimal("0.01")])),
        base_min=draw(st.sampled_from([Decimal("0.0001"), Decimal(2)])),
        quote_min=draw(st.sampled_from([Decimal(1), Decimal(40)])),
    )
    limits = caps(
        total_pct=draw(shares),
        position_pct=draw(shares),
        asset_pct=draw(shares),
        themes={"ALL": (("BTC", "ETH"), draw(shares))},
    )
    return held, limits, Upkeep(enabled=True, trims_per_round=draw(st.integers(1, 5)))


@pytest.mark.req("E1", "X6")
@given(situations())
def test_no_plan_sells_more_than_is_owned_or_what_the_venue_refuses(
    situation: tuple[HeldLots, TrimCaps, Upkeep],
) -> None:
    held, limits, upkeep = situation

    found = trims(held, limits, upkeep)

    assert len(found) == len({each.lot.id for each in found}) <= upkeep.trims_per_round
    for each in found:
        product = held.products[each.lot.product]
        assert each.lot in held.lots
        assert 0 < each.quantity <= each.lot.held
        assert product.quantity_down(each.quantity) == each.quantity
        assert product.can_sell(each.quantity, each.bid)
        rest = product.quantity_down(each.lot.held - each.quantity)
        assert rest == 0 or product.can_sell(rest, each.bid)


def after(held: HeldLots, found: tuple[Trim, ...]) -> HeldLots:
    gone = sold(found)
    lots = (
        evolve(lot, quantity=Quantity(lot.quantity - gone.get(lot.id, ZERO))) for lot in held.lots
    )
    return evolve(held, lots=tuple(lot for lot in lots if lot.quantity))


@pytest.mark.req("E1")
@given(situations())
def test_rounds_end_within_every_margin_or_with_what_cannot_be_sold(
    situation: tuple[HeldLots, TrimCaps, Upkeep],
) -> None:
    held, limits, upkeep = situation
    for _ in range(20):
        found = trims(held, limits, upkeep)
        if not found:
            break
        held = after(held, found)

    assert trims(held, limits, upkeep) == (), "it comes to an end"
    for cap in limits.over(lot.product for lot in held.lots):
        members = [lot for lot in held.lots if lot.product in cap.products]
        worth = sum((lot.held * held.bids[lot.product] for lot in members), ZERO)
        is_within = worth <= NLV * (cap.pct + upkeep.margin_pct) / HUNDRED
        assert is_within or not any(sellable(lot, held) for lot in members), cap.name


def sellable(lot: Lot, held: HeldLots) -> bool:
    product: Product = held.products[lot.product]
    assert base_of(lot.product) == product.base
    return product.can_sell(product.sale_of(lot.held), held.bids[lot.product])


@pytest.mark.req("E1")
@given(situations())
def test_one_large_enough_round_reaches_the_cap_that_it_sells_for(
    situation: tuple[HeldLots, TrimCaps, Upkeep],
) -> None:
    held, limits, _ = situation
    only = caps(total_pct=limits.total_pct)
    found = trims(held, only, evolve(ON, trims_per_round=5))
    left = after(held, found)

    worth = sum((lot.held * left.bids[lot.product] for lot in left.lots), ZERO)
    is_full = len(found) == 5 or not any(sellable(lot, left) for lot in left.lots)
    assert not found or is_full or worth <= NLV * limits.total_pct / HUNDRED
