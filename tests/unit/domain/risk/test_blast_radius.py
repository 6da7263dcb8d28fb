"""No market and no strategy makes the mechanism lose more than the bound says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve, field, mutable
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.money import ONE, ZERO, Amount, Rate
from domain.risk.blast_radius import HUNDRED, LossMechanism, blast_radius

pytestmark = pytest.mark.req("E1", "DD1")
MANY = settings(max_examples=150, deadline=None)


def a_mechanism(**changes: Any) -> LossMechanism:
    values: dict[str, Any] = {
        "nlv": Amount(Decimal(10_000)),
        "order_cap": Amount(Decimal(300)),
        "at_risk_cap": Amount(Decimal(1_500)),
        "daily_loss": Amount(Decimal(300)),
        "max_stop_pct": Decimal(15),
        "taker": Rate(Decimal("0.012")),
        "interval_ns": Nanos(MINUTE),
        "trades_per_round": 5,
    }
    return LossMechanism(**{**values, **changes})


def most(mechanism: LossMechanism, window: str) -> Decimal:
    return next(
        each.most for each in blast_radius(mechanism, "USD").windows if each.window == window
    )


@mutable
class World:
    """The mechanism in small: one product whose price only falls, lots, stops, and a halt."""

    mechanism: LossMechanism
    cash: Decimal
    price: Decimal = ONE
    lots: list[tuple[Decimal, Decimal]] = field(factory=list)
    """Of each its quantity and its stop."""
    is_halted: bool = False

    @property
    def equity(self) -> Decimal:
        held = sum((quantity for quantity, _ in self.lots), ZERO)
        return self.cash + held * self.price * (ONE - self.mechanism.taker)

    def buy(self, cost: Decimal, stop_pct: Decimal) -> None:
        """Buy for as much of `cost` as cap and order cap leave, at the taker fee."""
        at_risk = sum((quantity for quantity, _ in self.lots), ZERO) * self.price
        cost = min(cost, self.mechanism.order_cap, self.mechanism.at_risk_cap - at_risk, self.cash)
        if cost > 0 and not self.is_halted:
            quantity = cost / self.price / (ONE + self.mechanism.taker)
            self.lots.append((quantity, self.price * (ONE - stop_pct / HUNDRED)))
            self.cash -= cost

    def fall(self, share: Decimal) -> None:
        """Let the price fall, sell what fell through its stop, and halt at the loss limit.

        A price that falls farther than the gap below a stop was sold on its way down.
        """
        gap = ONE - self.mechanism.gap_pct / HUNDRED
        self.price *= ONE - share
        kept = []
        for quantity, stop in self.lots:
            if self.price > stop:
                kept.append((quantity, stop))
                continue
            self.cash += quantity * max(self.price, stop * gap) * (ONE - self.mechanism.taker)
        self.lots = kept
        self.is_halted |= self.mechanism.nlv - self.equity >= self.mechanism.daily_loss


STEP = st.tuples(
    st.lists(
        st.tuples(st.decimals("1", "400", places=0), st.decimals("0.5", "15", places=1)),
        max_size=5,
    ),
    st.decimals("0", "0.6", places=3),
)


@MANY
@given(
    held=st.lists(st.decimals("0.5", "15", places=1), max_size=5),
    steps=st.lists(STEP, min_size=1, max_size=12),
    gap=st.decimals("0", "90", places=0),
)
def test_whatever_is_bought_and_however_prices_fall_the_day_loses_no_more(
    held: list[Decimal], steps: list[tuple[list[tuple[Decimal, Decimal]], Decimal]], gap: Decimal
) -> None:
    mechanism = a_mechanism(gap_pct=gap)
    world = World(mechanism, mechanism.nlv)
    for stop in held:
        world.buy(mechanism.order_cap, stop)
    before = world.equity

    for wishes, share in steps:
        for cost, stop in wishes:
            world.buy(cost, stop)
        world.fall(share)
    world.fall(Decimal("0.999"))

    assert not world.lots
    assert before - world.equity <= most(mechanism, "day")


def test_the_worst_that_is_counted_can_happen() -> None:
    """Full to the cap, down to just above the farthest stops, then the gap: nearly all of it."""
    mechanism = a_mechanism(daily_loss=Amount(Decimal(10_000)))
    world = World(mechanism, mechanism.nlv)
    for _ in range(5):
        world.buy(mechanism.order_cap, mechanism.max_stop_pct)
    world.fall(Decimal("0.1499"))
    world.fall(Decimal("0.5001"))
    lost = mechanism.nlv - world.equity

    bound = mechanism.worst_share * mechanism.at_risk_cap
    assert bound * Decimal("0.98") <= lost <= bound


@MANY
@given(
    wishes=st.lists(st.tuples(st.decimals("1", "400"), st.decimals("0.5", "15")), max_size=40),
    share=st.decimals("0", "0.9", places=2),
    trades=st.integers(1, 3),
)
def test_few_decisions_lose_little_whatever_the_cap_allows(
    wishes: list[tuple[Decimal, Decimal]], share: Decimal, trades: int
) -> None:
    mechanism = a_mechanism(
        trades_per_round=trades, order_cap=Amount(Decimal(20)), at_risk_cap=Amount(Decimal(40))
    )
    world = World(mechanism, mechanism.nlv)
    for cost, stop in wishes[: mechanism.entries_within(Nanos(MINUTE))]:
        world.buy(cost, stop)
        world.fall(share / 10)
    world.fall(Decimal("0.999"))

    assert mechanism.nlv - world.equity <= most(mechanism, "minute")


@pytest.mark.parametrize(
    ("window_ns", "entries"), [(MINUTE, 10), (HOUR, 305), (DAY, 1441 * 5), (90 * 10**9, 15)]
)
def test_entries_within_a_window_are_counted_with_a_decision_at_each_end(
    window_ns: int, entries: int
) -> None:
    assert a_mechanism().entries_within(Nanos(window_ns)) == entries


@pytest.mark.req("PAC")
@pytest.mark.parametrize(
    ("window_ns", "entries"), [(MINUTE, 4), (HOUR, 4), (2 * HOUR, 8), (DAY, 20)]
)
def test_limits_on_trades_bound_them_besides(window_ns: int, entries: int) -> None:
    paced = a_mechanism(trades_per_hour=4, trades_per_day=20)

    assert paced.entries_within(Nanos(window_ns)) == entries


@given(
    st.decimals("0", "1500", places=2),
    st.decimals("1", "300", places=2),
    st.integers(0, 20),
    st.decimals("0", "100", places=1),
)
def test_a_longer_window_loses_no_less_and_none_more_than_everything(
    at_risk: Decimal, order_cap: Decimal, trades: int, gap: Decimal
) -> None:
    mechanism = a_mechanism(
        at_risk_cap=Amount(at_risk),
        order_cap=Amount(order_cap),
        trades_per_round=trades,
        gap_pct=gap,
    )
    found = blast_radius(mechanism, "USD")
    amounts = [each.most for each in found.windows]

    assert amounts == sorted(amounts)
    assert amounts[-1] <= mechanism.nlv
    assert amounts[-1] <= found.to_zero + Decimal("0.01")


@given(st.sampled_from(["order_cap", "at_risk_cap", "daily_loss", "max_stop_pct", "gap_pct"]))
def test_a_tighter_limit_never_loses_more(name: str) -> None:
    mechanism = a_mechanism(trades_per_round=1)
    tighter: dict[str, Any] = {name: getattr(mechanism, name) / 2}
    tight = evolve(mechanism, **tighter)

    for window in ("minute", "hour", "day"):
        assert most(tight, window) <= most(mechanism, window)


def test_the_whole_derivation_is_told_with_its_figures_and_what_is_taken_for_granted() -> None:
    found = blast_radius(a_mechanism(), "EUR")

    halted = (
        "1,177.62 EUR: 300.00 until the loss limit halts, then 58.51 % of the 1,500.00 that may be"
        " at risk"
    )
    assert [(each.window, each.why) for each in found.windows] == [
        ("minute", halted),
        ("hour", halted),
        ("day", halted),
    ]
    assert found.to_zero == 1_800
    assert found.assumptions == (
        "a lot loses at most 58.51 % of what it cost: its stop is at most 15 % below its entry, the"
        " price then gaps by at most 50 % before it is sold, and both legs pay the taker fee of"
        " 1.2 %",
        "every 1 min at most 5 entries are approved; an entry costs at most 300.00, all of them"
        " together 1,500.00 EUR",
        "at a loss of 300.00 EUR in a day nothing more is bought until a person says `resume`",
        "it counts from what lots cost: a profit made before may be given back beside it, down to"
        " the limit on the drawdown",
    )


def test_little_turnover_is_told_as_that() -> None:
    slow = a_mechanism(trades_per_round=1, order_cap=Amount(Decimal(20)))

    assert blast_radius(slow, "USD").windows[0].why == (
        "901.03 USD: 58.51 % of 1,500.00 at risk before, and of 2 entries of 20.00"
    )


def test_what_little_there_is_may_be_lost_whole_and_no_part_of_a_cent_less() -> None:
    little = a_mechanism(nlv=Amount(Decimal("5.001")), order_cap=Amount(Decimal(500)))

    (minute, *_) = blast_radius(little, "USD").windows

    assert minute.most == Decimal("5.01")
    assert minute.why == "5.01 USD: all of it: nothing is borrowed"
