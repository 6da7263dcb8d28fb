"""A rehearsal with its verdict, as it is told: in words, as a document, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from app.rehearsal.drilling import DrillOutcome
from app.rehearsal.state import MemorySample, RehearsalState
from domain.model.figures import span
from domain.model.instants import iso
from domain.model.wording import counted
from domain.rehearsal.coverage import FIRED_WORDS, Covered, Fired, counts
from domain.rehearsal.judge import Measured, RehearsalVerdict, scheduled

GO, NO_GO, DRILL = "GO", "NO-GO", "GO as DRILL"
REHEARSE = "python run.py rehearse"


@frozen(kw_only=True)
class Shadowed:
    """How a shadow beside the rehearsal has decided; amounts are texts in `currency`.

    `interval` is between what the difference in profit lies with 95 % confidence, None: too short.
    """

    decisions: int
    agreement: str
    difference: str
    interval: tuple[str, str] | None
    currency: str

    @property
    def words(self) -> str:
        """Return it in a sentence."""
        sure = "too few cycles to say how sure that is"
        if self.interval is not None:
            sure = f"95 % interval {self.interval[0]} to {self.interval[1]}"
        return (
            f"agreement {self.agreement} of {counted(self.decisions, 'decision')}; the shadow "
            f"earned {self.difference} {self.currency} more than the trader ({sure})"
        )


@frozen(kw_only=True)
class RehearsalOutcome:
    """All of it. `certificate` says which one was issued, or why none is."""

    state: RehearsalState
    measured: Measured
    verdict: RehearsalVerdict
    drills: tuple[DrillOutcome, ...]
    samples: tuple[MemorySample, ...]
    shadow: Shadowed | None = None
    certificate: str = ""

    @property
    def word(self) -> str:
        """Return the verdict in a word or three."""
        if not self.verdict.is_go:
            return NO_GO
        return DRILL if self.state.plan.is_drill else GO

    @property
    def headline(self) -> str:
        """Return the verdict in a line."""
        record = self.measured.record
        due = scheduled(record, self.state.plan)
        runs = counted(record.runs, "run")
        died = f", {record.died} of them without an orderly end" if record.died else ""
        return (
            f"{self.word}: {record.cycles:,} of {due:,} cycles in {span(record.ran_ns)} at speed "
            f"{self.state.speed}, {runs}{died}"
        )

    @property
    def covered(self) -> tuple[Covered, ...]:
        """Return the coverage matrix."""
        return self.measured.covered

    @property
    def coverage_words(self) -> str:
        """Return how many rows were fired in which way."""
        found = counts(self.covered)
        told = (f"{count} {FIRED_WORDS[fired]}" for fired, count in found.items() if count)
        return f"{len(self.covered)} rows: {', '.join(told)}"

    def remarks(self) -> Iterator[str]:
        """Yield what has to be known beside the criteria."""
        for each in self.drills:
            if each.error:
                yield f"drill {each.name} left nothing: {each.error}"
        hand = [each.row for each in self.covered if each.evidence.fired is Fired.BY_HAND]
        if hand:
            yield (
                f"{counted(len(hand), 'row')} opened by hand: that the breaker blocks and the alert"
                " is written was seen, its cause was not played"
            )
        if self.measured.record.is_virtual:
            yield "times are of the virtual clock, and say nothing of this machine"
        if self.measured.record.died:
            died = counted(self.measured.record.died, "run")
            yield f"{died} ended without a last record: killed, or still running"


def document(outcome: RehearsalOutcome) -> dict[str, Any]:
    """Return it for programs."""
    record = outcome.measured.record
    return {
        "verdict": outcome.word,
        "go": outcome.verdict.is_go,
        "drill": outcome.state.plan.is_drill,
        "begun": outcome.state.begun,
        "from": None if record.begun_ns is None else iso(record.begun_ns),
        "to": None if record.ended_ns is None else iso(record.ended_ns),
        "speed": outcome.state.speed,
        "cycles": record.cycles,
        "scheduled": scheduled(record, outcome.state.plan),
        "runs": record.runs,
        "fills": record.fills,
        "config_hash": outcome.state.config_hash,
        "certificate": outcome.certificate,
        "criteria": [
            {
                "name": each.name,
                "seen": each.seen,
                "demanded": each.demanded,
                "met": each.is_met,
                "mend": "" if each.is_met else each.mend,
            }
            for each in outcome.verdict.criteria
        ],
        "coverage": [
            {
                "kind": each.row.kind.value,
                "name": each.row.name,
                "fired": FIRED_WORDS[each.evidence.fired],
                "evidence": each.evidence.words,
                "count": each.count,
            }
            for each in outcome.covered
        ],
        "shadow": None if outcome.shadow is None else outcome.shadow.words,
        "remarks": list(outcome.remarks()),
    }
