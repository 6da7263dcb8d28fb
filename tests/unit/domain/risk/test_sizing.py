"""From a wish in percent to a legal order: never above the wish, never too small to leave."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.model.approval import Refusal
from domain.model.money import ZERO, Amount, Price, Quantity, Rate, plain
from domain.risk import reasons
from domain.risk.sizing import Sized, entry_price, size_entry, size_rest, smallest_quantity
from tests.builders.messages import TAKER, a_product, a_proposal, a_quote

NLV = Amount(Decimal(10_000))
CEILING = Amount(Decimal(300))


def sized(**changes: Any) -> Sized | Refusal:
    values: dict[str, Any] = {
        "proposal": a_proposal(),
        "product": a_product(),
        "quote": a_quote(),
        "nlv": NLV,
        "taker": TAKER,
        "multiplier": Decimal(1),
        "offset_bps": ZERO,
        "ceiling": CEILING,
    }
    return size_entry(**{**values, **changes})


@pytest.mark.req("X3")
def test_two_percent_of_equity_pays_price_and_taker_fee() -> None:
    order = sized()

    assert isinstance(order, Sized)
    # 200 / (100 · 1.012) = 1.97628458…
    assert order.quantity == Decimal("1.97628458")
    assert order.worst_case == Decimal("1.97628458") * 100 * Decimal("1.012")
    assert (order.limit_price, order.post_only, order.is_raised) == (Decimal(100), True, False)


@pytest.mark.parametrize(
    ("offset_bps", "price", "post_only"),
    [
        ("0", "100.00", True),
        ("10", "99.90", True),
        ("0.5", "99.99", True),
        ("-10", "100.21", False),
    ],
)
def test_an_offset_rests_below_the_bid_or_crosses_above_the_ask(
    offset_bps: str, price: str, *, post_only: bool
) -> None:
    order = sized(offset_bps=Decimal(offset_bps))

    assert isinstance(order, Sized)
    assert (order.limit_price, order.post_only) == (Decimal(price), post_only)


@pytest.mark.req("X3")
def test_half_of_the_smallest_entry_still_sells_at_the_stop_after_fees() -> None:
    product, price = a_product(quote_min=Decimal(10)), entry_price(a_product(), a_quote(), ZERO)

    least = smallest_quantity(product, price, Decimal(3), TAKER)

    def proceeds(quantity: Decimal) -> Decimal:
        return quantity / 2 * price * Decimal("0.97") * (1 - TAKER)

    assert proceeds(least) >= 10
    assert proceeds(least - product.base_increment) < 10


@pytest.mark.req("X3")
@given(st.decimals("0.01", "1000", places=2))
def test_half_of_the_smallest_entry_is_no_less_than_the_venue_trades(least: Decimal) -> None:
    product = a_product(base_min=least, quote_min=ZERO)

    assert smallest_quantity(product, Price(Decimal(100)), Decimal(3), TAKER) == 2 * least


@pytest.mark.req("X3")
def test_too_small_a_wish_is_raised_to_the_smallest_entry_and_says_so() -> None:
    order = sized(nlv=Amount(Decimal(50)), ceiling=Amount(Decimal(5)))

    assert isinstance(order, Sized)
    assert order.is_raised
    assert Decimal(2) < order.worst_case <= 5


@pytest.mark.req("X3", "E1")
def test_the_smallest_entry_is_never_raised_above_the_ceiling() -> None:
    raised = sized(nlv=Amount(Decimal(50)))
    assert isinstance(raised, Sized)

    at_limit = sized(nlv=Amount(Decimal(50)), ceiling=raised.worst_case)
    below = sized(
        nlv=Amount(Decimal(50)), ceiling=Amount(raised.worst_case - Decimal("0.00000001"))
    )

    assert at_limit == raised
    assert isinstance(below, Refusal)
    assert below == Refusal(
        reason=reasons.BELOW_MINIMUM,
        observed=f"smallest entry {plain(raised.quantity)} BTC",
        limit=f"{plain(Decimal(raised.worst_case) - Decimal('0.00000001'))} in cost",
    )


@pytest.mark.req("X3")
def test_a_wish_for_just_the_smallest_entry_is_not_raised() -> None:
    product = a_product(base_increment=Decimal("0.01"), quote_max=Decimal(3))
    raised = sized(nlv=Amount(Decimal(50)), product=product)
    assert isinstance(raised, Sized)
    wish = Amount(raised.worst_case * 50)  # 2 % of it

    order = sized(nlv=wish, product=product, ceiling=ZERO)

    assert isinstance(order, Sized)
    assert (order.quantity, order.is_raised) == (raised.quantity, False)


@pytest.mark.req("X3")
def test_a_size_is_raised_up_to_the_venues_largest_order() -> None:
    raised = sized(nlv=Amount(Decimal(50)))
    assert isinstance(raised, Sized)
    step = a_product().base_increment

    just = sized(nlv=Amount(Decimal(50)), product=a_product(base_max=raised.quantity))
    below = sized(nlv=Amount(Decimal(50)), product=a_product(base_max=raised.quantity - step))

    assert just == raised
    assert isinstance(below, Refusal)


@pytest.mark.req("U3")
def test_a_crash_raises_nothing() -> None:
    assert isinstance(sized(multiplier=ZERO), Refusal)


def test_the_venues_largest_order_binds() -> None:
    by_base = sized(product=a_product(base_max=Decimal("0.5")))
    by_quote = sized(product=a_product(quote_max=Decimal(30)))

    assert isinstance(by_base, Sized)
    assert isinstance(by_quote, Sized)
    assert by_base.quantity == Decimal("0.5")
    assert by_quote.quantity * by_quote.limit_price <= 30
    assert isinstance(sized(product=a_product(base_max=Decimal("0.001"))), Refusal)


def test_a_price_that_rounds_to_nothing_is_refused() -> None:
    assert sized(quote=a_quote("0.001", "0.002")) == Refusal(
        reason=reasons.BELOW_MINIMUM, observed="price 0", limit="above 0"
    )


def test_a_price_of_a_part_of_one_is_a_price() -> None:
    for offset in (0, 10):
        order = sized(quote=a_quote("0.5", "0.51"), offset_bps=Decimal(offset))

        assert isinstance(order, Sized)
        assert 0 < order.limit_price < 1


STEPS = st.sampled_from([Decimal(1).scaleb(-places) for places in range(9)])


@pytest.mark.req("X3", "E1")
@given(
    bid=st.decimals("0.0001", "99999", places=4),
    spread=st.decimals("0.0001", "50", places=4),
    tick=STEPS,
    lot=STEPS,
    nlv=st.decimals("10", "1000000", places=2),
    pct=st.decimals("0.01", "5", places=2),
    taker=st.decimals("0", "0.02", places=4),
    multiplier=st.sampled_from([Decimal("0.6"), Decimal(1), Decimal("1.2")]),
    offset=st.decimals("-100", "2000", places=1),
    ceiling=st.decimals("1", "1000", places=2),
)
def test_an_order_is_legal_and_never_above_the_wish(
    bid: Decimal,
    spread: Decimal,
    tick: Decimal,
    lot: Decimal,
    nlv: Decimal,
    pct: Decimal,
    taker: Decimal,
    multiplier: Decimal,
    offset: Decimal,
    ceiling: Decimal,
) -> None:
    product = a_product(price_increment=tick, base_increment=lot, base_min=lot)
    order = sized(
        proposal=a_proposal(notional_pct=pct),
        product=product,
        quote=a_quote(str(bid), str(bid + spread)),
        nlv=Amount(nlv),
        taker=Rate(taker),
        multiplier=multiplier,
        offset_bps=offset,
        ceiling=Amount(ceiling),
    )
    assume(isinstance(order, Sized))
    assert isinstance(order, Sized)

    assert order.limit_price % tick == 0
    assert order.quantity % lot == 0
    assert product.base_min <= order.quantity <= product.base_max
    assert order.worst_case == order.quantity * order.limit_price * (1 + taker)
    assert order.worst_case <= (ceiling if order.is_raised else nlv * pct / 100 * multiplier)
    assert order.quantity >= smallest_quantity(product, order.limit_price, Decimal(3), Rate(taker))
    if order.post_only:
        assert order.limit_price <= bid
    else:
        assert order.limit_price >= bid + spread


@pytest.mark.req("U1", "U3")
@pytest.mark.parametrize(("multiplier", "most", "cost"), [("1", "150", 150), ("1.2", "200", 200)])
def test_no_size_passes_what_the_tier_allows_whatever_the_regime(
    multiplier: str, most: str, cost: int
) -> None:
    order = sized(multiplier=Decimal(multiplier), most=Amount(Decimal(most)))

    assert isinstance(order, Sized)
    assert cost - 1 < order.worst_case <= cost


@pytest.mark.req("U1", "X3")
def test_nothing_is_raised_above_what_the_tier_allows() -> None:
    least = sized(proposal=a_proposal(notional_pct=Decimal("0.01")))
    assert isinstance(least, Sized)
    assert least.is_raised

    most = Amount(least.worst_case - Decimal("0.01"))
    assert isinstance(sized(proposal=a_proposal(notional_pct=Decimal("0.01")), most=most), Refusal)


@pytest.mark.req("X3", "X5")
def test_a_rest_is_no_larger_than_what_is_left_and_no_smaller_than_the_smallest_entry() -> None:
    product, price = a_product(base_increment=Decimal("0.1")), Price(Decimal(100))

    def rest(left: str) -> Sized | Refusal:
        quantity, stop = Quantity(Decimal(left)), Decimal(3)
        return size_rest(product, price, quantity, stop, TAKER, rests=True)

    found = rest("1.57")
    assert isinstance(found, Sized)
    assert (found.quantity, found.limit_price, found.post_only) == (Decimal("1.5"), price, True)
    assert found.worst_case == 150 * (1 + TAKER)
    assert found.is_raised is False
    least = smallest_quantity(product, price, Decimal(3), TAKER)
    assert isinstance(rest(str(least)), Sized)
    assert isinstance(rest(str(least - Decimal("0.01"))), Refusal)
    assert isinstance(rest("0"), Refusal)


@pytest.mark.req("X3", "X5")
@pytest.mark.parametrize("price", ["0", "-1"])
def test_a_rest_has_no_order_at_a_price_that_is_none(price: str) -> None:
    refusal = size_rest(
        a_product(), Price(Decimal(price)), Quantity(Decimal(1)), Decimal(3), TAKER, rests=True
    )

    assert isinstance(refusal, Refusal)
    told = (refusal.reason, refusal.observed, refusal.limit)
    assert told == ("below_minimum", f"price {price}", "above 0")


@pytest.mark.req("X3", "X5")
def test_a_rest_that_is_taken_is_no_post_only_order_and_one_too_small_says_how_small() -> None:
    product, price, stop = a_product(), Price(Decimal("0.5")), Decimal(3)
    taken = size_rest(product, price, Quantity(Decimal(100)), stop, TAKER, rests=False)
    small = size_rest(product, price, Quantity(Decimal(1)), stop, TAKER, rests=False)

    assert isinstance(taken, Sized)
    assert (taken.quantity, taken.post_only) == (Decimal(100), False)
    assert isinstance(small, Refusal)
    least = smallest_quantity(product, price, stop, TAKER)
    assert small.observed == "what is left 1 BTC"
    assert small.limit == f"at least {plain(least)}"


@pytest.mark.req("X3", "X5")
@pytest.mark.parametrize(("most", "quantity"), [("base_max", "1"), ("quote_max", "0.5")])
def test_a_rest_is_no_larger_than_the_venues_largest_order(most: str, quantity: str) -> None:
    limits: dict[str, Any] = {"base_max": Decimal(1), "quote_max": Decimal(50)}
    price, left = Price(Decimal(100)), Quantity(Decimal(2))

    found = size_rest(a_product(**{most: limits[most]}), price, left, Decimal(3), TAKER, rests=True)

    assert isinstance(found, Sized)
    assert found.quantity == Decimal(quantity)
