"""What a run stands on. Real and virtual time differ in these ports, and in nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from attrs import field, frozen

from actors.kernel.ports import LastGate, Venue
from actors.trading.approvals import Approvals
from adapters.runtime.actor_system import ActorSystem
from app.run.watches import Watch
from domain.model.errors import TradingError


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

    def attend(self, watch: Callable[[], None]) -> None:
        """Call `watch` now and then while time passes."""
        self._watches.append(watch)

    def look(self) -> None:
        """Call every watch."""
        for watch in self._watches:
            watch()


def _no_watches(_: Venue) -> Iterable[Watch]:
    return ()


@frozen(kw_only=True)
class RunPorts:
    """Venue, runtime and time of one run.

    `wall` stamps records and alerts, None where no wall time may be written. `lineage` is that of
    a journal that is new, None for a random one. `approvals` go from the risk gate to the last
    gate past everybody else. `stop` ends every actor, senders first.
    """

    facts: VenueFacts
    system: ActorSystem
    driver: Driver
    connect: Callable[[LastGate], AbstractContextManager[Venue]]
    publish_every_ns: int
    approvals: Approvals = field(factory=Approvals)
    wall: Callable[[], int] | None = None
    lineage: str | None = None
    watches: Callable[[Venue], Iterable[Watch]] = _no_watches
    stop: Callable[[], None] = field(default=lambda: None)
