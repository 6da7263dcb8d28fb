"""`alerts list`: the whole body of each, readable at 80 columns; damage is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
from attrs import evolve
from click.testing import CliRunner, Result
from rich.cells import cell_len

from adapters.courier.marks import Mark, MarkFile
from adapters.courier.urls import URLS
from app.command_line.cli import cli
from app.status.picture import newest_alerts
from domain.model.instants import parse_iso
from tests.fakes.alert_sinks import MORE_SECRETS, SECRET, http_sink


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


def test_how_an_alert_stands_and_where_it_went_is_shown(log: Path) -> None:
    over = {**ALERT, "what": "third", "topic": "breaker x (global)"}
    end = {**over, "what": "closed", "code": "RESOLVED", "severity": "INFO"}
    with (log / "alerts.jsonl").open("a") as file:
        file.writelines(json.dumps(each) + "\n" for each in (over, end))
    name = listed(log)[0]["id"]
    folder = log / "data" / "paper"
    folder.mkdir(parents=True)
    mark = Mark(
        written_ns=parse_iso("2026-11-28T21:40:35Z"),
        channel="c",
        label="https://x.example",
        alert=name,
    )
    MarkFile(folder).add(mark, evolve(mark, is_escalated=True))
    where = ("--data-dir", str(log / "data"))

    rows = listed(log, *where)
    assert [each["state"] for each in rows] == ["open", "open", "resolved", "news"]
    assert [each["what"] for each in listed(log, "--open", *where)] == ["first", "second"]
    assert [each["escalated"] for each in rows[0]["sent"]] == [False, True]
    shown = ran(log, "alerts", "list", *where).stdout
    assert max(map(cell_len, shown.splitlines())) <= 80
    assert "sent      https://x.example 2026-11-28 21:40:35, ESCALATED" in shown
    assert f"[{rows[2]['id']}]  resolved" in shown
    assert [each.text("what") for each in newest_alerts(log, "default")] == ["first", "second"]


@pytest.mark.req("AL1")
def test_a_test_goes_through_every_channel_and_says_what_came_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_sink() as good, http_sink() as bad:
        bad.status = 404
        monkeypatch.setenv(URLS, good.url)
        assert ran(tmp_path, "alerts", "test").return_value == 0
        monkeypatch.setenv(URLS, f"{good.url} {bad.url}")
        done = ran(tmp_path, "alerts", "test")

    assert done.return_value == 1
    first, second = done.stdout.splitlines()
    assert re.fullmatch(rf"http://127.0.0.1:{good.port}: delivered in \d+ ms", first)
    assert second.startswith(f"http://127.0.0.1:{bad.port}: failed: HTTP 404; its token or path")
    assert [each["code"] for each in good.documents] == ["TEST", "TEST"]
    assert "TEST" in good.documents[0]["what"]
    assert [each for each in (SECRET, *MORE_SECRETS) if each in done.output] == []


@pytest.mark.req("AL1")
def test_without_a_channel_a_test_says_how_to_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(URLS, raising=False)
    done = ran(tmp_path, "alerts", "test")

    assert (done.return_value, done.stdout) == (2, "")
    assert f"export {URLS}=" in done.stderr
    assert max(map(cell_len, done.stderr.splitlines())) <= 80


@pytest.mark.req("AL1")
def test_an_address_that_is_none_makes_a_test_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_sink() as good:
        monkeypatch.setenv(URLS, f"{good.url} {SECRET}")
        done = ran(tmp_path, "alerts", "test")

    assert done.return_value == 1
    assert "1 of the alert URLs" in done.stderr
    assert SECRET not in done.output
