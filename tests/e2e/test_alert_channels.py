"""Alerts of a real run find a person: through the death of trader and courier, past a dead sink."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.courier.marks import MarkFile
from adapters.courier.urls import HEARTBEAT, URLS
from tests.builders.full import only_whole
from tests.builders.runs import call, is_alive, paper, records, trader
from tests.builders.waiting import wait_for
from tests.fakes.alert_sinks import MORE_SECRETS, SECRET, Sink, http_sink

pytestmark = [pytest.mark.supervision, pytest.mark.req("AL1")]

DEAD = f"http://127.0.0.1:1/{SECRET}"


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with http_sink() as made:
        monkeypatch.setenv(URLS, f"{DEAD} {made.url}")
        monkeypatch.setenv(HEARTBEAT, made.url)
        yield made


def courier_says(home: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((home / "data" / "paper" / "courier.json").read_text()))
    except (OSError, ValueError):
        return {}


def codes(sink: Sink) -> list[str]:
    return [str(each["code"]) for each in sink.documents]


def marked(home: Path) -> bool:
    """Tell whether something was sent, and that was written down."""
    return any(each.alert is not None for each in MarkFile(home / "data" / "paper").read())


@contextlib.contextmanager
def nothing_stays(home: Path) -> Iterator[None]:
    """End what outlives a killed trader by intent."""
    try:
        yield
    finally:
        for name in ("courier.json", "sentinel.json"):
            with contextlib.suppress(OSError, ValueError, ProcessLookupError):
                told = json.loads((home / "data" / "paper" / name).read_text())
                os.kill(told["pid"], signal.SIGKILL)


@pytest.mark.req("SEC1")
def test_with_a_sink_that_is_dead_it_trades_and_the_other_hears_all_of_it_once(
    tmp_path: Path, sink: Sink
) -> None:
    with nothing_stays(tmp_path), trader(tmp_path, "--speed", "60") as running:
        running.ready()
        running.wait_until(lambda: marked(tmp_path) and codes(sink) == ["SIGN_OF_LIFE"])
        first = courier_says(tmp_path)["pid"]
        os.kill(first, signal.SIGKILL)
        running.wait_until(lambda: courier_says(tmp_path).get("pid") not in (first, None))
        running.wait_until(lambda: "COURIER" in codes(sink))
        shown = " ".join(call(tmp_path, "status").stdout.split())
        assert (
            f"alerts go to: 2 channels (http://127.0.0.1:1, http://127.0.0.1:{sink.port})" in shown
        )
        (tmp_path / "data" / "KILL_SWITCH").touch()
        code, words = running.stopped()
        assert (code, words["reason"]) == (3, "kill")
        wait_for(lambda: "BREAKER:kill" in codes(sink))

    assert len(sink.ids) == len(set(sink.ids))
    assert courier_says(tmp_path)["channels"][0]["failure"] == "nobody listens there"
    assert len(records(tmp_path, "RoundJudged")) >= 1
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    for secret in (SECRET, *MORE_SECRETS):
        assert [each for each in files if secret.encode() in each.read_bytes()] == []
        assert secret not in running.log + shown


def test_what_the_sentinel_of_a_killed_trader_says_arrives(tmp_path: Path, sink: Sink) -> None:
    with nothing_stays(tmp_path):
        with trader(tmp_path) as running:
            running.ready()
            running.wait_until(lambda: courier_says(tmp_path))
            running.kill()
        wait_for(lambda: "SENTINEL" in codes(sink))
        assert is_alive(courier_says(tmp_path)["pid"])

    (told,) = [each for each in sink.documents if each["code"] == "SENTINEL"]
    assert (told["severity"], told["what"].split(":")[0]) == ("CRITICAL", "the trader died")


@only_whole
def test_a_run_in_virtual_time_sends_nothing(tmp_path: Path, sink: Sink) -> None:
    paper(tmp_path, "--speed", "max", "--cycles", "2")

    assert courier_says(tmp_path) == {}
    assert not (tmp_path / "data" / "paper" / "deliveries.jsonl").exists()
    assert (sink.documents, sink.calls) == ([], [])
