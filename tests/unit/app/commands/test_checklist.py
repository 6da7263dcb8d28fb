"""`checklist`: every phase that is not met is named, each item of it with the command for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.venues.coinbase.key_sources import FILE, NAME, SECRET
from app.command_line.cli import COMMANDS, main
from app.command_line.options import Folders
from domain.system.live_checklist import ITEMS, LivePhase, items_of

pytestmark = pytest.mark.req("CL1")

Said = pytest.CaptureFixture[str]
MET_ANYWHERE = {
    *("config", "strategies", "guards", "secrets", "signal file", "halts", "machine", "journal"),
}
"""What the shipped configuration and an empty folder show already."""


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (FILE, NAME, SECRET):
        monkeypatch.delenv(name, raising=False)


def run(home: Path, *words: str) -> int:
    place = ("--data-dir", str(home / "data"), "--log-dir", str(home / "logs"))
    return main(["checklist", "--set", "app.time.ntp_servers=[]", *words, *place])


@pytest.mark.parametrize("phase", LivePhase)
def test_a_phase_that_is_not_met_is_named_with_the_command_for_each_item(
    phase: LivePhase, tmp_path: Path, capsys: Said
) -> None:
    assert run(tmp_path, "--phase", str(phase.value)) == 1

    told = capsys.readouterr()
    missing = [each for each in items_of(phase) if each.name not in MET_ANYWHERE]
    assert missing
    where = Folders(data=tmp_path / "data", log=tmp_path / "logs").address
    assert told.out.startswith(f"{phase.value}  {phase.title}\n")
    for item in missing:
        assert f"   open {item.name}: {item.claim}" in told.out
        assert f"        -> {where.put(item.command)}\n" in told.out
    assert told.err == f"not met: {', '.join(each.name for each in missing)}\n"


def test_all_phases_are_gone_through_in_order(tmp_path: Path, capsys: Said) -> None:
    assert run(tmp_path, "--json") == 1

    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert [each["phase"] for each in told["phases"]] == [1, 2, 3, 4, 5, 6, 7]
    rows = [row for each in told["phases"] for row in each["items"]]
    assert [row["name"] for row in rows] == [each.name for each in ITEMS]
    assert {row["name"] for row in rows if row["met"]} == MET_ANYWHERE
    assert all(bool(row["command"]) is not row["met"] for row in rows)
    assert all(row["found"] for row in rows)


def test_nothing_is_written(tmp_path: Path) -> None:
    run(tmp_path)

    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


def test_a_configuration_that_is_refused_is_an_answer(tmp_path: Path, capsys: Said) -> None:
    assert run(tmp_path, "--json", "--set", "policy.caps.total_pct=99") == 1

    rows = {
        row["name"]: row
        for each in json.loads(capsys.readouterr().out)["phases"]
        for row in each["items"]
    }
    assert not rows["config"]["met"]
    assert not rows["guards"]["met"]
    assert not rows["machine"]["met"] or rows["machine"]["found"] == "all well"


@pytest.mark.parametrize("words", [("--phase", "0"), ("--phase", "8"), ("--phase", "one")])
def test_there_are_seven_phases(words: tuple[str, ...], tmp_path: Path, capsys: Said) -> None:
    assert run(tmp_path, *words) == 2
    assert "--phase" in capsys.readouterr().err


def test_only_what_is_on_this_machine_plays_coinbase(tmp_path: Path, capsys: Said) -> None:
    assert run(tmp_path, "--venue-url", "https://example.com") == 2
    assert "only a venue on this machine is asked" in capsys.readouterr().err


def test_each_command_that_is_named_exists() -> None:
    for item in ITEMS:
        words = item.command.split()
        assert words[:2] == ["python", "run.py"]
        assert words[2].startswith("--") or words[2] in COMMANDS
