"""The certificate of a rehearsal that went well: issued once, or why it is not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import evolve, frozen

from adapters.control.certificates import certificates_in
from adapters.venues.coinbase.auth import KeyInvalid
from adapters.venues.coinbase.key_sources import FoundKey, find_key
from app.command_line.options import COINBASE, ROOT, TradeOptions
from app.rehearsal.outcome import REHEARSE, RehearsalOutcome
from app.rehearsal.report import markdown
from app.run.certifying import Rehearsed, issue
from app.run.live_start import AccountAnswers, ask_account, environment_of
from app.run.thread_ports import venue_of_others
from config.mode import Mode
from domain.model.instants import DAY, Nanos, iso
from domain.rehearsal.judge import certificate_faults
from domain.system.certificate import LIFE_NS

FRESH_NS = DAY
"""How long after its end a rehearsal still gives one."""


@frozen(kw_only=True)
class Certifier:
    """What is asked outside of the rehearsal: environment, wall clock (UTC), and the venue."""

    environment: Mapping[str, str]
    wall_ns: Callable[[], int]
    account: Callable[[str, FoundKey], AccountAnswers] = ask_account

    def words(self, outcome: RehearsalOutcome, options: TradeOptions) -> str:
        """Issue the certificate of a rehearsal if it deserves one; say which, or why there is none.

        Raises:
            OSError: it can't be written.
        """
        folder = live_folder(options)
        issued = _issued(folder, outcome)
        if issued is not None:
            return issued
        why = self._fault(outcome, options)
        if why is not None:
            return f"none, {why}"
        rest = venue_of_others(options) or ""
        try:
            key = find_key(self.environment, ROOT)
        except KeyInvalid as error:
            return f"none yet, no key says whose account it is for: {error}; then type: {REHEARSE}"
        rights = self.account(rest, key).rights
        if rights.failure is not None or not rights.portfolio_uuid:
            told = rights.failure or "the venue names no portfolio"
            return f"none yet, whose account it is for is not known: {told}; then type: {REHEARSE}"
        rehearsed = _rehearsed(outcome, rest, rights.portfolio_uuid)
        return _told(issue(folder, options.config, rehearsed), rehearsed.issued_ns)

    def _fault(self, outcome: RehearsalOutcome, options: TradeOptions) -> str | None:
        """Return why there is none, as far as nobody has to be asked for that."""
        if not outcome.verdict.is_go:
            return "as the verdict is NO-GO"
        record, plan = outcome.measured.record, outcome.state.plan
        found = list(certificate_faults(record, plan))
        if options.venue != COINBASE:
            found.append("it was on the embedded venue (rehearse with --venue coinbase)")
        now = options.config.config_hash
        if not found and record.config_hashes != (now,):
            then = ", ".join(record.config_hashes)
            found.append(f"program or configuration have changed since: {then} -> {now}")
        ended_ns = record.ended_wall_ns
        if not found and (ended_ns is None or self.wall_ns() - ended_ns > FRESH_NS):
            found.append(f"it ended too long ago (rehearse anew: {REHEARSE} --anew)")
        return f"because {', and '.join(found)}" if found else None


def live_folder(options: TradeOptions) -> Path:
    """Return the folder of the mode that a certificate lets start."""
    folders = options.folders
    world = folders.world if folders.is_data_given else None
    return evolve(folders, world=world).of_mode(Mode.LIVE)


def _issued(folder: Path, outcome: RehearsalOutcome) -> str | None:
    """Return the certificate that this rehearsal has given before."""
    ended_ns = outcome.measured.record.ended_wall_ns
    for found in certificates_in(folder):
        held = found.certificate
        if ended_ns is not None and held is not None and held.issued_ns == ended_ns:
            return _told(found.file, held.issued_ns)
    return None


def _rehearsed(outcome: RehearsalOutcome, rest: str, portfolio: str) -> Rehearsed:
    record = outcome.measured.record
    if record.maker is None or record.taker is None or record.ended_wall_ns is None:
        raise ValueError("expected a rehearsal that deserves a certificate")
    bare = markdown(evolve(outcome, certificate=""))
    return Rehearsed(
        venue=COINBASE,
        environment=environment_of(rest),
        portfolio=portfolio,
        evidence=hashlib.sha256(bare.encode()).hexdigest(),
        maker=record.maker,
        taker=record.taker,
        issued_ns=Nanos(record.ended_wall_ns),
    )


def _told(file: Path, issued_ns: int) -> str:
    return f"{file}, good until {iso(issued_ns + LIFE_NS)}"
