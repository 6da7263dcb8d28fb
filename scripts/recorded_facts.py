"""The recorded side of scripts/market_facts.py: what the recordings of ../shared/data say.

Every figure comes from the files as they are; nothing is smoothed. A minute without a row keeps
the close before and has no volume, as the embedded venue plays it.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import zstandard

from domain.model.instants import MINUTE, SECOND, parse_iso
from scripts.market_facts import (
    NEAR_BPS,
    Floats,
    Minutes,
    Values,
    add,
    book_facts,
    candle_facts,
    pair_facts,
    spread_facts,
    trade_facts,
)

SETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "coinbase_1m_2023-11_12": ("USD", ("BTC", "DOGE", "ETH", "LINK", "SOL")),
    "binance_1m_2023-03_05": ("USDT", ("BTC", "DOGE", "ETH", "LINK", "SOL")),
    "binance_1m_2021-04_05": ("USDT", ("BTC", "DOGE", "ETH", "LINK")),
    "binance_1m_2025-05_08": ("USDT", ("BTC", "ETH")),
}
DAY_MINUTES = 1_440
BOOK_EVERY = 20
"""A deep book is summed at each twentieth of its changes."""
Side = dict[float, float]


def recorded(data: Path) -> Values:
    """Return the facts of the recordings in `data`."""
    csv.field_size_limit(sys.maxsize)  # a whole book is one field
    found: Values = {}
    for folder, (quote, bases) in SETS.items():
        _add_candles(found, data / "candles" / folder, quote, bases)
    _add_frames(found, data / "raw" / "coinbase_advanced_trade_v3_BTC-ETH_2026-08-09.jsonl.zst")
    for name in (
        "coinbase_advanced_trade_v3_ticker_BTC-USD_2025-12-01_06",
        "coinbase_advanced_trade_v3_ticker_BTC-USD_2026-04-05a",
        "coinbase_exchange_ticker_BTC-USD_2025-11-12_14",
    ):
        _add_tickers(found, data / "raw" / f"{name}.jsonl.zst")
    for base in ("BTC", "ETH", "LTC"):
        _add_quote_bars(found, data / "candles" / "coinbase_1m_2018-04", base)
    turnover = _mean_value(data / "candles" / "coinbase_1m_2018-04" / "BTC-USD_trade.parquet")
    for day in ("15", "16", "17"):
        file = data / "raw" / f"gdax_level2_matches_BTC-USD_2018-04-{day}.csv.zst"
        _add_matches(found, file, f"BTC 2018-04-{day}", turnover)
    for file in sorted((data / "trades").glob("*.parquet")):
        _add_trades(found, file)
    return found


def _lines(file: Path) -> Iterator[str]:
    with file.open("rb") as packed:
        reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        yield from io.TextIOWrapper(reader, encoding="utf-8")


def _add_candles(found: Values, folder: Path, quote: str, bases: Sequence[str]) -> None:
    columns = {base: _grid(folder / f"{base}-{quote}.parquet") for base in bases}
    for base, (_, minutes) in columns.items():
        add(found, f"{base} {folder.name}", candle_facts(minutes))
    first = max(int(starts[0]) for starts, _ in columns.values())
    last = min(int(starts[-1]) for starts, _ in columns.values())
    returns = {}
    for base, (starts, minutes) in columns.items():
        shared = (starts[1:] > first) & (starts[1:] <= last)
        returns[base] = minutes.returns_bps[shared]
    for pair, value in pair_facts(returns).items():
        add(found, f"{pair} {folder.name}", {"correlation of r between products": value})


def _grid(file: Path) -> tuple[Floats, Minutes]:
    """Return minutes since 1970 and the candles of each, also of those without a row."""
    table = parquet.read_table(file)
    rows = np.asarray(table["ts"].cast("int64"), np.int64) // MINUTE
    grid = np.arange(rows[0], rows[-1] + 1)
    place = np.searchsorted(rows, grid, side="right") - 1
    is_missing = rows[place] != grid
    closes = np.asarray(table["close"], np.float64)[place]
    highs, lows, volumes = (
        np.where(is_missing, other, np.asarray(table[name], np.float64)[place])
        for name, other in (("high", closes), ("low", closes), ("volume", 0.0))
    )
    return grid.astype(np.float64), Minutes(highs, lows, closes, volumes)


def _add_frames(found: Values, file: Path) -> None:
    """Add books and trades of a recording of v3 frames."""
    books: dict[str, tuple[Side, Side]] = {}
    turnovers: dict[str, float] = {}
    spreads: dict[str, list[float]] = {}
    bests: dict[str, list[float]] = {}
    depths: dict[str, list[float]] = {}
    trades: dict[str, list[tuple[float, float]]] = {}
    for entry in map(json.loads, _lines(file)):
        if entry["t"] == "http":
            for item in json.loads(entry["data"]).get("products", ()):
                value = float(item.get("approximate_quote_24h_volume") or 0.0)
                turnovers[item["product_id"]] = value / DAY_MINUTES
        if entry["t"] != "recv":
            continue
        frame = json.loads(entry["data"])
        for event in frame["events"]:
            if frame["channel"] == "l2_data":
                name = event["product_id"]
                book = books.setdefault(name, ({}, {}))
                _apply(book, event["updates"])
                spreads.setdefault(name, []).append(_spread_bps(book))
                if len(spreads[name]) % BOOK_EVERY == 1:
                    _sum_book(book, turnovers[name], bests, depths, name)
            if frame["channel"] == "market_trades" and event["type"] == "update":
                for trade in event["trades"]:
                    at_s = parse_iso(trade["time"]) / SECOND
                    value = float(trade["price"]) * float(trade["size"])
                    trades.setdefault(trade["product_id"], []).append((at_s, value))
    for name in books:
        series = f"{name} 2026-08-09"
        add(found, series, spread_facts(spreads[name]))
        add(found, series, book_facts(bests[name], depths[name]))
        seconds, values = np.array(trades[name]).T
        add(found, series, trade_facts(seconds, values))


def _apply(book: tuple[Side, Side], updates: Sequence[Mapping[str, str]]) -> None:
    for update in updates:
        side = book[0] if update["side"] == "bid" else book[1]
        price, quantity = float(update["price_level"]), float(update["new_quantity"])
        if quantity:
            side[price] = quantity
        else:
            side.pop(price, None)


def _spread_bps(book: tuple[Side, Side]) -> float:
    bid, ask = max(book[0]), min(book[1])
    return (ask - bid) / (ask + bid) * 2e4


def _sum_book(
    book: tuple[Side, Side],
    turnover: float,
    bests: dict[str, list[float]],
    depths: dict[str, list[float]],
    name: str,
) -> None:
    bid, ask = max(book[0]), min(book[1])
    within = (bid + ask) / 2 * NEAR_BPS / 1e4
    for side, best in ((book[0], bid), (book[1], ask)):
        near = sum(p * q for p, q in side.items() if abs(p - (bid + ask) / 2) <= within)
        bests.setdefault(name, []).append(best * side[best] / turnover)
        depths.setdefault(name, []).append(near / turnover)


def _add_tickers(found: Values, file: Path) -> None:
    """Add spreads and best levels of a recording of tickers; each names the day's volume."""
    spreads, bests, turnover = [], [], 0.0
    for ticker in _tickers(file):
        bid, ask = float(ticker["best_bid"]), float(ticker["best_ask"])
        spreads.append((ask - bid) / (ask + bid) * 2e4)
        volume = float(ticker.get("volume_24_h") or ticker["volume_24h"])
        turnover = volume * (bid + ask) / 2 / DAY_MINUTES
        for side, price in (("bid", bid), ("ask", ask)):
            quantity = ticker.get(f"best_{side}_quantity") or ticker.get(f"best_{side}_size")
            bests.append(price * float(quantity or 0.0) / turnover)
    series = file.name.removesuffix(".jsonl.zst")
    add(found, series, spread_facts(spreads))
    add(found, series, {"best level, minutes of turnover": statistics.median(bests)})


def _tickers(file: Path) -> Iterator[dict[str, Any]]:
    for entry in map(json.loads, _lines(file)):
        found = entry.get("payload") or entry["raw"]
        message = json.loads(found) if isinstance(found, str) else found
        if "best_bid" in message:
            yield message
        for event in message.get("events", ()):
            yield from event.get("tickers", ())


def _add_quote_bars(found: Values, folder: Path, base: str) -> None:
    """Add spreads and best levels at the ends of minutes of 2018."""
    table = parquet.read_table(folder / f"{base}-USD_quote.parquet")
    bids = np.asarray(table["bid_close"], np.float64)
    asks = np.asarray(table["ask_close"], np.float64)
    turnover = _mean_value(folder / f"{base}-USD_trade.parquet")
    sizes = [np.asarray(table[name], np.float64) for name in ("bid_size", "ask_size")]
    bests = np.concatenate([bids * sizes[0], asks * sizes[1]]) / turnover
    add(found, f"{base} 2018-04", spread_facts(((asks - bids) / (asks + bids) * 2e4).tolist()))
    best = statistics.median(bests.tolist())
    add(found, f"{base} 2018-04", {"best level, minutes of turnover": best})


def _mean_value(file: Path) -> float:
    """Return the mean value of the minutes that have a row."""
    table = parquet.read_table(file)
    values = np.asarray(table["close"], np.float64) * np.asarray(table["volume"], np.float64)
    return float(values.mean())


def _add_matches(found: Values, file: Path, series: str, turnover: float) -> None:
    """Add trades and the first book of an export of level2 and matches."""
    seconds, values = [], []
    for row in csv.DictReader(io.StringIO("".join(_lines(file)))):
        if row["type"] == "match":
            seconds.append(parse_iso(row["time"]) / SECOND)
            values.append(float(row["price"]) * float(row["size"]))
        elif row["type"] == "snapshot":
            bids, asks = (
                {float(price): float(size) for price, size in ast.literal_eval(row[side])}
                for side in ("bids", "asks")
            )
            depths: dict[str, list[float]] = {}
            _sum_book((bids, asks), turnover, {}, depths, series)
            for side, depth in zip(("bids", "asks"), depths[series], strict=True):
                add(found, f"{series} {side}", {"depth within 10 bps, minutes": depth})
    add(found, series, trade_facts(np.array(seconds), np.array(values)))


def _add_trades(found: Values, file: Path) -> None:
    table = parquet.read_table(file)
    names = np.asarray(table["symbol"].cast("string"))
    seconds = np.asarray(table["ts"].cast("int64"), np.int64) / SECOND
    values = np.asarray(table["price"], np.float64) * np.asarray(table["size"], np.float64)
    for name in sorted(set(names.tolist())):
        own = names == name
        add(found, f"{name} {file.stem}", trade_facts(seconds[own], values[own]))
