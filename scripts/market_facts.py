"""Is the generated market like a real one? Figures of both, side by side, with bands.

    python -m scripts.market_facts
    python -m scripts.market_facts --data ../shared/data

Each band is the smallest and the largest value found in the recordings named beside it; it is
committed here, so the generated side can be judged without them. With `--data` (default: the
folder in BULKHEAD_SHARED_DATA, then ../shared/data, where it exists) the recordings are measured
again, by the same functions, and have to lie within their own bands.

Ends with 1 if any figure is outside its band. The candle figures are of minutes: `r` is the
logarithmic return, value is close times volume. Depth and best level count per side, in minutes
of the product's mean turnover, so that venues and years compare. Trades are summed by windows of
a step (1.875 s), because a step of the expander prints at most one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from adapters.simulator.market_data.depth import STEPS
from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.generated import STYLES, GeneratedMarket
from adapters.simulator.market_data.paths import DAY_MINUTES, CommonPath, ProductPath, Style
from domain.model.instants import MINUTE, Nanos, parse_iso
from domain.model.market import Level
from domain.model.money import install_context

Floats = NDArray[np.float64]
Values = dict[str, dict[str, float]]
"""Name of a fact → name of a series → its value."""

SEEDS = (1, 2, 3)
DAYS = 30
BOOK_DAYS = 6
BOOK_EVERY_MINUTES = 61
NEAR_BPS = 10.0
STEP_S = 60.0 / STEPS
ORIGIN = parse_iso("2026-01-05T00:00:00Z")


@frozen
class Band:
    """What a fact may be at least and at most, and where that was found."""

    low: float
    high: float
    source: str


CANDLES = "16 candle series of Coinbase and Binance, 2021 to 2025"
BOOKS = "Coinbase books and tickers of BTC, ETH and LTC, 2018 to 2026"
TRADES = "trades of BTC, ETH and LTC at Coinbase and Binance, 2018 to 2026"
COINBASE = "the product's own candles of Coinbase, end of 2023: a fifth less to a quarter more"
BANDS: Mapping[str, Band] = {
    "kurtosis of r": Band(15, 800, CANDLES),
    "99 % of |r| over its mean": Band(4.3, 6.2, CANDLES),
    "autocorrelation of r, 1 min": Band(-0.03, 0.08, CANDLES),
    "autocorrelation of |r|, 1 min": Band(0.25, 0.47, CANDLES),
    "autocorrelation of |r|, 10 min": Band(0.14, 0.44, CANDLES),
    "autocorrelation of |r|, 60 min": Band(0.08, 0.28, CANDLES),
    "autocorrelation of log value, 1 min": Band(0.42, 0.88, CANDLES),
    "autocorrelation of log value, 60 min": Band(0.18, 0.63, CANDLES),
    "correlation of |r| and log value": Band(0.29, 0.51, CANDLES),
    "range of a minute over mean |r|": Band(1.4, 2.1, CANDLES),
    "correlation of r between products": Band(0.44, 0.85, CANDLES),
    "deviation of r over the recorded": Band(0.8, 1.25, COINBASE),
    "mean value over the recorded": Band(0.8, 1.25, COINBASE),
    "spread, median, bps": Band(0.001, 0.86, BOOKS),
    "spread, 90 %, bps": Band(0.001, 4.2, BOOKS),
    "best level, minutes of turnover": Band(0.002, 0.9, BOOKS),
    "depth within 10 bps, minutes": Band(0.9, 33, BOOKS),
    "share of steps with a trade": Band(0.17, 1.0, TRADES),
    "value of a step, 90 % over median": Band(3.3, 37, TRADES),
}
RECORDED_DEVIATION_BPS = {"BTC": 5.91, "DOGE": 11.93, "ETH": 6.99, "LINK": 11.83, "SOL": 15.47}
RECORDED_VALUE = {"BTC": 354e3, "DOGE": 28.4e3, "ETH": 171e3, "LINK": 27.8e3, "SOL": 108e3}


@frozen(eq=False)
class Minutes:
    """Candles of one product as columns; volume in base currency."""

    highs: Floats
    lows: Floats
    closes: Floats
    volumes: Floats

    @property
    def returns_bps(self) -> Floats:
        """Logarithmic returns from close to close."""
        return np.asarray(np.diff(np.log(self.closes)) * 1e4, np.float64)

    @property
    def values(self) -> Floats:
        """Traded value of each minute."""
        return self.closes * self.volumes


def correlation(values: Floats, lag: int) -> float:
    """Return the autocorrelation at `lag` rows."""
    centred = values - values.mean()
    return float((centred[lag:] * centred[:-lag]).mean() / (centred * centred).mean())


def candle_facts(minutes: Minutes) -> dict[str, float]:
    """Return the facts of one product's candles."""
    returns = minutes.returns_bps
    moves, centred = np.abs(returns), returns - returns.mean()
    values = minutes.values
    logs = np.log(values[values > 0])
    ranges = np.log(minutes.highs / minutes.lows) * 1e4
    found = {
        "kurtosis of r": float((centred**4).mean() / (centred**2).mean() ** 2),
        "99 % of |r| over its mean": float(np.quantile(moves, 0.99) / moves.mean()),
        "autocorrelation of r, 1 min": correlation(returns, 1),
        "correlation of |r| and log value": float(
            np.corrcoef(np.log(values[1:] + 1.0), moves)[0, 1]
        ),
        "range of a minute over mean |r|": float(ranges.mean() / moves.mean()),
    }
    for lag in (1, 10, 60):
        found[f"autocorrelation of |r|, {lag} min"] = correlation(moves, lag)
    for lag in (1, 60):
        found[f"autocorrelation of log value, {lag} min"] = correlation(logs, lag)
    return found


def pair_facts(returns: Mapping[str, Floats]) -> dict[str, float]:
    """Return the correlation of each pair; the columns are of the same minutes."""
    return {
        f"{one}, {other}": float(np.corrcoef(returns[one], returns[other])[0, 1])
        for one, other in combinations(returns, 2)
    }


def trade_facts(seconds: Floats, values: Floats) -> dict[str, float]:
    """Return the facts of trades at these seconds, worth these amounts."""
    sums = np.bincount(((seconds - seconds.min()) // STEP_S).astype(np.int64), values)
    traded = sums[sums > 0]
    return {
        "share of steps with a trade": len(traded) / len(sums),
        "value of a step, 90 % over median": float(np.quantile(traded, 0.9) / np.median(traded)),
    }


def spread_facts(spreads_bps: Sequence[float]) -> dict[str, float]:
    """Return the facts of many spreads."""
    middle, high = np.quantile(spreads_bps, (0.5, 0.9))
    return {"spread, median, bps": float(middle), "spread, 90 %, bps": float(high)}


def add(found: Values, series: str, facts: Mapping[str, float]) -> None:
    """Put the facts of one series to the others."""
    for name, value in facts.items():
        found.setdefault(name, {})[series] = value


def generated() -> Values:
    """Return the facts of the generated market; of candles, the median over the seeds."""
    found: Values = {}
    by_seed: dict[str, dict[str, list[float]]] = {}
    for seed in SEEDS:
        for name, facts in _seed_facts(seed).items():
            for series, value in facts.items():
                by_seed.setdefault(name, {}).setdefault(series, []).append(value)
    for name, facts_of in by_seed.items():
        found[name] = {series: statistics.median(each) for series, each in facts_of.items()}
    _add_books(found)
    return found


def _seed_facts(seed: int) -> Values:
    found: Values = {}
    common, returns = CommonPath(seed), {}
    for number, style in enumerate(STYLES, start=1):
        minutes = _minutes(style, ProductPath(style, seed, number, common))
        returns[style.base] = minutes.returns_bps
        add(found, style.base, candle_facts(minutes))
        deviation = float(minutes.returns_bps.std()) / RECORDED_DEVIATION_BPS[style.base]
        value = float(minutes.values.mean()) / RECORDED_VALUE[style.base]
        add(found, style.base, {"deviation of r over the recorded": deviation})
        add(found, style.base, {"mean value over the recorded": value})
    found["correlation of r between products"] = pair_facts(returns)
    return found


def _minutes(style: Style, path: ProductPath) -> Minutes:
    days = [path.day(day) for day in range(DAYS)]
    ticks, units = 10.0**style.decimals, 10.0**style.units
    return Minutes(
        highs=np.concatenate([day.highs for day in days]) / ticks,
        lows=np.concatenate([day.lows for day in days]) / ticks,
        closes=np.concatenate([day.closes for day in days]) / ticks,
        volumes=np.concatenate([day.units for day in days]) / units,
    )


def _add_books(found: Values) -> None:
    market = GeneratedMarket(SEEDS[0], ORIGIN)
    expander = CandleExpander(market, SEEDS[0])
    minutes = range(0, BOOK_DAYS * DAY_MINUTES, BOOK_EVERY_MINUTES)
    for product in market.products:
        end = Nanos(ORIGIN + BOOK_DAYS * DAY_MINUTES * MINUTE)
        bars = market.candles(product.id, ORIGIN, end)
        turnover = statistics.fmean(float(bar.close) * float(bar.volume) for bar in bars)
        steps = [s for m in minutes for s in expander.steps(product.id, Nanos(ORIGIN + m * MINUTE))]
        spreads, bests, depths, values = [], [], [], []
        for step in steps:
            bid, ask = float(step.bids[0].price), float(step.asks[0].price)
            spreads.append((ask - bid) / (ask + bid) * 2e4)
            for side in (step.bids, step.asks):
                bests.append(_value(side[0]) / turnover)
                depths.append(_near(side, (ask + bid) / 2) / turnover)
            values.append(sum(float(t.price) * float(t.quantity) for t in step.trades))
        seconds = np.arange(len(values), dtype=np.float64) * np.float64(STEP_S)
        add(found, product.base, spread_facts(spreads))
        add(found, product.base, trade_facts(seconds, np.array(values)))
        add(found, product.base, book_facts(bests, depths))


def book_facts(bests: Sequence[float], depths: Sequence[float]) -> dict[str, float]:
    """Return the facts of sides of books, given in minutes of turnover."""
    return {
        "best level, minutes of turnover": statistics.median(bests),
        "depth within 10 bps, minutes": statistics.median(depths),
    }


def _value(level: Level) -> float:
    return float(level.price) * float(level.quantity)


def _near(side: Sequence[Level], middle: float) -> float:
    within = middle * NEAR_BPS / 1e4
    return sum(_value(level) for level in side if abs(float(level.price) - middle) <= within)


def judge(title: str, found: Values) -> bool:
    """Print every fact with its band and return whether all lie inside."""
    print(f"\n{title}\n{'':38}{'band':>18}{'found':>18}  outside")
    is_good = True
    for name, band in BANDS.items():
        if name not in found:
            continue
        values = found[name]
        outside = [series for series, v in values.items() if not band.low <= v <= band.high]
        is_good = is_good and not outside
        bounds = f"{band.low:g} … {band.high:g}"
        span = f"{min(values.values()):.3g} … {max(values.values()):.3g}"
        print(f"{name:38}{bounds:>18}{span:>18}  {', '.join(outside) or '-'}")
    return is_good


def data_folder() -> Path | None:
    """Return the folder of the recordings, None where there is none."""
    named = os.environ.get("BULKHEAD_SHARED_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    return folder if folder.is_dir() else None


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=data_folder(), help="recordings")
    asked = parser.parse_args()
    install_context()
    is_good = judge(f"generated: seeds {SEEDS}, {DAYS} days, by product", generated())
    if asked.data is None:
        print("\nrecorded: no recordings here; the bands were found in")
    else:
        from scripts.recorded_facts import recorded

        is_good = judge("recorded: by series", recorded(asked.data)) and is_good
        print("\nThe bands were found in")
    for source in dict.fromkeys(band.source for band in BANDS.values()):
        print(f"- {source}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
