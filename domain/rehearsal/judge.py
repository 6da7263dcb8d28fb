"""Whether a rehearsal went well: each criterion of RH1, what was seen, and what to do about it.

What was not measured is not met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from attrs import frozen

from domain.model.figures import span
from domain.model.instants import DAY, HOUR
from domain.model.wording import counted
from domain.rehearsal.coverage import Covered, Fired
from domain.rehearsal.record import RehearsalRecord
from domain.results.objectives import HUNDRED, Objective

CYCLES_PCT = Decimal(95)
"""At least so many of 100 scheduled cycles have to be decided."""
MEMORY_BYTES = 500_000_000
"""What the process stays below, resident."""
CERTIFIED_NS = DAY
"""How long a rehearsal has to be at least for a certificate, in market time and in wall time."""
NAMED = 5
"""Items that a sentence names."""


@frozen(kw_only=True)
class RehearsalPlan:
    """What was to be rehearsed: how long (market time), a cycle every so often, and how fast.

    `speed` is 1 to 60; None: virtual time.
    """

    length_ns: int
    interval_ns: int
    speed: Decimal | None

    @property
    def is_drill(self) -> bool:
        """Tell whether it can't give a certificate, whatever comes of it."""
        return self.speed != 1 or self.length_ns < CERTIFIED_NS


@frozen(kw_only=True)
class Criterion:
    """One criterion: what was seen, what is demanded, and what to do where it is not met."""

    name: str
    seen: str
    demanded: str
    is_met: bool
    mend: str = ""


@frozen(kw_only=True)
class Measured:
    """All that is judged.

    `peak_bytes` is the most memory that was seen, None: nobody looked. `incidents` are files of
    bugs that ended a process; `covered` is the coverage matrix.
    """

    record: RehearsalRecord
    plan: RehearsalPlan
    covered: tuple[Covered, ...]
    peak_bytes: int | None
    incidents: tuple[str, ...] = ()


@frozen
class RehearsalVerdict:
    """The outcome of a rehearsal."""

    criteria: tuple[Criterion, ...]

    @property
    def is_go(self) -> bool:
        """Tell whether every criterion is met."""
        return bool(self.criteria) and all(each.is_met for each in self.criteria)

    @property
    def unmet(self) -> tuple[Criterion, ...]:
        """Return what is not met."""
        return tuple(each for each in self.criteria if not each.is_met)


def judge(measured: Measured) -> RehearsalVerdict:
    """Return the verdict on a rehearsal."""
    record, plan = measured.record, measured.plan
    return RehearsalVerdict(
        (
            _length(record, plan),
            _exceptions(record, measured.incidents),
            _hash(record),
            _cycles(record, plan),
            _memory(measured.peak_bytes),
            *(_objective(each) for each in record.performance.objectives),
            _fills(record),
            _coverage(measured.covered),
        )
    )


def scheduled(record: RehearsalRecord, plan: RehearsalPlan) -> int:
    """Return how many cycles the schedule has between begin and end, those of a gap included.

    A rehearsal that begins within an interval has a cycle of that one too.
    """
    if record.begun_ns is None or record.ended_ns is None:
        return 0
    window_ns = max(plan.length_ns, record.ended_ns - record.begun_ns)
    due = window_ns // plan.interval_ns
    if not record.points:
        return due
    first, last = (record.points[each].at_ns // plan.interval_ns for each in (0, -1))
    return max(due, last - first + 1)


def certificate_faults(record: RehearsalRecord, plan: RehearsalPlan) -> Iterator[str]:
    """Yield why a rehearsal that went well gives no certificate; nothing: it does."""
    if plan.speed != 1 or record.is_virtual:
        yield "it was a DRILL, faster than real time"
        return
    if plan.length_ns < CERTIFIED_NS or record.ran_ns < plan.length_ns - plan.interval_ns:
        yield f"it was a DRILL, shorter than {CERTIFIED_NS // HOUR} h"
    elif record.wall_ns is None or record.wall_ns < CERTIFIED_NS - plan.interval_ns:
        yield f"less than {CERTIFIED_NS // HOUR} h have passed by the machine's clock"
    if len(record.venues) != 1:
        yield f"it was on {counted(len(record.venues), 'venue')} ({_named(record.venues)})"
    if record.maker is None or record.taker is None:
        yield "no fees were read"


def _length(record: RehearsalRecord, plan: RehearsalPlan) -> Criterion:
    # The last cycle comes an interval before the end at the latest.
    is_met = record.cycles > 0 and record.ran_ns >= plan.length_ns - plan.interval_ns
    return Criterion(
        name="length",
        seen=span(record.ran_ns) if record.ran_ns else "nothing ran",
        demanded=span(plan.length_ns),
        is_met=is_met,
        mend="go on: python run.py rehearse",
    )


def _exceptions(record: RehearsalRecord, incidents: tuple[str, ...]) -> Criterion:
    found = (*record.exceptions, *(f"incident {each}" for each in incidents))
    return Criterion(
        name="unhandled exceptions",
        seen=f"{len(found)}" if not found else f"{len(found)}: {_named(found)}",
        demanded="0",
        is_met=not found,
        mend="mend the bug, then rehearse anew: python run.py rehearse --anew",
    )


def _hash(record: RehearsalRecord) -> Criterion:
    hashes = record.config_hashes
    is_one = len(hashes) == 1 and bool(hashes[0]) and record.modes == ("paper",)
    return Criterion(
        name="one configuration",
        seen=_named(hashes) or "none",
        demanded="one hash, on paper",
        is_met=is_one,
        mend="change nothing meanwhile; rehearse anew: python run.py rehearse --anew",
    )


def _cycles(record: RehearsalRecord, plan: RehearsalPlan) -> Criterion:
    due = scheduled(record, plan)
    share = Decimal(record.cycles) * HUNDRED / due if due else None
    told = "none was due" if share is None else f"{record.cycles:,} of {due:,} ({share:.1f} %)"
    return Criterion(
        name="cycles",
        seen=told,
        demanded=f"at least {CYCLES_PCT} % of the schedule",
        is_met=share is not None and share >= CYCLES_PCT,
        mend="see what kept it from running, then rehearse anew: python run.py rehearse --anew",
    )


def _memory(peak_bytes: int | None) -> Criterion:
    return Criterion(
        name="memory",
        seen="not measured" if peak_bytes is None else f"{_megabytes(peak_bytes)} at most",
        demanded=f"below {_megabytes(MEMORY_BYTES)} resident",
        is_met=peak_bytes is not None and peak_bytes < MEMORY_BYTES,
        mend="trade fewer products or strategies, then rehearse anew",
    )


def _objective(objective: Objective) -> Criterion:
    seen = "not measured"
    if objective.seen is not None:
        digits = "0.001" if objective.unit == "s" else "0.01"
        seen = f"{objective.seen.quantize(Decimal(digits))} {objective.unit}"
    return Criterion(
        name=objective.name,
        seen=seen,
        demanded=f"at most {objective.limit.normalize():f} {objective.unit}",
        is_met=bool(objective.is_met),
        mend="see where the time goes: python run.py slo",
    )


def _fills(record: RehearsalRecord) -> Criterion:
    doubts = record.open_doubts
    return Criterion(
        name="fills reconciled",
        seen=f"{counted(record.fills, 'fill')}, {_named(doubts) or 'books and venue agree'}",
        demanded="100 %",
        is_met=not doubts,
        mend="see what differs: python run.py status",
    )


def _coverage(covered: tuple[Covered, ...]) -> Criterion:
    missing = [each.row for each in covered if each.evidence.fired is Fired.NOT]
    fired = len(covered) - len(missing)
    names = _named(f"{row.kind.value} {row.name}" for row in missing)
    return Criterion(
        name="coverage",
        seen=f"{fired} of {len(covered)} rows" + (f"; not fired: {names}" if names else ""),
        demanded="every row fired, by the market or by drill",
        is_met=bool(covered) and not missing,
        mend="see the matrix in the report; drills are played anew by: python run.py rehearse",
    )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"


def _named(items: Iterable[str]) -> str:
    found = tuple(items)
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more
