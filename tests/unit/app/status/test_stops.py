"""Limits have units; breakers are told with their way out, the same cause once."""

from __future__ import annotations

from typing import Any

import pytest

from domain.system.ways_out import WAYS_OUT
from tests.builders.status import DOCUMENT, some_signs, text_of


def broken(*breakers: dict[str, Any]) -> str:
    return text_of({**DOCUMENT, "actors": [], "breakers": list(breakers)}, some_signs())


def a_row(name: str, **members: Any) -> dict[str, Any]:
    values = {"scope": "global", "state": "BLOCK", "latched": False, "reason": "because"}
    return {"name": name, **values, **members}


@pytest.mark.parametrize("name", sorted(WAYS_OUT))
def test_each_breaker_comes_with_its_way_out(name: str) -> None:
    told, way = broken(a_row(name)), WAYS_OUT[name]

    assert f"{name}: no entries" in told
    assert " ".join(way.person.split()) in told
    assert way.command in told
    assert (f"closes when {way.by_itself}" in told) == bool(way.by_itself)


def test_one_that_is_latched_does_not_close_by_itself() -> None:
    assert "stays until you act" in broken(a_row("reconcile", latched=True))


def test_the_same_cause_is_told_once_and_what_has_closed_stays_told() -> None:
    down = a_row("feed", scope="venue", reason="KeyError in tick")
    again = a_row("feed", scope="actor", reason="KeyError in tick")
    closed = a_row("sentinel", state="OK", reason="", closed="by proof: it watches")

    told = broken(down, again, closed)

    assert told.count("KeyError in tick") == 1
    assert "feed: no entries for venue" in told
    assert "sentinel: by proof: it watches" in told


def test_nothing_open_and_no_limits_are_no_sections() -> None:
    told = text_of({"mode": "paper", "limits": [], "breakers": []}, some_signs())

    assert "Limits" not in told
    assert "Breakers" not in told


def test_a_throttle_is_a_count_with_its_window_and_what_is_left_of_it() -> None:
    told = text_of(DOCUMENT, some_signs())

    assert "entries ETH-USD in 300 s 3 8 5" in told


@pytest.mark.req("PAC", "CD1")
def test_what_paces_entries_is_told_in_whole_numbers_and_seconds() -> None:
    rows = (
        ("losses in a row", "2", "4", "losses"),
        ("cooldown LINK", "256", "300", "s"),
        ("trades per hour", "4", "10", "entries in 1 h"),
        ("open positions", "3", "10", "products"),
    )
    limits = [
        {"name": name, "used": used, "limit": limit, "left": "1", "unit": unit}
        for name, used, limit, unit in rows
    ]

    told = text_of({**DOCUMENT, "limits": limits}, some_signs())

    assert "losses in a row 2 4 1" in told
    assert "cooldown LINK, to wait 256 s 300 s 1 s" in told
    assert "entries in 1 h 4 10 1" in told
    assert "open positions 3 10 1" in told
