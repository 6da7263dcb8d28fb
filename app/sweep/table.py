"""A sweep on the terminal, within 80 columns."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.sweep.findings import FoldFinding, SweepFindings, mean_decay_pct
from app.sweep.objectives import SearchGoal
from app.sweep.score import WindowScore
from domain.model.figures import MINUS, NOT_KNOWN, moment, span
from domain.model.wording import counted

_HEADS = ("fold", "judged from", "tried", "found", "judged", "as is", "decay", "deflated")


def show(found: SweepFindings, console: Console) -> None:
    """Print each fold, all of them together, what to go on with, and what to think of it."""
    plan, objective = found.plan, found.plan.space.wanted
    whole = plan.question.whole
    told = f"{moment(whole.start_ns)} to {moment(whole.end_ns)} UTC"
    products = counted(len(plan.products), "product")
    console.print(Text(f"sweep: {told}, {products}", style="bold"))
    console.print(
        Text(f"{objective.value}; {span(plan.question.gap_ns)} between search and judgement")
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, head in enumerate(_HEADS):
        table.add_column(head, justify="left" if place == 1 else "right", no_wrap=True)
    for each in found.folds:
        table.add_row(*_fold(each, objective))
    table.add_row(*_total(found, objective), style="bold")
    console.print(table)
    _show_trades(found, console)
    if found.sets:
        console.print()
        console.print(Text("To go on with (the newest fold's):", style="bold"))
        for text in found.sets:
            console.print(Text(f"  --set {text}"), soft_wrap=True)
    lines = list(found.warnings())
    if lines:
        console.print()
        console.print(Text("Beware", style="bold"))
        for line in lines:
            console.print(Text(f"- {line}"))
    console.print()
    console.print(Text(verdict(found), style="bold"))


def verdict(found: SweepFindings) -> str:
    """Return in one sentence whether anything was found."""
    if found.newest is None:
        return "no trial had a result"
    if found.is_better:
        return "better than the settings as they are, where it was judged"
    return "not better than the settings as they are, where it was judged"


def _fold(found: FoldFinding, objective: SearchGoal) -> tuple[str, ...]:
    best = found.best
    searched = None if best is None else best.metrics.get(objective.value)
    return (
        str(found.fold.number),
        moment(found.fold.judged.start_ns)[:16],
        str(found.distinct),
        _number(searched),
        _value(found.best_score, objective),
        _value(found.base_judged, objective),
        _percent(found.decay_pct(objective)),
        _number(found.deflated),
    )


def _total(found: SweepFindings, objective: SearchGoal) -> tuple[str, ...]:
    return (
        "all",
        "",
        str(found.trials),
        "",
        _value(found.judged, objective),
        _value(found.base, objective),
        _percent(mean_decay_pct(found.folds, objective)),
        "",
    )


def _show_trades(found: SweepFindings, console: Console) -> None:
    for name, score in (("found", found.judged), ("as is", found.base)):
        if score is not None:
            trades = counted(score.trades, "closed trade")
            console.print(
                Text(
                    f"where judged, {name}: {trades}, {_number(score.pnl_pct)} % after fees,"
                    f" {_number(score.drawdown_pct)} % down at worst"
                )
            )


def _value(score: WindowScore | None, objective: SearchGoal) -> str:
    return _number(None if score is None else score.value(objective))


def _percent(value: float | None) -> str:
    return NOT_KNOWN if value is None else f"{_number(value)} %"


def _number(value: float | None) -> str:
    if value is None:
        return NOT_KNOWN
    return f"{value:,.2f}".replace("-", MINUS)
