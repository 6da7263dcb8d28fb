"""A backtest on the terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.backtest.outcome import BacktestOutcome
from app.backtest.report import assumptions
from app.results.tables import Fact, refusals
from app.results.text import show_sheet
from domain.model.figures import NOT_KNOWN, moment, money, percent, signed, span
from domain.model.wording import counted


def show(outcome: BacktestOutcome, console: Console) -> None:
    """Print what came of it, beside what doing nothing would have, and what to think of it."""
    plan = outcome.plan
    length, products = span(plan.end_ns - plan.start_ns), counted(len(plan.products), "product")
    span_text = f"{moment(plan.start_ns)} to {moment(plan.end_ns)} UTC ({length})"
    console.print(Text(f"backtest: {span_text}, {products}", style="bold"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column()
    for fact in facts(outcome):
        table.add_row(Text(fact.name), Text(fact.value), Text(fact.meaning))
    console.print(table)
    sheet = refusals(outcome.results)
    if sheet.rows:
        console.print()
        show_sheet(sheet, console)
    for title, lines in (("Assumed", assumptions(outcome)), ("Beware", outcome.warnings)):
        if lines:
            console.print()
            console.print(Text(title, style="bold"))
        for line in lines:
            console.print(Text(f"- {line}"))


def facts(outcome: BacktestOutcome) -> Iterator[Fact]:
    """Yield what came of it, line by line."""
    results, metrics = outcome.results, outcome.metrics
    made, last = results.summary, results.last
    yield Fact("Trades", str(made.trades), f"closed; {counted(len(results.lots), 'lot')} open")
    yield Fact("Win rate", percent(metrics.win_rate), "after fees")
    profit = NOT_KNOWN if last is None else signed(last.pnl)
    yield Fact("Profit", percent(outcome.pnl_pct, is_signed=True), f"{profit}, after fees")
    if outcome.kindest is not None:
        kind = percent(outcome.kindest.total_pnl_pct, is_signed=True)
        yield Fact("Kind fills", kind, "the same, candles read in our favour")
    yield Fact("Buy and hold", percent(outcome.held_pct, is_signed=True), "all in equal parts")
    yield Fact("Cash", percent(outcome.pnl_pct * 0, is_signed=True), "nothing done")
    yield Fact("Drawdown", percent(metrics.max_drawdown_pct), "at worst")
    factor = metrics.profit_factor
    shown = NOT_KNOWN if factor is None else f"{factor:.2f}"
    yield Fact("Profit factor", shown, "what winners won over what losers lost")
    yield Fact("Fees", money(results.fees), "part of the profit above")
    yield Fact("Slippage", money(results.sales.slipped), "of sales, against the bid decided on")
    whole = outcome.exposure.whole
    mean = percent(whole.total / outcome.minutes)
    yield Fact("Exposure", mean, f"of equity on average, {percent(whole.most)} at most")
