"""Production parts that also tell the test when to look."""

from __future__ import annotations

from collections.abc import Callable

from adapters.runtime.virtual import VirtualRuntime
from adapters.simulator.engine.orders import VenueOrder
from adapters.simulator.faults.faults import Faults


class WatchedRuntime(VirtualRuntime):
    """The virtual runtime, with a look before each step."""

    before_step: Callable[[], None]

    def step(self) -> bool:
        """Look, then step."""
        self.before_step()
        return super().step()


class WatchedFaults(Faults):
    """The venue's faults, which also notice that a new order was accepted."""

    has_accepted = False

    def accepted(self, order: VenueOrder) -> None:
        """Notice."""
        super().accepted(order)
        self.has_accepted = True
