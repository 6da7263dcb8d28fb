"""`paper list`: every world with what it plays and how it stands."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapters.control.files import write_json
from adapters.control.instances import InstanceLock
from adapters.control.worlds import write_card
from app.command_line.cli import cli
from app.command_line.shell import CommandSession

STATUS = {"equity": "10012.345", "halted": False}


def a_world(home: Path, mode: str = "paper", **world: Any) -> InstanceLock:
    """Leave what a run in `home` leaves; its lock is returned, taken."""
    folder = home / mode
    venue = folder / "venue"
    if mode == "venue":
        venue = folder
    lock = InstanceLock(folder)
    lock.acquire("then")
    write_json(venue / "world.json", {"market": "generated seed=1 offset=2m", "seed": 1, **world})
    if mode != "venue":
        write_json(folder / "status.json", STATUS)
    return lock


def listed(data: Path, *arguments: str) -> str:
    command = ["paper", "list", "--data-dir", str(data), *arguments]
    done = CliRunner().invoke(cli, command, standalone_mode=False, obj=CommandSession())
    assert done.return_value == 0, done.output
    return done.output


def test_every_world_and_mode_has_a_row_and_a_venue_alone_has_one(tmp_path: Path) -> None:
    recorded = tmp_path / "worlds" / "candles-abc123"
    running = a_world(tmp_path, "dry-run")
    for lock in (
        a_world(tmp_path),
        a_world(tmp_path, "venue"),
        a_world(recorded, market="candles.csv sha256=1", seed=7),
    ):
        lock.release()
    write_card(recorded, {"market": "/here/candles.csv"})

    rows = json.loads(listed(tmp_path, "--json"))
    running.release()

    assert [(row["world"], row["mode"], row["state"]) for row in rows] == [
        ("default", "dry-run", "running"),
        ("default", "paper", "stopped"),
        ("default", "venue", "stopped"),
        ("candles-abc123", "paper", "stopped"),
    ]
    last = rows[-1]
    assert (last["market"], last["seed"], last["equity"]) == ("/here/candles.csv", 7, "10012.345")
    assert last["size_bytes"] > 0
    assert last["folder"] == str(recorded / "paper")
    assert last["last_run"].startswith("20")


def test_the_table_fits_eighty_columns_and_rounds_for_people(tmp_path: Path) -> None:
    home = tmp_path / "worlds" / "generated-123456"
    a_world(home, seed=123456).release()

    lines = listed(tmp_path).splitlines()

    assert max(map(len, lines)) <= 80
    assert lines[0].split()[:4] == ["world", "mode", "market", "seed"]
    words = lines[1].split()
    assert words[:5] == ["generated-123456", "paper", "generated", "123456", "stopped"]
    assert "10,012.34" in words or "10,012.35" in words


def test_a_halt_is_shown_and_one_world_can_be_asked_for(tmp_path: Path) -> None:
    home = tmp_path / "worlds" / "generated-7"
    a_world(tmp_path).release()
    running = a_world(home)
    write_json(home / "paper" / "status.json", {**STATUS, "halted": True})

    (row,) = json.loads(listed(tmp_path, "--json", "--world", "generated-7"))
    running.release()

    assert (row["world"], row["state"]) == ("generated-7", "halted")


ODD: list[object] = [None, "", "-", [], {}, True, -1, 7.5, "1e9", "NaN", "\x1b[2J", "x" * 9_999]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_files_that_say_odd_things_cost_no_row(tmp_path: Path, odd: object) -> None:
    a_world(tmp_path, market=odd, seed=odd).release()
    write_json(tmp_path / "paper" / "status.json", {"equity": odd, "halted": odd})
    write_card(tmp_path, {"market": odd})

    shown = listed(tmp_path)

    assert "\x1b" not in shown
    assert shown.splitlines()[1].startswith("default")
    assert len(json.loads(listed(tmp_path, "--json"))) == 1


def test_where_nothing_is_it_says_how_one_begins(tmp_path: Path) -> None:
    assert f"`python run.py --data-dir {tmp_path}" in listed(tmp_path)
    assert listed(tmp_path, "--json") == "[]\n"


def test_a_world_that_was_reset_has_nothing_to_show(tmp_path: Path) -> None:
    lock = InstanceLock(tmp_path / "paper")
    lock.acquire("then")
    lock.release()

    (row,) = json.loads(listed(tmp_path, "--json"))

    assert (row["state"], row["equity"], row["market"]) == ("no run yet", None, None)


def test_the_world_that_ran_last_is_begun_anew_unless_one_is_named(tmp_path: Path) -> None:
    home = tmp_path / "worlds" / "generated-7"
    for each in (tmp_path, home):
        a_world(each).release()
    os.utime(tmp_path / "paper" / "status.json", (1, 1))
    data = ["reset", "--data-dir", str(tmp_path)]

    for named, said in (([], "world generated-7"), (["--world", "default"], "world default")):
        done = CliRunner().invoke(cli, ["paper", *data, *named], standalone_mode=False)
        assert (done.return_value, said in done.output) == (0, True)
        assert (tmp_path / "paper" / "status.json").exists() is not bool(named)
    assert not (home / "paper" / "status.json").exists()
