"""Which orders are ours: read from the journal, which holds each before it may leave."""

from __future__ import annotations

import json
from pathlib import Path

from domain.errors import Unreachable

INTENT = b'"type":"IntentRaised"'
ENTRY, EXIT = "entry", "exit"


class OurOrders:
    """Client order ids with their purpose, as far as the journal has them. Reads, never writes."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._read: dict[Path, int] = {}
        self._purposes: dict[str, str] = {}

    def purposes(self) -> dict[str, str]:
        """Return every id known by now with "entry" or "exit"; an unfinished line waits.

        Raises:
            Unreachable: a part of the journal can't be read, so it is not known what is ours.
        """
        try:
            files = sorted(each for each in self._journal.iterdir() if each.suffix == ".jsonl")
            for file in files:
                with file.open("rb") as lines:
                    lines.seek(self._read.get(file, 0))
                    self._take(file, lines.read())
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unreachable(f"the journal can't be read: {type(error).__name__}") from error
        return self._purposes

    def _take(self, file: Path, data: bytes) -> None:
        whole, newline, _ = data.rpartition(b"\n")
        for line in whole.split(b"\n"):
            if INTENT in line:
                intent = json.loads(line)["data"]["intent"]
                purpose = intent["order"]["purpose"]
                if purpose not in (ENTRY, EXIT):
                    raise ValueError(f"a purpose of {purpose!r}, expected {ENTRY} or {EXIT}")
                self._purposes[intent["client_order_id"]] = purpose
        self._read[file] = self._read.get(file, 0) + len(whole) + len(newline)
