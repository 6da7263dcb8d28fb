"""An incident bundle: journal, logs, alerts, configuration and status of a stretch of time.

A zstandard-compressed tar. Its last member, `manifest.json`, names every other with size and
SHA-256. Key material is cut out of everything; what had some is named. The journal is in it from
its first record on, as neither its chain nor what was owned can be told from a part of it, and so
is what a replay needs: `replay BUNDLE` plays the last run of the stretch again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import zstandard
from attrs import define, field, frozen

from adapters.journal.errors import JournalBroken
from adapters.journal.files import SUFFIX
from adapters.journal.scan import STARTED
from adapters.journal.segments import read_records
from adapters.simulator.world import FOLDER as VENUE
from adapters.telemetry.bars import BARS
from adapters.telemetry.books import BOOKS
from adapters.telemetry.lines import Entry, LineFiles, is_of
from domain.model.errors import TradingError
from domain.model.instants import Nanos, parse_iso
from domain.model.secrets import redacted

MANIFEST, JOURNAL = "manifest.json", "journal"
FORMAT = 1
LOG_LINES, ALERTS = 50_000, 5_000
TEXT_BYTES = 4 << 20
"""The end of a text log that is taken."""
MINUTES_BYTES = 64 << 20
"""The most of the minutes of a product; a year of them is a third of it."""
WORLD = f"{VENUE}/world.json"
STATES = (WORLD, "status.json", "sentinel.json", "courier.json", "start.json", "sign_of_life.json")
LOGS = {"bulkhead.jsonl": LOG_LINES, "alerts.jsonl": ALERTS, "sentinel.jsonl": LOG_LINES}
TEXTS = ("bulkhead.log", "stacks.txt")


class NothingThere(TradingError):
    """There is nothing to put into a bundle."""


@frozen(kw_only=True)
class BundleSpan:
    """From when to when, market time; None: from the beginning of the newest run, or to its end."""

    begin_ns: Nanos | None = None
    end_ns: Nanos | None = None

    def has(self, at_ns: int) -> bool:
        """Tell whether an instant lies within."""
        return (self.begin_ns or 0) <= at_ns and (self.end_ns is None or at_ns <= self.end_ns)


@frozen(kw_only=True)
class BundleFacts:
    """What a bundle holds: files, runs of the stretch with their records, and what key material was
    cut out of; `broken` is what is wrong with the journal, "" if nothing is.
    """

    files: int
    records: int
    runs: int
    broken: str
    cleaned: tuple[str, ...]


@define
class _Writer:
    """Adds members and remembers what they are."""

    archive: tarfile.TarFile
    scratch: Path
    """The folder in which long members are made."""
    written: list[dict[str, object]] = field(factory=list)
    cleaned: list[str] = field(factory=list)

    def add(self, name: str, content: bytes) -> None:
        """Add a member without key material."""
        text = content.decode("utf-8", "replace")
        clean = redacted(text)
        if clean != text:
            self.cleaned.append(name)
            content = clean.encode()
        self._put(name, io.BytesIO(content), len(content), hashlib.sha256(content).hexdigest())

    def add_lines(self, name: str, file: Path) -> None:
        """Add a file of lines, however long, without key material."""
        digest, is_clean = hashlib.sha256(), True
        with tempfile.TemporaryFile(dir=self.scratch) as made, file.open("rb") as lines:
            for line in lines:
                text = line.decode("utf-8", "replace")
                clean = redacted(text)
                is_clean = is_clean and clean == text
                content = line if clean == text else clean.encode()
                made.write(content)
                digest.update(content)
            size = made.tell()
            made.seek(0)
            if not is_clean:
                self.cleaned.append(name)
            self._put(name, made, size, digest.hexdigest())

    def end(self, facts: Mapping[str, object]) -> None:
        """Add the manifest."""
        told = {**facts, "cleaned": self.cleaned, "files": self.written}
        content = (json.dumps(told, indent=2) + "\n").encode()
        self._archive(MANIFEST, io.BytesIO(content), len(content))

    def _put(self, name: str, content: IO[bytes], size: int, digest: str) -> None:
        self.written.append({"name": name, "bytes": size, "sha256": digest})
        self._archive(name, content, size)

    def _archive(self, name: str, content: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self.archive.addfile(member, content)


@frozen(kw_only=True)
class BundleSource:
    """Where an instance writes: the folder of its mode, its logs, and its name in them."""

    folder: Path
    log: Path
    name: str


def write_bundle(
    file: Path, place: BundleSource, stretch: BundleSpan, wall: str, version: str
) -> BundleFacts:
    """Write a bundle to the new `file`; whatever runs may go on meanwhile.

    Raises:
        NothingThere: there is no journal, or none of its runs lies in that stretch.
        FileExistsError: `file` is there; nothing is ever overwritten.
        OSError: it can't be written. No file is left then.
    """
    runs = _runs(place.folder / JOURNAL, stretch)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with (
            os.fdopen(handle, "wb") as raw,
            zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as packed,
            tarfile.open(fileobj=packed, mode="w|") as archive,
        ):
            writer = _Writer(archive, file.absolute().parent)
            _fill(writer, place, runs, stretch)
            writer.end(
                {
                    "format": FORMAT,
                    "mode": place.folder.name,
                    "instance": place.name,
                    "version": version,
                    "written": wall,
                    "from": runs.begin,
                    "to": runs.end,
                    "runs": len(runs.names),
                    "last_run": runs.last,
                    "records": runs.records,
                    "broken": runs.broken,
                }
            )
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return BundleFacts(
        files=len(writer.written),
        records=runs.records,
        runs=len(runs.names),
        broken=runs.broken,
        cleaned=tuple(writer.cleaned),
    )


@frozen(kw_only=True)
class _Runs:
    """Segments of a journal in the stretch, their records, and the time they span.

    `last` is the number of the last run in it, counted from 1; `segments` are those of the journal.
    """

    names: tuple[str, ...]
    segments: tuple[str, ...]
    last: int
    records: int
    begin: str
    end: str
    broken: str


def _runs(journal: Path, stretch: BundleSpan) -> _Runs:
    """Return the segments in the stretch; of a broken journal also all that can't be read."""
    if not any(journal.glob(f"*{SUFFIX}")):
        raise NothingThere(f"there is no journal in {journal}")
    spans: dict[str, tuple[str, str, int]] = {}
    numbers: dict[str, int] = {}
    started = 0
    scan, broken = read_records(journal), ""
    try:
        for record in scan:
            started += record.type == STARTED
            numbers[scan.segment] = started
            first, _, count = spans.get(scan.segment, (record.at, "", 0))
            spans[scan.segment] = (first, record.at, count + 1)
    except JournalBroken as error:
        broken = str(error)
    unread = [name for name in scan.names if broken and name not in spans]
    if stretch.begin_ns is None and stretch.end_ns is None:
        names = [*list(spans)[-1:], *unread]
    else:
        names = [*(name for name, span in spans.items() if _overlaps(span, stretch)), *unread]
    if not names:
        raise NothingThere("no run lies in that stretch")
    known = [spans[name] for name in names if name in spans] or [("", "", 0)]
    return _Runs(
        names=tuple(names),
        segments=tuple(scan.names),
        last=max(numbers.get(name, 0) for name in names),
        records=sum(span[2] for span in known),
        begin=known[0][0],
        end=known[-1][1],
        broken=broken,
    )


def _overlaps(span: tuple[str, str, int], stretch: BundleSpan) -> bool:
    first_ns, last_ns = parse_iso(span[0]), parse_iso(span[1])
    begin_ns = stretch.begin_ns or 0
    return last_ns >= begin_ns and (stretch.end_ns is None or first_ns <= stretch.end_ns)


def _fill(writer: _Writer, place: BundleSource, runs: _Runs, stretch: BundleSpan) -> None:
    for name in runs.segments:
        writer.add_lines(f"{place.folder.name}/{JOURNAL}/{name}", place.folder / JOURNAL / name)
    for name, content in _contents(place, stretch):
        writer.add(name, content)


def _contents(place: BundleSource, stretch: BundleSpan) -> Iterator[tuple[str, bytes]]:
    folder, mode = place.folder, place.folder.name
    for name in STATES:
        yield from _file(f"{mode}/{name}", folder / name)
    for kept in sorted((folder / "config").glob("*.json")):
        yield from _file(f"{mode}/config/{kept.name}", kept)
    for kind in (BARS, BOOKS):
        for seen in sorted((folder / kind).glob("*.csv")):
            yield from _file(f"{mode}/{kind}/{seen.name}", seen, MINUTES_BYTES)
    wanted = _wanted(place.name, stretch)
    for name, most in LOGS.items():
        lines = LineFiles(place.log / name).newest(most, wanted)
        if lines:
            yield f"logs/{name}", "".join(json.dumps(each) + "\n" for each in lines).encode()
    for name in TEXTS:
        yield from _file(f"logs/{name}", place.log / name)
    for told in sorted((place.log / "incidents").glob("*.txt")):
        yield from _file(f"logs/incidents/{told.name}", told)


def _wanted(name: str, stretch: BundleSpan) -> Callable[[Entry], bool]:
    """Return what takes the lines of the instance; one without a time may be of any time."""

    def is_wanted(entry: Entry) -> bool:
        at: Any = entry.get("market_time") or entry.get("time")
        try:
            return is_of(entry, name) and (not isinstance(at, str) or stretch.has(parse_iso(at)))
        except ValueError:
            return True

    return is_wanted


def _file(name: str, path: Path, most: int = TEXT_BYTES) -> Iterator[tuple[str, bytes]]:
    """Yield a file, of a long text its end; one that can't be read is left out."""
    try:
        with path.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            opened.seek(max(0, size - most))
            yield name, opened.read()
    except OSError:
        return
