"""Which column of a table is what: by its name, or without names by what its numbers can be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from adapters.simulator.market_data.candles import COLUMNS
from adapters.simulator.market_data.source import MarketError

TIME, CLOCK, PRODUCT = "ts", "clock", "symbol"
"""`clock` is the time of day where the date has a column of its own."""
NEEDED = (TIME, *COLUMNS)
IGNORED = "-"
WAY_OUT = "name them with --columns, like --columns ts,open,high,low,close,volume (`-`: not used)"
_NAMES: Mapping[str, Sequence[str]] = {
    TIME: (
        *("ts", "timestamp", "unix", "unixtimestamp", "opentime", "timeopen", "starttime", "start"),
        *("datetime", "date", "time", "candlebegintime", "t"),
    ),
    PRODUCT: ("symbol", "pair", "product", "productid", "market", "ticker"),
    "open": ("open", "openprice", "priceopen", "o"),
    "high": ("high", "highprice", "pricehigh", "h"),
    "low": ("low", "lowprice", "pricelow", "l"),
    "close": ("close", "closeprice", "priceclose", "c"),
    "volume": ("volume", "basevolume", "volumebase", "vol", "v"),
}
_QUOTED = re.compile(r"usd|eur|gbp|quote|currency")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}[-./]?\d\d[-./]?\d\d([T ].*)?")
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d(\.\d*)?)?")
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9]*[-/_:]?[A-Za-z0-9]+")
FIRST_NUMBER = 3e8
"""No price that stands left of the time is taken for one: seconds of 1979 are more."""
TOLERATED = 0.1
"""Share of rows that may be bad without putting a guess in doubt."""


@frozen
class Columns:
    """Which column, from 0, is what; `is_guessed` where nothing names them."""

    places: Mapping[str, int]
    is_guessed: bool = False

    def words(self) -> str:
        """Return what was found, in words."""
        shown = ", ".join(f"{name}={place + 1}" for name, place in self.places.items())
        return f"columns {'by their values' if self.is_guessed else 'by name'}: {shown}"


def columns_named(names: Sequence[str]) -> Columns | None:
    """Return the columns that a header names, None where it is no header.

    Raises:
        MarketError: some that are needed are missing, or are there twice.
    """
    plain = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in names]
    places = {what: _named(what, plain) for what in _NAMES}
    if sum(places[name] is not None for name in COLUMNS[:4]) < 3:
        return None
    found = {what: place for what, place in places.items() if place is not None}
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise MarketError(
            f"expected a column for each of {', '.join(NEEDED)}, found none for"
            f" {', '.join(missing)} in {', '.join(names)}; {WAY_OUT}"
        )
    if plain[found[TIME]] == "date" and "time" in plain:
        found[CLOCK] = plain.index("time")
    return Columns(found)


def _named(what: str, plain: Sequence[str]) -> int | None:
    for name in _NAMES[what]:
        if plain.count(name) > 1:
            raise MarketError(f"expected one column {name}, found {plain.count(name)}; {WAY_OUT}")
        if name in plain:
            return plain.index(name)
    if what != "volume":
        return None
    # "Volume BTC" beside "Volume USD": it is that of what is bought.
    of_base = [n for n, name in enumerate(plain) if name.startswith(what)]
    of_base = [n for n in of_base if not _QUOTED.search(plain[n])]
    return of_base[0] if len(of_base) == 1 else None


def columns_chosen(text: str) -> Columns:
    """Return the columns that a person names in order.

    Raises:
        ValueError: it names none, or one that is needed is missing.
    """
    names = [each.strip().lower() for each in text.split(",")]
    known = (*NEEDED, CLOCK, PRODUCT, IGNORED)
    odd = [each for each in names if each not in known]
    twice = [each for each in known[:-1] if names.count(each) > 1]
    missing = [each for each in NEEDED if each not in names]
    if odd or twice or missing:
        wrong = f"{odd[0]!r} is none" if odd else f"{(twice or missing)[0]} is"
        wrong += "" if odd else (" there twice" if twice else " missing")
        raise ValueError(f"expected names of columns in order, out of {', '.join(known)}; {wrong}")
    return Columns({name: place for place, name in enumerate(names) if name != IGNORED})


def columns_guessed(rows: Sequence[Sequence[str]]) -> Columns:
    """Return the columns of rows without names.

    Raises:
        MarketError: they leave open what is what.
    """
    cells = list(zip(*rows, strict=True))
    times = [place for place, each in enumerate(cells) if _all(each, _is_time)]
    if not times:
        raise MarketError(f"expected a column of times, found none; {WAY_OUT}")
    places = {TIME: times[0]}
    for what, fits in ((CLOCK, _CLOCK.fullmatch), (PRODUCT, _PRODUCT.fullmatch)):
        fitting = [place for place, each in enumerate(cells) if _all(each, fits)]
        if len(fitting) == 1:
            places[what] = fitting[0]
    left = range(times[0] + 1, len(cells))
    numeric = [place for place in left if _all(cells[place], _NUMBER.fullmatch)]
    if len(numeric) < len(COLUMNS):
        raise MarketError(
            f"expected four prices and a volume behind the time, found {len(numeric)} columns of"
            f" numbers; {WAY_OUT}"
        )
    prices = numeric[:4]
    order = _order([np.array([_value(cell) for cell in cells[place]]) for place in prices])
    places |= {name: prices[place] for name, place in zip(COLUMNS[:4], order, strict=True)}
    _check_order([cells[places[name]] for name in (TIME, "open", "close")])
    return Columns(places | {"volume": numeric[4]}, is_guessed=True)


def is_row(cells: Sequence[str]) -> bool:
    """Tell whether these can be a candle, and are no header or title."""
    return sum(_NUMBER.fullmatch(cell) is not None for cell in cells) >= len(COLUMNS)


def _all(cells: Sequence[str], fits: object) -> bool:
    assert callable(fits)
    good = sum(1 for cell in cells if fits(cell))
    return good >= (1 - TOLERATED) * len(cells)


def _is_time(cell: str) -> bool:
    if re.fullmatch(r"\d{9,19}(\.0*)?", cell):
        return float(cell) >= FIRST_NUMBER
    return _DATE.fullmatch(cell) is not None


def _value(cell: str) -> float:
    return float(cell.replace(",", ".")) if _NUMBER.fullmatch(cell) else float("nan")


def _order(prices: Sequence[NDArray[np.float64]]) -> tuple[int, ...]:
    """Return which of four columns is open, high, low and close; open stands left of close."""
    together = np.array(prices)
    together = together[:, np.isfinite(together).all(axis=0)]
    if not together.size:
        raise MarketError(f"expected four prices in each row; {WAY_OUT}")
    top, bottom = together.max(axis=0), together.min(axis=0)
    highs = [n for n in range(4) if (together[n] < top).mean() <= TOLERATED]
    lows = [n for n in range(4) if (together[n] > bottom).mean() <= TOLERATED]
    fits = [
        (opened, high, low, closed)
        for opened, high, low, closed in permutations(range(4))
        if high in highs and low in lows and opened < closed
    ]
    if len(fits) != 1:
        found = "none that is" if not fits else "more than one that can be"
        raise MarketError(f"expected a high and a low in each row, found {found} one; {WAY_OUT}")
    return fits[0]


def _check_order(columns: Sequence[Sequence[str]]) -> None:
    """Refuse an open that follows its close: prices go on where they were."""
    by_time = sorted(zip(*columns, strict=True))
    opens, closes = (np.array([_value(row[n]) for row in by_time]) for n in (1, 2))
    if len(opens) < 3:
        return
    straight = np.nansum(np.abs(opens[1:] - closes[:-1]))
    crossed = np.nansum(np.abs(closes[1:] - opens[:-1]))
    if 2 * crossed < straight:
        raise MarketError(
            f"expected the open left of the close, found that each row goes on from the other"
            f" one; {WAY_OUT}"
        )
