"""Where the journal stands, as one who only reads it sees it: the newest whole line of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

_BEGINS = re.compile(rb'"type":"Journal(?:Created|Restored)"')
_LINEAGE = re.compile(rb'"data":\{"lineage":"([0-9a-f]{32})"\}')
_RECORD = re.compile(
    rb',"prev":"[0-9a-f]{64}","seq":([1-9][0-9]{0,17}),[^\n]*,"hash":"([0-9a-f]{64})"\}$'
)


def line_around(text: bytes, place: int) -> bytes:
    """Return the line of `text` in which that byte is."""
    end = text.find(b"\n", place)
    return text[text.rfind(b"\n", 0, place) + 1 : len(text) if end < 0 else end]


class HeadReader:
    """The lineage and the last record of what was read so far."""

    def __init__(self) -> None:
        self.told: Mapping[str, object] = {}
        """Lineage, number and hash; nothing before both were seen."""
        self._lineage = ""

    def take(self, lines: bytes) -> None:
        """Take in whole lines that follow those before; what is no record is passed over."""
        for found in _BEGINS.finditer(lines):
            begun = _LINEAGE.search(line_around(lines, found.start()))
            self._lineage = self._lineage if begun is None else begun[1].decode()
        last = _RECORD.search(line_around(lines, len(lines)))
        if last is not None and self._lineage:
            self.told = {
                "lineage": self._lineage,
                "seq": int(last[1]),
                "hash": last[2].decode(),
            }
