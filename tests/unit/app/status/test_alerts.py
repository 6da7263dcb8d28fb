"""Alerts are a line each in a status, and have their whole body in a list."""

from __future__ import annotations

from app.status.alerts import SHOWN, alert_blocks, latest_lines
from app.status.lines import fitted
from app.status.members import Members


def an_alert(number: int) -> Members:
    return Members(
        {
            "wall": "2026-11-28T21:40:33Z",
            "severity": "WARNING",
            "what": f"alert {number}",
            "done": "noted",
            "command": "python run.py status",
        }
    )


def test_a_status_has_the_newest() -> None:
    lines = [line.text for line in latest_lines([an_alert(one) for one in range(9)])]

    assert lines[-1] == "  2026-11-28 21:40:33  WARNING  alert 8"
    assert len([line for line in lines if "alert " in line and "WARNING" in line]) == SHOWN
    assert "python run.py alerts list" in lines[1]


def test_a_long_command_in_a_list_can_be_copied() -> None:
    alert = {
        "what": "late",
        "command": f"python run.py status --data-dir /{'d' * 50} --world other",
    }
    lines = [line.text for line in fitted(alert_blocks([Members(alert)]), 80)]

    assert max(map(len, lines)) <= 80
    assert lines[-2].endswith(" \\")


def test_without_alerts_there_is_no_section() -> None:
    assert list(latest_lines([])) == []


def test_a_list_has_what_is_there_of_each_body() -> None:
    assert [line.text for line in alert_blocks([an_alert(1)])] == [
        "2026-11-28 21:40:33  WARNING  alert 1",
        "    done      noted",
        "    to do     python run.py status",
    ]
