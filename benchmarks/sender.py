"""A process that sends level2 frames to its first client, at a fixed rate, and notes when.

Usage: python benchmarks/sender.py RATE COUNT NOTES; prints its port, ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aiohttp import WSMsgType, web

from adapters.simulator.stream_api.frames import book_snapshot, envelope
from benchmarks.parts import NOW, a_product
from domain.model.market import Level
from domain.model.money import Price, Quantity

PRODUCT = a_product(0).id
HOST = "127.0.0.1"
CENT = Decimal("0.01")
LEVELS, UPDATES = 50, 10
"""Levels of the book's sides; updates of either side in a frame."""
LOW, HIGH, DIP = Decimal("100.00"), Decimal("100.02"), Decimal("99.98")
STOP = Price(Decimal("99.99"))
DIPS_A_SECOND = 8


def stamped(number: int, top: Decimal) -> bytes:
    """Return frame `number`: its best bid holds the number as its quantity."""
    bids = [(price, Decimal(0)) for price in (HIGH, HIGH - CENT, LOW, LOW - CENT) if price > top]
    bids += [
        (top - CENT * depth, Decimal(depth) / 4 if depth else Decimal(number))
        for depth in range(UPDATES - len(bids))
    ]
    offers = [(HIGH + CENT * (depth + 1), Decimal(depth + 1)) for depth in range(UPDATES)]
    updates = [_update("bid", *each) for each in bids]
    updates += [_update("offer", *each) for each in offers]
    event = {"type": "update", "product_id": str(PRODUCT), "updates": updates}
    return envelope("l2_data", NOW, number, json.dumps(event, separators=(",", ":")))


def _update(side: str, price: Decimal, size: Decimal) -> dict[str, str]:
    return {
        "side": side,
        "event_time": "2024-01-01T00:00:00Z",
        "price_level": str(price),
        "new_quantity": str(size),
    }


def snapshot() -> bytes:
    """Return the frame that begins the book."""
    one = Quantity(Decimal("1.25"))
    bids = tuple(Level(Price(LOW - CENT * depth), one) for depth in range(LEVELS))
    asks = tuple(Level(Price(HIGH + CENT * (depth + 1)), one) for depth in range(LEVELS))
    return envelope("l2_data", NOW, 0, book_snapshot(PRODUCT, (bids, asks), NOW))


def tops(count: int, rate: int) -> Iterator[Decimal]:
    """Yield the best bid of each frame: up and down, and now and then below the stop."""
    every = max(4, rate // DIPS_A_SECOND)
    for number in range(1, count + 1):
        yield DIP if number % every == 0 else HIGH if number % 2 else LOW


async def serve(rate: int, count: int, notes: Path) -> None:
    """Send a snapshot and `count` frames to the first client, then write when each was sent."""
    frames = [stamped(number, top) for number, top in enumerate(tops(count, rate), 1)]
    sent: list[int] = []
    over = asyncio.Event()

    async def client(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.receive()
        await socket.send_str(snapshot().decode())
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        for number, frame in enumerate(frames):
            left = begun + number / rate - time.monotonic()
            if left > 0:
                await asyncio.sleep(left)
            sent.append(time.monotonic_ns())
            await socket.send_frame(frame, WSMsgType.TEXT)
        notes.write_text(json.dumps(sent))
        over.set()
        async for _ in socket:
            pass
        return socket

    app = web.Application()
    app.router.add_get("/", client)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await over.wait()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
