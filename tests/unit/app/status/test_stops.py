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
