"""Open a market by its name or path."""

from __future__ import annotations

from pathlib import Path

from adapters.venue.market.candles import CandleMarket, open_candles
from adapters.venue.market.generated import GeneratedMarket
from adapters.venue.market.raw import RawRecording, open_raw
from adapters.venue.market.source import MarketError
from domain.instants import HOUR, MINUTE, Nanos, iso

GENERATED = "generated"
RAW_SUFFIXES = (".jsonl.zst", ".jsonl.gz", ".jsonl")
DEFAULT_OFFSET_MINUTES = 2_874
"""Chosen, with the default seed, so that the baseline trades within a minute of the start."""
ANY_MARKET = CandleMarket | GeneratedMarket | RawRecording


def open_market(
    source: str,
    *,
    seed: int,
    start_ns: Nanos | None,
    origin_ns: Nanos,
    lookback_ns: Nanos,
    offset_minutes: int = DEFAULT_OFFSET_MINUTES,
) -> ANY_MARKET:
    """Return the market `source`: "generated", a candle file or folder, or a raw recording.

    `origin_ns` is where a generated market begins; `start_ns` where a recorded one shall begin to
    trade (None: where it can), with `lookback_ns` of history before.

    Raises:
        MarketError: no such market, or it does not reach.
    """
    if source == GENERATED:
        return GeneratedMarket(seed, origin_ns, offset_minutes)
    path = Path(source)
    if not path.exists():
        raise MarketError(f"--market: expected `generated` or a path, {source} does not exist")
    if path.name.endswith(RAW_SUFFIXES):
        return open_raw(path)
    if path.is_dir() and any(p.name.endswith(RAW_SUFFIXES) for p in path.iterdir()):
        raise MarketError(
            f"{source}: expected candle files, was a folder of recordings; name one of them"
        )
    if not path.is_dir() and path.suffix not in (".parquet", ".csv"):
        accepted = ".parquet, .csv, " + ", ".join(RAW_SUFFIXES)
        raise MarketError(f"--market: expected a file ending in {accepted}, was {source}")
    market = open_candles(path)
    begins_ns = trading_start(market, lookback_ns) if start_ns is None else start_ns
    _check_reach(market, begins_ns, lookback_ns)
    return market


def trading_start(market: ANY_MARKET, lookback_ns: Nanos) -> Nanos:
    """Return where a recorded market begins to trade by default: first row + look-back."""
    if isinstance(market, RawRecording):
        return market.first_ns
    return Nanos(market.first_ns + lookback_ns)


def _check_reach(market: CandleMarket, start_ns: Nanos, lookback_ns: Nanos) -> None:
    need_ns = start_ns - lookback_ns
    if any(first <= need_ns and start_ns <= last for first, last in market.reach()):
        return
    first = min(first for first, _ in market.reach())
    last = max(last for _, last in market.reach())
    raise MarketError(
        f"--from {iso(start_ns)} needs rows from {iso(need_ns)} on"
        f" ({lookback_ns // HOUR} h {lookback_ns % HOUR // MINUTE} min of look-back);"
        f" the market has {iso(first)} to {iso(last)}"
    )
