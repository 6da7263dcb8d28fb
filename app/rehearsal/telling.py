"""What a person reads on the terminal at the end of a rehearsal."""

from __future__ import annotations

from collections.abc import Iterator

from app.rehearsal.outcome import RehearsalOutcome


def lines(outcome: RehearsalOutcome) -> Iterator[str]:
    """Yield the verdict, each criterion with what to do where it is not met, and what else is."""
    yield outcome.headline
    for each in outcome.verdict.criteria:
        mark = "met    " if each.is_met else "NOT MET"
        yield f"  {mark} {each.name}: {each.seen} (demanded: {each.demanded})"
        if not each.is_met:
            yield f"          {each.mend}"
    yield outcome.coverage_words
    yield from outcome.remarks()
    if outcome.shadow is not None:
        yield f"shadow: {outcome.shadow.words}"
    yield f"certificate: {outcome.certificate}"
