"""The shadow's file: bounded, one a run, and readable whatever has happened to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.shadow import records
from adapters.shadow.records import KEPT_RUNS, ShadowFile, files_in, read_records
from tests.builders.keys import KEYS, shreds


def test_what_was_written_is_read(tmp_path: Path) -> None:
    file = ShadowFile(tmp_path / "shadow")
    file.append({"kind": "begin", "at": "now"})
    file.append({"kind": "sum"})
    file.close()

    (path,) = files_in(tmp_path / "shadow")
    assert list(read_records(path)) == [
        {"kind": "begin", "at": "now"},
        {"kind": "sum", "left_out": 0},
    ]


@pytest.mark.req("SH1")
def test_a_full_file_counts_differences_and_keeps_the_sums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LIMIT_BYTES", 50)
    file = ShadowFile(tmp_path)
    for number in range(9):
        file.append({"kind": "difference", "cycle": number})
    file.append({"kind": "sum"})
    file.close()

    found = list(read_records(files_in(tmp_path)[0]))
    assert found[-1] == {"kind": "sum", "left_out": 9 - len(found[:-1])}
    assert len(found) < 5


@pytest.mark.req("SEC1")
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_in_the_words_of_an_error_is_not_written(tmp_path: Path, key: str) -> None:
    file = ShadowFile(tmp_path)
    file.append({"kind": "end", "how": f"ValueError: {key}"})
    file.close()

    (path,) = files_in(tmp_path)
    assert not any(each in path.read_text(encoding="ascii") for each in shreds(key))
    assert [each and each["kind"] for each in read_records(path)] == ["end"]


def test_each_run_has_a_file_and_the_newest_are_kept(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="ascii")
    for _ in range(KEPT_RUNS + 3):
        ShadowFile(tmp_path).close()

    kept = [each.name for each in files_in(tmp_path)]
    assert len(kept) == KEPT_RUNS
    assert kept[-1] == f"run-{KEPT_RUNS + 3:04d}.jsonl"
    assert (tmp_path / "notes.txt").exists()


@pytest.mark.parametrize(
    "damage",
    [b"{", b"[1]\n", b"\xff\xfe\n", b'"text"\n', b"[" * 60_000 + b"\n", b'{"kind": "sum"}'],
)
def test_a_damaged_line_costs_itself(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "run-0001.jsonl"
    file.write_bytes(json.dumps({"kind": "begin"}).encode() + b"\n" + damage)

    assert list(read_records(file)) == [{"kind": "begin"}, None]


def test_no_folder_holds_no_run(tmp_path: Path) -> None:
    assert files_in(tmp_path / "nowhere") == []
