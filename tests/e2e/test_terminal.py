"""What people see in a terminal: short lines that fit it, and an end whose numbers are right."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from domain.model.figures import money, signed
from scripts.first_minutes import INTRO, PAGE, record, shape, watch
from scripts.pages import ROOT
from tests.builders.full import some
from tests.builders.runs import call, command_line, records, words

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
RUN = ("--env", "paper", "--no-dashboard", "--speed=max", "--duration=14m")
SALES = "--set=policy.exits.max_hold=10m"


@pytest.mark.parametrize("columns", some([80, 120]))
def test_the_recording_of_the_first_two_minutes_is_what_a_terminal_shows(columns: int) -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    assert page.startswith(INTRO)
    shown = record(columns)

    committed = page.partition(f"## {columns} columns\n\n```\n")[2].partition("\n```\n")[0]
    assert shape(shown) == shape(committed), "run python -m scripts.first_minutes"
    for line in shown.splitlines():
        assert len(line) <= columns or line.startswith(("READY ", "STOPPED ")), line


@pytest.mark.req("X2")
def test_the_end_tells_what_the_ledger_says(tmp_path: Path) -> None:
    done = call(tmp_path, *RUN, SALES)
    told = words(done.stdout.splitlines()[-1])

    assert f"Equity {money(Decimal(told['equity']))}" in _squeezed(done.stderr)
    assert f"Profit {signed(Decimal(told['pnl_net']))}" in _squeezed(done.stderr)
    assert f"Fees paid {money(Decimal(told['fees']))}" in _squeezed(done.stderr)
    sold = [each for each in records(tmp_path, "FillBooked") if each["fill"]["side"] == "SELL"]
    assert len(sold) >= 2
    assert len(re.findall(r" sold [\d.]+ \w+ at ", done.stderr)) == len(
        {each["client_order_id"] for each in sold}
    )
    assert "Open positions; only stop orders sell them now" in done.stderr
    assert f"python run.py report --data-dir {tmp_path}/data" in done.stderr
    assert "\x1b" not in done.stderr


def test_plain_is_ascii_and_quiet_is_silent_while_all_is_well(tmp_path: Path) -> None:
    plain = watch(
        command_line(tmp_path, "--env", "paper", "--speed=max", "--cycles=3", "--plain"), 80
    )
    assert plain.isascii()
    assert "; stop" in plain

    quiet = call(tmp_path, "--env", "paper", "--speed=max", "--duration=1m", "--quiet")
    assert all("UNPROTECTED" in line for line in quiet.stderr.splitlines()), quiet.stderr


def test_a_view_that_stays_leaves_the_lines_for_programs_whole(tmp_path: Path) -> None:
    run = ("--env", "paper", "--speed=max", "--duration=30m", "--watch")
    shown = watch(command_line(tmp_path, *run), 80)

    lines = [_ESCAPES.sub("", line) for line in shown.split("\r\n")]
    (ready,) = [line for line in lines if line.startswith("READY ")]
    (stopped,) = [line for line in lines if line.startswith("STOPPED ")]
    assert words(ready)["entries"] == "on"
    assert words(stopped)["reason"] == "duration"
    assert any(line.startswith("paper: ") and "market time" in line for line in lines)
    after = lines[lines.index(stopped) + 1 :]
    assert not any("market time" in line for line in after), "the view ends before the last word"
    assert shown.rstrip().endswith(f"{tmp_path}/data")


def test_a_status_to_watch_is_shown_once_where_there_is_no_terminal(tmp_path: Path) -> None:
    call(tmp_path, "--env", "paper", "--speed=max", "--cycles=1")

    done = call(tmp_path, "status", "--watch")

    assert done.returncode == 0
    assert done.stdout.startswith("paper: stopped at ")
    assert call(tmp_path, "status", "--watch", "--json").returncode == 2


@pytest.mark.req("K1", "BOOT1")
def test_a_start_under_kill_says_why_since_when_and_what_to_type(tmp_path: Path) -> None:
    short = ("--env", "paper", "--speed=max", "--duration=2m")
    call(tmp_path, *short)
    last = records(tmp_path, "EquityMarked")[-1]["nlv"]
    call(tmp_path, "kill", "--reason", "looks wrong")

    starts = [call(tmp_path, *short) for _ in range(2)]

    for done in starts:
        assert done.returncode == 3
        assert "looks wrong" in done.stderr
        assert "python run.py resume" in done.stderr
        typed = re.findall(r"python run\.py [^;\n]*", done.stderr)
        assert all(f"--data-dir {tmp_path}/data" in each for each in typed), typed
        assert words(done.stdout.splitlines()[-1])["equity"] == last
    since = r"KILL since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d: looks wrong"
    assert re.search(since, starts[-1].stderr)


@pytest.mark.req("C2")
@pytest.mark.parametrize(
    ("arguments", "said"),
    some(
        [
            (("--paper-balance", "USD=50"), "needed: 71.14 USD"),
            (("--paper-balance", "EUR=1000"), "--paper-balance USD=10000"),
            (("--set=strategies.breakout.enabled=false",), "strategies.NAME.enabled=true"),
        ]
    ),
)
def test_what_can_buy_nothing_is_told_before_ready(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    short = ("--env", "paper", "--speed=max", "--cycles=1", "--plain")
    shown = watch([*command_line(tmp_path, *short, *arguments)], 200)

    assert said in shown.partition("READY ")[0], shown


@pytest.mark.req("AL1", "ST1")
def test_an_alert_is_on_the_terminal_with_what_to_type(tmp_path: Path) -> None:
    script = tmp_path / "faults.jsonl"
    script.write_text('{"at": "20s", "for": "30s", "kind": "freeze_stream"}\n', encoding="utf-8")
    short = ("--env", "paper", "--speed=max", "--duration=1m", "--set=app.log.level=ERROR")
    done = call(tmp_path, *short, f"--faults={script}")

    (first, *_) = (line for line in done.stderr.splitlines() if "STALENESS" in line)
    assert "WARNING STALENESS" in first or "CRITICAL STALENESS" in first
    assert "type: python run.py status" in first


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def test_a_terminal_that_is_no_unicode_gets_no_symbols(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    monkeypatch.setenv("PYTHONUTF8", "0")
    done = call(tmp_path, "--env", "paper", "--speed=max", "--cycles=2")

    assert done.returncode == 0, done.stderr
    assert done.stderr.isascii()
