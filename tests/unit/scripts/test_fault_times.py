"""The page of what faults look like: every kind has a row, and a row says what a run has shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.faults.catalogue import KINDS
from adapters.simulator.faults.script import parse_script
from domain.model.instants import SECOND, iso, parse_iso
from scripts.fault_times import (
    BEGINS_S,
    LASTS_S,
    PAGE,
    Sign,
    example,
    lines_of,
    news,
    row,
    rows_of,
    signs,
    state,
)
from scripts.pages import ROOT

BEGAN = parse_iso("2026-01-05T00:00:00Z")


def last(**changes: Any) -> dict[str, Any]:
    return {"stalled": [], "breakers": [], "reconcile": "clean"} | changes


def sign(after_s: float, event: str, text: str) -> Sign:
    """Return what is logged so long after the fault began."""
    return Sign(int((BEGINS_S + after_s) * SECOND), "INFO", event, text)


def test_every_kind_has_its_row_on_the_page() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")

    assert list(rows_of(page)) == list(KINDS), "run python -m scripts.fault_times"


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_an_example_that_the_venue_takes(name: str) -> None:
    script = "\n".join(map(json.dumps, lines_of(example(name, KINDS[name]))))

    assert len(parse_script(script, "example")) in (1, 2)


def test_what_a_run_without_the_fault_says_too_is_no_sign() -> None:
    found = [sign(1, "RoundJudged", "cycle 3: no signal"), sign(2, "AlertRaised", "stale")]
    usual = {sign(0, "RoundJudged", "cycle 1: no signal").gist}

    assert news(found, usual) == found[1:]


def test_a_row_says_when_it_was_seen_and_when_the_last_block_was_lifted() -> None:
    found = [
        sign(3.5, "AlertRaised", "STALENESS: BTC-USD | blocked"),
        sign(LASTS_S + 2, "FeedRecovered", "BTC-USD: prices are fresh again"),
        sign(LASTS_S + 10, "LiquidityMeasured", "5 products may be bought"),
    ]

    told = row("freeze_stream", found, last())

    assert told == (
        "| `freeze_stream` | STALENESS: BTC-USD / blocked | 3.5 s | 10.0 s | all well |"
    )
    assert rows_of(told) == {"freeze_stream": told}


def test_a_fault_that_nobody_sees_and_nothing_blocks_says_so() -> None:
    assert row("latency", [], last()) == "| `latency` | nothing | – | – | all well |"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stalled": ["BTC-USD"]}, "stale: BTC-USD"),
        ({"reconcile": "mismatch"}, "books: mismatch"),
        ({"breakers": [{"name": "late", "state": "BLOCK"}] * 2}, "late"),
    ],
)
def test_what_is_wrong_at_the_end_is_named(changes: dict[str, Any], words: str) -> None:
    assert state(last(**changes)) == words


def test_signs_are_what_is_logged_from_the_begin_of_the_fault_on(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    lines = [
        {"market_time": at, "level": "INFO", "event": "Event", "text": at or ""}
        for at in (None, iso(BEGAN), iso(BEGAN + 19 * SECOND), iso(BEGAN + 21 * SECOND))
    ]
    (tmp_path / "log" / "bulkhead.jsonl").write_text("\n".join(map(json.dumps, lines)))

    assert [each.at_ns for each in signs(tmp_path)] == [21 * SECOND]
