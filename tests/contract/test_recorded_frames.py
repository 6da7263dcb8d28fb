"""Claims about Coinbase's own recorded frames: our codecs take them apart and together again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zstandard

from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.store import SqliteStore
from adapters.simulator.market_data.raw import RawFrame, RawRecording, open_raw
from adapters.simulator.recordings.playback import Playback
from adapters.simulator.recordings.recorded import RecordedMarket
from adapters.simulator.server.opened_world import FEES
from adapters.simulator.stream_api import frames as encoder
from adapters.simulator.stream_api.summaries import listed_event
from adapters.venues.coinbase.codec import decode_market
from domain.messages.market import BookChanged, BookSnapshotSeen, MarketFrame, TradesPrinted
from domain.model.instants import SECOND, Nanos, parse_iso
from tests.builders.recorded import BTC_FORM, shared_data
from tests.builders.simulator import Client, frames
from tests.builders.steps import BIDS, step
from tests.fakes.markets import Script

V3 = "coinbase_advanced_trade_v3_BTC-ETH_2026-08-09.jsonl.zst"
TICKERS = (
    "coinbase_advanced_trade_v3_ticker_BTC-USD_2025-12-01_06.jsonl.zst",
    "coinbase_advanced_trade_v3_ticker_BTC-USD_2025-12-01_local_clock.jsonl.zst",
    "coinbase_advanced_trade_v3_ticker_BTC-USD_2026-04-05a.jsonl.zst",
    "coinbase_exchange_ticker_BTC-USD_2025-11-12_14.jsonl.zst",
)
MOST_TICKERS = 2_000
CATALOGUE = BTC_FORM
NO_LEVELS = ((), ())


def recording(name: str) -> Path:
    path = shared_data() / "raw" / name
    if not path.is_file():
        pytest.skip(f"the recording {name} is absent")
    return path


@pytest.fixture(scope="module")
def v3() -> RawRecording:
    return open_raw(recording(V3))


def written(frame: RawFrame) -> bytes:
    return encoder.envelope(frame.channel, frame.at_ns, 1, frame.events.strip()[1:-1])


def levels(event: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {"bid": [], "offer": []}
    for update in event["updates"]:
        found[update["side"]].append((update["price_level"], update["new_quantity"]))
    return found


def encoded(event: object, at_ns: int) -> dict[str, Any]:
    """Return what the venue writes for an event that the trader's codec has read."""
    match event:
        case BookSnapshotSeen(product=product, bids=bids, asks=asks):
            return dict(json.loads(encoder.book_snapshot(product, (bids, asks), at_ns)))
        case BookChanged(product=product, bids=bids, asks=asks):
            text = encoder.book_update(product, NO_LEVELS, (bids, asks), at_ns)
            return dict(json.loads(text or "{}"))
        case TradesPrinted(trades=trades, is_snapshot=is_snapshot):
            kind = "snapshot" if is_snapshot else "update"
            return dict(json.loads(encoder.trades_event(kind, reversed(trades))))
    raise AssertionError(f"not encoded here: {event}")


def test_books_and_trades_come_back_to_the_digit(v3: RawRecording) -> None:
    seen = 0
    for frame in v3.frames:
        if frame.channel not in ("l2_data", "market_trades"):
            continue
        decoded = decode_market(written(frame), 1)
        assert isinstance(decoded, MarketFrame)
        assert decoded.sent_ns == frame.at_ns
        for event, source in zip(decoded.events, json.loads(frame.events), strict=True):
            back = encoded(event, frame.at_ns)
            assert back["type"] == source["type"]
            if frame.channel == "l2_data":
                assert back["product_id"] == source["product_id"]
                assert levels(back) == levels(source)
            else:
                assert back["trades"] == source["trades"]
            seen += 1
    assert seen > 800


def test_every_recorded_frame_is_understood(v3: RawRecording) -> None:
    for frame in v3.frames:
        decoded = decode_market(written(frame), 1)
        assert isinstance(decoded, MarketFrame)
        assert decoded.events


def test_the_venue_writes_the_members_that_coinbase_writes(v3: RawRecording) -> None:
    client = Client(Script(step(2, ("100.00", "1")), step(3, ("101.00", "1"), bids=BIDS[1:])))
    channels = ("level2", "market_trades", "ticker", "candles", "heartbeats")
    ours = client.engine.connect()
    for channel in channels:
        message = {"type": "subscribe", "channel": channel, "product_ids": ["BTC-USD"]}
        ours.receive(json.dumps(message))
    client.to(4)

    written_by_us = {key for frame in frames(ours) for key in shapes(frame["channel"], frame)}
    recorded = {
        key
        for frame in v3.frames
        for key in shapes(frame.channel, {"events": json.loads(frame.events)})
    }
    wanted = {"l2_data", "market_trades", "ticker", "candles", "heartbeats"}
    assert {key for key in written_by_us if key[0] in wanted} == recorded


def shapes(channel: str, frame: dict[str, Any]) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield channel, kind of event or item, and the members with their JSON types."""
    for event in frame["events"]:
        yield channel, str(event.get("type")), members(event)
        for items in event.values():
            for item in items if isinstance(items, list) else ():
                yield channel, "item", members(item)


def members(item: dict[str, Any]) -> frozenset[str]:
    return frozenset(f"{name}:{type(value).__name__}" for name, value in item.items())


def tickers(path: Path) -> Iterator[tuple[Nanos, dict[str, Any]]]:
    """Yield market time and ticker of every recorded line, in the form of Advanced Trade."""
    with path.open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        for line in read_lines(reader):
            entry = json.loads(line)
            if "payload" in entry:
                payload = entry["payload"]
                for event in payload["events"]:
                    for item in event.get("tickers", ()):
                        yield parse_iso(payload["timestamp"]), item
            elif "pair" in entry:
                raw = json.loads(entry["raw"])
                if raw["type"] == "ticker":
                    yield parse_iso(raw["time"]), of_exchange(raw)
            else:
                yield parse_iso(entry["timestamp"]), entry["raw"]


def read_lines(reader: Any) -> Iterator[bytes]:
    rest = b""
    while chunk := reader.read(1 << 18):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line for line in lines if line.strip())
    if rest.strip():
        yield rest


def of_exchange(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a ticker of the older protocol in the members of Advanced Trade."""
    change = (Decimal(raw["price"]) / Decimal(raw["open_24h"]) - 1) * 100
    return {
        "type": "ticker",
        "product_id": raw["product_id"],
        "price": raw["price"],
        "volume_24_h": raw["volume_24h"],
        "low_24_h": raw["low_24h"],
        "high_24_h": raw["high_24h"],
        "low_52_w": raw["low_24h"],
        "high_52_w": raw["high_24h"],
        "price_percent_chg_24_h": str(round(change, 12)),
        "best_bid": raw["best_bid"],
        "best_bid_quantity": raw["best_bid_size"],
        "best_ask": raw["best_ask"],
        "best_ask_quantity": raw["best_ask_size"],
    }


@pytest.mark.parametrize("name", TICKERS)
def test_recorded_tickers_are_served_as_they_were(name: str, tmp_path: Path) -> None:
    source = [pair for pair, _ in zip(tickers(recording(name)), range(MOST_TICKERS), strict=False)]
    source.sort(key=lambda pair: pair[0])
    assert source

    served = play(again(source, tmp_path), source[-1][0])

    assert [item for frame in served for item in frame["events"][0]["tickers"]] == [
        item for _, item in source
    ]
    numbers = [frame["sequence_num"] for frame in served]
    assert numbers == list(range(numbers[0], numbers[0] + len(source)))
    ours = frames(Client().subscribe("ticker", "BTC-USD"))[0]["events"][0]["tickers"][0]
    assert all(item.keys() <= ours.keys() for _, item in source)


def again(source: list[tuple[Nanos, dict[str, Any]]], folder: Path) -> RawRecording:
    """Write tickers as a v3 recording, with the encoder that the venue serves with, and open it."""
    lines = [json.dumps({"t": "http", "data": json.dumps({"products": [CATALOGUE]})})]
    for at_ns, item in source:
        frame = encoder.envelope("ticker", at_ns, 0, listed_event("update", "tickers", [item]))
        lines.append(json.dumps({"t": "recv", "data": frame.decode()}))
    path = folder / "again.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return open_raw(path)


def play(found: RawRecording, until_ns: Nanos) -> list[dict[str, Any]]:
    market = RecordedMarket(found.description, found.products, found.frames)
    engine = Engine(
        market=market,
        expander=market,
        store=SqliteStore(),
        start_ns=Nanos(found.first_ns - 1),
        opening={"USD": Decimal(1)},
        fees=FEES,
        ids=Ids("test"),
    )
    playback = Playback(engine, found.frames, ["BTC-USD"])
    listener = playback.connect()
    message = {"type": "subscribe", "channel": "ticker", "product_ids": ["BTC-USD"]}
    listener.receive(json.dumps(message))
    playback.advance(Nanos(until_ns + SECOND))
    return frames(listener, "ticker")
