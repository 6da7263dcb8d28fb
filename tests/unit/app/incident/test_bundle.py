"""An incident bundle holds what happened, whole and without secrets, also of a broken journal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.incident.bundle import MANIFEST, BundleSpan, NothingThere, write_bundle
from domain.model.instants import DAY, Nanos
from domain.model.secrets import REMOVED
from tests.builders.incidents import VERSION, WALL, a_place, a_run, written
from tests.builders.journal import AT_NS
from tests.builders.keys import EC, shreds

pytestmark = pytest.mark.req("RB5", "SEC1")


def test_the_newest_run_is_meant_or_those_of_a_stretch_and_the_journal_is_whole(
    tmp_path: Path,
) -> None:
    for day in range(3):
        a_run(tmp_path, AT_NS + day * DAY)
    every = [f"paper/journal/{number:08}.jsonl" for number in (1, 2, 3)]

    def runs(stretch: BundleSpan) -> tuple[int, int]:
        facts, found = written(tmp_path, stretch)
        assert sorted(name for name in found if name.endswith(".jsonl")) == every
        return facts.runs, json.loads(found[MANIFEST])["last_run"]

    assert runs(BundleSpan()) == (1, 3)
    assert runs(BundleSpan(begin_ns=Nanos(AT_NS + DAY))) == (2, 3)
    assert runs(BundleSpan(end_ns=Nanos(AT_NS + DAY))) == (2, 2)
    with pytest.raises(NothingThere):
        write_bundle(
            tmp_path / "none", a_place(tmp_path), BundleSpan(end_ns=Nanos(1)), WALL, VERSION
        )
    assert not (tmp_path / "none").exists()


def test_minutes_and_books_that_a_run_kept_are_in_it_for_its_replay(tmp_path: Path) -> None:
    a_run(tmp_path, AT_NS)
    kept = ("bars/BTC-USD.csv", "books/2026-01-05.csv")
    for name in kept:
        file = a_place(tmp_path).folder / name
        file.parent.mkdir()
        file.write_text(name, encoding="ascii")

    _, found = written(tmp_path)

    assert [found[f"paper/{name}"] for name in kept] == list(kept)


def test_lines_of_others_and_of_other_times_stay_out(tmp_path: Path) -> None:
    a_run(tmp_path)
    place = a_place(tmp_path)
    lines = [
        {"world": "default", "market_time": "2026-11-01T00:00:00Z", "text": "before"},
        {"world": "default", "market_time": "2026-11-02T00:00:00Z", "text": "within"},
        {"world": "other", "market_time": "2026-11-02T00:00:00Z", "text": "of another"},
        {"world": "default", "market_time": 7, "text": "of no time"},
    ]
    text = "".join(json.dumps(each) + "\n" for each in lines)
    (place.log / "bulkhead.jsonl").write_text(text)

    stretch = BundleSpan(begin_ns=Nanos(min(AT_NS, 1_793_577_600 * 10**9 + 1)))
    told = written(tmp_path, stretch)[1]["logs/bulkhead.jsonl"]

    assert "within" in told
    assert "of no time" in told
    assert "of another" not in told


def test_no_key_is_in_it_wherever_one_was(tmp_path: Path) -> None:
    a_run(tmp_path)
    place = a_place(tmp_path)
    (place.folder / "status.json").write_text(json.dumps({"halt_reason": EC}))
    (place.log / "bulkhead.log").write_text(f"an error with {EC}\n")
    (place.log / "bulkhead.jsonl").write_text(json.dumps({"text": EC}) + "\n")
    (place.folder / "config").mkdir(exist_ok=True)
    (place.folder / "config" / "a.json").write_text(json.dumps({"note": EC}))

    facts, found = written(tmp_path)

    whole = "".join(found.values())
    assert not [each for each in shreds(EC) if each in whole]
    assert REMOVED in found["logs/bulkhead.log"]
    assert set(facts.cleaned) >= {"paper/status.json", "logs/bulkhead.log", "paper/config/a.json"}
    assert set(json.loads(found[MANIFEST])["cleaned"]) == set(facts.cleaned)


def test_a_broken_journal_is_taken_all_the_same_and_said(tmp_path: Path) -> None:
    a_run(tmp_path)
    a_run(tmp_path, AT_NS + DAY)
    segment = tmp_path / "data" / "paper" / "journal" / "00000001.jsonl"
    segment.write_bytes(segment.read_bytes()[:-20] + b"}\n")

    facts, found = written(tmp_path)

    assert "00000001.jsonl" in facts.broken
    assert {"paper/journal/00000001.jsonl", "paper/journal/00000002.jsonl"} <= found.keys()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    a_run(tmp_path)
    written(tmp_path)

    with pytest.raises(FileExistsError):
        write_bundle(tmp_path / "b.tar.zst", a_place(tmp_path), BundleSpan(), WALL, VERSION)
