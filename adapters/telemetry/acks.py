"""Which alerts a person has taken note of: `acks.jsonl` beside the alerts, one line each."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from adapters.telemetry.lines import LineFiles
from domain.model.secrets import redacted

FILE = "acks.jsonl"
ID_DIGITS = 8
_NAMING = ("wall", "at", "severity", "code", "what")
"""Members of an alert that tell it apart from every other."""


@frozen
class Ack:
    """When a person took note (UTC wall time, RFC 3339), and what of it."""

    wall: str
    reason: str


def alert_id(alert: Mapping[str, Any]) -> str:
    """Return the name of an alert: the same for the same line, whoever wrote it and when."""
    naming = json.dumps([alert.get(name) for name in _NAMING])
    return hashlib.sha256(naming.encode()).hexdigest()[:ID_DIGITS]


class AckFile:
    """The acknowledgements of one log folder."""

    def __init__(self, log: Path) -> None:
        self._path = log / FILE

    def read(self) -> dict[str, Ack]:
        """Return them by the id of their alert, the newest of each.

        Raises:
            OSError: the file can't be read.
        """
        rows = LineFiles(self._path).newest(None, lambda _: True)
        return {
            str(each.get("alert")): Ack(str(each.get("wall", "")), str(each.get("reason", "")))
            for each in rows
        }

    def add(self, alert: str, ack: Ack) -> None:
        """Write one down; it is on disk when this returns.

        Raises:
            OSError: it could not be written.
        """
        line = {"alert": alert, "wall": ack.wall, "reason": ack.reason}
        text = redacted(json.dumps(line, ensure_ascii=False)) + "\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, text.encode("utf-8", "replace"))
            os.fsync(handle)
        finally:
            os.close(handle)
