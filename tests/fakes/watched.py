"""Production parts that also tell the test when to look."""

from __future__ import annotations

from collections.abc import Callable

from actors.kernel.envelope import Envelope
from adapters.runtime.virtual import VirtualRuntime
from adapters.simulator.engine.orders import VenueOrder
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.wire import Request
from adapters.simulator.faults.faults import Faults
from adapters.simulator.faults.orders import OrderFaults
from adapters.simulator.server.limits import Allowance, RateLimits
from tests.builders.ways import detour


class WatchedRuntime(VirtualRuntime):
    """The virtual runtime, with a look before each step, and at the way of each message."""

    before_step: Callable[[], None]
    detours: tuple[str, ...] = ()

    def deliver(self, receiver: str, envelope: Envelope) -> None:
        """Note what goes a way that the topology does not know; the next step fails of it."""
        wrong = detour(receiver, envelope)
        if wrong is not None:
            self.detours = (*self.detours, wrong)
        super().deliver(receiver, envelope)

    def step(self) -> bool:
        """Look, then step."""
        assert not self.detours, self.detours
        self.before_step()
        return super().step()


class WatchedOrders(OrderFaults):
    """Faults of orders, which also notice that a new order was accepted."""

    has_accepted = False

    def accepted(self, order: VenueOrder) -> None:
        """Notice."""
        super().accepted(order)
        self.has_accepted = True


class WatchedFaults(Faults):
    """The venue's faults with orders that are watched."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.watched = WatchedOrders(self._schedule, self._world)
        self.orders = self.watched


class WatchedLimits(RateLimits):
    """The venue's own count of requests, with what it granted and refused, and when."""

    def __init__(self, quirks: VenueQuirks, now_s: Callable[[], float]) -> None:
        super().__init__(quirks, now_s)
        self._seconds = now_s
        self.seen: list[tuple[float, Request, bool]] = []

    @property
    def refusals(self) -> int:
        """Return how many requests were too many."""
        return sum(not is_granted for _, _, is_granted in self.seen)

    def take(self, request: Request, address: str) -> Allowance:
        """Count a request."""
        allowance = super().take(request, address)
        self.seen.append((self._seconds(), request, allowance.is_granted))
        return allowance
