"""Which orders are ours: read from the journal, which holds each before it may leave."""

from __future__ import annotations

import json
from pathlib import Path

INTENT = b'"type":"IntentRaised"'
ENTRY, EXIT = "entry", "exit"


class OurOrders:
    """Client order ids with their purpose, as far as the journal has them. Reads, never writes."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._read: dict[Path, int] = {}
        self._purposes: dict[str, str] = {}

    def purposes(self) -> dict[str, str]:
        """Return every id known by now with "entry" or "exit"; an unfinished line waits."""
        for file in sorted(self._journal.glob("*.jsonl")):
            try:
                with file.open("rb") as lines:
                    lines.seek(self._read.get(file, 0))
                    self._take(file, lines.read())
            except OSError:
                continue  # what can't be read now is read at the next look
        return self._purposes

    def _take(self, file: Path, data: bytes) -> None:
        whole, newline, _ = data.rpartition(b"\n")
        self._read[file] = self._read.get(file, 0) + len(whole) + len(newline)
        for line in whole.split(b"\n"):
            if INTENT not in line:
                continue
            try:
                intent = json.loads(line)["data"]["intent"]
                self._purposes[intent["client_order_id"]] = intent["order"]["purpose"]
            except (ValueError, KeyError, TypeError):
                continue  # the trader's next start names a broken record; we go on with the rest
