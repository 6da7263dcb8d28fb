"""Results as one HTML file: charts and tables, nothing loaded from anywhere, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from app.results.candles import PriceChart
from app.results.charts import charts
from app.results.html import facts, figures, sheet, whole
from app.results.tables import (
    Sheet,
    closed_trades,
    foregone,
    headline,
    open_positions,
    overview,
    refusals,
    strategies,
)
from domain.results.fold import Results


def page(results: Results, prices: Sequence[PriceChart] = ()) -> str:
    """Return the whole page; `prices` are the products whose trades are shown on candles."""
    title = f"Bulkhead: results, {results.mode}"
    parts = [
        f"<h1>{escape(title)}</h1><p>{escape(headline(results))}</p>",
        facts(overview(results)),
        *figures(charts(results, prices)),
        *(sheet(each) for each in _sheets(results) if each.rows),
        "<footer>All times UTC, market time. Amounts in "
        f"{escape(results.quote_currency)}, rounded; <code>run.py report --json</code> has the "
        "exact ones.</footer>",
    ]
    return whole(title, parts)


def _sheets(results: Results) -> tuple[Sheet, ...]:
    of_trades = closed_trades(results), strategies(results)
    return (*of_trades, open_positions(results), refusals(results), foregone(results))
