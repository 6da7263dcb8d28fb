"""Which orders are ours: read from the journal, which holds each before it may leave."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

INTENT = b'"type":"IntentRaised"'
ENTRY, EXIT = "entry", "exit"
KINDS = {"ApprovedEntry": ENTRY, "ApprovedExit": EXIT}
"""By the order's type in the record; older records name the purpose itself."""


@frozen
class Ours:
    """Client order ids with "entry" or "exit", and why they may not be all; None: they are."""

    purposes: Mapping[str, str]
    doubt: str | None = None


class OurOrders:
    """What is ours as far as the journal can be read. Reads, never writes.

    Holds every intent of the journal: whatever is left out would be left resting.
    """

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._read: dict[Path, int] = {}
        self._purposes: dict[str, str] = {}
        self._broken: str | None = None
        """An intent that could not be read, for good: whatever it was may be at the venue."""

    def refresh(self) -> None:
        """Read what is new; what can't be read is told when it is needed."""
        self.known()

    def known(self) -> Ours:
        """Return what is known by now; an unfinished line waits."""
        missed = None
        try:
            files = sorted(each for each in self._journal.iterdir() if each.suffix == ".jsonl")
        except OSError as error:
            files, missed = [], error
        for file in files:
            try:
                with file.open("rb") as lines:
                    lines.seek(self._read.get(file, 0))
                    self._take(file, lines.read())
            except OSError as error:
                missed = error
        doubt = self._broken if missed is None else type(missed).__name__
        return Ours(self._purposes, doubt and f"the journal can't be read: {doubt}")

    def _take(self, file: Path, data: bytes) -> None:
        whole, newline, _ = data.rpartition(b"\n")
        for line in whole.split(b"\n"):
            if INTENT in line:
                try:
                    self._note(json.loads(line)["data"]["intent"])
                except (ValueError, KeyError, TypeError, RecursionError) as error:
                    self._broken = type(error).__name__
        self._read[file] = self._read.get(file, 0) + len(whole) + len(newline)

    def _note(self, intent: Any) -> None:
        order, client_order_id = intent["order"], intent["client_order_id"]
        purpose = order["purpose"] if "purpose" in order else KINDS[order["_type"]]
        if purpose not in (ENTRY, EXIT) or not isinstance(client_order_id, str):
            raise ValueError(f"expected an id that is {ENTRY} or {EXIT}, was {purpose!r}")
        self._purposes[client_order_id] = purpose
