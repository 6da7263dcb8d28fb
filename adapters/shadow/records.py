"""The shadow's own file: one JSON record a line, beside the journal and no part of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from domain.model.secrets import redacted

FOLDER = "shadow"
"""Name of the folder in that of the mode."""
KEPT_RUNS = 10
LIMIT_BYTES = 16 * 1024 * 1024
"""Beyond it single differences are counted, not kept; the sums go on."""
LINE_LIMIT = 4 * 1024 * 1024
DIFFERENCE, SUM = "difference", "sum"
_NAME = re.compile(r"run-(\d{4,9})\.jsonl")


class ShadowFile:
    """Writes the file of one run; the ten newest runs are kept."""

    def __init__(self, folder: Path) -> None:
        """Begin a new file in `folder`.

        Raises:
            OSError: it can't be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        runs = files_in(folder)
        for old in runs[: max(0, len(runs) - KEPT_RUNS + 1)]:
            old.unlink()
        number = 1 + (_number(runs[-1]) if runs else 0)
        self._file = (folder / f"run-{number:04d}.jsonl").open("x", encoding="ascii")
        self._size = self._left_out = 0

    def append(self, record: Mapping[str, Any]) -> None:
        """Keep a record; a difference only while there is room.

        Raises:
            OSError: it could not be written.
        """
        if record["kind"] == DIFFERENCE and self._size > LIMIT_BYTES:
            self._left_out += 1
            return
        if record["kind"] == SUM:
            record = {**record, "left_out": self._left_out}
        line = redacted(json.dumps(record)) + "\n"
        self._size += len(line)
        self._file.write(line)
        self._file.flush()

    def close(self) -> None:
        """Close the file.

        Raises:
            OSError: what was left could not be written.
        """
        self._file.close()


def files_in(folder: Path) -> list[Path]:
    """Return the files of the runs, oldest first.

    Raises:
        OSError: the folder can't be read.
    """
    if not folder.is_dir():
        return []
    return sorted((each for each in folder.iterdir() if _NAME.fullmatch(each.name)), key=_number)


def read_records(file: Path) -> Iterator[dict[str, Any] | None]:
    """Yield the records of a run; None for a line that is none.

    Raises:
        OSError: the file can't be read.
    """
    with file.open("rb") as lines:
        while line := lines.readline(LINE_LIMIT):
            yield _record(line)


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _number(file: Path) -> int:
    found = _NAME.fullmatch(file.name)
    return 0 if found is None else int(found[1])
