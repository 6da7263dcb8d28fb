"""The charts of a tear sheet: those of any results, who held instead, and what was at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from attrs import evolve

from app.backtest.analysis import Analysis
from app.backtest.exposure import Share
from app.backtest.outcome import BacktestOutcome
from app.backtest.wide_bars import wide_bars_of
from app.results.candles import charts_from
from app.results.charts import GREY, Chart, DrawnLine, charts, lines
from domain.model.instants import HOUR
from domain.model.money import ZERO
from domain.results.performance import CurvePoint

MOST_POINTS = 1_500
"""Of a line: a screen has no more columns."""
PALETTE = ("#3b7dd8", "#d9860b", "#1a9c6b", "#9a6fd0", "#d1495b", "#2ba5b5", "#a3833c", GREY)
"""Colours that are told apart on white and on black; the last one is for all others."""
OTHERS = "others"


def sheet_charts(outcome: BacktestOutcome, found: Analysis) -> list[Chart]:
    """Return the charts there is something to show in."""
    plan = outcome.plan
    shown = evolve(outcome.results, points=thinned(outcome.results.points, MOST_POINTS))
    prices = charts_from(shown, wide_bars_of(plan.market, plan.end_ns))
    drawn = charts(shown, prices, list(_beside(outcome, found)))
    at = next((n + 1 for n, each in enumerate(drawn) if each.title == "Drawdown"), 0)
    return [*drawn[:at], *_at_work(outcome), *drawn[at:]]


def thinned(points: Sequence[CurvePoint], most: int) -> tuple[CurvePoint, ...]:
    """Return at most `most` of `points`: of each stretch the deepest and the last, and the first.

    The largest drawdown stays where and what it was.
    """
    if len(points) <= most:
        return tuple(points)
    size = -(-2 * (len(points) - 1) // (most - 1))
    kept = [points[0]]
    for first in range(1, len(points), size):
        stretch = points[first : first + size]
        lowest = max(stretch, key=lambda point: point.drawdown_pct)
        kept += [lowest] if lowest is stretch[-1] else [lowest, stretch[-1]]
    return tuple(kept)


def _beside(outcome: BacktestOutcome, found: Analysis) -> list[DrawnLine]:
    """Return what the account would have come to by holding, and by doing nothing."""
    last, plan = outcome.results.last, outcome.plan
    if last is None:
        return []
    opening = last.opening_nlv
    both = [plan.start_ns, plan.end_ns]
    beside = [DrawnLine("cash", both, [float(opening)] * 2, GREY)]
    if found.held:
        values = [float(opening * (1 + each.return_pct / 100)) for each in found.held]
        times = [each.at_ns for each in found.held]
        beside.insert(0, DrawnLine("buy and hold", times, values, PALETTE[1]))
    return beside


def _at_work(outcome: BacktestOutcome) -> list[Chart]:
    shown = outcome.exposure
    if not shown.assets:
        return []
    hours = sorted(shown.hours)
    hours = hours[:: -(-len(hours) // MOST_POINTS)]
    assets = {hour: shown.hours[hour].assets for hour in hours}
    themes = {hour: shown.hours[hour].themes for hour in hours}
    by_asset = _shares(assets, _largest(shown.assets))
    unit, note = "% of equity", "At market value, the last of each hour."
    found = [Chart("At work, by asset", lines(by_asset, unit, 260, is_stacked=True), note)]
    if shown.themes:
        note = "An asset may belong to several themes, or to none."
        by_theme = _shares(themes, _largest(shown.themes), has_others=False)
        found.append(Chart("At work, by theme", lines(by_theme, unit, 240), note))
    return found


def _largest(shares: Mapping[str, Share]) -> list[str]:
    """Return the names with the most at work, as many as have a colour of their own."""
    names = sorted(shares, key=lambda name: (-shares[name].total, name))
    return names[: len(PALETTE) - 1]


def _shares(
    hours: Mapping[int, Mapping[str, Decimal]], names: Sequence[str], *, has_others: bool = True
) -> list[DrawnLine]:
    times = [hour * HOUR for hour in hours]
    found = [
        DrawnLine(name, times, [_rounded(each.get(name, ZERO)) for each in hours.values()], colour)
        for name, colour in zip(names, PALETTE, strict=False)
    ]
    rest = [
        sum((share for name, share in each.items() if name not in names), ZERO)
        for each in hours.values()
    ]
    if has_others and any(rest):
        found.append(DrawnLine(OTHERS, times, [_rounded(each) for each in rest], PALETTE[-1]))
    return found


def _rounded(share: Decimal) -> float:
    return float(round(share, 4))
