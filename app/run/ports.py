"""What a run stands on. Real and virtual time differ in these ports, and in nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from actors.kernel.ports import LastGate, VenueReader
from actors.trading.approvals import Approvals
from adapters.runtime.actor_system import ActorSystem
from adapters.telemetry.log import ActorLog
from app.command_line.options import TradeOptions
from app.run.watches import Watch
from domain.model.breakers import Breaker
from domain.model.errors import TradingError
from domain.system.shortage import is_shortage

if TYPE_CHECKING:
    from app.selftest.proof import Proof  # whose stage is built by the wiring, which needs this


class NotStarted(TradingError):
    """There is nothing to trade on; the message is for people, `exit_code` for scripts."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@frozen(kw_only=True)
class VenueFacts:
    """What the venue says of itself. `end_ns` is the market time at which its market ends."""

    venue: str
    world: str
    prices: str
    has_history: bool
    end_ns: int | None


class Driver(Protocol):
    """Lets the system live until something is true, and looks after it meanwhile."""

    def until(self, is_true: Callable[[], bool], limit_ns: int | None) -> bool:
        """Return whether `is_true` became true within `limit_ns` of machine time."""

    def attend(self, watch: Callable[[], None]) -> None:
        """Call `watch` now and then while time passes."""

    def defer(self, call: Callable[[], None]) -> None:
        """Run `call` soon, outside of every actor; callable from any thread."""

    def at(self, market_ns: int, call: Callable[[], None]) -> None:
        """Run `call` when market time reaches `market_ns`, outside of every actor."""


class Attentive:
    """Keeps what has to be looked at in between."""

    def __init__(self) -> None:
        self._watches: list[Callable[[], None]] = []
        self._short: set[int] = set()

    def attend(self, watch: Callable[[], None]) -> None:
        """Call `watch` now and then while time passes."""
        self._watches.append(watch)

    def look(self) -> None:
        """Call every watch. One that finds no room looks again; that is no end of the run."""
        for number, watch in enumerate(self._watches):
            try:
                watch()
            except Exception as error:
                if not is_shortage(error):
                    raise
                if number not in self._short:
                    self._short.add(number)
                    ActorLog("guardian").critical("no room to look", reason=str(error))
            else:
                self._short.discard(number)


def _no_watches(_: VenueReader) -> Iterable[Watch]:
    return ()


@frozen(kw_only=True)
class RunPorts:
    """Venue, runtime and time of one run.

    `wall` stamps records and alerts, None where no wall time may be written. `lineage` is that of
    a journal that is new, None for a random one. `approvals` go from the risk gate to the last
    gate past everybody else. `options` are those of the run where its start has changed them, and
    `proof` what its self-test has proven where that was tried already; `breaker` is open from the
    beginning. `connect` gives what is read of the venue, and with a right to order
    the way to order in the same object. `stop` ends every actor, senders first.
    """

    facts: VenueFacts
    system: ActorSystem
    driver: Driver
    connect: Callable[[LastGate], AbstractContextManager[VenueReader]]
    publish_every_ns: int
    approvals: Approvals = field(factory=Approvals)
    wall: Callable[[], int] | None = None
    lineage: str | None = None
    watches: Callable[[VenueReader], Iterable[Watch]] = _no_watches
    stop: Callable[[], None] = field(default=lambda: None)
    options: TradeOptions | None = None
    proof: Proof | None = None
    breaker: Breaker | None = None
