"""What was refused is followed as the whole tape would have it, and only so far as is allowed."""

from __future__ import annotations

import functools
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.open import expander_of
from adapters.simulator.market_data.source import Step
from app.backtest.foregone import Refused, follow
from app.backtest.plan import BacktestPlan
from domain.messages.decisions import ProposalRefused
from domain.messages.market import BidMoved, QuoteMoved
from domain.messages.supervision import BootCompleted
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.foregone import ForegoneTrades, RefusedEntry
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos
from domain.model.market import Quote
from domain.model.money import Price, Quantity, Rate
from domain.model.product import ProductId, Side
from domain.shadow.foregone import ForegoneLedger
from tests.builders.backtests import BEGIN, candles, file_of, plan

pytestmark = pytest.mark.req("BT2")
BTC, SOL = ProductId("BTC-USD"), ProductId("SOL-USD")
PLAN: BacktestPlan = plan(hours=4)


def refused(second: int, product: str = BTC, **changes: Any) -> Refused:
    """Return a refused entry at the price that was then, less `below_bps`."""
    at_ns = Nanos(BEGIN + second * SECOND)
    last = PLAN.market.last_before(ProductId(product), at_ns)
    assert last is not None
    off = Decimal(changes.get("below_bps", 0)) / 10_000
    wanted = RefusedEntry(
        quantity=Quantity(Decimal("0.5")),
        limit_price=Price(last.close * (1 - off)),
        post_only=changes.get("post_only", True),
        lifetime_ns=Nanos(45 * SECOND),
        stop_loss_pct=Decimal(changes.get("stop", 1)) / 10,
        take_profit_pct=Decimal(changes.get("target", 3)) / 10,
        max_hold_ns=Nanos(changes.get("hold", 240) * MINUTE),
    )
    no = Refusal(reason=Reason(changes.get("rule", "total_cap")), observed="16 %", limit="15 %")
    name = changes.get("strategy", "breakout")
    message = ProposalRefused(
        Purpose.ENTRY, name, ProductId(product), Side.BUY, (no,), wanted=wanted
    )
    return at_ns, message


@functools.cache
def tape(source: str, product: ProductId, minute_ns: int) -> tuple[Step, ...]:
    """Return the steps of a minute of a market of `plan`."""
    return expander(source).steps(product, Nanos(minute_ns))


@functools.cache
def expander(source: str) -> CandleExpander:
    played = plan(source, hours=4)
    return expander_of(played.market, played.seed)


def by_every_step(played: BacktestPlan, wishes: list[Refused]) -> tuple[ForegoneTrades, ...]:
    """Return what a ledger tells that was shown every step of every minute."""
    ledger = ForegoneLedger()
    rates = Rate(played.fees.maker), Rate(played.fees.taker)
    ledger.learn(BootCompleted((), *rates, is_clean=True))
    waiting = list(wishes)
    products = {message.product for _, message in wishes}
    for minute in range(played.start_ns, played.end_ns, MINUTE):
        steps = [step for each in products for step in tape(played.source, each, minute)]
        for step in sorted(steps, key=lambda step: step.at_ns):
            while waiting and waiting[0][0] <= step.at_ns:
                at_ns, message = waiting.pop(0)
                ledger.refuse(message, at_ns)
            bid, ask = step.bids[0], step.asks[0]
            ledger.take(
                QuoteMoved(
                    Quote(
                        step.product,
                        *(bid.price, bid.quantity, ask.price, ask.quantity),
                        *(step.at_ns, step.at_ns),
                    )
                )
            )
    for product in products:
        last = played.market.last_before(product, played.end_ns)
        assert last is not None
        ledger.take(BidMoved(product, last.close, played.end_ns, played.end_ns))
    return ledger.rows()


WISHES = st.lists(
    st.builds(
        refused,
        second=st.integers(1, 3 * 3600),
        product=st.sampled_from([BTC, SOL]),
        below_bps=st.integers(-5, 20),
        post_only=st.booleans(),
        stop=st.integers(1, 40),
        target=st.integers(1, 60),
        hold=st.integers(1, 600),
        rule=st.sampled_from(["total_cap", "cooldown"]),
        strategy=st.sampled_from(["a", "b"]),
    ),
    max_size=8,
).map(lambda found: sorted(found, key=lambda each: each[0]))


@given(WISHES)
def test_it_comes_to_what_every_step_of_the_tape_comes_to(wishes: list[Refused]) -> None:
    found = follow(PLAN, wishes)

    assert found.rules == by_every_step(PLAN, wishes)
    assert found.left_out == 0


def test_a_hole_and_an_end_of_the_data_are_taken_as_they_are(tmp_path: Path) -> None:
    rows = [
        bar
        for bar in candles(4, product=BTC)
        if not BEGIN + HOUR <= bar.start_ns < BEGIN + 2 * HOUR
    ] + candles(2, product=SOL)
    played = plan(str(file_of(tmp_path / "holes.parquet", rows)), hours=4)
    wishes = [refused(1800), refused(1900, SOL, stop=80, target=80), refused(7000, SOL)]

    found = follow(played, wishes)

    assert found.rules == by_every_step(played, wishes)
    assert sum(each.closed + each.open for each in found.rules) > 0


def test_work_has_a_bound_and_what_is_beyond_it_is_counted() -> None:
    wishes = [refused(60 * number, rule="cooldown") for number in range(1, 9)]

    found = follow(PLAN, wishes, most=3)

    assert 0 < found.left_out < len(wishes)
    assert follow(PLAN, wishes).left_out == 0


def test_exits_and_entries_without_a_size_are_not_followed() -> None:
    at_ns, message = refused(60)
    others = [
        (at_ns, evolve(message, purpose=Purpose.EXIT)),
        (at_ns, evolve(message, wanted=None)),
    ]

    assert follow(PLAN, others).rules == ()
    assert follow(PLAN, others).left_out == 0
