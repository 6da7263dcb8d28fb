"""`alerts list`: the whole body of each, readable at 80 columns; damage is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from app.command_line.cli import cli
from app.status.picture import newest_alerts


def ran(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--log-dir", str(folder)], standalone_mode=False)


ALERT = {
    "at": "2026-01-05T00:10:00Z",
    "wall": "2026-11-28T21:40:33Z",
    "severity": "CRITICAL",
    "code": "X",
    "what": "the stop of a lot is due and " + "very " * 40 + "late",
    "done": "tried again",
    "owned": "1 BTC",
    "worst": "all of it",
    "command": "python run.py status",
}


@pytest.mark.req("AL1")
def test_alerts_are_listed_with_their_body_in_80_columns(tmp_path: Path) -> None:
    rows = [json.dumps({**ALERT, "what": "first"}), "[damaged", json.dumps(ALERT)]
    (tmp_path / "alerts.jsonl").write_text("\n".join(rows) + "\n")

    done = ran(tmp_path, "alerts", "list", "-n", "1")

    assert "first" not in done.stdout
    assert max(map(cell_len, done.stdout.splitlines())) <= 80
    for words in ("2026-11-28 21:40:33  CRITICAL", "done      tried again", "at worst  all of it"):
        assert words in done.stdout
    assert "to do     python run.py status" in done.stdout
    assert "could not be read" in done.stderr


@pytest.mark.req("AL1")
def test_alerts_are_one_json_document(tmp_path: Path) -> None:
    assert json.loads(ran(tmp_path, "alerts", "list", "--json").stdout)["alerts"] == []
    assert ran(tmp_path, "alerts", "list").stdout == "no alerts\n"

    (tmp_path / "alerts.jsonl").write_text(json.dumps(ALERT) + "\n")

    (told,) = json.loads(ran(tmp_path, "alerts", "list", "--json").stdout)["alerts"]
    assert {name: told[name] for name in ALERT} == ALERT
    assert (len(told["id"]), told["ack"]) == (8, None)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    rows = [json.dumps({**ALERT, "what": each}) for each in ("first", "second")]
    (tmp_path / "alerts.jsonl").write_text("\n".join(rows) + "\n")
    return tmp_path


def listed(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    done = ran(folder, "alerts", "list", "--json", *arguments)
    return list(json.loads(done.stdout)["alerts"])


@pytest.mark.req("AL1")
def test_an_acknowledged_alert_keeps_what_was_noted_and_is_not_open_any_more(log: Path) -> None:
    name = listed(log)[0]["id"]

    done = ran(log, "alerts", "ack", name, "--reason", "sold by hand")

    assert (done.return_value, done.stdout) == (0, f"{name}: acknowledged: sold by hand\n")
    assert [each["what"] for each in listed(log, "--open")] == ["second"]
    assert listed(log)[0]["ack"]["reason"] == "sold by hand"
    shown = ran(log, "alerts", "list").stdout
    assert f"CRITICAL  first  [{name}]" in shown
    assert "sold by hand" in shown
    assert [each.text("what") for each in newest_alerts(log, "default")] == ["second"]


def test_of_worlds_that_share_a_log_the_alerts_of_one_can_be_asked_for(log: Path) -> None:
    with (log / "alerts.jsonl").open("a") as file:
        file.write(json.dumps({**ALERT, "what": "elsewhere", "world": "generated-7"}) + "\n")

    assert [each["what"] for each in listed(log, "--world", "default")] == ["first", "second"]
    assert [each["what"] for each in listed(log)] == ["first", "second", "elsewhere"]
    assert len(newest_alerts(log, "default")) == 2


@pytest.mark.req("AL1")
def test_it_is_acknowledged_once_and_for_a_reason(log: Path) -> None:
    name = listed(log)[1]["id"]
    ran(log, "alerts", "ack", name, "--reason", "seen")

    again = ran(log, "alerts", "ack", name, "--reason", "seen again")

    assert again.return_value == 0
    assert "acknowledged before" in again.stdout
    assert listed(log)[1]["ack"]["reason"] == "seen"
    with pytest.raises(click.UsageError):
        CliRunner().invoke(
            cli,
            ["alerts", "ack", name, "--reason", " ", "--log-dir", str(log)],
            standalone_mode=False,
            catch_exceptions=False,
        )


def test_of_an_id_that_is_not_there_the_nearest_is_named(log: Path) -> None:
    name = listed(log)[0]["id"]

    done = ran(log, "alerts", "ack", name[:-1] + "x", "--reason", "seen")

    assert done.return_value == 1
    assert f"did you mean {name}?" in done.stderr
    assert not (log / "acks.jsonl").exists()


def test_without_room_it_is_said_that_nothing_was_noted(log: Path) -> None:
    name = listed(log)[0]["id"]
    (log / "acks.jsonl").mkdir()

    assert ran(log, "alerts", "ack", name, "--reason", "seen").return_value == 1
