"""A rehearsal is judged from what it has left on disk; only a real day on Coinbase certifies."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from adapters.control.certificates import certificates_in
from adapters.control.files import write_json
from adapters.venues.coinbase.key_sources import NAME, SECRET
from app.command_line.options import Folders
from app.rehearsal.certificate import Certifier
from app.rehearsal.drill_run import CARD
from app.rehearsal.outcome import RehearsalOutcome, Shadowed, document
from app.rehearsal.page import charts, page
from app.rehearsal.rehearsal import Rehearsal, found
from app.rehearsal.report import NAME as REPORT
from app.rehearsal.report import PAGE, markdown
from app.rehearsal.starting import trade_options
from app.rehearsal.telling import lines
from app.run.incident import record_incident
from app.run.live_start import AccountAnswers
from config.mode import Mode
from domain.messages.supervision import ActorDown
from domain.messages.venue import FeesRead, PermissionsRead
from domain.model.instants import DAY, HOUR, MINUTE, iso
from domain.model.money import Rate
from domain.system.certificate import STAND_IN
from tests.builders.certificates import PORTFOLIO
from tests.builders.keys import WHOLE
from tests.builders.messages import NOW
from tests.builders.rehearsal_folder import a_state, write_day, write_rehearsal
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("RH1")

BEGUN = NOW - DAY
STAND = ("--venue=coinbase", "--venue-url=http://127.0.0.1:9")
KEY = {NAME: "k1", SECRET: WHOLE}
RIGHTS = PermissionsRead(1, True, True, False, PORTFOLIO, None)
FEES = FeesRead(1, Rate(Decimal("0.006")), Rate(Decimal("0.012")), None)


class Home:
    """The folders of a rehearsal."""

    def __init__(self, home: Path) -> None:
        self.folders = Folders(
            config=CONFIG, data=home / "data", log=home / "logs", is_data_given=True
        )
        self.mode_folder = self.folders.of_mode(Mode.PAPER)

    def write(self, words: tuple[str, ...] = STAND, **changes: Any) -> Rehearsal:
        options = trade_options(words, self.folders)
        write_rehearsal(self.mode_folder, options.config, BEGUN, words, **changes)
        rehearsal = found(self.folders)
        assert rehearsal is not None
        return rehearsal

    @property
    def certificates(self) -> list[Any]:
        return [each.certificate for each in certificates_in(self.folders.of_mode(Mode.LIVE))]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def certifier(
    rights: PermissionsRead = RIGHTS, key: dict[str, str] | None = None, now_ns: int = NOW
) -> Certifier:
    return Certifier(
        environment=KEY if key is None else key,
        wall_ns=lambda: now_ns,
        account=lambda rest, _: AccountAnswers(rights, FEES),
    )


def test_a_day_on_the_venue_that_is_traded_is_go_and_gives_a_certificate(home: Home) -> None:
    outcome = home.write().settled(certifier())

    assert outcome.word == "GO", outcome.verdict.unmet
    (held,) = home.certificates
    assert (held.venue, held.environment, held.portfolio) == ("coinbase", STAND_IN, PORTFOLIO)
    assert (held.issued_ns, held.maker) == (NOW, Rate(Decimal("0.006")))
    assert "good until" in outcome.certificate
    report = (home.folders.log / REPORT).read_text(encoding="utf-8")
    assert report.startswith("# Paper rehearsal: GO\n")
    assert outcome.certificate in report


def test_it_gives_one_only_and_tells_it_again(home: Home) -> None:
    rehearsal = home.write()
    first = rehearsal.settled(certifier())

    again = rehearsal.settled(certifier(now_ns=NOW + 9 * DAY))

    assert again.certificate == first.certificate
    assert len(home.certificates) == 1


@pytest.mark.parametrize(
    ("certifies", "word"),
    [
        (certifier(key={}), "no key"),
        (certifier(evolve(RIGHTS, failure="HTTP 503")), "HTTP 503"),
        (certifier(evolve(RIGHTS, portfolio_uuid="")), "names no portfolio"),
        (certifier(now_ns=NOW + 2 * DAY), "too long ago"),
    ],
)
def test_without_an_answer_whose_account_it_is_for_there_is_none_and_why(
    home: Home, certifies: Certifier, word: str
) -> None:
    outcome = home.write().settled(certifies)

    assert outcome.verdict.is_go
    assert outcome.certificate.startswith("none")
    assert word in outcome.certificate
    assert home.certificates == []


def test_a_changed_configuration_gives_none(home: Home) -> None:
    rehearsal = home.write()
    words = (*STAND, "--set=policy.caps.total_pct=14")
    changed = evolve(rehearsal, options=trade_options(words, home.folders))

    assert "have changed since" in changed.settled(certifier()).certificate
    assert home.certificates == []


def test_drills_of_another_program_prove_nothing(home: Home) -> None:
    rehearsal = home.write()
    write_json(rehearsal.places.own.drills / "sales" / CARD, {"hash": "0" * 16})

    outcome = rehearsal.judged()

    assert [each.name for each in outcome.verdict.unmet] == ["coverage"]
    assert any("another program or configuration" in each for each in outcome.remarks())


def test_the_embedded_venue_gives_none(home: Home) -> None:
    outcome = home.write(words=(), venue="embedded").settled(certifier())

    assert outcome.verdict.is_go
    assert "--venue coinbase" in outcome.certificate
    assert home.certificates == []


def test_anything_faster_is_go_as_a_drill(home: Home) -> None:
    options = trade_options((), home.folders)
    state = a_state(options.config, BEGUN, ("--speed=60",), speed="60")
    write_rehearsal(home.mode_folder, options.config, BEGUN, state=state)
    rehearsal = found(home.folders)
    assert rehearsal is not None

    outcome = rehearsal.settled(certifier())

    assert outcome.word == "GO as DRILL"
    assert "DRILL" in outcome.certificate
    assert home.certificates == []


BROKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "an actor died": ("unhandled exceptions", {"more": (ActorDown("feed", 1, "KeyError"),)}),
    "half of the cycles": ("cycles", {"cycles": 700}),
    "half of the day": ("length", {"cycles": 720, "length_ns": 12 * HOUR}),
    "memory": ("memory", {"peak": 600_000_000}),
    "a breaker not fired": ("coverage", {"but": "sentinel"}),
}


@pytest.mark.parametrize("what", BROKEN)
def test_each_way_to_go_wrong_on_disk_is_no_go_and_gives_none(home: Home, what: str) -> None:
    criterion, changes = BROKEN[what]

    outcome = home.write(**changes).settled(certifier())

    assert outcome.word == "NO-GO"
    assert criterion in [each.name for each in outcome.verdict.unmet]
    assert outcome.certificate == "none, as the verdict is NO-GO"
    assert home.certificates == []
    report = (home.folders.log / REPORT).read_text(encoding="utf-8")
    assert "**NOT MET**" in report


def test_a_bug_that_ended_a_process_is_no_go(home: Home) -> None:
    rehearsal = home.write()
    record_incident(ValueError("x"), home.folders.log)

    (unmet,) = rehearsal.judged().verdict.unmet

    assert unmet.name == "unhandled exceptions"
    assert "incident" in unmet.seen


def test_a_run_by_another_configuration_in_between_is_no_go(home: Home) -> None:
    rehearsal = home.write()
    other = trade_options(("--set=policy.caps.total_pct=14",), home.folders)
    write_day(home.mode_folder, other.config, NOW + MINUTE, cycles=1, length_ns=MINUTE)

    unmet = {each.name for each in rehearsal.judged().verdict.unmet}

    assert "one configuration" in unmet


def test_what_was_journaled_before_it_began_does_not_count(home: Home) -> None:
    rehearsal = home.write()
    late = evolve(rehearsal, state=evolve(rehearsal.state, after_seq=10**6))

    assert late.judged().measured.record.cycles == 0


def test_alerts_of_the_run_fire_their_rows_and_name_themselves(home: Home) -> None:
    rehearsal = home.write(but="KEY_AGE")
    own = {"world": rehearsal.places.world, "mode": "paper", "what": "old", "severity": "WARNING"}
    home.folders.log.mkdir(parents=True, exist_ok=True)
    texts = (
        {**own, "code": "KEY_AGE", "at": iso(BEGUN - HOUR)},
        {**own, "code": "KEY_AGE", "at": iso(BEGUN + HOUR), "mode": "live"},
        {**own, "code": "KEY_AGE", "at": iso(BEGUN + HOUR)},
        {"at": 7},
    )
    text = "".join(f"{json.dumps(each)}\n" for each in texts)
    (home.folders.log / "alerts.jsonl").write_text(f"{text}no line\n", encoding="utf-8")

    covered = {each.row.name: each for each in rehearsal.judged().covered}

    assert covered["KEY_AGE"].count == 1
    assert covered["KEY_AGE"].evidence.words.startswith("alert ")


def an_outcome(home: Home) -> RehearsalOutcome:
    shadow = Shadowed(
        decisions=12,
        agreement="91.7 %",
        difference="+1.20",
        interval=("−0.40", "+2.80"),
        currency="USD",
    )
    return evolve(home.write(but="sentinel").judged(), shadow=shadow, certificate="none: NO-GO")


def test_report_page_terminal_and_document_say_the_same(home: Home) -> None:
    outcome = an_outcome(home)

    told = (markdown(outcome), page(outcome), "\n".join(lines(outcome)))

    for text in told:
        assert "NO-GO" in text
        assert "12 decisions" in text
        assert "coverage" in text
    report, html, _ = told
    for title in ("Equity", "Latency of cycles", "Memory", "Cycles in an hour"):
        assert f"<h2>{title}</h2>" in html
    assert "| sentinel | NOT FIRED |" in report
    assert "| timers | by drill | drill sales, record 1 |" in report
    found_ = document(outcome)
    assert (found_["verdict"], found_["go"], found_["cycles"]) == ("NO-GO", False, 1_440)
    assert {each["name"] for each in found_["criteria"]} == {
        each.name for each in outcome.verdict.criteria
    }
    assert len(found_["coverage"]) == len(outcome.covered)


def drawn(outcome: RehearsalOutcome, title: str) -> dict[str, dict[str, Any]]:
    """Return the lines of a chart by their names."""
    (chart,) = (each for each in charts(outcome) if each.title == title)
    return {line["name"]: line for line in chart.figure["data"]}


def test_a_short_rehearsal_is_counted_by_five_minutes_and_never_above_its_schedule(
    home: Home,
) -> None:
    outcome = home.write(cycles=30, length_ns=30 * MINUTE).judged()

    lines_ = drawn(outcome, "Cycles in five minutes")

    assert len(lines_["decided"]["x"]) >= 6
    assert lines_["decided"]["y"] == lines_["schedule"]["y"]
    assert sum(lines_["decided"]["y"]) == 30


def test_where_nothing_ran_lines_have_a_gap(home: Home) -> None:
    rehearsal = home.write(cycles=30, length_ns=30 * MINUTE)
    config, again_ns = rehearsal.options.config, BEGUN + 2 * HOUR
    write_day(home.mode_folder, config, again_ns, cycles=30, length_ns=30 * MINUTE)
    outcome = rehearsal.judged()

    equity = drawn(outcome, "Equity")["equity"]
    cycles = drawn(outcome, "Cycles in five minutes")

    assert equity["y"].count(None) == 1
    assert equity["y"][30] is None
    assert min(cycles["decided"]["y"]) == 0
    assert max(cycles["schedule"]["y"]) == 5


def test_the_reports_lie_in_the_log_folder_under_their_fixed_names(home: Home) -> None:
    home.write().settled(certifier())

    assert REPORT == "paper_rehearsal_final_report.md"
    assert (home.folders.log / PAGE).read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_state_that_cannot_be_read_is_no_rehearsal(home: Home) -> None:
    rehearsal = home.write()
    file = rehearsal.places.own.path / "rehearsal.json"
    for text in ("", "[]", "{}", file.read_text().replace('"1"', '"NaN"')):
        file.write_text(text, encoding="utf-8")
        assert found(home.folders) is None
