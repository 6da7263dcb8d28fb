"""Open a market by its name or path."""

from __future__ import annotations

import shlex
from pathlib import Path

from adapters.simulator.market_data.candles import CandleMarket, open_candles
from adapters.simulator.market_data.depth import NO_BOOKS, Books
from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.raw import RAW_SUFFIXES, RawRecording, open_raw
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.market_data.tables import SUFFIXES, columns_of, files_of
from adapters.simulator.market_data.trades import TradeExpander, TradeMarket, open_trades
from adapters.simulator.options import GENERATED
from domain.model.instants import HOUR, MINUTE, Nanos, iso

DEFAULT_OFFSET_MINUTES = 2_874
"""Chosen, with the default seed, so that the baseline trades within a minute of the start."""
TABLES = CandleMarket | TradeMarket
PLAYABLE = TABLES | GeneratedMarket
ANY_MARKET = PLAYABLE | RawRecording


def open_market(
    source: str,
    *,
    seed: int,
    start_ns: Nanos | None,
    origin_ns: Nanos,
    lookback_ns: Nanos,
    offset_minutes: int = DEFAULT_OFFSET_MINUTES,
) -> ANY_MARKET:
    """Return the market `source`: "generated", candles, trades or raw recordings.

    A path is a file or a folder of files of one kind.

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
    try:
        market = open_recorded(path)
    except MarketError as error:
        raise MarketError(f"{error}; {_way_out(path)}") from error
    if isinstance(market, RawRecording):
        return market
    begins_ns = trading_start(market, lookback_ns) if start_ns is None else start_ns
    _check_reach(market, begins_ns, lookback_ns)
    return market


def open_recorded(path: Path) -> TABLES | RawRecording:
    """Return the candles, trades or raw recordings of a file or of a folder of one kind.

    Raises:
        MarketError: it has none, or leaves open what they are.
    """
    if _is_raw(path):
        return open_raw(path)
    if not path.is_dir() and path.suffix not in SUFFIXES:
        accepted = ", ".join((*SUFFIXES, *RAW_SUFFIXES))
        raise MarketError(f"--market: expected a file ending in {accepted}, was {path}")
    return open_trades(path) if _is_trades(path) else open_candles(path)


def _way_out(path: Path) -> str:
    place = shlex.quote(str(path))
    return (
        f"`python run.py data inspect {place}` says what is in it, and what"
        f" `python run.py data import {place} --out FOLDER` makes of it"
    )


def expander_of(market: PLAYABLE, seed: int, books: Books = NO_BOOKS) -> CandleExpander:
    """Return what turns the market's minutes into steps, with `books` where they are known."""
    if isinstance(market, TradeMarket):
        return TradeExpander(market, seed, books)
    return CandleExpander(market, seed, books)


def _is_raw(path: Path) -> bool:
    if not path.is_dir():
        return path.name.endswith(RAW_SUFFIXES)
    names = [each.name for each in path.iterdir()]
    is_raw = any(name.endswith(RAW_SUFFIXES) for name in names)
    if is_raw and any(name.endswith(SUFFIXES) for name in names):
        raise MarketError(f"{path}: expected recordings or tables in a folder, it has both")
    return is_raw


def _is_trades(path: Path) -> bool:
    """Tell by the columns whether the tables are trades and not candles."""
    kinds = {
        "price" in (found := columns_of(file, "candles or trades")) and "open" not in found
        for file in files_of(path)
    }
    if len(kinds) > 1:
        raise MarketError(f"{path}: expected files of candles or of trades, the folder has both")
    return kinds.pop()


def trading_start(market: ANY_MARKET, lookback_ns: Nanos) -> Nanos:
    """Return where a recorded market begins to trade by default: first row + look-back."""
    if isinstance(market, RawRecording):
        return market.first_ns
    return Nanos(market.first_ns + lookback_ns)


def _check_reach(market: TABLES, start_ns: Nanos, lookback_ns: Nanos) -> None:
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
