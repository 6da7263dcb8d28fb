"""What was sent where: `deliveries.jsonl` in the folder of the mode, a line each, on disk at once.

A line is a mark: what has one is not sent again, whoever is killed when. The last line of a courier
that died while it wrote has no end; then one message may arrive twice, with the same id.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import frozen

from adapters.control.files import write_whole
from adapters.telemetry.lines import Entry, LineFiles
from domain.model.errors import InvalidNumber
from domain.model.instants import Nanos, iso, parse_iso
from domain.model.secrets import redacted
from domain.system.deliveries import KEPT_NS

FILE = "deliveries.jsonl"


@frozen(kw_only=True)
class Mark:
    """One delivery, or with `alert` None the beginning of a channel. `label` may be shown."""

    written_ns: Nanos
    channel: str
    label: str
    alert: str | None
    is_escalated: bool = False


class MarkFile:
    """The marks of one mode's folder; written by one courier at a time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def read(self) -> list[Mark]:
        """Return all marks, oldest first; a line that is none is left out.

        Raises:
            OSError: the file can't be read.
        """
        rows = LineFiles(self._path).newest(None, lambda _: True)
        return [mark for row in rows if (mark := _mark(row)) is not None]

    def add(self, *marks: Mark) -> None:
        """Write marks down; they are on disk when this returns.

        Raises:
            OSError: they could not be written.
        """
        text = redacted("".join(map(_line, marks))).encode("utf-8", "replace")
        handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                text = b"\n" + text  # a line that was cut off costs itself, not the next one
            os.write(handle, text)
            os.fsync(handle)
        finally:
            os.close(handle)

    def prune(self, now_ns: Nanos) -> list[Mark]:
        """Leave what may still be asked for, and return it: what is older has had its time.

        Raises:
            OSError: the file can't be read or replaced.
        """
        marks = self.read()
        kept = [each for each in marks if each.alert is None or each.written_ns >= now_ns - KEPT_NS]
        if len(kept) < len(marks):
            write_whole(self._path, "".join(map(_line, kept)), is_durable=True)
        return kept


def begun_of(marks: Iterable[Mark]) -> dict[str, Nanos]:
    """Return since when each channel is there."""
    begun: dict[str, Nanos] = {}
    for each in marks:
        if each.alert is None:
            begun.setdefault(each.channel, each.written_ns)
    return begun


def sent_of(marks: Iterable[Mark]) -> dict[str, dict[str, bool]]:
    """Return by channel what was sent, and whether louder."""
    sent: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for each in marks:
        if each.alert is not None:
            known = sent[each.channel].get(each.alert, False)
            sent[each.channel][each.alert] = known or each.is_escalated
    return dict(sent)


def by_alert(marks: Iterable[Mark]) -> Iterator[tuple[str, Mark]]:
    """Yield each delivery with the id of its alert."""
    for each in marks:
        if each.alert is not None:
            yield each.alert, each


def _line(mark: Mark) -> str:
    row: dict[str, object] = {"wall": iso(mark.written_ns), "channel": mark.channel}
    row |= {"label": mark.label, "alert": mark.alert, "escalated": mark.is_escalated}
    return json.dumps(row, ensure_ascii=False) + "\n"


def _mark(row: Entry) -> Mark | None:
    wall, channel, alert = (row.get(name) for name in ("wall", "channel", "alert"))
    if not (isinstance(wall, str) and isinstance(channel, str)):
        return None
    if alert is not None and not isinstance(alert, str):
        return None
    try:
        written_ns = parse_iso(wall)
    except InvalidNumber:
        return None
    is_escalated = row.get("escalated") is True
    return Mark(
        written_ns=written_ns,
        channel=channel,
        label=str(row.get("label", "")),
        alert=alert,
        is_escalated=is_escalated,
    )
