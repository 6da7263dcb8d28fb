"""Streams that nobody uses are closed: no subscription in time, or nothing to send for long."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from adapters.simulator.stream_api.connection import HEARTBEATS
from domain.model.instants import SECOND

if TYPE_CHECKING:
    from adapters.simulator.engine.quirks import VenueQuirks
    from adapters.simulator.server.pump import Pump


@contextlib.asynccontextmanager
async def closed_when_idle(pump: Pump, quirks: VenueQuirks) -> AsyncIterator[None]:
    """Watch over a stream as long as the block lasts; all durations are machine time."""
    task = asyncio.create_task(_close_when_idle(pump, quirks))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _close_when_idle(pump: Pump, quirks: VenueQuirks) -> None:
    await asyncio.sleep(quirks.subscribe_within_ns / SECOND)
    patience_s = quirks.idle_close_ns / SECOND
    while pump.connection.subscriptions:
        idle_s = time.monotonic() - pump.sent_s
        if HEARTBEATS in pump.connection.subscriptions:
            idle_s = 0.0
        if idle_s >= patience_s:
            break
        await asyncio.sleep(patience_s - idle_s)
        if not pump.connection.subscriptions:
            await asyncio.sleep(quirks.subscribe_within_ns / SECOND)
    pump.connection.close()
    pump.kick()
