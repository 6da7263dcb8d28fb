"""The report of a rehearsal as one HTML file: criteria, plots, and the coverage matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape

from app.rehearsal.outcome import RehearsalOutcome
from app.rehearsal.report import TITLES, coverage_rows
from app.results import html
from app.results.charts import DOWN, LINE, UP, Chart, DrawnLine, Figure, lines
from app.results.tables import Sheet
from domain.model.instants import HOUR, MINUTE
from domain.rehearsal.judge import MEMORY_BYTES

MEGABYTE = 1_000_000
HEIGHT, LOW = 300, 220
MS = 1_000
GAP = 3
"""So many intervals without a cycle are a gap."""
LONG_NS = 6 * HOUR


def page(outcome: RehearsalOutcome) -> str:
    """Return the whole page; it loads nothing from anywhere."""
    return html.whole(f"Bulkhead: paper rehearsal, {outcome.word}", _parts(outcome))


def _parts(outcome: RehearsalOutcome) -> Iterator[str]:
    yield f"<h1>Paper rehearsal: {escape(outcome.word)}</h1><p>{escape(outcome.headline)}.</p>"
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
    yield f"<h2>Coverage</h2><p>{escape(outcome.coverage_words)}.</p>"
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
    """Return the plots there is something to show in. Where nothing ran, lines have a gap."""
    points = outcome.measured.record.points
    longest_ns = GAP * outcome.state.interval_ns
    worth = [(each.at_ns, float(each.nlv)) for each in points if each.nlv is not None]
    timed = [(each.at_ns, MS * float(each.seconds)) for each in points if each.seconds is not None]
    found = []
    if worth:
        drawn = _drawn("equity", worth, LINE, longest_ns)
        found.append(Chart("Equity", lines([drawn], "", HEIGHT)))
    if timed:
        drawn = _drawn("from due to the last verdict", timed, UP, longest_ns)
        found.append(Chart("Latency of cycles", lines([drawn], "ms", LOW)))
    if outcome.samples:
        found.append(_memory(outcome))
    if points:
        found.append(_cycles(outcome))
    return found


def _drawn(
    name: str, points: Iterable[tuple[int, float]], colour: str, longest_ns: int
) -> DrawnLine:
    """Return a line that is interrupted where two points are further apart than `longest_ns`."""
    at_ns: list[int] = []
    values: list[float | None] = []
    for point_ns, value in points:
        if at_ns and point_ns - at_ns[-1] > longest_ns:
            at_ns.append(point_ns - 1)
            values.append(None)
        at_ns.append(point_ns)
        values.append(value)
    return DrawnLine(name, at_ns, values, colour)


def _memory(outcome: RehearsalOutcome) -> Chart:
    used = [(each.wall_ns, each.resident / MEGABYTE) for each in outcome.samples]
    ends_ns = (used[0][0], used[-1][0])
    limit = DrawnLine("limit", ends_ns, (MEMORY_BYTES / MEGABYTE,) * 2, DOWN)
    figure = lines([_drawn("resident", used, LINE, MINUTE), limit], "MB", LOW)
    return Chart("Memory", _from_zero(figure))


def _cycles(outcome: RehearsalOutcome) -> Chart:
    """Return how many cycles each stretch of time had, and how many the schedule has."""
    interval_ns, points = outcome.state.interval_ns, outcome.measured.record.points
    slots = sorted({each.at_ns // interval_ns for each in points})
    title, stretch_ns = _stretch((slots[-1] - slots[0]) * interval_ns)

    def counts(found: Iterable[int]) -> Counter[int]:
        return Counter(slot * interval_ns // stretch_ns for slot in found)

    had, due = counts(slots), counts(range(slots[0], slots[-1] + 1))
    at_ns = [number * stretch_ns for number in due]
    drawn = [
        DrawnLine("schedule", at_ns, [float(each) for each in due.values()], UP),
        DrawnLine("decided", at_ns, [float(had[number]) for number in due], LINE),
    ]
    return Chart(f"Cycles in {title}", _from_zero(lines(drawn, "", LOW)))


def _stretch(length_ns: int) -> tuple[str, int]:
    """Return by what time cycles are counted: so that there is a curve to see."""
    return ("an hour", HOUR) if length_ns >= LONG_NS else ("five minutes", 5 * MINUTE)


def _from_zero(figure: Figure) -> Figure:
    """Let the vertical axis begin at zero: what is drawn is an amount."""
    layout = figure["layout"]
    axis = layout["yaxis"] | {"rangemode": "tozero"}
    return figure | {"layout": layout | {"yaxis": axis}}
