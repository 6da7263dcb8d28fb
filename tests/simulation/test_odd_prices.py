"""Prices that jump, in the whole system: nothing is bought at one, and lots leave at a true one.

The fall of 2023-12-11 as it was recorded, and spikes that nobody else has seen (O1).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from actors.kernel.envelope import ReplyTo
from actors.kernel.topology import FEED, RISK_GATE
from adapters.simulator.market_data.candles import CandleMarket, open_candles
from domain.messages.decisions import ExitProposed, ProposalRefused
from domain.messages.market import BookSnapshotSeen, MarketFrame
from domain.messages.orders import FillBooked, IntentRaised
from domain.model.approval import ExitReason, Purpose, Refusal
from domain.model.breakers import GLOBAL, VENUE, Effect, Scope
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos, parse_iso
from domain.model.market import DoubtKind, Quote
from domain.model.money import Price
from domain.model.product import ProductId, Side
from domain.risk.gate import judge_entry
from tests.builders.books import assert_we_agree_with_the_venue
from tests.builders.messages import a_breaker, an_entry
from tests.builders.recorded import DEMO, shared_data
from tests.builders.simulator import fault
from tests.builders.tape import Tape
from tests.builders.world import Setting, World

pytestmark = pytest.mark.req("O1")
BTC = ProductId("BTC-USD")
FALL, OUT_BY = parse_iso("2023-12-11T02:12:00Z"), parse_iso("2023-12-11T02:14:00Z")
GUARDS_TRIPPED = parse_iso("2023-12-11T02:08:00Z")
SPIKE = parse_iso("2023-12-11T01:50:20Z")
LEAD_NS = 6 * MINUTE
"""Before the moment of interest: by then something is owned."""
EAGER = (
    "strategies.breakout.lookback_minutes=1",
    "strategies.breakout.volume_minutes=1",
    "strategies.breakout.volume_ratio=0",
    "strategies.breakout.stop_loss_pct=3",
    "policy.exits.max_hold=2h",
)
"""Every rising minute is a breakout, so that something is owned in time."""


@pytest.fixture(scope="module")
def recorded() -> CandleMarket:
    return open_candles(shared_data() / DEMO)


@contextmanager
def falling(
    folder: Path, recorded: CandleMarket, *faults: dict[str, Any], owned_by: int, until_ns: int
) -> Iterator[World]:
    setting = Setting(
        exits_alone=True,
        folder=folder,
        market=Tape(recorded, BTC),
        start_ns=Nanos(owned_by - LEAD_NS),
        sets=EAGER,
        any_move=False,
        faults=faults,
        duration_ns=Nanos(until_ns - owned_by + LEAD_NS),
    )
    with World(setting).start() as world:
        yield world


def reach(world: World, at_ns: int) -> None:
    world.until(lambda: world.clock.market_ns() >= at_ns, HOUR // SECOND)


def lots(world: World) -> list[Any]:
    gate: Any = world.runtime.members[RISK_GATE]
    return list(gate._books.ledger.lots)


def trip_everything(world: World) -> None:
    """Let every rule refuse every entry, and every breaker that entries heed be open."""
    gate: Any = world.runtime.members[RISK_GATE]
    gate._rules = tuple(_Refusing(rule) for rule in gate._rules)
    for scope in (GLOBAL, VENUE, Scope.of_product(BTC), Scope.of_strategy("breakout")):
        world.runtime.board.trip(a_breaker(Effect.HALT, scope, name="drill"))
    verdict = judge_entry(an_entry(), gate._view(), 1, gate._rules)
    assert isinstance(verdict, ProposalRefused)
    assert {each.reason for each in verdict.refusals} >= {rule.CODE for rule in gate._rules}


class _Refusing:
    """A rule that is tripped."""

    def __init__(self, rule: Any) -> None:
        self.CODE = rule.CODE

    def judge(self, *_: Any) -> Refusal:
        return Refusal(reason=self.CODE, observed="tripped", limit="not tripped")

    def ceiling(self, *_: Any) -> None:
        return None

    def uses(self, *_: Any) -> tuple[()]:
        return ()


class Told:
    """What the journal of an ended run holds, each with its market time."""

    def __init__(self, world: World) -> None:
        world.run_to_end()
        assert_we_agree_with_the_venue(world)
        self.messages = world.messages()

    def fills(self, side: Side) -> list[tuple[int, FillBooked]]:
        found = [(at, each) for at, each in self.messages if isinstance(each, FillBooked)]
        return [(at, each) for at, each in found if each.fill.side is side]

    def exits(self) -> list[tuple[int, ExitProposed]]:
        return [(at, each) for at, each in self.messages if isinstance(each, ExitProposed)]

    def bought(self, since_ns: int, until_ns: int) -> list[int]:
        return [
            at
            for at, each in self.messages
            if isinstance(each, IntentRaised)
            and each.intent.order.purpose is Purpose.ENTRY
            and since_ns <= at < until_ns
        ]


@pytest.mark.slow
@pytest.mark.req("X6", "PROT1")
def test_a_three_percent_stop_is_out_of_the_fall_by_0213_with_every_entry_guard_tripped(
    tmp_path: Path, recorded: CandleMarket
) -> None:
    with falling(tmp_path, recorded, owned_by=GUARDS_TRIPPED, until_ns=OUT_BY) as world:
        reach(world, GUARDS_TRIPPED)
        (lot,) = lots(world)
        trip_everything(world)
        told = Told(world)

    assert lot.stop_price > lot.cost / lot.quantity * Decimal("0.95")
    (sold_ns, sale), *_ = told.fills(Side.SELL)
    assert FALL < sold_ns < OUT_BY
    assert [each.reason for _, each in told.exits()] == [ExitReason.STOP]
    assert sale.fill.price <= lot.stop_price
    assert sum(each.fill.quantity for _, each in told.fills(Side.SELL)) == lot.quantity
    assert told.bought(GUARDS_TRIPPED, OUT_BY) == []


def inject(world: World, factor: Decimal) -> None:
    """Let the feed hear a whole book whose prices are those of the venue's times `factor`."""
    feed: Any = world.runtime.members[FEED]
    bids, asks = world.engine._books[BTC].shown()
    moved = [
        tuple(evolve(level, price=Price(level.price * factor)) for level in side)
        for side in (bids, asks)
    ]
    now_ns = world.clock.market_ns()
    frame = MarketFrame(feed._data._connection, 0, now_ns, (BookSnapshotSeen(BTC, *moved),))
    world.runtime.post(ReplyTo(FEED), frame)
    world.driver.until(lambda: world.clock.market_ns() > now_ns, SECOND)


@pytest.mark.slow
@pytest.mark.req("X6")
@pytest.mark.parametrize("factor", [Decimal("0.8"), Decimal("1.2")])
def test_spikes_that_nobody_confirms_buy_nothing_and_sell_nothing(
    tmp_path: Path, recorded: CandleMarket, factor: Decimal
) -> None:
    """Neither a trade nor REST shows the price, and it does not hold."""
    with falling(tmp_path, recorded, owned_by=SPIKE, until_ns=SPIKE + 90 * SECOND) as world:
        reach(world, SPIKE)
        owned = lots(world)
        assert owned
        for second in range(5):
            inject(world, factor)
            assert doubt_of(world) is DoubtKind.JUMP
            assert "suspect_price" in would_refuse(world)
            inject(world, Decimal(1))
            reach(world, SPIKE + (second + 1) * SECOND)
        reach(world, SPIKE + 50 * SECOND)
        assert doubt_of(world) is DoubtKind.JUMP, "until the spike is a minute old"
        reach(world, SPIKE + 80 * SECOND)
        assert doubt_of(world) is None
        assert lots(world)[: len(owned)] == owned
        told = Told(world)

    assert told.fills(Side.SELL) == []
    assert told.exits() == []
    assert told.bought(SPIKE, SPIKE + MINUTE) == []


@pytest.mark.slow
@pytest.mark.req("X6")
def test_a_jump_that_is_true_buys_nothing_and_sells_once_it_is_confirmed(
    tmp_path: Path, recorded: CandleMarket
) -> None:
    jump = fault("price_jump", at=f"{LEAD_NS // SECOND}s", for_="60s", percent=-5)
    with falling(tmp_path, recorded, jump, owned_by=SPIKE, until_ns=SPIKE + 70 * SECOND) as world:
        reach(world, SPIKE)
        (lot, *_) = lots(world)
        assert world.until(lambda: lot not in lots(world), 20)
        doubt = quote_of(world).doubt
        assert doubt is not None
        assert doubt.is_confirmed
        told = Told(world)

    (proposed_ns, proposed), *_ = told.exits()
    assert proposed.reason is ExitReason.STOP
    assert doubt.since_ns < proposed_ns < SPIKE + 5 * SECOND
    assert told.fills(Side.SELL)
    assert told.bought(SPIKE, SPIKE + MINUTE) == []


def quote_of(world: World) -> Quote:
    """Return what the risk gate knows of the price."""
    gate: Any = world.runtime.members[RISK_GATE]
    quote: Quote = gate._quotes[BTC]
    return quote


def doubt_of(world: World) -> DoubtKind | None:
    """Return what the risk gate knows to be odd about the price."""
    doubt = quote_of(world).doubt
    return None if doubt is None else doubt.kind


def would_refuse(world: World) -> set[str]:
    gate: Any = world.runtime.members[RISK_GATE]
    verdict = judge_entry(an_entry(), gate._view(), 1, gate._rules)
    return {str(each.reason) for each in getattr(verdict, "refusals", ())}
