"""What can be wrong with a journal that is read."""

from __future__ import annotations

from domain.model.errors import JournalError


class JournalBroken(JournalError):
    """The chain is broken at one place, which is named.

    `line` counts from 1 within the segment; `seq` is the number that the record there should have.
    """

    def __init__(self, segment: str, line: int, seq: int, expected: str, found: str) -> None:
        super().__init__(
            f"{segment} line {line} (record {seq}): expected {expected}, found {found}. "
            "Keep the folder as evidence; restore a backup or start with another --data-dir"
        )
        self.segment = segment
        self.line = line
        self.seq = seq
        self.expected = expected
        self.found = found
