"""What the checklist is answered from, as it lies in folders: journals, certificates, deeds."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from actors.kernel.envelope import Envelope
from adapters.journal.codec import Codec
from adapters.journal.recorder import Recorder
from adapters.journal.segments import open_journal
from adapters.telemetry.evidence import CHECKED, FILE
from app.checklist.sources import NO_RECORD, ChecklistSources, record_of
from app.command_line.options import Folders
from app.doctor.finding import Symptom, fail, ok
from config.mode import Mode
from domain.messages.catalogue import CATALOGUE
from domain.messages.control import LIQUIDATION
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.supervision import BY_OPERATOR, BreakerReset, BreakerTripped
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.instants import DAY, Nanos
from domain.model.product import Side
from domain.system.run_record import KILL
from tests.builders.live_start import LiveCase
from tests.builders.messages import NOW, an_intent, booked

pytestmark = pytest.mark.req("CL1")

CODEC = Codec(CATALOGUE)
HERE = "http://127.0.0.1:8080"
BOUGHT = booked(an_intent())
SOLD = evolve(BOUGHT, fill=evolve(BOUGHT.fill, side=Side.SELL), client_order_id="seller")


def tripped(name: str) -> BreakerTripped:
    breaker = Breaker(
        name=name, scope=GLOBAL, effect=Effect.HALT, reason="why", is_latched=True, at_ns=NOW
    )
    return BreakerTripped(breaker)


KILLED = (
    tripped(KILL),
    RunStopped(KILL, 1, 0, 0, is_confirmed=True),
    BreakerReset(KILL, GLOBAL, BY_OPERATOR, "seen"),
)


def recorded(folder: Path, *bodies: object, wall_ns: int = NOW) -> Path:
    """Write a journal of one run at that wall time; return its folder."""
    run = CODEC.encode(RunStarted("paper", "embedded", "w", "c", "p", 1))
    journal, _ = open_journal(folder / "journal", run, at_ns=NOW, wall=lambda: wall_ns)
    recorder = Recorder(journal, CODEC, lambda: Nanos(1))
    for number, body in enumerate(bodies, 1):
        recorder.append(Envelope(number, body, "auditor", 1, number, 0, NOW))
    recorder.close()
    return folder / "journal"


def sources(home: Path, venue_url: str | None = HERE) -> ChecklistSources:
    return ChecklistSources(Folders(data=home / "data", log=home / "logs"), {}, venue_url)


def test_a_journal_shows_what_was_done(tmp_path: Path) -> None:
    assert record_of(recorded(tmp_path, *KILLED), 0).killed_ns == NOW


def test_no_journal_and_a_broken_one_show_nothing(tmp_path: Path) -> None:
    assert record_of(tmp_path / "journal", 0) == NO_RECORD
    (segment,) = recorded(tmp_path, *KILLED).glob("*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b"seen", b"SEEN"))

    assert record_of(tmp_path / "journal", 0) == NO_RECORD


def test_the_newest_drill_of_every_world_counts(tmp_path: Path) -> None:
    assert sources(tmp_path).paper == NO_RECORD
    recorded(tmp_path / "data" / "paper", *KILLED, wall_ns=NOW - DAY)
    recorded(
        tmp_path / "data" / "worlds" / "generated-7" / "paper",
        *(BOUGHT, tripped(LIQUIDATION), SOLD, *KILLED),
    )

    found = sources(tmp_path).paper

    assert (found.killed_ns, found.sold_ns) == (NOW, NOW)
    assert found.sold == (BOUGHT.fill.product,)


GATE = "gate certificate"


@pytest.mark.parametrize(
    ("symptoms", "is_there"),
    [
        ({GATE: ok(GATE, "open")}, True),
        ({GATE: fail(GATE, "it ran out", "rehearse")}, False),
        ({}, False),
    ],
)
def test_a_certificate_counts_where_its_gate_says_so(
    symptoms: dict[str, Symptom], is_there: bool, tmp_path: Path
) -> None:
    case = LiveCase(tmp_path)
    case.certify(issued_ns=Nanos(NOW - 5 * DAY))
    case.certify(issued_ns=Nanos(NOW - 3 * DAY))
    seen = ChecklistSources(case.options.folders, {}, HERE)
    seen.__dict__["symptoms"] = symptoms

    held = seen.certificate

    assert (held is not None) is is_there
    assert held is None or held.issued_ns == NOW - 3 * DAY


def test_live_trading_counts_from_its_certificate(tmp_path: Path) -> None:
    seen = sources(tmp_path)
    recorded(seen.folders.of_mode(Mode.LIVE), BOUGHT, SOLD)
    seen.__dict__["certificate"] = None
    assert seen.live.sales == 1
    assert seen.missed_objectives()


def test_a_record_that_can_not_be_read_shows_no_deed(tmp_path: Path) -> None:
    seen = sources(tmp_path)
    (tmp_path / "data" / FILE).mkdir(parents=True)

    assert seen.newest(CHECKED) is None


def test_coinbase_itself_is_meant_unless_something_plays_it(tmp_path: Path) -> None:
    assert sources(tmp_path).rest == HERE
    assert sources(tmp_path, None).rest == "https://api.coinbase.com"


def test_without_a_key_it_has_no_age_and_nothing_was_traded_on_paper(tmp_path: Path) -> None:
    assert sources(tmp_path).key_age is None
    assert sources(tmp_path).policies_on_paper == frozenset()
