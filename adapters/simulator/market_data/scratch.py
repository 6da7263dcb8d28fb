"""Columns that lie in a scratch file instead of in memory, and are read from there as wanted.

The file has no name and is gone with the process. Columns read from it are arrays like any others;
pages that were looked at stay with the process until they are let go.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from attrs import define, frozen
from numpy.typing import NDArray

from adapters.simulator.market_data.source import MarketError

DISK = Path("/var/tmp")
"""Where the file goes unless TMPDIR says otherwise: `/tmp` is memory on many machines."""
USED_ROWS = 20_000
"""Rows that may be looked at before their pages are let go: two weeks of minutes."""


@frozen
class ScratchPlace:
    """Where columns of so many rows lie in the file, in bytes from its beginning."""

    offset: int
    length: int
    rows: int
    kinds: tuple[np.dtype[Any], ...]


@define(eq=False)
class ScratchPages:
    """The part of the file that columns lie in, and how much has been looked at of it."""

    whole: mmap.mmap
    place: ScratchPlace
    used: int = 0

    def use(self, rows: int) -> None:
        """Count rows that are looked at; let go of all pages where they have become many."""
        self.used += rows
        if self.used > USED_ROWS:
            self.used = 0
            self.whole.madvise(mmap.MADV_DONTNEED, self.place.offset, self.place.length)


class ScratchFile:
    """First all columns are put into it, then they are shown out of it."""

    def __init__(self) -> None:
        """Make the file.

        Raises:
            MarketError: there is no folder for it; the text says where.
        """
        self._file = _nameless()
        self._end = 0
        self._whole: mmap.mmap | None = None

    def put(self, columns: Sequence[NDArray[Any]]) -> ScratchPlace:
        """Write columns of equal length.

        Raises:
            MarketError: there is no room for them; the text says where.
        """
        begun, size = self._end, sum(column.nbytes for column in columns)
        try:
            for column in columns:
                self._file.write(np.ascontiguousarray(column).data)
            padding = -size % mmap.ALLOCATIONGRANULARITY
            self._file.write(bytes(padding))
            self._file.flush()
        except OSError as error:
            raise _no_room(f"{(begun + size) // 10**6} MB of", error) from error
        self._end += size + padding
        kinds = tuple(column.dtype for column in columns)
        return ScratchPlace(begun, size + padding, len(columns[0]), kinds)

    def read(self, place: ScratchPlace) -> tuple[NDArray[Any], ...]:
        """Return columns that were put, in memory."""
        text = os.pread(self._file.fileno(), place.length, place.offset)
        return _columns(text, place, 0)

    def shown(self, place: ScratchPlace) -> tuple[tuple[NDArray[Any], ...], ScratchPages]:
        """Return columns as they lie in the file; from now on nothing can be put into it."""
        if self._whole is None:
            self._whole = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
            self._file.close()  # the map holds it
        return _columns(self._whole, place, place.offset), ScratchPages(self._whole, place)


def _nameless() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile(dir=scratch_folder())
    except OSError as error:
        raise _no_room("many", error) from error


def _no_room(how_many: str, error: OSError) -> MarketError:
    place = scratch_folder() or os.environ.get("TMPDIR") or "the folder of temporary files"
    return MarketError(
        f"--market: {how_many} candles could not be kept in {place}: {error};"
        " set TMPDIR to a folder on a disk with room"
    )


def _columns(
    source: bytes | mmap.mmap, place: ScratchPlace, offset: int
) -> tuple[NDArray[Any], ...]:
    found = []
    for kind in place.kinds:
        found.append(np.frombuffer(source, kind, place.rows, offset))
        offset += place.rows * kind.itemsize
    return tuple(found)


def scratch_folder() -> Path | None:
    """Return where scratch files go; None: where Python puts them."""
    if os.environ.get("TMPDIR") or not os.access(DISK, os.W_OK):
        return None
    return DISK
