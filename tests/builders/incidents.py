"""Incident bundles of a small run, what is in them, and such that somebody has changed."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import zstandard

from app.incident.bundle import MANIFEST, BundleSource, BundleSpan, write_bundle
from app.incident.opening import verify_bundle
from app.run.recovery import JournalPlace, open_state
from domain.messages.journal import RunStarted
from domain.model.instants import Nanos
from tests.builders.journal import AT_NS

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
