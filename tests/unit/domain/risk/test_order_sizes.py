"""What the table calls tradable the gate approves, and what it calls closed the gate refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.messages.decisions import OrderApproved
from domain.model.context import Regime
from domain.model.money import Amount, Price, plain
from domain.risk.gate import judge_entry
from domain.risk.order_sizes import (
    Bidder,
    Means,
    OfferedProduct,
    OrderSizes,
    cents_up,
    equity_for,
    order_sizes,
    shortfall,
)
from tests.builders.messages import (
    BTC,
    TAKER,
    a_mandate,
    a_portfolio,
    a_product,
    a_quote,
    a_tier,
    a_view,
    an_entry,
    the_rules,
)

pytestmark = pytest.mark.req("C2")
MANY = settings(max_examples=150, deadline=None)
STOP = Decimal(3)
PRICED = OfferedProduct(product=a_product(), tier="T1", price=Price(Decimal(100)))


def means(nlv: Decimal | int, regime: Regime = Regime.CHOP, **changes: Any) -> Means:
    values: dict[str, Any] = {
        "nlv": Amount(Decimal(nlv)),
        "taker": TAKER,
        "multiplier": regime.multiplier,
        "mandate": a_mandate(),
        "rules": the_rules(),
    }
    return Means(**{**values, **changes})


def sizes(given: Means, listing: OfferedProduct = PRICED) -> OrderSizes:
    (found,) = order_sizes([listing], [Bidder("breakout", STOP)], given)
    return found


def is_approved(given: Means, regime: Regime, listing: OfferedProduct = PRICED) -> bool:
    """Tell whether the real gate approves the smallest entry, with nothing held."""
    view = a_view(
        mandate=given.mandate,
        portfolio=a_portfolio(plain(given.nlv)),
        products={BTC: listing.product},
        quotes={BTC: a_quote()},
        regime=regime,
    )
    wish = an_entry(notional_pct=Decimal("0.001"), stop_loss_pct=STOP)
    return isinstance(judge_entry(wish, view, 1, given.rules), OrderApproved)


@MANY
@given(
    nlv=st.decimals("1", "2000", places=2),
    regime=st.sampled_from([Regime.CHOP, Regime.BEAR, Regime.BULL, Regime.CRASH]),
    caps=st.tuples(*[st.decimals("0.1", "5", places=1)] * 5),
    order_cap=st.decimals("1", "20", places=1),
    step=st.sampled_from(["0.00000001", "0.01", "1"]),
    minimum=st.sampled_from(["0", "1", "7"]),
)
def test_the_table_says_what_the_gate_does(
    nlv: Decimal,
    regime: Regime,
    caps: tuple[Decimal, ...],
    order_cap: Decimal,
    step: str,
    minimum: str,
) -> None:
    position, asset, theme, tier, budget = caps
    product = a_product(base_increment=Decimal(step), quote_min=Decimal(minimum))
    given_ = means(
        nlv,
        regime,
        rules=the_rules(
            position_pct=position,
            asset_pct=asset,
            max_order_usd=order_cap,
            max_per_theme_pct={"LAYER1": theme},
        ),
        mandate=a_mandate(
            tiers={"T1": a_tier(position_pct=tier)},
            themes={"LAYER1": ("BTC",)},
            budget_pct={"breakout": budget},
        ),
    )
    listing = evolve(PRICED, product=product)
    found = sizes(given_, listing)

    assert found.is_open == is_approved(given_, regime, listing)
    if found.opens_at is not None:
        assert found.is_open == (nlv >= found.opens_at) or abs(nlv - found.opens_at) < 1
        assert is_approved(evolve(given_, nlv=found.opens_at), regime, listing)
        below = Amount(found.opens_at * Decimal("0.99") - Decimal("0.01"))
        assert below <= 0 or not is_approved(evolve(given_, nlv=below), regime, listing)
    elif regime is not Regime.CRASH:
        assert not is_approved(evolve(given_, nlv=Amount(Decimal(10) ** 7)), regime, listing)


@pytest.mark.parametrize(
    ("changes", "binding", "largest"),
    [
        ({}, "policy.caps.position_pct", 300),
        ({"max_order_usd": Decimal(250)}, "policy.max_order_usd", 250),
        ({"asset_pct": Decimal(2)}, "policy.caps.asset_pct", 200),
        ({"max_per_asset_pct": {"BTC": Decimal(1)}}, "policy.max_per_asset_pct.BTC", 100),
        ({"max_per_theme_pct": {"LAYER1": Decimal(2)}}, "policy.max_per_theme_pct.LAYER1", 200),
        ({"total_pct": Decimal(1)}, "policy.caps.total_pct", 100),
    ],
)
def test_the_key_that_binds_is_named(changes: dict[str, Any], binding: str, largest: int) -> None:
    rules = the_rules(**{"max_per_theme_pct": {"LAYER1": Decimal(10)}, **changes})
    mandate = a_mandate(themes={"LAYER1": ("BTC",)})

    found = sizes(means(10_000, rules=rules, mandate=mandate))

    assert (found.binding, int(found.largest)) == (binding, largest)


@pytest.mark.parametrize(
    ("changes", "binding"),
    [
        ({"tiers": {"T1": a_tier(position_pct=Decimal(1))}}, "universe.tiers.T1.position_pct"),
        ({"tiers": {"T1": a_tier(tier_pct=Decimal(1))}}, "universe.tiers.T1.tier_pct"),
        ({"budget_pct": {"breakout": Decimal(1)}}, "strategies.breakout.max_at_risk_pct"),
        ({"allotment": Amount(Decimal(9))}, "policy.capital.allotment"),
    ],
)
def test_what_other_files_bind_is_named_too(changes: dict[str, Any], binding: str) -> None:
    assert sizes(means(10_000, mandate=a_mandate(**changes))).binding == binding


def test_the_venue_bounds_an_order_too() -> None:
    small = evolve(PRICED, product=a_product(quote_max=Decimal(5)))
    few = evolve(PRICED, product=a_product(base_max=Decimal("0.1")))

    assert sizes(means(10_000), small).binding == "quote_max of the venue"
    assert sizes(means(10_000), few).binding == "base_max of the venue"


def test_the_venue_takes_an_order_before_fees_and_what_it_takes_too_little_of_is_shut() -> None:
    bounds: list[tuple[dict[str, Any], Decimal]] = [
        ({"quote_max": Decimal(5)}, Decimal("5.06")),
        ({"base_max": Decimal("0.1")}, Decimal("10.12")),
    ]
    for changes, largest in bounds:
        assert sizes(means(10_000), evolve(PRICED, product=a_product(**changes))).largest == largest
    for name, most in (("quote_max", "1"), ("base_max", "0.01")):
        small: dict[str, Any] = {name: Decimal(most)}
        found = sizes(means(10_000), evolve(PRICED, product=a_product(**small)))
        assert (found.opens_at, found.shut_by) == (None, f"{name} of the venue")


def test_an_allotment_that_is_too_small_shuts_everything_whatever_the_equity() -> None:
    found = sizes(means(10**6, mandate=a_mandate(allotment=Amount(Decimal(1)))))

    assert (found.opens_at, found.shut_by) == (None, "policy.capital.allotment")


def test_without_any_cap_all_the_equity_may_be_spent_on_one_entry() -> None:
    smallest = sizes(means(100)).smallest

    assert sizes(means(100, rules=())) == OrderSizes(
        product=BTC,
        tier="T1",
        strategy="breakout",
        smallest=smallest,
        largest=Amount(Decimal(100)),
        binding="equity",
        opens_at=cents_up(smallest),
        shut_by="",
    )


def test_a_limit_that_is_just_enough_shuts_nothing() -> None:
    smallest = sizes(means(100)).smallest

    found = sizes(means(100, rules=the_rules(max_order_usd=smallest)))

    assert (found.shut_by, found.largest, found.is_open) == ("", smallest, True)


def test_a_share_of_little_grows_with_the_equity() -> None:
    assert sizes(means(10)).opens_at == sizes(means(10_000)).opens_at is not None


def test_what_no_equity_opens_has_none() -> None:
    shut = means(10**6, rules=the_rules(max_order_usd=Decimal(1)))
    crash = means(10**6, Regime.CRASH)

    none = means(10**6, rules=the_rules(position_pct=Decimal(0)))

    assert sizes(crash).largest == 0
    for given_, key in (
        (shut, "policy.max_order_usd"),
        (crash, "universe.regime"),
        (none, "policy.caps.position_pct"),
    ):
        found = sizes(given_)
        assert (found.opens_at, found.is_open, found.shut_by) == (None, False, key)


def test_the_strategy_with_the_nearest_way_in_counts() -> None:
    bidders = [Bidder("breakout", Decimal(15)), Bidder("calm", Decimal(1))]
    mandate = a_mandate(budget_pct={"breakout": Decimal(15), "calm": Decimal(15)})
    (found,) = order_sizes([PRICED], bidders, means(60, mandate=mandate))

    assert found.strategy == "calm"
    assert order_sizes([PRICED], [], means(60)) == ()


def test_where_no_equity_helps_the_strategy_with_the_widest_room_is_told() -> None:
    """Nobody can buy what the venue sells only in orders that are too small to be sold again."""
    bidders = [Bidder("breakout", STOP), Bidder("calm", STOP)]
    mandate = a_mandate(budget_pct={"breakout": Decimal("0.5"), "calm": Decimal(15)})
    tiny = evolve(PRICED, product=a_product(quote_max=Decimal(1)))

    (found,) = order_sizes([tiny], bidders, means(100, mandate=mandate))

    assert (found.strategy, found.opens_at) == ("calm", None)


def several(nlv: int) -> tuple[OrderSizes, ...]:
    """Return four products: three that need 71, 142 and 284 USD, and one that nothing opens."""
    tiers = {f"T{number}": a_tier(position_pct=Decimal(3) / 2**number) for number in range(3)} | {
        "T3": a_tier(position_pct=Decimal(0))
    }
    listings = [
        OfferedProduct(product=a_product(f"{base}-USD"), tier=tier)
        for base, tier in zip("ABCD", tiers, strict=True)
    ]
    given_ = means(nlv, mandate=a_mandate(tiers=tiers))
    return order_sizes(listings, [Bidder("breakout", STOP)], given_)


def test_too_few_tradable_products_are_told_with_the_equity_that_opens_enough() -> None:
    assert shortfall(several(300), Amount(Decimal(300)), "USD") is None

    told = shortfall(several(150), Amount(Decimal(150)), "USD")
    assert told is not None
    needed = equity_for(several(150), 3)
    assert needed is not None
    assert shortfall(several(150), Amount(Decimal(150)), "USD") == (
        "with 150.00 USD 2 of 4 products can be bought; C-USD needs 2.12 an entry, "
        f"universe.tiers.T2.position_pct allows 1.12; 3 are tradable from {needed} USD on"
    )
    assert shortfall(several(int(needed) + 1), Amount(needed), "USD") is None


def test_what_no_money_cures_names_the_key() -> None:
    closed = tuple(evolve(each, opens_at=None, shut_by="policy.x") for each in several(150))

    told = shortfall(closed, Amount(Decimal(150)), "USD")
    assert told is not None
    assert told.endswith("no equity opens 3: see policy.x")

    keys = ("policy.x", "policy.y", "policy.x", "")
    closed = tuple(evolve(each, shut_by=key) for each, key in zip(closed, keys, strict=True))
    told = shortfall(closed, Amount(Decimal(150)), "USD")
    assert told is not None
    assert told.endswith("no equity opens 3: see policy.x, policy.y")


def test_of_few_products_all_are_wanted() -> None:
    (one, *_) = several(300)
    assert shortfall([one], Amount(Decimal(300)), "USD") is None
    assert shortfall([evolve(one, largest=Amount(Decimal(1)))], Amount(Decimal(9)), "USD")
    assert equity_for([one], 1) == one.opens_at
    assert equity_for([one], 2) is None
    assert equity_for([one], 0) is None


def test_what_is_enough_is_rounded_up() -> None:
    assert cents_up(Amount(Decimal("2.1301"))) == Decimal("2.14")
    assert cents_up(Amount(Decimal("2.13"))) == Decimal("2.13")
