"""One line an alert, on disk and for nobody else, from whatever thread."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from attrs import evolve

from actors.kernel.envelope import Envelope
from actors.kernel.meters import Meters
from adapters.alerts.file import AlertFile
from domain.messages.control import AlertRaised
from domain.model.breakers import Severity
from domain.model.instants import SECOND
from domain.model.meters import CountKind
from domain.system.address import Address
from domain.system.alert_ends import RESOLVED
from tests.builders.messages import NOW


def an_alert(what: str) -> Envelope:
    body = AlertRaised(
        severity=Severity.CRITICAL,
        code="HALT",
        what=what,
        done="entries are blocked",
        owned="1 BTC",
        worst="10 USD",
        command="python run.py status",
    )
    return Envelope(3, body, "risk_gate", 1, 77, 2, NOW)


@pytest.mark.req("AL1")
def test_a_line_says_what_happened_who_told_it_and_when(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "alerts.jsonl"

    AlertFile(file, lambda: int(NOW) + SECOND).write(an_alert("Pläne\nin zwei Zeilen"))

    (text,) = file.read_text(encoding="utf-8").splitlines()
    line = json.loads(text)
    assert (line["at"], line["wall"]) == ("2023-12-12T04:00:00Z", "2023-12-12T04:00:01Z")
    assert (line["actor"], line["correlation"]) == ("risk_gate", 77)
    assert (line["severity"], line["code"]) == ("CRITICAL", "HALT")
    assert line["what"] == "Pläne\nin zwei Zeilen"
    assert file.stat().st_mode & 0o777 == 0o600


def test_without_a_wall_clock_two_runs_write_the_same(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"

    for file in (one, two):
        AlertFile(file).write(an_alert("same"))

    assert one.read_bytes() == two.read_bytes()
    assert "wall" not in json.loads(one.read_text(encoding="utf-8"))


def test_threads_that_write_at_once_lose_and_mix_nothing(tmp_path: Path) -> None:
    alerts = AlertFile(tmp_path / "alerts.jsonl")
    names = [f"{number} {'x' * 5_000}" for number in range(8)]
    threads = [
        threading.Thread(target=alerts.write, args=(an_alert(name),), daemon=True) for name in names
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    lines = (tmp_path / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)["what"] for line in lines) == sorted(names)


def test_a_place_that_can_not_be_written_is_told_to_the_caller(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be", encoding="utf-8")

    with pytest.raises(OSError, match="logs"):
        AlertFile(tmp_path / "logs" / "alerts.jsonl").write(an_alert("lost"))


@pytest.mark.req("AL1")
def test_an_alert_says_of_which_world_it_is_and_its_command_means_that_world(
    tmp_path: Path,
) -> None:
    file = tmp_path / "alerts.jsonl"

    AlertFile(file, address=Address(world="generated-7")).write(an_alert("halted"))

    line = json.loads(file.read_text(encoding="utf-8"))
    assert line["world"] == "generated-7"
    assert line["command"].startswith("python run.py ")
    assert "--world generated-7" in line["command"]


@pytest.mark.req("OB1")
def test_alerts_count_by_severity_and_what_ends_them_does_not(tmp_path: Path) -> None:
    meters = Meters()
    file = AlertFile(tmp_path / "alerts.jsonl", meter=meters)
    alert = an_alert("halted")
    for code in ("HALT", "BLOCK", RESOLVED):
        file.write(evolve(alert, body=evolve(alert.body, code=code)))

    assert meters.read().counts == {(CountKind.ALERTS, ("CRITICAL",)): 2}
