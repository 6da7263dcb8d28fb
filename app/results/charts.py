"""Results as charts: equity, drawdown, profits, and trades on the prices they were made at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from attrs import frozen

from app.results.candles import PriceChart
from app.results.tables import SOLD_WHY
from domain.model.figures import moment, price, signed
from domain.model.instants import iso
from domain.model.market import Bar
from domain.model.product import quote_of
from domain.results.fold import Results
from domain.results.round_trips import RoundTrip

UP, DOWN, LINE, GREY = "#1a9c6b", "#d1495b", "#3b7dd8", "#7a8290"
"""Colours that are legible on white and on black."""
SHORTEST_CURVE = 2
FEW_BARS = 10
"""So few have a number each; else there would be halves between them."""
MARGIN = 0.05
NARROWEST = 0.001
"""Parts: of the span shown, left free above and below; of a price that never moved, shown."""

Figure = dict[str, Any]
"""A figure as the chart library takes it: data and layout."""


@frozen
class Chart:
    """A figure with its title; `note` is what has to be said about it."""

    title: str
    figure: Figure
    note: str = ""


@frozen
class DrawnLine:
    """Values over time, by their names; None: there is none at that time."""

    name: str
    at_ns: Sequence[int]
    values: Sequence[float | None]
    colour: str


def charts(
    results: Results, prices: Iterable[PriceChart], beside: Sequence[DrawnLine] = ()
) -> list[Chart]:
    """Return the charts there is something to show in; `beside` are drawn with the equity."""
    found = []
    if len(results.points) >= SHORTEST_CURVE:
        found += [
            Chart("Equity", _equity(results, beside)),
            Chart("Drawdown", _drawdown(results)),
        ]
    if results.closed:
        title = "Profit of each trade, after fees, in order of sale"
        found.append(Chart(title, _profits(results)))
    found += [_trades(each, results) for each in prices]
    return found


def lines(
    found: Iterable[DrawnLine], unit: str, height: int, *, is_stacked: bool = False
) -> Figure:
    """Return a figure of lines over time with their names; stacked ones are areas that add up."""
    drawn = [_line(each) for each in found]
    if is_stacked:
        drawn = [each | {"stackgroup": "all", "line": _thin(each)} for each in drawn]
    return {"data": drawn, "layout": _layout(unit, height) | _LEGEND}


_LEGEND = {
    "showlegend": True,
    "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
    "margin": {"l": 70, "r": 10, "t": 32, "b": 40},
}


def _thin(line: Figure) -> dict[str, Any]:
    return {**line["line"], "width": 0.5}


def _layout(unit: str, height: int) -> dict[str, Any]:
    axis = {"gridcolor": "rgba(122,130,144,.25)", "zerolinecolor": "rgba(122,130,144,.5)"}
    return {
        "height": height,
        "margin": {"l": 70, "r": 10, "t": 10, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": GREY},
        "xaxis": {**axis, "rangeslider": {"visible": False}, "ticks": "outside", "ticklen": 5},
        "yaxis": {**axis, "automargin": False, "title": {"text": unit}, "tickformat": ",.6~f"},
        "showlegend": False,
        "hovermode": "x unified",
    }


def _line(line: DrawnLine) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [iso(at_ns) for at_ns in line.at_ns],
        "y": list(line.values),
        "line": {"color": line.colour, "width": 2},
        "name": line.name,
    }


def _equity(results: Results, beside: Sequence[DrawnLine]) -> Figure:
    points = results.points
    equity = DrawnLine(
        "equity", [each.at_ns for each in points], [float(each.nlv) for each in points], LINE
    )
    if beside:
        return lines([equity, *beside], results.quote_currency, 320)
    return {"data": [_line(equity)], "layout": _layout(results.quote_currency, 320)}


def _drawdown(results: Results) -> dict[str, Any]:
    area = {
        "type": "scatter",
        "mode": "lines",
        "fill": "tozeroy",
        "x": [iso(point.at_ns) for point in results.points],
        "y": [-float(point.drawdown_pct) for point in results.points],
        "line": {"color": DOWN, "width": 1},
        "name": "below the peak, %",
    }
    return {"data": [area], "layout": _layout("%", 200)}


def _profits(results: Results) -> dict[str, Any]:
    closed = results.closed
    bars = {
        "type": "bar",
        "x": list(range(1, len(closed) + 1)),
        "y": [float(trip.profit) for trip in closed],
        "marker": {"color": [UP if trip.profit > 0 else DOWN for trip in closed]},
        "text": [f"{trip.product}, sold {moment(trip.closed_ns)}" for trip in closed],
        "textposition": "none",
        "hovertemplate": "%{text}: %{y:.2f}<extra></extra>",
    }
    layout = _layout(results.quote_currency, 240)
    if len(closed) <= FEW_BARS:
        layout["xaxis"]["dtick"] = 1
    return {"data": [bars], "layout": layout}


def _trades(prices: PriceChart, results: Results) -> Chart:
    """Return the candles of a product with what was bought and sold, and each stop and target."""
    trips = [trip for trip in results.trips if trip.product == prices.product]
    layout = _layout(quote_of(prices.product), 360) | {"hovermode": "closest"}
    limits = {float(p) for trip in trips for p in (trip.stop_price, trip.target_price) if p}
    low, high = _reach(prices.bars, limits)
    layout["yaxis"]["range"] = [low, high]
    is_cut = any(not low <= each <= high for each in limits)
    note = f"{prices.note} Some lie far away: double-click to see all." if is_cut else prices.note
    figure = {"data": [_candles(prices.bars), *_limits(trips, prices), *_marks(trips)]}
    return Chart(f"{prices.product}, trades", figure | {"layout": layout}, note)


def _reach(bars: Sequence[Bar], limits: Iterable[float]) -> tuple[float, float]:
    """Return which prices are shown at first: all candles, and those limits that keep them legible.

    A limit further away than the candles are high would press these flat.
    """
    low, high = float(min(bar.low for bar in bars)), float(max(bar.high for bar in bars))
    span = high - low or high * NARROWEST
    near = [each for each in limits if low - span <= each <= high + span]
    margin = span * MARGIN
    return min([low, *near]) - margin, max([high, *near]) + margin


def _candles(bars: Sequence[Bar]) -> dict[str, Any]:
    return {
        "type": "candlestick",
        "x": [iso(bar.start_ns) for bar in bars],
        **{
            name: [float(getattr(bar, name)) for bar in bars]
            for name in ("open", "high", "low", "close")
        },
        "increasing": {"line": {"color": GREY, "width": 1}, "fillcolor": "rgba(0,0,0,0)"},
        "decreasing": {"line": {"color": GREY, "width": 1}, "fillcolor": GREY},
        "name": "",
    }


def _limits(trips: Iterable[RoundTrip], prices: PriceChart) -> list[dict[str, Any]]:
    """Return the stops and the targets as lines, from each buy to the last sale or the end."""
    lines = []
    for name, colour in (("stop", DOWN), ("target", UP)):
        x: list[str | None] = []
        y: list[float | None] = []
        for trip in trips:
            until_ns = trip.closed_ns if trip.is_closed else prices.until_ns
            price_at = trip.stop_price if name == "stop" else trip.target_price
            if price_at is None:
                continue
            limit = float(price_at)
            x += [iso(trip.opened_ns), iso(until_ns or prices.until_ns), None]
            y += [limit, limit, None]
        lines.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": x,
                "y": y,
                "line": {"color": colour, "width": 1, "dash": "dot"},
                "name": name,
            }
        )
    return lines


def _marks(trips: Sequence[RoundTrip]) -> list[dict[str, Any]]:
    bought = [(trip.opened_ns, trip.entry_price, _bought(trip)) for trip in trips]
    sold = [
        (trip.closed_ns, trip.exit_price, f"sold: {_why(trip)}, profit {signed(trip.profit)}")
        for trip in trips
        if trip.closed_ns is not None and trip.exit_price is not None
    ]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [iso(at_ns) for at_ns, _, _ in marks],
            "y": [float(at) for _, at, _ in marks],
            "text": [text for _, _, text in marks],
            "hovertemplate": "%{text}<br>%{x}, %{y}<extra></extra>",
            "marker": {"symbol": symbol, "size": 11, "color": colour},
        }
        for marks, symbol, colour in (
            (bought, "triangle-up", LINE),
            (sold, "triangle-down", "#d9860b"),
        )
    ]


def _bought(trip: RoundTrip) -> str:
    stop, target = price(trip.stop_price), price(trip.target_price)
    return f"bought: {escape(trip.why)}<br>stop {stop}, target {target}"


def _why(trip: RoundTrip) -> str:
    return ", ".join(SOLD_WHY.get(each.value, each.value) for each in trip.exits)
