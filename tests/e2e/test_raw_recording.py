"""Recorded frames of the real venue as the market: a feed test through sockets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from adapters.venues.coinbase.codec import decode_market
from domain.market.book import Book
from domain.messages.market import (
    BookChanged,
    BookSnapshotSeen,
    HeartbeatSeen,
    MarketFrame,
    SubscriptionsSeen,
    TradesPrinted,
)
from domain.model.product import ProductId
from tests.builders.recorded import RAW, shared_data
from tests.builders.runs import ledger_accounts, paper, tripped, verified
from tests.builders.simulator_process import RunningVenue, venue_process

PRODUCTS = [ProductId("BTC-USD"), ProductId("ETH-USD")]
CHANNELS = {"heartbeats": "heartbeats", "l2_data": "level2", "market_trades": "market_trades"}
"""Name of the channel on its frames, and in a subscription."""


@pytest.fixture(scope="module")
def recording() -> Path:
    return shared_data() / RAW


@pytest.fixture(scope="module")
def counted(recording: Path) -> Counter[str]:
    """Count frames, and what is in them, by nothing but JSON."""
    counts: Counter[str] = Counter()
    with zstandard.open(recording, "rt", encoding="utf-8") as file:
        for entry in map(json.loads, file):
            frame = json.loads(entry["data"]) if entry["t"] == "recv" else {}
            if (channel := frame.get("channel")) in CHANNELS:
                counts[channel] += 1
                for event in frame["events"]:
                    counts[f"{channel} events"] += 1
                    counts["levels"] += len(event.get("updates", ()))
                    counts["trades"] += len(event.get("trades", ()))
    return counts


def test_the_trader_runs_on_a_recording_to_its_end(tmp_path: Path, recording: Path) -> None:
    stopped = paper(tmp_path, "--market", str(recording), "--speed", "4", history="none")

    assert (stopped["reason"], stopped["orders"], stopped["equity"]) == ("market_end", "0", "10000")
    assert ledger_accounts(tmp_path) == {"USD": 10_000}
    assert tripped(tmp_path) == set()
    assert verified(tmp_path)["ok"] is True
    log = (tmp_path / "logs" / "bulkhead.log").read_text()
    for trouble in ("ERROR", "CRITICAL", "late frame", "sequence gap", "crossed"):
        assert trouble not in log


def test_every_recorded_frame_is_parsed_and_the_books_never_cross(
    tmp_path: Path, recording: Path, counted: Counter[str]
) -> None:
    found: Counter[str] = Counter()
    books = {product: Book() for product in PRODUCTS}
    total = sum(counted[channel] for channel in CHANNELS)
    with venue_process(tmp_path, "--market", str(recording), "--speed", "60") as venue:
        for data in received(venue, total + len(CHANNELS)):
            frame = decode_market(data, 1)
            assert isinstance(frame, MarketFrame)
            name = json.loads(data)["channel"]
            if name in CHANNELS:
                found[name] += 1
            for event in frame.events:
                match event:
                    case BookSnapshotSeen(product=product):
                        books[product].replace(event.bids, event.asks)
                    case BookChanged(product=product):
                        books[product].apply(event.bids, event.asks)
                match event:
                    case BookSnapshotSeen() | BookChanged():
                        found["levels"] += len(event.bids) + len(event.asks)
                        top = books[event.product].top()
                        assert top is None or top[0].price < top[1].price
                    case TradesPrinted():
                        found["trades"] += len(event.trades)
                if not isinstance(event, SubscriptionsSeen):
                    found[f"{name} events"] += 1
                assert isinstance(
                    event,
                    BookSnapshotSeen
                    | BookChanged
                    | TradesPrinted
                    | HeartbeatSeen
                    | SubscriptionsSeen,
                )
    assert found == counted
    assert counted["levels"] > 69_000
    assert all(book.top() is not None for book in books.values())


def received(venue: RunningVenue, total: int) -> Iterator[bytes]:
    """Return the first `total` frames of a subscription to everything."""
    stream = venue.api.stream()
    for channel in CHANNELS.values():
        asked = {"type": "subscribe", "channel": channel, "product_ids": PRODUCTS}
        stream.send(json.dumps(asked))
    for _ in range(total):
        text = stream.recv()
        yield text.encode() if isinstance(text, str) else text
    stream.close()
