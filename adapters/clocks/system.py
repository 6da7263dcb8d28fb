"""The three clocks of a running process: market, machine and wall."""

from __future__ import annotations

import time

from adapters.clocks.market import MarketClock
from domain.model.instants import Nanos


class SystemClock:
    """Market time from the shared file, machine time monotonic, wall time UTC; all in ns.

    Without a shared file (a venue that is not ours) market time is the wall clock at
    construction carried on by the monotonic one, so that a stepped wall clock cannot move it.
    """

    def __init__(self, market: MarketClock | None = None) -> None:
        self._market = market
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def market_ns(self) -> Nanos:
        """Return market time: bars, staleness, cycles, order lifetimes."""
        if self._market is not None:
            return self._market.market_ns()
        return Nanos(time.monotonic_ns() + self._offset_ns)

    def machine_ns(self) -> Nanos:
        """Return monotonic machine time: time-outs, budgets, back-off."""
        return Nanos(time.monotonic_ns())

    def wall_ns(self) -> Nanos:
        """Return UTC wall time: JWTs, log stamps, drift."""
        return Nanos(time.time_ns())
