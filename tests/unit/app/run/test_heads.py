"""Whoever has seen a head of the journal is asked; what can't be read is no witness."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.control.anchor import SeenHead
from adapters.control.files import write_json
from adapters.journal.scan import Spot
from app.run.heads import end_of, heads_seen
from domain.model.instants import parse_iso
from domain.system.courier_alerts import SIGN_OF_LIFE
from domain.system.journal_head import head_in_words

pytestmark = pytest.mark.req("AUD1")

WALL = "2026-11-29T08:00:00Z"
AT_NS = parse_iso(WALL)
LINEAGE, HASH = "ab" * 16, "cd" * 32


def sentinel(folder: Path, **changes: object) -> None:
    head = {"lineage": LINEAGE, "seq": 7, "hash": HASH, **changes}
    write_json(folder / "sentinel.json", {"wall": WALL, "state": "ended", "head": head})


def alert(log: Path, seq: int, **changes: object) -> None:
    told = {"wall": WALL, "mode": "paper", "world": "default", "code": SIGN_OF_LIFE}
    told["what"] = f"it lives: {head_in_words(LINEAGE, seq, HASH)}"
    with (log / "alerts.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({**told, **changes}) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "paper"
    made.mkdir()
    return made


def test_the_newest_head_of_each_witness_is_told(folder: Path, tmp_path: Path) -> None:
    sentinel(folder)
    for seq in (5, 6):
        alert(tmp_path, seq)

    assert heads_seen(folder, tmp_path, "default") == (
        SeenHead("the sentinel", AT_NS, LINEAGE, 7, HASH),
        SeenHead("the daily sign of life", AT_NS, LINEAGE[:8], 6, HASH),
    )


def test_what_was_settled_since_is_not_asked_again(folder: Path, tmp_path: Path) -> None:
    sentinel(folder)
    alert(tmp_path, 5)

    assert heads_seen(folder, tmp_path, "default", AT_NS) == ()
    assert len(heads_seen(folder, tmp_path, "default", AT_NS - 1)) == 2


@pytest.mark.parametrize(
    "changes", [{"mode": "live"}, {"world": "other"}, {"code": "KILL"}, {"what": "it lives"}]
)
def test_an_alert_of_another_instance_or_matter_is_no_witness(
    changes: dict[str, object], folder: Path, tmp_path: Path
) -> None:
    alert(tmp_path, 5, **changes)

    assert heads_seen(folder, tmp_path, "default") == ()


@pytest.mark.parametrize(
    "changes", [{"seq": None}, {"seq": -1}, {"seq": "7"}, {"hash": 1.5}, {"lineage": None}]
)
def test_a_damaged_witness_is_none(
    changes: dict[str, object], folder: Path, tmp_path: Path
) -> None:
    sentinel(folder, **changes)
    (tmp_path / "alerts.jsonl").write_bytes(b"\xff\x00{\n")

    assert heads_seen(folder, tmp_path, "default") == ()


def test_the_places_of_what_a_pass_found_are_words() -> None:
    spot = Spot(7, HASH, "00000002.jsonl", 3)
    end = end_of(LINEAGE, spot, {7: spot})

    assert (end.lineage, end.seq, end.segment) == (LINEAGE, 7, "00000002.jsonl")
    assert end.there == {7: (HASH, " (00000002.jsonl line 3)")}
    assert end_of(LINEAGE, Spot(0, "", "", 0), {}).lineage is None
