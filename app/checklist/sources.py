"""What the checklist is answered from: doctor's looks, journals, certificates, deeds on record."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from adapters.control.certificates import certificates_in
from adapters.control.key_note import KeyNote
from adapters.journal.errors import JournalBroken
from adapters.telemetry.evidence import Evidence, EvidenceBook
from adapters.venues.coinbase.auth import KeyInvalid
from adapters.venues.coinbase.key_sources import find_key
from app.command_line.options import ROOT, Folders
from app.command_line.trading_options import COINBASE_REST
from app.commands.journals import JOURNAL, decoded
from app.commands.slo import read_performance
from app.configuration.history import kept_in
from app.doctor.examination import examined
from app.doctor.finding import Health, Symptom
from app.results.performance import unmet
from app.run.key_watch import age_of
from config.effective import Config
from config.errors import ConfigError
from config.loading import load
from config.mode import Mode
from domain.model.instants import Nanos, parse_iso
from domain.system.certificate import Certificate
from domain.system.key_age import KeyAge
from domain.system.run_record import RunRecord, RunRecordFold

_RANKS = (Health.OK, Health.WARN, Health.FAIL)
NO_RECORD = RunRecord()


class ChecklistSources:
    """What there is to see; each part is looked at when it is asked for, and once."""

    def __init__(
        self,
        folders: Folders,
        environment: Mapping[str, str],
        venue_url: str | None,
        sets: tuple[str, ...] = (),
    ) -> None:
        """`venue_url` is what plays Coinbase on this machine, None for Coinbase itself."""
        self.folders, self.wall_ns = folders, Nanos(time.time_ns())
        self.rest = venue_url or COINBASE_REST
        self._environment, self._venue_url, self._sets = environment, venue_url, sets
        self._book = EvidenceBook(folders.data)

    @cached_property
    def config(self) -> Config | None:
        """The configuration; None where it is refused."""
        try:
            return load(self.folders.config, self._sets)
        except ConfigError:
            return None

    @cached_property
    def symptoms(self) -> Mapping[str, Symptom]:
        """What doctor finds before a start with real money, of each look the worst."""
        worst: dict[str, Symptom] = {}
        asked = (self.folders, Mode.LIVE, self._sets, self._environment, self._venue_url)
        for each in examined(*asked):
            known = worst.get(each.name)
            if known is None or _RANKS.index(each.health) > _RANKS.index(known.health):
                worst[each.name] = each
        return worst

    @cached_property
    def certificate(self) -> Certificate | None:
        """The newest certificate of this folder, where the gate says that one is good."""
        gate = self.symptoms.get("gate certificate")
        if gate is None or gate.health is not Health.OK:
            return None
        found = certificates_in(self.folders.of_mode(Mode.LIVE))
        good = [each.certificate for each in found if each.certificate is not None]
        return max(good, key=lambda each: each.issued_ns, default=None)

    @cached_property
    def paper(self) -> RunRecord:
        """The newest drills in the paper journals of this data folder."""
        records = [record_of(home / Mode.PAPER.value / JOURNAL, 0) for home in self.folders.homes]
        return _newest_drills(records)

    @cached_property
    def live(self) -> RunRecord:
        """What the live journal shows since its certificate was issued."""
        held = self.certificate
        return record_of(self._live / JOURNAL, 0 if held is None else held.issued_ns)

    @property
    def policies_on_paper(self) -> frozenset[str]:
        """The hashes of the policies that were traded with on paper."""
        folders = (home / Mode.PAPER.value for home in self.folders.homes)
        return frozenset(each.policy_hash for folder in folders for each in kept_in(folder))

    @cached_property
    def key_age(self) -> KeyAge | None:
        """How old the key is; None where there is none."""
        try:
            found = find_key(self._environment, ROOT)
        except KeyInvalid:
            return None
        return age_of(found, KeyNote(self.folders.data), self.wall_ns)

    def missed_objectives(self) -> str:
        """Return in words which objectives the last live run has missed, "" if none."""
        try:
            found = read_performance(self._live / JOURNAL)
        except (OSError, JournalBroken) as error:
            return f"nothing measured: {error}"
        return "" if found.is_met else unmet(found)

    def newest(self, kind: str, of: str | None = None) -> Evidence | None:
        """Return the newest deed of a kind that is on record; None where none can be read."""
        try:
            return self._book.newest(kind, of, self.wall_ns)
        except OSError:
            return None

    @property
    def _live(self) -> Path:
        return self.folders.of_mode(Mode.LIVE)


def record_of(journal: Path, since_ns: int) -> RunRecord:
    """Return what a journal shows; one that is broken, or can't be read, shows nothing."""
    fold = RunRecordFold(since_ns)
    try:
        for record, message in decoded(journal):
            fold.take(None if record.wall is None else parse_iso(record.wall), message)
    except (OSError, JournalBroken):
        return NO_RECORD
    return fold.result()


def _newest_drills(records: Iterable[RunRecord]) -> RunRecord:
    """Return the newest kill and the newest liquidation of all."""
    found = list(records)
    killed = max((each.killed_ns or 0 for each in found), default=0)
    sold = max(found, key=lambda each: each.sold_ns or 0, default=NO_RECORD)
    return RunRecord(
        killed_ns=Nanos(killed) if killed else None, sold_ns=sold.sold_ns, sold=sold.sold
    )
