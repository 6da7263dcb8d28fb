"""A bundle is opened as it was written, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard

from app.incident.bundle import MANIFEST, NothingThere
from app.incident.opening import PIECE, unpack_bundle, verify_bundle
from tests.builders.incidents import a_run, members, pack, repacked, written

pytestmark = pytest.mark.req("RB5", "SEC1")


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


@pytest.mark.parametrize("name", ["paper/bars/BTC-USD.csv", "paper/books/2026-01-05.csv"])
def test_a_member_of_many_pieces_is_unpacked_whole(tmp_path: Path, name: str) -> None:
    a_run(tmp_path)
    written(tmp_path)
    file, long = tmp_path / "b.tar.zst", "x" * (2 * PIECE + 7)
    repacked(file, lambda told: {**told, name: long})

    assert verify_bundle(file) == ()
    unpack_bundle(file, tmp_path / "unpacked")
    assert (tmp_path / "unpacked" / name).read_text() == long
