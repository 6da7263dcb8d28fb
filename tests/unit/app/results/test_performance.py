"""The objectives on paper: each told as met, missed or not measured, with every time."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from app.results.performance import document, not_measured, show, unmet
from domain.model.cycle import CycleStatus
from domain.model.meters import TimeKind
from domain.results.objectives import Performance, Times

pytestmark = pytest.mark.req("OB1")

API = "/api/v3/brokerage"
FOUND = Performance(
    mode="paper",
    cycles=4,
    statuses=((CycleStatus.TRADED, 1), (CycleStatus.QUIET, 3), (CycleStatus.BLOCKED, 0)),
    degraded_cycles=1,
    degraded=(("late", 1),),
    times=(
        Times(TimeKind.CYCLE, "cycle", ((5_000, 3), (1_500_000, 1))),
        Times(TimeKind.STAGE, "gate", ((120, 4),)),
        Times(TimeKind.REQUEST, f"GET {API}/orders", ((3_000, 2),)),
        Times(TimeKind.REQUEST, f"GET {API}/products/*/candles", ((4_000, 1),)),
        Times(TimeKind.JOURNAL, "sync", ((900, 7),)),
    ),
)


def shown(found: Performance) -> str:
    out = io.StringIO()
    show(found, Console(file=out, width=80, highlight=False))
    return out.getvalue()


def test_the_document_has_everything_and_decimals_are_strings() -> None:
    told = json.loads(json.dumps(document(FOUND)))

    assert (told["met"], told["clock"], told["cycles"]) == (False, "machine", 4)
    assert told["objectives"] == [
        {"name": "cycle p95", "seen": "1.5", "limit": "1", "unit": "s", "met": False},
        {"name": "cycle p99", "seen": "1.5", "limit": "2", "unit": "s", "met": True},
        {"name": "degraded cycles", "seen": "25", "limit": "0.5", "unit": "%", "met": False},
    ]
    assert told["statuses"] == {"traded": 1, "quiet": 3, "blocked": 0}
    assert told["degraded"] == {"late": 1}
    assert told["times"][0] == {
        "kind": "cycle",
        "name": "cycle",
        "count": 4,
        "p50": "0.005",
        "p95": "1.5",
        "p99": "1.5",
        "longest": "1.5",
    }


def test_the_screen_names_what_was_missed_and_fits() -> None:
    text = shown(FOUND)

    assert "4 cycles of the last paper run" in text
    assert "MISSED" in text
    assert "cycles: 1 traded, 3 quiet\n" in text
    assert "degraded by: late 1" in text
    assert "paths below /api/v3/brokerage/" in text
    assert "request GET products/*/candles" in text
    assert max(map(len, text.splitlines())) <= 80


def test_one_line_names_what_is_not_met() -> None:
    assert unmet(FOUND) == "missed: cycle p95, degraded cycles"
    assert unmet(Performance()) == "not measured: cycle p95, cycle p99, degraded cycles"


def test_without_cycles_it_says_so_instead_of_passing() -> None:
    empty = Performance(mode="paper")

    assert document(empty)["met"] is False
    assert document(empty)["not_measured"] == list(not_measured(empty)) != []
    assert "no cycle has been decided yet" in shown(empty)
    assert "not measured" in shown(empty)


def test_cycles_of_before_and_virtual_time_are_told() -> None:
    text = shown(Performance(mode="paper", cycles=2, untimed=2, unjudged=1, is_virtual=True))

    assert "times are of the virtual clock" in text
    assert "2 cycles without times" in text
    assert "1 cycle of which is not known how it was decided" in text
