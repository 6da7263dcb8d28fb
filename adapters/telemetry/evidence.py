"""What commands have proven, and when: `evidence.jsonl` in the data folder, one line a deed.

Only ever appended to. A checklist reads the newest line of a kind; a line that can't be read, or of
a time that is still to come, is no evidence.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from adapters.telemetry.lines import LineFiles
from domain.model.errors import InvalidNumber
from domain.model.instants import Nanos, iso, parse_iso
from domain.model.secrets import redacted

FILE = "evidence.jsonl"
CHECKED, ORDERED = "venue checked", "venue order"
ALERTED, BACKED_UP, BUNDLED = "alerts tested", "journal backed up", "incident bundled"
ROTATED = "key rotated"


@frozen(kw_only=True)
class Evidence:
    """A deed: its kind, what it was about (an address, a mode, a key's name), when it was done
    (UTC wall time), whether it went well, and a sentence of what came of it.
    """

    kind: str
    of: str
    at_ns: Nanos
    is_good: bool
    told: str


class EvidenceBook:
    """The deeds that are on record in a data folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def add(self, evidence: Evidence) -> None:
        """Put a deed on record; it is on disk when this returns.

        Raises:
            OSError: it could not be written.
        """
        row = {
            "kind": evidence.kind,
            "of": evidence.of,
            "at": iso(evidence.at_ns),
            "ok": evidence.is_good,
            "told": evidence.told,
        }
        text = redacted(json.dumps(row, ensure_ascii=False)) + "\n"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(handle).st_size
            torn = size and os.pread(handle, 1, size - 1) != b"\n"  # power was lost within a line
            os.write(handle, (("\n" if torn else "") + text).encode("utf-8", "replace"))
            os.fsync(handle)
        finally:
            os.close(handle)

    def all_of(self, kind: str, of: str | None = None) -> tuple[Evidence, ...]:
        """Return the deeds of a kind, oldest first; `of` leaves those about one thing.

        Raises:
            OSError: the file can't be read.
        """
        rows = LineFiles(self._file).newest(None, lambda row: row.get("kind") == kind)
        found = [each for each in map(_read, rows) if each is not None]
        return tuple(each for each in found if of is None or each.of == of)

    def newest(self, kind: str, of: str | None, wall_ns: int) -> Evidence | None:
        """Return the deed of a kind that was done last before `wall_ns`, None if there is none.

        Raises:
            OSError: the file can't be read.
        """
        done = [each for each in self.all_of(kind, of) if each.at_ns <= wall_ns]
        return max(done, key=lambda each: each.at_ns, default=None)


def _read(row: Mapping[str, Any]) -> Evidence | None:
    kind, of, at, is_good, told = (row.get(name) for name in ("kind", "of", "at", "ok", "told"))
    texts = (kind, of, at, told)
    if not all(isinstance(each, str) for each in texts) or not isinstance(is_good, bool):
        return None
    try:
        at_ns = parse_iso(str(at))
    except (InvalidNumber, OverflowError, ValueError):
        return None
    return Evidence(kind=str(kind), of=str(of), at_ns=at_ns, is_good=is_good, told=str(told))
