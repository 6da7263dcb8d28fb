"""An incident bundle holds what happened, whole and without secrets, also of a broken journal."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

from app.incident.bundle import (
    MANIFEST,
    BundleSource,
    BundleSpan,
    NothingThere,
    unpack_bundle,
    verify_bundle,
    write_bundle,
)
from app.run.recovery import JournalPlace, open_state
from domain.messages.journal import RunStarted
from domain.model.instants import DAY, Nanos
from domain.model.secrets import REMOVED
from tests.builders.journal import AT_NS
from tests.builders.keys import EC, shreds

pytestmark = pytest.mark.req("RB5", "SEC1")
WALL, VERSION = "2026-11-30T00:00:00Z", "0.1.0"


def a_run(home: Path, at_ns: int = AT_NS) -> None:
    place = JournalPlace(
        folder=home / "data" / "paper",
        run=RunStarted("paper", "embedded", "w", "c", "p", 7),
        quote_currency="USD",
        machine=lambda: Nanos(1),
        market=lambda: Nanos(at_ns),
        wall=None,
    )
    open_state(place).close()


def a_place(home: Path) -> BundleSource:
    (home / "logs").mkdir(exist_ok=True)
    return BundleSource(folder=home / "data" / "paper", log=home / "logs", name="default")


def members(file: Path) -> dict[str, str]:
    packed = io.BytesIO(zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).read())
    with tarfile.open(fileobj=packed) as archive:
        found = {}
        for member in archive:
            opened = archive.extractfile(member)
            assert opened is not None
            found[member.name] = opened.read().decode()
    return found


def written(home: Path, stretch: BundleSpan | None = None) -> tuple[Any, dict[str, str]]:
    file = home / "b.tar.zst"
    file.unlink(missing_ok=True)
    facts = write_bundle(file, a_place(home), stretch or BundleSpan(), WALL, VERSION)
    assert verify_bundle(file) == ()
    return facts, members(file)


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


def test_a_bundle_that_was_changed_is_found_out(tmp_path: Path) -> None:
    a_run(tmp_path)
    written(tmp_path)
    file = tmp_path / "b.tar.zst"
    plain = zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).read()
    file.write_bytes(
        zstandard.ZstdCompressor().compress(plain.replace(b"RunStarted", b"RunStartet"))
    )

    assert verify_bundle(file) == ("paper/journal/00000001.jsonl: not as it was written",)

    for junk in (b"", b"no archive", zstandard.ZstdCompressor().compress(b"no tar")):
        file.write_bytes(junk)
        with pytest.raises(NothingThere):
            verify_bundle(file)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    a_run(tmp_path)
    written(tmp_path)

    with pytest.raises(FileExistsError):
        write_bundle(tmp_path / "b.tar.zst", a_place(tmp_path), BundleSpan(), WALL, VERSION)


def repacked(file: Path, change: Any) -> None:
    """Write the bundle anew with members that `change` has made of the old ones, and a manifest."""
    told = members(file)
    manifest = json.loads(told.pop(MANIFEST))
    told = change(told)
    manifest["files"] = [
        {"name": name, "sha256": hashlib.sha256(text.encode()).hexdigest()}
        for name, text in told.items()
    ]
    pack(file, {**told, MANIFEST: json.dumps(manifest)})


def pack(file: Path, told: dict[str, str]) -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, text in told.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    file.write_bytes(zstandard.ZstdCompressor().compress(raw.getvalue()))


def test_what_a_replay_needs_is_unpacked_and_no_other_name_is_ever_a_path(tmp_path: Path) -> None:
    a_run(tmp_path)
    (tmp_path / "data" / "paper" / "status.json").write_text("{}")
    written(tmp_path)
    file, home = tmp_path / "b.tar.zst", tmp_path / "unpacked"
    hostile = ("../escaped", "/escaped", "paper/journal/../../escaped.jsonl", "paper/x/world.json")
    repacked(file, lambda told: {**told, **dict.fromkeys(hostile, "x")})

    opened = unpack_bundle(file, home)

    assert (opened.folder, opened.run) == (home / "paper", 1)
    found = sorted(str(each.relative_to(home)) for each in home.rglob("*") if each.is_file())
    assert found == ["paper/journal/00000001.jsonl"]
    assert not list(tmp_path.glob("*escaped*"))


@pytest.mark.parametrize("told", [b"0", b'""', b"[]", b"{}", b"1.5", b"null", b"true", b"-1"])
def test_a_bundle_that_names_no_run_is_not_played(told: bytes, tmp_path: Path) -> None:
    a_run(tmp_path)
    file = tmp_path / "b.tar.zst"
    written(tmp_path)
    found = members(file)
    manifest = json.loads(found[MANIFEST])
    manifest["last_run"] = json.loads(told)
    pack(file, {**found, MANIFEST: json.dumps(manifest)})

    with pytest.raises(NothingThere, match="names no run"):
        unpack_bundle(file, tmp_path / "unpacked")


def test_a_changed_bundle_is_not_unpacked(tmp_path: Path) -> None:
    a_run(tmp_path)
    written(tmp_path)
    file = tmp_path / "b.tar.zst"
    plain = zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).read()
    changed = plain.replace(b"RunStarted", b"RunStartet")
    file.write_bytes(zstandard.ZstdCompressor().compress(changed))

    with pytest.raises(NothingThere, match="is not as it was written: paper/journal/00000001"):
        unpack_bundle(file, tmp_path / "unpacked")
