"""The stage of challenges: risk gate, order manager, auditor and venue's client of the product.

They are built by the recipes of a run, in virtual time, on a board, a journal and a connection of
their own: nothing of a run is touched, and behind the client stands nobody who could trade.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.ports import Leaving
from actors.kernel.topology import AUDITOR, ORDER_MANAGER, PORTFOLIO, RISK_GATE, ROUTES
from actors.reporting.auditor import Auditor
from actors.trading.approvals import Approvals
from actors.trading.last_gate import LastGate
from adapters.runtime.virtual import VirtualClock, VirtualRuntime
from adapters.venues.coinbase.connect import Inside, connect_in_process
from adapters.venues.coinbase.gateway import CoinbaseGateway
from adapters.venues.transport.inprocess import ConnectionLike, Errand, Reply
from app.run.deciders import deciders
from app.run.mode_gate import right_of_self_test
from app.run.wiring import order_manager
from app.selftest.scene import MAKER, NOW, TAKER, Scene
from app.shadow.silent import SilentLog, SilentQuotes
from domain.messages.decisions import (
    EntryProposed,
    ExitProposed,
    OrderApproved,
    ProposalRefused,
    RoundProposed,
)
from domain.messages.market import BarClosed, FeedStalled, QuoteMoved
from domain.messages.orders import OrderAdvanced, Receipt
from domain.messages.supervision import BY_OPERATOR, BootCompleted, TradingReady
from domain.messages.universe import RegimeJudged, UniverseJudged
from domain.model.breakers import Breaker
from domain.model.errors import InvariantBroken
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.kill import KillOrder
from domain.model.market import Bar
from domain.model.money import Quantity
from domain.model.orders import TERMINAL
from domain.model.regime import Provenance, RegimeReading
from domain.system.recovery import Recovered

LINEAGE = "0" * 32
CYCLE = 1
Asked = EntryProposed | ExitProposed
Verdict = OrderApproved | ProposalRefused


@frozen(kw_only=True)
class Walls:
    """What the last gate is made to see; as shipped nothing is in the way.

    `receipt_age_ns` is how old receipts are when they are given, `is_fenced`: they come from an
    order manager that does not count any more, `is_unknown`: nobody has noted the approval,
    `late_breaker` has opened since it.
    """

    kill: KillOrder | None = None
    is_ending: bool = False
    is_fenced: bool = False
    is_unknown: bool = False
    late_breaker: Breaker | None = None
    receipt_age_ns: int = 0


@frozen
class Outcome:
    """What came of a challenge: a verdict for each proposal, why each approved order ended, and the
    names of the breakers that were open then.
    """

    verdicts: tuple[Verdict, ...]
    ended: tuple[str, ...]
    breakers: tuple[str, ...] = ()


@define
class _Record:
    """What is written down in the present challenge; `receipts` counts on over all of them."""

    walls: Walls
    verdicts: list[Verdict] = field(factory=list)
    ended: list[str] = field(factory=list)
    sent: list[str] = field(factory=list)
    receipts: int = 0


class SelfTestStage:
    """Plays one challenge after the other, each before a fresh incarnation of the risk gate."""

    def __init__(self) -> None:
        self._clock, self._board = VirtualClock(NOW), BreakerBoard()
        self._runtime = VirtualRuntime(self._clock, self._board, ROUTES, SilentLog, seed=0)
        self._record = _Record(Walls())
        self._ask_last_gate: Callable[[Leaving], str | None] = _closed
        self._venue = self._connect()
        self._runtime.spawn(Auditor, AUDITOR, _Notes(self._record, self._clock))
        order_manager(self._runtime, self._venue, self._venue)(Recovered(lineage=LINEAGE))

    def play(self, scene: Scene, said: Sequence[Asked], walls: Walls) -> Outcome:
        """Return what the product's own actors make of `said` in `scene`."""
        runtime, record = self._runtime, self._record
        record.walls, record.verdicts, record.ended = walls, [], []
        approvals = Approvals()
        self._ask_last_gate = _last_gate(runtime, approvals, walls)
        self._enter(scene, approvals)
        for name in _playing(scene):
            self._hear(name, _told(scene) if name == RISK_GATE else _booted(scene))
        for breaker in scene.breakers:
            self._board.trip(breaker)
        self._hear(RISK_GATE, _asked(said))
        breakers = tuple(each.name for each in self._board.open)
        self._leave(scene)
        return Outcome(tuple(record.verdicts), tuple(record.ended), breakers)

    def close(self) -> int:
        """End the actors; return how many requests have left: there should be none."""
        self._runtime.run_to(self._clock.now_ns + SECOND)
        self._runtime.unlist()
        self._venue.close()
        return len(self._record.sent)

    def _enter(self, scene: Scene, approvals: Approvals) -> None:
        """Bring a risk gate to life that knows the past of `scene`."""
        known = Recovered(
            ledger=scene.ledger,
            approved=scene.approved,
            counted=scene.counted,
            past_trades=scene.past_trades,
            marks=scene.past_equity,
        )
        recipes = deciders(self._runtime, scene.config, approvals, SilentQuotes())
        for name in _playing(scene):
            recipes[name](known)

    def _hear(self, name: str, messages: Iterable[Any]) -> None:
        """Let an actor hear them all, and whatever follows happen at this instant."""
        for message in messages:
            self._runtime.post(ReplyTo(name), message)
        self._runtime.run_to(self._clock.now_ns)

    def _leave(self, scene: Scene) -> None:
        """Take everything back that would be there in the next challenge."""
        for name in _playing(scene):
            self._runtime.retire(name)
        for each in self._board.open:
            self._board.reset(
                each.name, each.scope, by=BY_OPERATOR, evidence="the challenge is over"
            )
        self._runtime.run_to(self._clock.now_ns)

    def _connect(self) -> CoinbaseGateway:
        runtime, clock = self._runtime, self._clock
        inside = Inside(
            engine=_Nobody(),
            ask=self._left,
            open_connection=_no_stream,
            after=lambda delay_ns, call: runtime.call_at(clock.now_ns + delay_ns, call),
            clock=clock,
            post=runtime.post,
            draw=lambda: 0.0,
        )
        return connect_in_process(
            inside, lambda request: self._ask_last_gate(request), right_of_self_test()
        )

    def _left(
        self, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
    ) -> Errand:
        """Note that a request has left, and let it find nobody."""
        del query, body
        self._record.sent.append(f"{method} {path}")
        return Errand(run=_nobody_answers)


def _asked(said: Sequence[Asked]) -> Iterable[RoundProposed | ExitProposed]:
    entries = tuple(each for each in said if isinstance(each, EntryProposed))
    if entries:
        yield RoundProposed(CYCLE, Nanos(NOW + MINUTE), entries, 1, ())
    yield from (each for each in said if isinstance(each, ExitProposed))


def _playing(scene: Scene) -> tuple[str, ...]:
    """Return who is brought to life for this scene."""
    return (PORTFOLIO, RISK_GATE) if scene.past_equity else (RISK_GATE,)


def _booted(scene: Scene) -> Iterable[BootCompleted]:
    if scene.has_fees:
        products = tuple(scene.product(each) for each in scene.products)
        yield BootCompleted(products, MAKER, TAKER, is_clean=True)


def _told(scene: Scene) -> Iterable[Any]:
    """Yield what the gate hears before it is asked."""
    yield from _booted(scene)
    if scene.is_ready:
        yield TradingReady("none")
    if scene.is_judged:
        yield UniverseJudged(tuple(scene.standing_of(each) for each in scene.products))
    why, provenance = "the self-test says so", Provenance.OPERATOR
    reading = RegimeReading(
        regime=scene.regime, provenance=provenance, why=why, product=scene.wanted
    )
    yield RegimeJudged(reading)
    for each in scene.products:
        yield QuoteMoved(scene.quote(each))
        if scene.bar_end_ns is not None:
            price = scene.quote(each).bid
            start_ns = Nanos(scene.bar_end_ns - MINUTE)
            volume = Quantity(scene.quote(each).bid_quantity)
            yield BarClosed(Bar(each, start_ns, price, price, price, price, volume))
    if scene.stalled:
        yield FeedStalled(scene.wanted, scene.stalled, Nanos(0))


def _last_gate(runtime: VirtualRuntime, approvals: Approvals, walls: Walls) -> LastGate:
    """Return the last gate of a run, with what `walls` puts in the way."""
    board = BreakerBoard()
    if walls.late_breaker is not None:
        board.trip(walls.late_breaker)
    epochs: Mapping[str, int] = {ORDER_MANAGER: 2} if walls.is_fenced else runtime.epochs
    known = Approvals() if walls.is_unknown else approvals
    signal = _Signal(walls.kill)
    return LastGate(board, runtime.clock, signal, epochs, lambda: walls.is_ending, known)


def _closed(request: Leaving) -> str | None:
    del request
    return "no challenge is played"


def _nobody_answers() -> Reply | None:
    return None


def _no_stream() -> ConnectionLike:
    """Refuse: what opens a stream here is a way out of the stage, and no guard is proven then."""
    raise InvariantBroken("a self-test opens no stream")


@frozen
class _Signal:
    """The operator's signal file."""

    order: KillOrder | None

    def read(self) -> KillOrder | None:
        """Return what stands in it."""
        return self.order


@frozen
class _Notes:
    """A journal that keeps verdicts and the ends of orders, and gives receipts."""

    record: _Record
    clock: VirtualClock

    def append(self, envelope: Envelope) -> None:
        """Note what a challenge wants to know."""
        match envelope.body:
            case OrderApproved() | ProposalRefused():
                self.record.verdicts.append(envelope.body)
            case OrderAdvanced(state=state, reason=reason) if state in TERMINAL:
                self.record.ended.append(reason)
            case _:
                pass

    def commit(self, client_order_ids: tuple[str, ...]) -> tuple[Receipt, ...]:
        """Give a receipt for each intent, as old as the challenge wants it."""
        issued_ns = Nanos(self.clock.machine_ns() - self.record.walls.receipt_age_ns)
        first, self.record.receipts = self.record.receipts, self.record.receipts + 1
        return tuple(Receipt(each, first, "", issued_ns) for each in client_order_ids)


class _Nobody:
    """The venue's engine that is not there."""

    def advance(self, now_ns: Nanos) -> None:
        """Play nothing."""

    def next_due_ns(self) -> Nanos:
        """Return that nothing is due."""
        return Nanos(2**63 - 1)
