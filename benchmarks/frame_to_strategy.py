"""From a level2 frame's bytes to a listener.

The floor is the same work as direct function calls, measured in the same run.
Usage: python benchmarks/frame_to_strategy.py [--frames N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from attrs import evolve

from actors.kernel.envelope import ReplyTo
from actors.kernel.topology import FEED, ROUTES
from actors.trading.feed import Feed
from adapters.simulator.stream_api.frames import book_snapshot, book_update, envelope
from adapters.venues.coinbase.codec import decode_market
from benchmarks.parts import (
    NOW,
    a_product,
    bench,
    parsed,
    table,
    timed,
)
from domain.market.book import Book
from domain.market.market_data import FeedPlan
from domain.messages.market import BookChanged, QuoteMoved, StreamOpened
from domain.messages.supervision import BootCompleted
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Level
from domain.model.money import Price, Quantity, Rate, install_context

LISTENER = "listener"
LEVELS = 50
BOOT = BootCompleted(
    (a_product(0),),
    Rate(Decimal("0.006")),
    Rate(Decimal("0.012")),
    is_clean=True,
)


class SilentVenue:
    """Takes every question and never answers."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_args, **_more: None


def shown(top: str) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """Return a book around `top`, the best bid."""
    cent, best = Decimal("0.01"), Decimal(top)
    one = Quantity(Decimal("1.25"))
    bids = tuple(Level(Price(best - cent * depth), one) for depth in range(LEVELS))
    asks = tuple(Level(Price(best + cent * (depth + 1)), one) for depth in range(LEVELS))
    return bids, asks


def frames_of(count: int) -> list[bytes]:
    """Return a snapshot and updates that move the best bid up and down."""
    product = BOOT.products[0].id
    low, high = shown("100.00"), shown("100.02")
    frames = [envelope("l2_data", NOW, 0, book_snapshot(product, low, NOW))]
    for number in range(1, count + 1):
        before, after = (low, high) if number % 2 else (high, low)
        text = book_update(product, before, after, NOW)
        assert text is not None
        frames.append(envelope("l2_data", NOW, number, text))
    return frames


def frames_on(kind: str, frames: list[bytes]) -> list[float]:
    """Return the microseconds from each frame's bytes to the listener."""
    with bench(kind, {QuoteMoved: evolve(ROUTES[QuoteMoved], hears=(LISTENER,))}) as found:
        probe = found.probe(LISTENER, lambda each: isinstance(each, QuoteMoved))
        found.runtime.spawn(Feed, FEED, SilentVenue(), FeedPlan(1, Nanos(5 * MINUTE), False))
        found.runtime.post(ReplyTo(FEED), BOOT)
        found.runtime.post(ReplyTo(FEED), StreamOpened("market", 1))
        found.settle()

        def heard(data: bytes) -> None:
            found.runtime.post(ReplyTo(FEED), decode_market(data, 1))

        return [found.drive(partial(heard, data), probe) for data in frames][1:]


def frames_direct(frames: list[bytes]) -> list[float]:
    """Return the microseconds of decoding and applying alone."""
    book = Book()
    book.replace(*shown("100.00"))

    def work(data: bytes) -> None:
        frame: Any = decode_market(data, 1)
        for event in frame.events:
            assert isinstance(event, BookChanged)
            book.apply(event.bids, event.asks)
        book.top()

    return [timed(partial(work, data)) for data in frames[1:]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=2_000)
    options = parsed(parser, frames=20)
    install_context()
    frames = frames_of(options.frames)
    table(
        f"l2 frame ({len(frames[1])} bytes) -> decoded -> feed -> quote handled",
        [
            ("direct calls (floor)", frames_direct(frames)),
            ("virtual runtime", frames_on("virtual", frames)),
            ("threads", frames_on("threads", frames)),
        ],
        "direct calls (floor)",
    )


if __name__ == "__main__":
    main()
