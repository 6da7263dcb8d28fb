"""Old logs, market data and details of cycles: found, told, and removed; money records never are.

A file is as old as its last change. Of a market that runs by the wall clock, old minutes of a file
that is still written go too; a recorded market has times of its own and is judged by its file. Out
of a journal details of cycles go, record by record: each keeps its place, number and hash.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

from attrs import frozen

from adapters.control.files import write_whole
from adapters.control.instances import MODES, InstanceRunning, is_running
from adapters.control.registry import locked
from adapters.journal.emptying import empty_details, old_details
from adapters.telemetry.bars import BARS, COLUMNS
from adapters.telemetry.books import BOOKS
from app.command_line.options import Folders
from app.run.recovery import JOURNAL
from domain.model.errors import JournalError
from domain.model.instants import DAY, SECOND, Nanos, iso, parse_iso

KEPT_DAYS = 90
KEPT_NS = KEPT_DAYS * DAY
SLACK_NS = 7 * DAY
"""So much longer details of cycles may stay at a start: each removal has the whole journal read."""
LOGS = ("bulkhead*.log", "bulkhead*.jsonl", "alerts*.jsonl", "sentinel*.jsonl", "stacks*.txt")
DETAILS = "details"
"""The kind of a segment out of which details of cycles go."""
INCIDENTS, SHADOWS = "incidents/*.txt", "shadow/run-*.jsonl"
LARGEST = 64 << 20
"""Bytes of a file of minutes that is cut; one of a year has a tenth of it."""


@frozen(kw_only=True)
class OldFile:
    """A file that is too old, or holds rows that are: `rows` of it, 0 for all of the file.

    `size` is by how many bytes it gets smaller.
    """

    path: Path
    kind: str
    size: int
    rows: int = 0


@frozen
class Pruned:
    """What was removed, and in sentences what could not be."""

    files: tuple[OldFile, ...]
    failures: tuple[str, ...]


def old_files(folders: Folders, before_ns: int) -> Iterator[OldFile]:
    """Yield what was last changed before `before_ns` (UTC wall time), and files with such rows.

    What cannot be looked at is left out. Minutes of a folder where an instance runs are judged by
    their file alone.
    """
    for pattern in (*LOGS, INCIDENTS):
        yield from _whole_files(folders.log.glob(pattern), "log", before_ns)
    for folder in (home / mode for home in folders.homes for mode in MODES):
        yield from _whole_files(folder.glob(SHADOWS), "shadow", before_ns)
        yield from _whole_files((folder / BOOKS).glob("*.csv"), "books", before_ns)
        files = sorted((folder / BARS).glob("*.csv"))
        old = list(_whole_files(files, "minutes", before_ns))
        yield from old
        if not files or is_running(folder):
            continue
        gone = {each.path for each in old}
        yield from _with_old_rows((each for each in files if each not in gone), before_ns)


def old_records(folders: Folders, before_ns: int, slack_ns: int = 0) -> Iterator[OldFile]:
    """Yield the segments of journals in which details from before `before_ns` (UTC wall time) are.

    With `slack_ns`, only of journals in which some are so much older. A journal that can't be read
    is left out: whoever opens it says what is wrong with it.
    """
    for folder in (home / mode for home in folders.homes for mode in MODES):
        with suppress(OSError):
            yield from _old_details(folder, before_ns, slack_ns)


def prune(folders: Folders, before_ns: int, held: Path | None = None, slack_ns: int = 0) -> Pruned:
    """Remove what is older than `before_ns`; a file that can't be removed stops no other.

    `held` is the folder of a mode on which the caller keeps everybody off; on others that is done
    here, and where a trader runs, its journal stays as it is. `slack_ns` as in `old_records`.
    """
    done: list[OldFile] = []
    failures: list[str] = []
    for folder in (home / mode for home in folders.homes for mode in MODES):
        try:
            done += _emptied(folder, before_ns, slack_ns, is_held=folder == held)
        except InstanceRunning:
            failures.append(f"{folder / JOURNAL} keeps its details: a trader runs there")
        except (JournalError, OSError) as error:
            failures.append(f"{folder / JOURNAL} keeps its details: {error}")
    for each in old_files(folders, before_ns):
        try:
            if each.rows:
                _cut(each.path, before_ns)
            else:
                each.path.unlink()
        except FileNotFoundError:
            continue  # somebody else was faster
        except OSError as error:
            failures.append(f"{each.path} stays: {error.strerror}")
        else:
            done.append(each)
    return Pruned(tuple(done), tuple(failures))


def _old_details(folder: Path, before_ns: int, slack_ns: int) -> tuple[OldFile, ...]:
    """Return the segments of the mode's `folder` with old details, none where they can wait.

    Raises:
        OSError: one can't be read.
    """
    if slack_ns and next(old_details(folder / JOURNAL, before_ns - slack_ns), None) is None:
        return ()
    found = old_details(folder / JOURNAL, before_ns)
    return tuple(
        OldFile(path=each.segment, kind=DETAILS, size=each.size, rows=each.records)
        for each in found
    )


def _emptied(folder: Path, before_ns: int, slack_ns: int, *, is_held: bool) -> tuple[OldFile, ...]:
    """Let old details go out of the journal of the mode's `folder`; return them.

    Raises:
        InstanceRunning: a trader runs there, and there are some.
        JournalError: the journal is not whole.
        OSError: it can't be read or written.
    """
    found = _old_details(folder, before_ns, slack_ns)
    if not found:
        return ()
    with nullcontext() if is_held else locked(folder, iso(time.time_ns())):
        empty_details(folder / JOURNAL, before_ns, time.time_ns)
    return found


def _whole_files(files: Iterable[Path], kind: str, before_ns: int) -> Iterator[OldFile]:
    for path in files:
        try:
            found = path.lstat()
        except OSError:
            continue
        if path.is_file() and not path.is_symlink() and found.st_mtime_ns < before_ns:
            yield OldFile(path=path, kind=kind, size=found.st_size)


def _with_old_rows(files: Iterable[Path], before_ns: int) -> Iterator[OldFile]:
    for path in files:
        try:
            old = [row for row in _rows(path) if (_at(row) or before_ns) < before_ns]
            is_wall = _is_of_the_wall(path)
        except (OSError, UnicodeDecodeError):
            continue
        if old and is_wall:
            size = sum(len(row) + 1 for row in old)
            yield OldFile(path=path, kind="minutes", size=size, rows=len(old))


def _is_of_the_wall(path: Path) -> bool:
    """Tell whether the newest minute of a file is of the day on which it was written."""
    newest_ns = max((_at(row) or 0 for row in _rows(path)), default=0)
    return abs(path.stat().st_mtime_ns - newest_ns) < DAY


def _rows(path: Path) -> list[str]:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
        return []
    return path.read_text(encoding="utf-8").splitlines()[1:]


def _at(row: str) -> Nanos | None:
    """Return when the minute of a row began, None where the row makes no sense."""
    cells = row.split(",", 2)
    try:
        return parse_iso(cells[1])
    except (IndexError, ValueError, OverflowError):
        return None


def _cut(path: Path, before_ns: int) -> None:
    """Leave the rows of a file that are not too old; its age stays what it was."""
    found = path.stat()
    kept = [row for row in _rows(path) if (_at(row) or before_ns) >= before_ns]
    write_whole(path, "\n".join((",".join(COLUMNS), *kept)) + "\n")
    path.chmod(found.st_mode & 0o777)
    os.utime(path, (found.st_atime_ns / SECOND, found.st_mtime_ns / SECOND))
