"""A decision round: from a cycle to its last verdict, when few products trigger and when all do.

The floor is the same work as direct function calls, measured in the same run.
Usage: python benchmarks/decision_round.py [--cycles N]
"""

from __future__ import annotations

import argparse
import sys
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))


from actors.kernel.envelope import ReplyTo
from actors.kernel.topology import ALLOCATOR, PROJECTOR, RISK_GATE, STRATEGY
from actors.trading.allocator import Allocator, Seat
from actors.trading.approvals import Approvals
from actors.trading.risk_gate import GateState, RiskGate
from actors.trading.strategy import StrategyHost
from app.run import settings
from benchmarks.parts import (
    NOW,
    Bench,
    Probe,
    a_product,
    a_quote,
    bench,
    config_folder,
    last_minute,
    parsed,
    table,
    timed,
)
from config.loading import load
from domain.decisions.rounds import merge, newest_bars
from domain.decisions.triggers import Terms, triggered
from domain.messages.decisions import CycleDue, RoundJudged
from domain.messages.market import HistoryLoaded, QuoteMoved
from domain.messages.portfolio import PortfolioMoved, StatementTaken
from domain.messages.supervision import BootCompleted, TradingReady
from domain.model.bars import Timeframe
from domain.model.context import Context
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Amount, Price, Quantity, Rate, install_context
from domain.model.portfolio import AccountBalance, PortfolioView
from domain.model.product import ProductId
from domain.risk.exposure import Exposure
from domain.risk.gate import judge_entry
from domain.risk.throttle import ThrottleLimits
from domain.strategies.breakout import Breakout

SIZES = ((30, 5, 30), (100, 10, 3), (100, 10, 100))
"""Products, strategies, and how many of the products trigger for each of them."""
TARGET_US = 20_000
TERMS = Terms()
NO_JOURNAL = GateState(None, Exposure(), 1, ())


def a_strategy(number: int) -> Breakout:
    """Return the shipped strategy under a name of its own."""
    return Breakout(
        id=f"breakout{number}",
        notional_pct=Decimal(2),
        stop_loss_pct=Decimal(4),
        take_profit_pct=Decimal(8),
    )


def a_boot(products: int) -> BootCompleted:
    """Return a start with so many invented products."""
    return BootCompleted(
        tuple(a_product(number) for number in range(products)),
        Rate(Decimal("0.006")),
        Rate(Decimal("0.012")),
        is_clean=True,
    )


def history(product: ProductId, minutes: int, *, breaks_out: bool = True) -> tuple[Bar, ...]:
    """Return flat bars whose last one breaks out on much volume, or does not."""
    flat = Price(Decimal("99.00"))
    up = Price(Decimal("100.00")) if breaks_out else flat
    start = last_minute() - (minutes - 1) * MINUTE
    bars = [
        Bar(product, Nanos(start + at * MINUTE), flat, flat, flat, flat, Quantity(Decimal(1)))
        for at in range(minutes - 1)
    ]
    bars.append(Bar(product, last_minute(), flat, up, flat, up, Quantity(Decimal(9))))
    return tuple(bars)


def prepared(
    found: Bench,
    strategies: list[Breakout],
    boot: BootCompleted,
    triggering: int,
    state: GateState = NO_JOURNAL,
) -> Probe:
    """Start allocator, strategies and gate (from `state`), with all they have to know."""
    runtime, config = found.runtime, load(config_folder())
    probe = found.probe(PROJECTOR, lambda each: isinstance(each, RoundJudged))
    rules, mandate = config.policy.rules, settings.mandate_of(config)
    limit_ns = settings.quote_limit_ns(config)
    runtime.spawn(
        RiskGate, RISK_GATE, rules, mandate, state, Approvals(), limit_ns, ThrottleLimits()
    )
    minutes = strategies[0].lookback
    seats = tuple(Seat(s.id, 20) for s in strategies)
    runtime.spawn(Allocator, ALLOCATOR, seats, {Timeframe.MINUTE: minutes})
    for strategy in strategies:
        runtime.spawn(StrategyHost, STRATEGY + strategy.id, strategy, TERMS)
    balance = AccountBalance("USD", Decimal(10_000), Decimal(0))
    known: list[Any] = [boot, StatementTaken("start", (balance,)), PortfolioMoved(a_view())]
    for number, product in enumerate(boot.products):
        bars = history(product.id, minutes, breaks_out=number < triggering)
        known.append(HistoryLoaded(product.id, Nanos(MINUTE), bars))
        known.append(QuoteMoved(a_quote(product.id)))
    for message in (*known, TradingReady("1441m")):
        runtime.announce(message)
    found.settle()
    return probe


def a_view() -> PortfolioView:
    """Return a portfolio that owns cash alone."""
    cash, zero = Amount(Decimal(10_000)), Amount(Decimal(0))
    return PortfolioView(
        quote_currency="USD",
        cash=cash,
        allotted=cash,
        lots=(),
        nlv=cash,
        realised=zero,
        fees=zero,
        opening_nlv=cash,
    )


def rounds_on(kind: str, size: tuple[int, int, int], count: int) -> tuple[list[float], list[float]]:
    """Return the microseconds of rounds, and of the same work done by direct calls."""
    products, seats, triggering = size
    strategies = [a_strategy(number) for number in range(seats)]
    with bench(kind) as found:
        probe = prepared(found, strategies, a_boot(products), triggering)
        rounds = []
        for number in range(count):
            due = CycleDue(number, NOW, Nanos(NOW + MINUTE))
            rounds.append(found.drive(partial(found.runtime.post, ReplyTo(ALLOCATOR), due), probe))
            found.settle()
        gate = found.runtime.members[RISK_GATE]
        assert isinstance(gate, RiskGate)
        judged: RoundJudged = probe.message
        assert len(judged.approved) + len(judged.refused) > 0, "no verdict was asked for"
        assert not judged.late, "every strategy is to answer in time"
        allocator = found.runtime.members[ALLOCATOR]
        assert isinstance(allocator, Allocator)
        context = allocator._context
        assert context is not None
        direct = [timed(lambda: decide_directly(strategies, context, gate)) for _ in range(count)]
    return rounds, direct


def decide_directly(strategies: list[Breakout], context: Context, gate: RiskGate) -> None:
    """Do what a round does, without a message."""
    answers = {}
    for strategy in strategies:
        asked = triggered(strategy.id, strategy, context, TERMS)
        answers[strategy.id] = strategy.decide(asked.context)
    bars = dict.fromkeys(answers, newest_bars(context.bars))
    entries, _ = merge(answers, bars, {strategy.id: 20 for strategy in strategies})
    for number, entry in enumerate(entries):
        judge_entry(entry, gate._view(), number, gate._rules)


def main() -> None:
    """Print a table a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=30)
    options = parsed(parser, cycles=3)
    install_context()
    for size in SIZES:
        products, seats, triggering = size
        virtual, direct = rounds_on("virtual", size, options.cycles)
        threads, _ = rounds_on("threads", size, options.cycles)
        table(
            f"CycleDue -> last verdict of {products} products x {seats} strategies;"
            f" {triggering} trigger (target p99 <= {TARGET_US})",
            [
                ("direct calls (floor)", direct),
                ("virtual runtime", virtual),
                ("threads", threads),
            ],
            "direct calls (floor)",
        )


if __name__ == "__main__":
    main()
