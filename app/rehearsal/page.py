"""The report of a rehearsal as one HTML file: criteria, plots, and the coverage matrix."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from app.rehearsal.outcome import RehearsalOutcome
from app.rehearsal.report import TITLES, coverage_rows
from app.results import html
from app.results.charts import DOWN, LINE, UP, Chart, DrawnLine, lines
from app.results.tables import Sheet
from domain.model.instants import HOUR
from domain.rehearsal.judge import MEMORY_BYTES

MEGABYTE = 1_000_000
HEIGHT, LOW = 300, 220


def page(outcome: RehearsalOutcome) -> str:
    """Return the whole page; it loads nothing from anywhere."""
    return html.whole(f"Bulkhead: paper rehearsal, {outcome.word}", _parts(outcome))


def _parts(outcome: RehearsalOutcome) -> Iterator[str]:
    yield f"<h1>Paper rehearsal: {escape(outcome.word)}</h1><p>{escape(outcome.headline)}</p>"
    yield f"<p>Certificate: {escape(outcome.certificate)}.</p>"
    if not outcome.verdict.is_go:
        mends = (f"{each.name}: {each.seen}; {each.mend}" for each in outcome.verdict.unmet)
        yield html.warning("What is not met", mends)
    yield html.sheet(_criteria(outcome))
    remarks = list(outcome.remarks())
    if remarks:
        yield html.sentences("Beware", remarks)
    if outcome.shadow is not None:
        yield html.sentences("Shadow", [outcome.shadow.words])
    yield from html.figures(charts(outcome))
    yield f"<h2>Coverage</h2><p>{escape(outcome.coverage_words)}</p>"
    for kind, title in TITLES.items():
        columns = ("Row", "Fired", "Evidence", "Times")
        rows = tuple(coverage_rows(outcome, kind))
        yield html.sheet(Sheet(title, columns, rows, frozenset({3}), is_whole=True))
    yield (
        "<footer>All times UTC; of equity, cycles and their length market time, of memory the"
        " machine's.</footer>"
    )


def _criteria(outcome: RehearsalOutcome) -> Sheet:
    rows = tuple(
        (each.name, each.seen, each.demanded, "met" if each.is_met else "NOT MET")
        for each in outcome.verdict.criteria
    )
    columns = ("Criterion", "Seen", "Demanded", "")
    return Sheet("Criteria", columns, rows, frozenset(), is_whole=True)


def charts(outcome: RehearsalOutcome) -> list[Chart]:
    """Return the plots there is something to show in."""
    points = outcome.measured.record.points
    worth = [each for each in points if each.nlv is not None]
    timed = [each for each in points if each.seconds is not None]
    found = []
    if worth:
        nlv = [None if each.nlv is None else float(each.nlv) for each in worth]
        drawn = DrawnLine("equity", [each.at_ns for each in worth], nlv, LINE)
        found.append(Chart("Equity", lines([drawn], "", HEIGHT)))
    if timed:
        took = [None if each.seconds is None else float(each.seconds) for each in timed]
        drawn = DrawnLine("from due to the last verdict", [each.at_ns for each in timed], took, UP)
        found.append(Chart("Latency of cycles", lines([drawn], "s", LOW)))
    if outcome.samples:
        found.append(_memory(outcome))
    if points:
        found.append(_cycles(outcome))
    return found


def _memory(outcome: RehearsalOutcome) -> Chart:
    at_ns = [each.wall_ns for each in outcome.samples]
    used: list[float | None] = [each.resident / MEGABYTE for each in outcome.samples]
    limit: list[float | None] = [MEMORY_BYTES / MEGABYTE] * len(at_ns)
    drawn = [DrawnLine("resident", at_ns, used, LINE), DrawnLine("limit", at_ns, limit, DOWN)]
    return Chart("Memory", lines(drawn, "MB", LOW))


def _cycles(outcome: RehearsalOutcome) -> Chart:
    """Return how many cycles each hour had, and how many the schedule has."""
    hours: dict[int, int] = {}
    for each in outcome.measured.record.points:
        hour = each.at_ns - each.at_ns % HOUR
        hours[hour] = hours.get(hour, 0) + 1
    at_ns = list(range(min(hours), max(hours) + 1, HOUR))
    had: list[float | None] = [float(hours.get(each, 0)) for each in at_ns]
    due: list[float | None] = [HOUR / outcome.state.interval_ns] * len(at_ns)
    drawn = [DrawnLine("decided", at_ns, had, LINE), DrawnLine("schedule", at_ns, due, UP)]
    return Chart("Cycles an hour", lines(drawn, "", LOW), "The first and the last hour are parts.")
