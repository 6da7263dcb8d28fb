"""Opens an incident bundle: checks it against its manifest, and unpacks what a replay needs.

Both go through it member by member and piece by piece: a journal may be larger than memory.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import zstandard
from attrs import frozen

from adapters.control.instances import MODES
from adapters.telemetry.bars import BARS
from adapters.telemetry.books import BOOKS
from app.incident.bundle import JOURNAL, MANIFEST, WORLD, NothingThere

REPLAYED = re.compile(
    rf"(?:{'|'.join(MODES)})/(?:{JOURNAL}/[0-9]{{8}}\.jsonl|config/[0-9a-f]{{1,64}}\.json|start\.json"
    rf"|{re.escape(WORLD)}|(?:{BARS}|{BOOKS})/[A-Z0-9-]{{1,40}}\.csv)"
)
"""Names of members that a replay reads."""
LARGEST = 8 << 30
"""Bytes of a member that is read; no segment of ours has as many."""
PIECE = 1 << 20
"""Bytes that are read at once: a journal may be larger than memory."""
MANIFEST_BYTES = 16 << 20


def verify_bundle(file: Path) -> tuple[str, ...]:
    """Return what is wrong with a bundle: members that differ from the manifest, or are not in it.

    Raises:
        NothingThere: it is no bundle.
        OSError: it can't be read.
    """
    found: dict[str, str] = {}

    def take(name: str, content: IO[bytes]) -> None:
        found[name] = _digest(content, None)

    manifest = _read(file, take)
    return tuple(_differing(file, found, manifest))


@frozen(kw_only=True)
class OpenedBundle:
    """What of a bundle was unpacked: the folder of the mode, and the run that it is about."""

    folder: Path
    run: int


def unpack_bundle(file: Path, home: Path) -> OpenedBundle:
    """Unpack into the folder `home` what a replay needs of a bundle, and nothing else.

    No name in the bundle is used as a path unless it is one of those that are written here.

    Raises:
        NothingThere: it is no bundle, or not as it was written.
        OSError: it can't be read, or not unpacked.
    """
    found: dict[str, str] = {}

    def take(name: str, content: IO[bytes]) -> None:
        if not REPLAYED.fullmatch(name):
            found[name] = _digest(content, None)
            return
        place = home / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as out:
            found[name] = _digest(content, out)

    manifest = _read(file, take)
    for each in _differing(file, found, manifest):
        raise NothingThere(f"{file} is not as it was written: {each}")
    mode, run = manifest.get("mode"), manifest.get("last_run")
    if mode not in MODES or type(run) is not int or run < 1:
        raise NothingThere(f"{file} names no run that could be played again")
    return OpenedBundle(folder=home / str(mode), run=run)


def _read(file: Path, take: Callable[[str, IO[bytes]], None]) -> dict[str, Any]:
    """Give every member but the manifest to `take`, and return that.

    Raises:
        NothingThere: it is no bundle.
        OSError: it can't be read.
    """
    manifest: dict[str, Any] | None = None
    try:
        with (
            open(file, "rb") as raw,
            zstandard.ZstdDecompressor().stream_reader(raw) as packed,
            tarfile.open(fileobj=packed, mode="r|") as archive,
        ):
            for member in archive:
                if member.size > LARGEST:
                    raise NothingThere(f"{file} holds {member.name} of {member.size:,} bytes")
                opened = archive.extractfile(member) or io.BytesIO()
                if member.name == MANIFEST:
                    manifest = json.loads(opened.read(MANIFEST_BYTES))
                else:
                    take(member.name, opened)
    except (tarfile.TarError, zstandard.ZstdError, ValueError, RecursionError) as error:
        raise NothingThere(f"{file} is no whole incident bundle") from error
    if not isinstance(manifest, dict):
        raise NothingThere(f"{file} is no whole incident bundle")
    return manifest


def _differing(file: Path, found: Mapping[str, str], manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is not as the manifest says.

    Raises:
        NothingThere: it says nothing.
    """
    try:
        told = {each["name"]: each["sha256"] for each in manifest["files"]}
        names = sorted(found.keys() | told.keys())
    except (KeyError, TypeError) as error:
        raise NothingThere(f"{file} is no whole incident bundle") from error
    for each in names:
        if found.get(each) != told.get(each):
            yield f"{each}: not as it was written"


def _digest(content: IO[bytes], copy: IO[bytes] | None) -> str:
    """Return the SHA-256 of all that is read, which goes into `copy` too."""
    digest = hashlib.sha256()
    while piece := content.read(PIECE):
        digest.update(piece)
        if copy is not None:
            copy.write(piece)
    return digest.hexdigest()
