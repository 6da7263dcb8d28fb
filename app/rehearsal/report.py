"""The report of a rehearsal as Markdown, for whoever decides about real money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from app.rehearsal.outcome import RehearsalOutcome
from domain.rehearsal.coverage import FIRED_WORDS, CoverageRow, RowKind

NAME, PAGE = "paper_rehearsal_final_report.md", "paper_rehearsal_final_report.html"
TITLES = {
    RowKind.RULE: "Rules of the risk gate",
    RowKind.BREAKER: "Breakers",
    RowKind.ALERT: "Kinds of alerts",
    RowKind.PATH: "Ways of an order",
}


def markdown(outcome: RehearsalOutcome) -> str:
    """Return the whole report; the same rehearsal gives the same text."""
    return "\n".join(_lines(outcome)) + "\n"


def _lines(outcome: RehearsalOutcome) -> Iterator[str]:
    state = outcome.state
    yield f"# Paper rehearsal: {outcome.word}"
    yield ""
    yield f"{outcome.headline}. Begun {state.begun}, configuration `{state.config_hash}`."
    yield ""
    yield f"Certificate: {outcome.certificate}."
    yield ""
    yield "## Criteria"
    yield ""
    yield from _table(
        ("criterion", "seen", "demanded", "", "what to do"),
        (
            (
                each.name,
                each.seen,
                each.demanded,
                "met" if each.is_met else "**NOT MET**",
                "" if each.is_met else each.mend,
            )
            for each in outcome.verdict.criteria
        ),
    )
    yield from _section("Beware", list(outcome.remarks()))
    if outcome.shadow is not None:
        yield from _section("Shadow", [outcome.shadow.words])
    yield ""
    yield "## Coverage"
    yield ""
    yield f"{outcome.coverage_words}."
    for kind, title in TITLES.items():
        yield ""
        yield f"### {title}"
        yield ""
        yield from _table(("row", "fired", "evidence", "times"), coverage_rows(outcome, kind))


def coverage_rows(outcome: RehearsalOutcome, kind: RowKind) -> Iterator[tuple[str, ...]]:
    """Yield each row of a kind: its name, how it was fired, by what, and how often."""
    for each in outcome.covered:
        if each.row.kind is kind:
            fired, evidence = FIRED_WORDS[each.evidence.fired], each.evidence.words
            yield _name(each.row), fired, evidence, f"{each.count:,}" if each.count else "–"


def _name(row: CoverageRow) -> str:
    """Return the name of a row; one that stands for many, like each strategy, says so."""
    return f"{row.name}*" if row.name.endswith((".", ":")) else row.name


def _section(title: str, sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield ""
        yield f"## {title}"
        yield ""
        yield from (f"- {each}" for each in sentences)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(each.replace('|', '/') for each in row)} |"
