from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.engine.matching import after_takes, plan_base, plan_quote
from adapters.simulator.engine.orders import cost
from domain.model.market import Level
from domain.model.money import Price, Quantity
from domain.model.product import Side
from tests.builders.messages import a_level
from tests.builders.steps import ASKS, BIDS

STEP = Decimal("0.00000001")
RATE = Decimal("0.012")

quantities = st.integers(1, 10**10).map(lambda number: Decimal(number).scaleb(-8))
asks = st.lists(st.tuples(st.integers(1, 500), quantities), min_size=1, max_size=8).map(
    lambda pairs: tuple(
        Level(Price(Decimal(price) / 100), Quantity(quantity))
        for price, quantity in sorted(dict(pairs).items())
    )
)


def test_a_buy_walks_offers_from_the_best_up() -> None:
    plan = plan_base(Side.BUY, ASKS, Decimal("1.5"), None, None)
    assert plan.takes == (a_level("101.00", "1"), a_level("102.00", "0.5"))
    assert plan.complete
    assert plan.value == Decimal("152")


def test_a_sale_walks_bids_from_the_best_down() -> None:
    plan = plan_base(Side.SELL, BIDS, Decimal(100), None, None)
    assert [take.price for take in plan.takes] == [99, 98, 97]
    assert not plan.complete


def test_the_limit_ends_the_walk() -> None:
    plan = plan_base(Side.BUY, ASKS, Decimal(5), Decimal("101.99"), None)
    assert plan.takes == (a_level("101.00", "1"),)
    assert not plan.complete
    assert not plan.met_own


def test_the_walk_stops_at_an_own_order_after_the_level_of_its_price() -> None:
    plan = plan_base(Side.BUY, ASKS, Decimal(5), None, Decimal("102.00"))
    assert [take.price for take in plan.takes] == [101, 102]
    assert plan.met_own


def test_an_own_order_beyond_the_limit_is_not_met() -> None:
    plan = plan_base(Side.BUY, ASKS, Decimal(5), Decimal("101.50"), Decimal("102.00"))
    assert not plan.met_own


@given(asks, quantities)
def test_takes_never_exceed_size_or_levels_and_never_skip_a_better_price(
    levels: tuple[Level, ...], size: Decimal
) -> None:
    plan = plan_base(Side.BUY, levels, size, None, None)
    assert plan.quantity == min(size, sum(one.quantity for one in levels))
    assert [take.price for take in plan.takes] == [one.price for one in levels[: len(plan.takes)]]
    for take, one in zip(plan.takes[:-1], levels, strict=False):
        assert take.quantity == one.quantity


@given(asks, quantities)
def test_what_is_taken_and_what_is_left_make_the_book_again(
    levels: tuple[Level, ...], size: Decimal
) -> None:
    plan = plan_base(Side.BUY, levels, size, None, None)
    left = after_takes(levels, plan.takes)
    assert sum(one.quantity for one in left) + plan.quantity == sum(one.quantity for one in levels)
    assert all(one.quantity > 0 for one in left)


@given(asks, st.integers(100, 10**9).map(lambda number: Decimal(number).scaleb(-2)))
def test_a_quote_sized_buy_never_costs_more_than_its_amount(
    levels: tuple[Level, ...], amount: Decimal
) -> None:
    plan = plan_quote(levels, amount, RATE, STEP, None, None)
    spent = sum((cost(take.price, take.quantity, RATE) for take in plan.takes), Decimal(0))
    assert spent <= amount
    assert all(take.quantity % STEP == 0 for take in plan.takes)
    if plan.complete:
        dearest = levels[max(len(plan.takes) - 1, 0)].price
        next_price = levels[min(len(plan.takes), len(levels) - 1)].price
        unspent = amount - spent
        assert unspent < cost(max(dearest, next_price), STEP, RATE) + Decimal("1e-15")


def test_a_quote_sized_buy_spends_amount_over_one_plus_rate() -> None:
    levels = (a_level("2.00", "1000"),)
    plan = plan_quote(levels, Decimal("6.36"), Decimal("0.006"), STEP, None, None)
    # 6.36 / 1.006 = 6.3220675944333996…, half of it in whole increments
    assert plan.takes == (a_level("2.00", "3.16103379"),)
    assert plan.complete


def test_a_quote_sized_buy_beyond_the_depth_is_not_complete() -> None:
    plan = plan_quote(ASKS, Decimal(100_000), RATE, STEP, None, None)
    assert plan.quantity == 6
    assert not plan.complete
