"""`logs`: filtered, readable, over rotation; damage is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.command_line.cli import cli

FILE = "bulkhead.jsonl"


def a_line(**members: Any) -> str:
    values = {
        "time": "2026-11-28T21:40:33.123456Z",
        "market_time": "2026-11-28T21:40:33Z",
        "run": "r",
        "level": "INFO",
        "actor": "projector",
        "event": "FillBooked",
        "correlation": 7,
        "product": "BTC-USD",
        "text": "bought 0.1 BTC-USD",
        "data": {},
    }
    return json.dumps({**values, **members})


def ran(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--log-dir", str(folder)], standalone_mode=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rotated = a_line(text="the oldest", actor="feed")
    (tmp_path / "bulkhead.2026-11-28_10-00-00_000000.jsonl").write_text(rotated + "\n")
    rows = [
        a_line(),
        a_line(level="DEBUG", text="plumbing"),
        "{damaged",
        a_line(level="WARNING", text="look here", actor="strategy.breakout", correlation=8),
        a_line(market_time="2026-01-05T00:10:00Z", text="long ago"),
    ]
    (tmp_path / FILE).write_text("\n".join(rows) + "\n")
    return tmp_path


def test_lines_are_readable_oldest_first_and_damage_is_told(folder: Path) -> None:
    done = ran(folder, "logs")

    first, bought, warned, old = done.stdout.splitlines()
    assert "feed           the oldest" in first
    assert bought == "2026-11-28 21:40:33 INFO     projector      bought 0.1 BTC-USD"
    assert "look here" in warned
    assert old.endswith("long ago  [market 2026-01-05 00:10:00]")
    assert "1 line could not be read" in done.stderr
    assert done.return_value == 0


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (("-n", "1"), ["long ago"]),
        (("--level", "warning"), ["look here"]),
        (("--level", "DEBUG", "-n", "4"), ["bought 0.1 BTC-USD", "plumbing", "look here", "long"]),
        (("--actor", "feed"), ["the oldest"]),
        (("--actor", "strategy.breakout"), ["look here"]),
        (("--actor", "exits"), []),
        (("--correlation", "8"), ["look here"]),
    ],
)
def test_lines_are_filtered(folder: Path, arguments: tuple[str, ...], texts: list[str]) -> None:
    shown = ran(folder, "logs", *arguments).stdout.splitlines()

    assert len(shown) == len(texts)
    assert all(text in line for text, line in zip(texts, shown, strict=True))


@pytest.mark.parametrize(("name", "near"), [("risk_gat", "risk_gate"), ("breakout", "strategy.br")])
def test_an_actor_that_is_not_there_is_refused_with_the_nearest(
    folder: Path, name: str, near: str
) -> None:
    error = ran(folder, "logs", "--actor", name).exception

    assert f"did you mean {near}" in getattr(error, "message", "")


def test_lines_are_one_json_document(folder: Path) -> None:
    document = json.loads(ran(folder, "logs", "--json", "--level", "DEBUG").stdout)

    assert len(document["lines"]) == 5
    assert document["damaged"] == 1


def test_lines_of_the_version_before_are_shown(tmp_path: Path) -> None:
    old = {"time": "2026-11-27T10:00:00+00:00", "level": "INFO", "actor": "feed", "event": "as was"}
    (tmp_path / FILE).write_text(json.dumps(old) + "\n")

    assert ran(tmp_path, "logs").stdout == "2026-11-27 10:00:00 INFO     feed           as was\n"


def test_without_a_log_it_says_so(tmp_path: Path) -> None:
    done = ran(tmp_path, "logs")

    assert (done.return_value, done.stdout) == (1, "")
    assert "nothing was logged yet" in done.stderr


def test_of_worlds_that_share_a_log_one_can_be_asked_for(tmp_path: Path) -> None:
    rows = [a_line(text="of nobody"), a_line(text="mine", world="default"), a_line(world="other")]
    (tmp_path / FILE).write_text("\n".join(rows) + "\n")

    told = ran(tmp_path, "logs", "--world", "default").stdout

    assert [line.split("  ")[-1].strip() for line in told.splitlines()] == ["of nobody", "mine"]
