"""From a level2 frame's bytes to a listener, and from a cycle to its last verdict.

The floor of each is the same work as direct function calls, measured in the same run.
Usage: python benchmarks/frame_to_strategy.py [--frames N] [--cycles N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from attrs import evolve

from actors.kernel.envelope import ReplyTo
from actors.kernel.topology import ALLOCATOR, FEED, PROJECTOR, RISK_GATE, ROUTES, STRATEGY
from actors.trading.allocator import Allocator, Seat
from actors.trading.approvals import Approvals
from actors.trading.feed import Feed
from actors.trading.risk_gate import GateState, RiskGate
from actors.trading.strategy import StrategyHost
from adapters.simulator.stream_api.frames import book_snapshot, book_update, envelope
from adapters.venues.coinbase.codec import decode_market
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
from domain.market.book import Book
from domain.market.market_data import FeedPlan
from domain.messages.decisions import CycleDue, RoundJudged
from domain.messages.market import BookChanged, HistoryLoaded, QuoteMoved, StreamOpened
from domain.messages.portfolio import PortfolioMoved, StatementTaken
from domain.messages.supervision import BootCompleted, TradingReady
from domain.model.bars import Timeframe
from domain.model.context import Context
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar, Level
from domain.model.money import Amount, Price, Quantity, Rate, install_context
from domain.model.portfolio import AccountBalance, PortfolioView
from domain.risk.exposure import Exposure
from domain.risk.gate import judge_entry
from domain.risk.throttle import ThrottleLimits
from domain.strategies.breakout import Breakout

PRODUCTS, STRATEGIES = 30, 5
LISTENER = "listener"
TERMS = Terms(max_triggers_per_cycle=PRODUCTS)
LEVELS = 50
BOOT = BootCompleted(
    tuple(a_product(number) for number in range(PRODUCTS)),
    Rate(Decimal("0.006")),
    Rate(Decimal("0.012")),
    is_clean=True,
)


class SilentVenue:
    """Takes every question and never answers."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_args, **_more: None


def shown(top: str) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """Return a book around `top`, the best bid."""
    cent, best = Decimal("0.01"), Decimal(top)
    one = Quantity(Decimal("1.25"))
    bids = tuple(Level(Price(best - cent * depth), one) for depth in range(LEVELS))
    asks = tuple(Level(Price(best + cent * (depth + 1)), one) for depth in range(LEVELS))
    return bids, asks


def frames_of(count: int) -> list[bytes]:
    """Return a snapshot and updates that move the best bid up and down."""
    product = BOOT.products[0].id
    low, high = shown("100.00"), shown("100.02")
    frames = [envelope("l2_data", NOW, 0, book_snapshot(product, low, NOW))]
    for number in range(1, count + 1):
        before, after = (low, high) if number % 2 else (high, low)
        text = book_update(product, before, after, NOW)
        assert text is not None
        frames.append(envelope("l2_data", NOW, number, text))
    return frames


def frames_on(kind: str, frames: list[bytes]) -> list[float]:
    """Return the microseconds from each frame's bytes to the listener."""
    with bench(kind, {QuoteMoved: evolve(ROUTES[QuoteMoved], hears=(LISTENER,))}) as found:
        probe = found.probe(LISTENER, lambda each: isinstance(each, QuoteMoved))
        found.runtime.spawn(Feed, FEED, SilentVenue(), FeedPlan(1, Nanos(5 * MINUTE), False))
        found.runtime.post(ReplyTo(FEED), BOOT)
        found.runtime.post(ReplyTo(FEED), StreamOpened("market", 1))
        found.settle()

        def heard(data: bytes) -> None:
            found.runtime.post(ReplyTo(FEED), decode_market(data, 1))

        return [found.drive(partial(heard, data), probe) for data in frames][1:]


def frames_direct(frames: list[bytes]) -> list[float]:
    """Return the microseconds of decoding and applying alone."""
    book = Book()
    book.replace(*shown("100.00"))

    def work(data: bytes) -> None:
        frame: Any = decode_market(data, 1)
        for event in frame.events:
            assert isinstance(event, BookChanged)
            book.apply(event.bids, event.asks)
        book.top()

    return [timed(partial(work, data)) for data in frames[1:]]


def a_strategy(number: int) -> Breakout:
    """Return the shipped strategy under a name of its own."""
    return Breakout(
        id=f"breakout{number}",
        notional_pct=Decimal(2),
        stop_loss_pct=Decimal(4),
        take_profit_pct=Decimal(8),
    )


def history(number: int, minutes: int) -> tuple[Bar, ...]:
    """Return flat bars whose last one breaks out on much volume."""
    product = BOOT.products[number].id
    flat, up = Price(Decimal("99.00")), Price(Decimal("100.00"))
    start = last_minute() - (minutes - 1) * MINUTE
    bars = [
        Bar(product, Nanos(start + at * MINUTE), flat, flat, flat, flat, Quantity(Decimal(1)))
        for at in range(minutes - 1)
    ]
    bars.append(Bar(product, last_minute(), flat, up, flat, up, Quantity(Decimal(9))))
    return tuple(bars)


def prepared(found: Bench, strategies: list[Breakout]) -> Probe:
    """Start allocator, strategies and gate, with all they have to know."""
    runtime, config = found.runtime, load(config_folder())
    probe = found.probe(PROJECTOR, lambda each: isinstance(each, RoundJudged))
    state = GateState(None, Exposure(), 1, ())
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
    cash = Amount(Decimal(10_000))
    zero = Amount(Decimal(0))
    view = PortfolioView(
        quote_currency="USD",
        cash=cash,
        allotted=cash,
        lots=(),
        nlv=cash,
        realised=zero,
        fees=zero,
        opening_nlv=cash,
    )
    balance = AccountBalance("USD", Decimal(10_000), Decimal(0))
    known: list[Any] = [BOOT, StatementTaken("start", (balance,)), PortfolioMoved(view)]
    for number, product in enumerate(BOOT.products):
        known.append(HistoryLoaded(product.id, Nanos(MINUTE), history(number, minutes)))
        known.append(QuoteMoved(a_quote(product.id)))
    for message in (*known, TradingReady("1441m")):
        runtime.announce(message)
    found.settle()
    return probe


def cycles_on(kind: str, count: int) -> tuple[list[float], list[float]]:
    """Return the microseconds of rounds, and of the same work done by direct calls."""
    strategies = [a_strategy(number) for number in range(STRATEGIES)]
    with bench(kind) as found:
        probe = prepared(found, strategies)
        rounds = []
        for number in range(count):
            due = CycleDue(number, NOW, Nanos(NOW + MINUTE))
            rounds.append(found.drive(partial(found.runtime.post, ReplyTo(ALLOCATOR), due), probe))
            found.settle()
        gate = found.runtime.members[RISK_GATE]
        assert isinstance(gate, RiskGate)
        judged: RoundJudged = probe.message
        assert len(judged.approved) + len(judged.refused) > 0, "no verdict was asked for"
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
        answers[strategy.id] = strategy.decide(triggered(strategy, context, TERMS).context)
    bars = dict.fromkeys(answers, newest_bars(context.bars))
    entries, _ = merge(answers, bars, {strategy.id: 20 for strategy in strategies})
    for number, entry in enumerate(entries):
        judge_entry(entry, gate._view(), number, gate._rules)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=2_000)
    parser.add_argument("--cycles", type=int, default=80)
    options = parsed(parser, frames=20, cycles=3)
    install_context()
    frames = frames_of(options.frames)
    table(
        f"l2 frame ({len(frames[1])} bytes) -> decoded -> feed -> quote handled",
        [
            ("direct calls (floor)", frames_direct(frames)),
            ("virtual runtime", frames_on("virtual", frames)),
            ("threads", frames_on("threads", frames)),
        ],
        "direct calls (floor)",
    )
    virtual, direct = cycles_on("virtual", options.cycles)
    threads, _ = cycles_on("threads", options.cycles)
    table(
        f"CycleDue -> last verdict, {PRODUCTS} products x {STRATEGIES} strategies"
        " (target p99 <= 20 000)",
        [
            ("direct calls (floor)", direct),
            ("virtual runtime", virtual),
            ("threads", threads),
        ],
        "direct calls (floor)",
    )


if __name__ == "__main__":
    main()
