"""What a person has ordered since a run ended: it stands in the journal, and not in the picture.

`pause`, `unpause` and `resume` of a trader that does not run are written as runs of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

from app.commands.ending import end_record
from app.status.members import Members

ORDERED = "operator"
"""Reason of the end of what a person ordered while nothing ran."""
LARGEST = 1 << 20
"""Bytes that are read of a segment; a person's order takes a few hundred."""
HALTING = ("HALT", "KILL")
Document = dict[str, Any]


def brought_up(document: Document, journal: Path) -> Document:
    """Return the document of a run that has ended, with what was ordered in its journal since."""
    records = [record for segment in _orders(journal) for record in _records(segment)]
    if not records:
        return document
    rows = document.get("breakers")
    breakers = [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []
    for record in records:
        breakers = _after(breakers, record)
    halts = [each for each in breakers if each.get("state") in HALTING]
    return {
        **document,
        "breakers": breakers,
        "halted": bool(halts),
        "halt_reason": halts[0].get("reason") if halts else None,
    }


def _orders(journal: Path) -> list[Path]:
    """Return the segments that a person's orders have written after the newest run, in order."""
    newest_first = sorted(journal.glob("*.jsonl"), reverse=True)
    return [*takewhile(is_order, newest_first)][::-1]


def is_order(segment: Path) -> bool:
    """Tell whether a segment holds what a person ordered while nothing ran."""
    return Members(end_record(segment)).part("data").text("reason") == ORDERED


def _records(segment: Path) -> Iterator[Members]:
    try:
        with segment.open("rb") as file:
            lines = file.read(LARGEST).splitlines()
    except OSError:
        return
    for line in lines:
        try:
            yield Members(json.loads(line))
        except (ValueError, RecursionError):
            continue


def _after(breakers: list[Document], record: Members) -> list[Document]:
    """Return the rows of breakers after a record; other kinds of records change none."""
    data = record.part("data")
    match record.text("type"):
        case "BreakerTripped":
            told = data.part("breaker")
            return [*_without(breakers, told), _row(told, record)]
        case "BreakerReset":
            return _without(breakers, data)
        case _:
            return breakers


def _without(breakers: list[Document], told: Members) -> list[Document]:
    key = (told.text("name"), told.text("scope"))
    return [each for each in breakers if (each.get("name"), each.get("scope")) != key]


def _row(breaker: Members, record: Members) -> Document:
    return {
        "name": breaker.text("name"),
        "scope": breaker.text("scope"),
        "state": breaker.text("effect"),
        "latched": breaker.flag("is_latched"),
        "reason": breaker.text("reason"),
        "since": record.text("wall") or record.text("at"),
        "distance": "0",
    }
