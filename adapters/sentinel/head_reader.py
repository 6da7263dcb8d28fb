"""Where the journal stands, as one who only reads it sees it: the newest whole line of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_BEGINS = b'"type":"JournalCreated"', b'"type":"JournalRestored"'
_LINEAGE = re.compile(rb'"data":\{"lineage":"([0-9a-f]{32})"\}')
_RECORD = re.compile(
    rb',"prev":"[0-9a-f]{64}","seq":([1-9][0-9]{0,17}),[^\n]*,"hash":"([0-9a-f]{64})"\}$'
)


def lines_with(word: bytes, text: bytes) -> Iterator[bytes]:
    """Yield the lines of `text` that hold `word`; the others cost next to nothing."""
    place = text.find(word)
    while place >= 0:
        end = text.find(b"\n", place)
        end = len(text) if end < 0 else end
        yield text[text.rfind(b"\n", 0, place) + 1 : end]
        place = text.find(word, end)


class HeadReader:
    """The lineage and the last record of what was read so far."""

    def __init__(self) -> None:
        self.told: Mapping[str, object] = {}
        """Lineage, number and hash; nothing before both were seen."""
        self._lineage = ""

    def take(self, lines: bytes) -> None:
        """Take in whole lines that follow those before; what is no record is passed over."""
        for line in (each for word in _BEGINS for each in lines_with(word, lines)):
            begun = _LINEAGE.search(line)
            self._lineage = self._lineage if begun is None else begun[1].decode()
        last = _RECORD.search(lines[lines.rfind(b"\n") + 1 :])
        if last is not None and self._lineage:
            self.told = {
                "lineage": self._lineage,
                "seq": int(last[1]),
                "hash": last[2].decode(),
            }
