"""Puts together what a rehearsal has shown: journal, alerts, drills, self-test and memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from actors.kernel.topology import START_ORDER, STRATEGY
from adapters.telemetry.acks import alert_id
from adapters.telemetry.lines import Entry, LineFiles, is_of
from app.commands.journals import decoded
from app.rehearsal.drill_run import ALERTS
from app.rehearsal.drilling import DrillOutcome
from app.rehearsal.state import RehearsalFolder, RehearsalState
from app.run.incident import FOLDER as INCIDENTS
from app.run.recovery import JOURNAL
from app.selftest.proof import Proof
from app.status.members import Members
from config.effective import Config
from domain.model.instants import MINUTE, parse_iso
from domain.model.wording import counted
from domain.rehearsal.coverage import (
    STRATEGIES,
    CoverageFold,
    CoverageRow,
    Fired,
    FiringFold,
    RowEvidence,
    RowKind,
    alert_row,
    planned,
)
from domain.rehearsal.judge import Measured
from domain.rehearsal.record import RehearsalFold, RehearsalRecord

ACTORS = tuple(STRATEGIES if name == STRATEGY else name for name in START_ORDER)
SLACK_NS = MINUTE
"""How long after the last record an alert still belongs to the run, market time."""


@frozen(kw_only=True)
class RehearsalPlaces:
    """Where a rehearsal is: the mode's folder, the log folder, and its name in a shared log."""

    mode_folder: Path
    log: Path
    world: str

    @property
    def own(self) -> RehearsalFolder:
        """Return its own folder."""
        return RehearsalFolder(self.mode_folder)


def rows_of(config: Config) -> tuple[CoverageRow, ...]:
    """Return every row of the matrix under `config`."""
    return planned((rule.CODE for rule in config.policy.rules), ACTORS)


def not_played(config: Config, outcomes: Iterable[DrillOutcome]) -> tuple[CoverageRow, ...]:
    """Return the rows that no drill has fired by its cause: they are opened by hand."""
    fired = {
        row
        for each in outcomes
        for row, evidence, _ in each.fired
        if evidence.fired is not Fired.BY_HAND
    }
    return tuple(row for row in rows_of(config) if row not in fired)


def measured(
    places: RehearsalPlaces,
    state: RehearsalState,
    config: Config,
    outcomes: Iterable[DrillOutcome],
    proof: Proof,
) -> Measured:
    """Return all that is judged.

    Raises:
        JournalBroken: the journal is damaged.
        OSError: it can't be read.
    """
    coverage = CoverageFold()
    record = _read_journal(places.mode_folder / JOURNAL, state, coverage)
    _read_alerts(places, record, coverage)
    for outcome in outcomes:
        for row, evidence, _ in outcome.fired:
            coverage.take(row, evidence)
    for guard in proof.guards:
        if guard.is_proven:
            told = counted(guard.challenges, "challenge")
            row = CoverageRow(RowKind.RULE, guard.name)
            coverage.take(row, RowEvidence(Fired.DRILL, "self-test", told))
    return Measured(
        record=record,
        plan=state.plan,
        covered=coverage.result(rows_of(config)),
        peak_bytes=max((each.resident for each in places.own.samples()), default=None),
        incidents=incidents_since(places.log, state.begun),
    )


def _read_journal(journal: Path, state: RehearsalState, into: CoverageFold) -> RehearsalRecord:
    fold, firing = RehearsalFold(state.interval_ns), FiringFold()
    for record, message in decoded(journal, may_be_empty=True):
        if record.seq <= state.after_seq:
            continue
        wall_ns = None if record.wall is None else int(parse_iso(record.wall))
        fold.take(message, record.at_ns, wall_ns)
        for row, _ in firing.take(message):
            into.take(row, RowEvidence(Fired.MARKET, "", f"record {record.seq}"))
    return fold.result()


def _read_alerts(places: RehearsalPlaces, record: RehearsalRecord, into: CoverageFold) -> None:
    begun_ns, ended_ns = record.begun_ns, record.ended_ns
    if begun_ns is None or ended_ns is None:
        return

    def is_wanted(alert: Entry) -> bool:
        at_ns = Members(alert).moment("at")
        is_ours = is_of(alert, places.world) and alert.get("mode") == places.mode_folder.name
        return is_ours and at_ns is not None and begun_ns <= at_ns <= ended_ns + SLACK_NS

    for alert in LineFiles(places.log / ALERTS).newest(None, is_wanted):
        row, _ = alert_row(str(alert.get("code")), str(alert.get("what")))
        into.take(row, RowEvidence(Fired.MARKET, "", f"alert {alert_id(alert)}"))


def incidents_since(log: Path, begun: str) -> tuple[str, ...]:
    """Return the names of the bugs that have ended a process of this log folder since then."""
    since = "".join(each for each in begun[:19] if each not in "-:")
    found = sorted(each.stem for each in (log / INCIDENTS).glob("*.txt"))
    return tuple(each for each in found if each[: len(since)] >= since)
