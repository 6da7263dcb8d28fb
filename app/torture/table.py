"""The outcomes of a torture as a table of at most 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.torture.outcome import BoundVerdict, TortureOutcome
from domain.model.figures import money
from domain.model.wording import counted

HEAD = ("strategy", "proposals", "refused", "orders", "worst loss, of the bound", "verdict")
WIDTHS = (12, 10, 8, 7, 30, 10)
WIDTH = 80


def lines(outcomes: Sequence[TortureOutcome]) -> Iterator[str]:
    """Yield the table, what did not hold, and the sum of it."""
    yield _row(*HEAD)
    for each in outcomes:
        yield _figures(each)
        yield f"  {each.case.does}"
    yield ""
    for each in outcomes:
        for failure in each.failures:
            yield f"{each.case.name}: {failure}"
    yield summary(outcomes)


def summary(outcomes: Sequence[TortureOutcome]) -> str:
    """Return in a sentence what the torture has shown."""
    broken = [each.case.name for each in outcomes if each.verdict is BoundVerdict.BROKEN]
    if broken:
        return f"the stated bounds do not hold against: {', '.join(broken)}"
    shown = sum(each.verdict is BoundVerdict.HOLDS for each in outcomes)
    runs = counted(len(outcomes), "run")
    return f"{shown} of {runs}: every bound that the configuration states held at the venue"


def _figures(of: TortureOutcome) -> str:
    if of.error:
        return _row(of.case.name, "", "", "", "", str(of.verdict))
    window, lost, most = of.worst
    return _row(
        of.case.name,
        f"{of.told['proposals']:,}",
        f"{of.told['journal']['refused']:,}",
        f"{of.told['seen']['orders']:,}",
        f"{money(lost)} of {money(most)} per {window}",
        str(of.verdict),
    )


def _row(name: str, *figures: str) -> str:
    right = (f"{text:>{width}}" for text, width in zip(figures, WIDTHS[1:], strict=True))
    return f"{name:<{WIDTHS[0]}}{''.join(right)}"
