"""Results as one HTML file: charts and tables, nothing loaded from anywhere, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from plotly.io import to_html

from app.results.candles import PriceChart
from app.results.charts import Chart, charts
from app.results.tables import (
    Fact,
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

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --paper: #ffffff; --rule: #e2e6ec; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #dde3ec; --paper: #12161c; --rule: #2b323d; }
}
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--paper);
  color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
th { font-weight: 600; color: #7a8290; } .n { text-align: right; }
td.part { padding-left: 1.2rem; }
td.means { white-space: normal; color: #7a8290; }
.wide { overflow-x: auto; background:
  linear-gradient(to right, var(--paper) 2rem, transparent) local,
  linear-gradient(to left, var(--paper) 2rem, transparent) right local,
  linear-gradient(to right, var(--rule), transparent 1rem),
  linear-gradient(to left, var(--rule), transparent 1rem) right; background-repeat: no-repeat;
  background-size: 2rem 100%, 2rem 100%, 1rem 100%, 1rem 100%; }
.up { color: #1a9c6b; } .down { color: #d1495b; }
footer { margin-top: 2rem; color: #7a8290; }
"""


def page(results: Results, prices: Sequence[PriceChart] = ()) -> str:
    """Return the whole page; `prices` are the products whose trades are shown on candles."""
    title = f"Bulkhead: results, {results.mode}"
    parts = [
        f"<h1>{escape(title)}</h1><p>{escape(headline(results))}</p>",
        _facts(overview(results)),
        *_charts(charts(results, prices)),
        *(_sheet(sheet) for sheet in _sheets(results) if sheet.rows),
        "<footer>All times UTC, market time. Amounts in "
        f"{escape(results.quote_currency)}, rounded; <code>run.py report --json</code> has the "
        "exact ones.</footer>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        + "\n".join(parts)
        + "</body></html>\n"
    )


def _facts(facts: tuple[Fact, ...]) -> str:
    def row(fact: Fact) -> str:
        name = f"<td class='part'>{fact.name}</td>" if fact.is_part else f"<td>{fact.name}</td>"
        value = f"<td class='n{_sign(fact.value)}'>{escape(fact.value)}</td>"
        return f"<tr>{name}{value}<td class='means'>{escape(fact.meaning)}</td></tr>"

    return f"<table>{''.join(map(row, facts))}</table>"


def _sheets(results: Results) -> tuple[Sheet, ...]:
    of_trades = closed_trades(results), strategies(results)
    return (*of_trades, open_positions(results), refusals(results), foregone(results))


def _sheet(sheet: Sheet) -> str:
    def cell(tag: str, number: int, text: str) -> str:
        is_number = number in sheet.numbers
        mark = f" class='n{_sign(text)}'" if is_number else ""
        return f"<{tag}{mark}>{escape(text)}</{tag}>"

    head = "".join(cell("th", number, text) for number, text in enumerate(sheet.columns))
    rows = "".join(
        "<tr>" + "".join(cell("td", number, text) for number, text in enumerate(row)) + "</tr>"
        for row in (sheet.rows if sheet.is_whole else reversed(sheet.rows))
    )
    count = "" if sheet.is_whole else f" ({len(sheet.rows):,})"
    return (
        f"<h2>{escape(sheet.title)}{count}</h2><div class='wide'><table>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _sign(text: str) -> str:
    if text.startswith("+"):
        return " up"
    return " down" if text.startswith("\u2212") else ""


def _charts(found: list[Chart]) -> list[str]:
    """Return the charts as HTML; the first brings the library along."""
    return [
        f"<h2>{escape(chart.title)}</h2>"
        + (f"<p>{escape(chart.note)}</p>" if chart.note else "")
        + to_html(
            chart.figure,
            full_html=False,
            include_plotlyjs=number == 0,
            config={"displayModeBar": False, "responsive": True},
            div_id=f"chart-{number}",
        )
        for number, chart in enumerate(found)
    ]
