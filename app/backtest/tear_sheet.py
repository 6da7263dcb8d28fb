"""A backtest as one HTML file that loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from app.backtest import sheets
from app.backtest.analysis import Analysis
from app.backtest.outcome import BacktestOutcome
from app.backtest.report import assumptions
from app.backtest.sheet_charts import sheet_charts
from app.results import html
from app.results.tables import Sheet, closed_trades, open_positions, strategies
from domain.model.figures import moment, span
from domain.model.wording import counted

MOST_TRADES = 500
"""Rows of the table of closed trades; the JSON report and the Parquet files have all."""


def tear_sheet(outcome: BacktestOutcome, found: Analysis) -> str:
    """Return the whole page: equal backtests give equal bytes."""
    return html.whole(f"Bulkhead: backtest of {_names(outcome)}", _parts(outcome, found))


def _parts(outcome: BacktestOutcome, found: Analysis) -> Iterator[str]:
    results, charts = outcome.results, html.figures(sheet_charts(outcome, found))
    yield f"<h1>Backtest of {escape(_names(outcome))}</h1><p>{escape(_headline(outcome))}</p>"
    yield html.tiles(sheets.first_facts(outcome, found))
    if outcome.warnings:
        yield html.warning("Beware", outcome.warnings)
    yield from charts[:2]
    yield from _shown(sheets.months(found.months))
    yield f"<h2>Return and risk</h2>{html.facts(sheets.risk(outcome, found))}"
    yield f"<h2>Effort</h2>{html.facts(sheets.effort(outcome, found))}"
    yield from _shown(sheets.costs(found), sheets.costs_note(found))
    yield from _shown(strategies(results))
    yield from _shown(sheets.by_product(found))
    yield from _shown(sheets.by_exit(found))
    yield from _shown(sheets.refusals(outcome, found), sheets.refusals_note(outcome, found))
    yield from charts[2:]
    yield from _shown(closed_trades(results))
    yield from _shown(open_positions(results))
    yield html.sentences("Assumed", assumptions(outcome))
    yield (
        f"<footer>All times UTC, market time. Amounts in {escape(results.quote_currency)}, rounded;"
        " <code>run.py backtest --report</code> has the exact ones.</footer>"
    )


def _shown(sheet: Sheet, note: str = "") -> Iterator[str]:
    if sheet.rows:
        yield html.sheet(sheet, note, MOST_TRADES)


def _names(outcome: BacktestOutcome) -> str:
    enabled = (name for name, each in outcome.plan.config.strategies.items() if each.enabled)
    return ", ".join(sorted(enabled))


def _headline(outcome: BacktestOutcome) -> str:
    plan = outcome.plan
    length, products = span(plan.end_ns - plan.start_ns), counted(len(plan.products), "product")
    opening = ", ".join(f"{amount:,.2f} {name}" for name, amount in sorted(plan.opening.items()))
    return (
        f"{moment(plan.start_ns)} to {moment(plan.end_ns)} UTC ({length}), {products},"
        f" {opening} to begin with; market: {plan.market.description};"
        f" configuration {plan.config.config_hash}, policy {plan.config.policy_hash}"
    )
