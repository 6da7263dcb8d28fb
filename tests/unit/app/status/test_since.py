"""What a person orders while nothing runs is in the status, though the run's picture lacks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.status.since import brought_up

KILL = {"name": "kill", "scope": "global", "state": "KILL", "latched": True, "reason": "wrong"}
DOCUMENT: dict[str, Any] = {"halted": True, "halt_reason": "wrong", "breakers": [KILL]}
PAUSE = {
    "breaker": {
        "name": "pause",
        "scope": "global",
        "effect": "BLOCK",
        "is_latched": True,
        "reason": "speech",
    }
}


def segment(journal: Path, number: int, *records: tuple[str, dict[str, Any]], by: str) -> None:
    journal.mkdir(exist_ok=True)
    rows = (("RunStarted", {}), *records, ("RunStopped", {"reason": by}))
    lines = (json.dumps({"type": kind, "wall": "w", "data": data}) for kind, data in rows)
    (journal / f"{number:04d}.jsonl").write_text("\n".join(lines) + "\n")


def reset(name: str) -> tuple[str, dict[str, Any]]:
    return "BreakerReset", {"name": name, "scope": "global", "by": "operator", "evidence": "fine"}


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    segment(tmp_path / "journal", 1, reset("kill"), by="kill")
    return tmp_path / "journal"


def test_what_the_run_itself_wrote_changes_nothing(journal: Path) -> None:
    assert brought_up(DOCUMENT, journal) is DOCUMENT
    assert brought_up(DOCUMENT, journal / "none") is DOCUMENT


@pytest.mark.req("K1")
def test_a_halt_that_was_resumed_and_a_pause_that_was_given_since(journal: Path) -> None:
    segment(journal, 2, reset("kill"), by="operator")
    segment(journal, 3, ("BreakerTripped", PAUSE), by="operator")

    told = brought_up(DOCUMENT, journal)

    assert (told["halted"], told["halt_reason"]) == (False, None)
    assert [(each["name"], each["state"], each["reason"]) for each in told["breakers"]] == [
        ("pause", "BLOCK", "speech")
    ]


def test_orders_count_in_their_order_and_only_after_the_newest_run(journal: Path) -> None:
    segment(journal, 2, ("BreakerTripped", PAUSE), by="operator")
    segment(journal, 3, by="cycles")
    segment(journal, 4, ("BreakerTripped", PAUSE), by="operator")
    segment(journal, 5, reset("pause"), by="operator")
    segment(journal, 6, ("BreakerTripped", {"breaker": "damaged"}), by="operator")

    told = brought_up(DOCUMENT, journal)

    assert told["halted"]
    assert [each["name"] for each in told["breakers"]] == ["kill", ""]


def test_a_damaged_line_costs_itself(journal: Path) -> None:
    segment(journal, 2, ("BreakerTripped", PAUSE), by="operator")
    file = journal / "0002.jsonl"
    file.write_text("{torn\n" + file.read_text())

    assert [each["name"] for each in brought_up(DOCUMENT, journal)["breakers"]] == ["kill", "pause"]
    assert brought_up({"breakers": 7}, journal)["breakers"][0]["name"] == "pause"
