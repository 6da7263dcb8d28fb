"""Who else has seen where the journal of a folder stood: the sentinel, and who got the alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from adapters.control.anchor import JournalEnd, SeenHead
from adapters.control.files import read_json
from adapters.journal.scan import Spot
from adapters.sentinel.state import FILE, HEAD
from adapters.telemetry.lines import LineFiles, is_of
from app.status.members import Members
from domain.system.courier_alerts import SIGN_OF_LIFE
from domain.system.journal_head import read_head

ALERTS = "alerts.jsonl"


def heads_seen(folder: Path, log: Path, world: str, settled_ns: int = 0) -> tuple[SeenHead, ...]:
    """Return the newest head that each witness saw after `settled_ns` (UTC wall time).

    `folder` is that of the mode, `world` the name of the instance in the log folder. A witness
    that can't be read is none: each of them is one more, and none has to be there.
    """
    seen = (*_of_sentinel(folder), *_of_alerts(log, world, folder.name))
    return tuple(each for each in seen if each.wall_ns > settled_ns)


def end_of(
    lineage: str | None, end: Spot, spots: Mapping[int, Spot], former: tuple[str, ...] = ()
) -> JournalEnd:
    """Return what a pass over a journal found, as witnesses are compared with."""
    there = {seq: (spot.hash, f" ({spot.segment} line {spot.line})") for seq, spot in spots.items()}
    return JournalEnd(lineage if end.seq else None, end.seq, end.segment, there, former)


def _of_sentinel(folder: Path) -> Iterator[SeenHead]:
    told = Members(read_json(folder / FILE))
    head = told.part(HEAD)
    wall_ns, seq = told.moment("wall"), head.count("seq")
    lineage, digest = head.text("lineage"), head.text("hash")
    if wall_ns is not None and seq and lineage and digest:
        yield SeenHead("the sentinel", wall_ns, lineage, seq, digest)


def _of_alerts(log: Path, world: str, mode: str) -> Iterator[SeenHead]:
    def is_wanted(entry: dict[str, object]) -> bool:
        is_ours = is_of(entry, world) and entry.get("mode") == mode
        return is_ours and entry.get("code") == SIGN_OF_LIFE

    try:
        newest = LineFiles(log / ALERTS).newest(1, is_wanted)
    except OSError:
        return
    for alert in map(Members, newest):
        wall_ns, found = alert.moment("wall"), read_head(alert.text("what"))
        if wall_ns is not None and found is not None:
            yield SeenHead("the daily sign of life", wall_ns, *found)
