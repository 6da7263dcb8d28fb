"""A rehearsal as it is typed: drills, a run that is killed and goes on, verdict and certificate."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from adapters.control.certificates import FOLDER as CERTIFICATES
from adapters.control.files import write_json
from adapters.control.instances import holder
from app.command_line.options import TradeOptions
from app.rehearsal.drill_run import CARD
from app.rehearsal.drills import drills
from app.rehearsal.running import CYCLE
from app.rehearsal.starting import trade_options
from app.rehearsal.state import RehearsalFolder
from config.mode import Mode
from domain.model.instants import DAY, SECOND
from tests.builders.full import only_whole
from tests.builders.live import CONFIRMED, SETTINGS, LiveHome
from tests.builders.rehearsal_folder import a_state, write_fired, write_rehearsal
from tests.builders.runs import ROOT, call, command_line, words
from tests.builders.simulator_process import RunningVenue, playing_coinbase
from tests.builders.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.req("RH1")]

SOON = ("--duration", "1s")
PATIENCE_S = 540
BY_HAND = 15
"""Rows whose cause no drill plays; docs/rehearsal.md says why."""
Verdict = dict[str, Any]
CYCLES = 24
SHORT = ("--hours", "0.4", "--speed", "max", f"--shadow={ROOT / 'config'}")


def cycles(home: Path) -> int:
    journal = home / "data" / "paper" / "journal"
    return sum(each.read_bytes().count(CYCLE) for each in journal.glob("*.jsonl"))


def verdict(home: Path) -> tuple[int, Verdict]:
    done = call(home, "rehearsal", "report", "--json")
    return done.returncode, json.loads(done.stdout)


def killed_and_gone_on(home: Path) -> None:
    """Rehearse in virtual time, kill everything in the middle, and go on."""
    begun = subprocess.Popen(
        command_line(home, "rehearse", *SHORT),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(lambda: cycles(home) >= 5 or begun.poll() is not None, PATIENCE_S)
        assert begun.poll() is None
        trader = holder(home / "data" / "paper")
        assert trader is not None
        os.kill(trader.pid, signal.SIGKILL)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(begun.pid, signal.SIGKILL)
        begun.wait()
    assert cycles(home) < CYCLES
    done = call(home, "rehearse", seconds=PATIENCE_S)
    assert done.returncode == 0, done.stdout + done.stderr


def it_counts_what_was_before(found: Verdict) -> None:
    assert (found["verdict"], found["go"], found["drill"]) == ("GO as DRILL", True, True)
    assert found["runs"] == 2
    assert CYCLES - 1 <= found["cycles"] <= found["scheduled"] <= CYCLES + 2
    assert any("ended without a last record" in each for each in found["remarks"])


def every_row_is_fired_and_says_by_what(found: Verdict) -> None:
    assert [each["name"] for each in found["coverage"] if each["fired"] == "NOT FIRED"] == []
    assert all(each["evidence"] for each in found["coverage"])
    by_cause = [each for each in found["coverage"] if each["fired"] in ("by drill", "by market")]
    assert len(found["coverage"]) - len(by_cause) <= BY_HAND


def the_shadow_by_the_same_settings_agrees_and_the_report_says_so(
    home: Path, found: Verdict
) -> None:
    assert found["shadow"].startswith("agreement 100")
    assert "interval" in found["shadow"] or "too few cycles" in found["shadow"]
    report = (home / "logs" / "paper_rehearsal_final_report.md").read_text(encoding="utf-8")
    assert found["shadow"] in report


def there_is_no_certificate(home: Path, found: Verdict) -> None:
    assert "DRILL" in found["certificate"]
    assert not (home / "data" / "live").exists()


def reports_lie_in_the_log_folder(home: Path) -> None:
    report = (home / "logs" / "paper_rehearsal_final_report.md").read_text(encoding="utf-8")
    page = (home / "logs" / "paper_rehearsal_final_report.html").read_text(encoding="utf-8")

    assert report.startswith("# Paper rehearsal: GO as DRILL\n")
    for title in ("Equity", "Latency of cycles", "Memory", "Cycles in five minutes"):
        assert f"<h2>{title}</h2>" in page


@only_whole
@pytest.mark.req("SH1")
def test_one_that_was_killed_goes_on_to_its_verdict(tmp_path: Path) -> None:
    """One test for all that it leaves: the drills of a rehearsal take two minutes."""
    killed_and_gone_on(tmp_path)

    code, found = verdict(tmp_path)
    assert code == 0
    it_counts_what_was_before(found)
    every_row_is_fired_and_says_by_what(found)
    the_shadow_by_the_same_settings_agrees_and_the_report_says_so(tmp_path, found)
    there_is_no_certificate(tmp_path, found)
    reports_lie_in_the_log_folder(tmp_path)


# What it is for.


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVenue]:
    with playing_coinbase(tmp_path_factory.mktemp("coinbase")) as running:
        yield running


def rehearsed(live: LiveHome) -> None:
    """Leave on disk what a day at the venue that stands for Coinbase would have left."""
    typed = ("--venue=coinbase", f"--venue-url={live.real.session.rest}", *SETTINGS)
    config = trade_options(typed, live.folders).config
    begun_ns = time.time_ns() - DAY - 10 * SECOND
    interval_ns = 60 * SECOND
    state = evolve(a_state(config, begun_ns, typed), interval_ns=interval_ns)
    write_rehearsal(live.folders.of_mode(Mode.PAPER), config, begun_ns, typed, state=state)


QUICK = ("--set=policy.loop.interval_seconds=2",)
SECONDS = 8


def drilled(live: LiveHome, options: TradeOptions) -> None:
    """Leave on disk what the drills of a rehearsal with these options would have left."""
    own = RehearsalFolder(options.folders.of_mode(Mode.PAPER))
    told = {"config": str(live.home / "config"), "sets": list(options.sets), "missing": []}
    for each in drills():
        write_fired(own, options.config, drill=each.name)
        card = {**told, "hash": options.config.config_hash, "name": each.name}
        write_json(own.drills / each.name / CARD, card)


def test_by_the_prices_of_the_venue_it_runs_in_real_time_and_a_short_one_gives_no_certificate(
    real: RunningVenue, tmp_path: Path
) -> None:
    live = LiveHome(tmp_path / "owner", real)
    typed = ("--venue=coinbase", f"--venue-url={real.session.rest}", *SETTINGS, *QUICK)
    options = trade_options(typed, live.folders)
    begun_ns = time.time_ns()
    short = {"length_ns": SECONDS * SECOND, "interval_ns": 2 * SECOND}
    state = a_state(options.config, begun_ns, typed, **short)
    RehearsalFolder(options.folders.of_mode(Mode.PAPER)).write(state)
    drilled(live, options)

    done = call(live.home, "rehearse")

    assert done.returncode == 0, done.stdout + done.stderr
    assert time.time_ns() - begun_ns >= SECONDS * SECOND
    assert "GO as DRILL: " in done.stdout
    assert "certificate: none, because it was a DRILL, shorter than 24 h" in done.stdout
    _, found = verdict(live.home)
    assert (found["speed"], found["runs"], found["drill"]) == ("1", 1, True)
    assert SECONDS // 2 - 1 <= found["cycles"] <= found["scheduled"]
    journal = live.home / "data" / "paper" / "journal" / "00000001.jsonl"
    assert b'"venue":"coinbase"' in journal.read_bytes()


@pytest.mark.req("M1")
def test_live_starts_with_the_certificate_of_a_rehearsal_and_with_no_other(
    real: RunningVenue, tmp_path: Path
) -> None:
    live = LiveHome(tmp_path / "owner", real)
    rehearsed(live)
    assert live.start(CONFIRMED, *SOON).returncode == 4

    judged = call(live.home, "rehearsal", "report", environment=live.key)

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "good until" in judged.stdout
    started = live.start(CONFIRMED, *SOON)
    assert started.returncode == 0, started.stdout + started.stderr
    assert words(started.stdout.splitlines()[0])["mode"] == "live"

    # Copied into another data folder, or changed by a letter, it is none.
    other = LiveHome(tmp_path / "other", real)
    shutil.copytree(live.folder / CERTIFICATES, other.folder / CERTIFICATES)
    (other.folder / CERTIFICATES / "key").unlink()
    assert other.start(CONFIRMED, *SOON).returncode == 4
    (file,) = (live.folder / CERTIFICATES).glob("*.json")
    file.write_text(file.read_text().replace(live.portfolio, live.portfolio[::-1]), "utf-8")
    shutil.rmtree(live.folder / "journal")
    refused = live.start(CONFIRMED, *SOON)
    assert refused.returncode == 4
    assert "certificate" in refused.stderr
