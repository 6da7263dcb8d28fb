"""The venue's heart: plays the market when it is due, and grants market time only behind itself.

Nor does market time run away from who has not yet read what was played; at speed 1 it waits for
nobody, as there a client that is seconds behind is late.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from domain.model.instants import MILLISECOND, SECOND, Nanos

if TYPE_CHECKING:
    from adapters.clocks.market import MarketClockWriter
    from adapters.simulator.recordings.playable import Playable
    from adapters.simulator.server.pump import Pumps

LEAD_MACHINE_NS = 250 * MILLISECOND
LEAD_MARKET_NS = 1_000 * MILLISECOND
"""How far the clock may run ahead of what the venue has played and its clients have read.

The first binds at speed 1 (a hiccup of a quarter second goes unnoticed), the second at high speed,
where it keeps the age of quotes far below the limit of the staleness guard.
"""
GRANTS_A_LEAD = 4
STANDING_REST_NS = 20 * MILLISECOND
WAITING_REST_NS = MILLISECOND
"""Machine time between two looks while market time waits for us or for a client."""


class Pacer:
    """Drives a venue by its market clock; while `waits` says so, market time stands."""

    def __init__(
        self,
        venue: Playable,
        clock: MarketClockWriter,
        pumps: Pumps,
        *,
        end_ns: Nanos | None,
        waits: Callable[[], bool] = lambda: False,
    ) -> None:
        self._venue = venue
        self._clock = clock
        self._pumps = pumps
        self._end_ns = end_ns
        self._waits = waits
        self.played_ns = self.delivered_ns = clock.market_ns()
        speed = clock.anchor().speed_millionths
        self._lead_ns = min(LEAD_MACHINE_NS * speed // 1_000_000, LEAD_MARKET_NS)
        self.waits_for_readers = speed > 1_000_000

    def play(self) -> None:
        """Play what is due by now."""
        now_ns = self._clock.market_ns()
        if now_ns > self.played_ns:
            self._venue.advance(now_ns)
            self.played_ns = now_ns

    async def run(self, stop: asyncio.Event) -> None:
        """Play, deliver, grant time, sleep; until `stop`."""
        while not stop.is_set():
            self.play()
            played_ns = self.played_ns
            await self._pumps.flush()
            self.delivered_ns = played_ns
            self._clock.grant(self._limit_ns())
            await self._sleep(stop)

    def _limit_ns(self) -> int:
        if self._waits():
            return self.played_ns
        read_ns = self._pumps.read_ns()
        reached_ns = self.played_ns if read_ns is None else min(self.played_ns, read_ns)
        limit_ns = reached_ns + self._lead_ns
        return limit_ns if self._end_ns is None else min(limit_ns, self._end_ns)

    async def _sleep(self, stop: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._rest_ns() / SECOND):
                await stop.wait()
        except TimeoutError:
            return

    def _rest_ns(self) -> int:
        if self._waits() or (self._end_ns is not None and self.played_ns >= self._end_ns):
            return STANDING_REST_NS
        if self._clock.market_ns() >= self._clock.anchor().limit_ns:
            return WAITING_REST_NS
        renew_ns = self.played_ns + self._lead_ns // GRANTS_A_LEAD
        wake_ns = min(renew_ns, self._venue.next_due_ns())
        return max(0, self._clock.anchor().machine_at(wake_ns) - time.monotonic_ns())
