"""The lines of a text as people keep it: packed or not, with whatever ends its lines."""

from __future__ import annotations

import contextlib
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from adapters.simulator.market_data.source import MarketError

Moved = Callable[[int], None]
"""Hears how many bytes of the file have been read."""
LONGEST_LINE = 1 << 16
STEP = 5_000
"""Lines between two words about how far we are."""
_PACKED = {b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst", b"PK\x03\x04": "zip"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BROKEN = (
    OSError,
    EOFError,
    UnicodeError,
    RuntimeError,  # of zip: locked by a password, or packed in a way that is not known
    zlib.error,
    zipfile.BadZipFile,
    pa.ArrowException,
)


def numbered_lines(
    file: Path, moved: Moved, longest: int = LONGEST_LINE
) -> Iterator[tuple[int, str]]:
    """Yield each line with its number, from 1, and with what ends it.

    Raises:
        MarketError: it can't be read on, or is no text; names the line.
    """
    number = 0
    try:
        with file.open("rb") as raw, _unpacked(raw) as plain:
            text = io.TextIOWrapper(plain, encoding=_encoding(plain), newline="")
            while line := text.readline(longest):
                number += 1
                if len(line) == longest and not line.endswith(("\n", "\r")):
                    raise MarketError(
                        f"{file}: line {number}: expected at most {longest:,} characters"
                    )
                if "\0" in line:
                    raise MarketError(f"{file}: line {number}: expected text, found binary data")
                if number % STEP == 0:
                    moved(raw.tell())
                yield number, line
    except _BROKEN as error:
        reason = "what is packed there is broken" if not str(error) else str(error)
        raise MarketError(f"{file}: line {number + 1}: can't be read: {reason}") from error


@contextlib.contextmanager
def _unpacked(raw: Any) -> Iterator[io.BufferedReader]:
    head = raw.read(4)
    raw.seek(0)
    kind = next((each for mark, each in _PACKED.items() if head.startswith(mark)), "")
    if kind == "gz":
        yield io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw)))
    elif kind == "zst":
        # Arrow's stream says so where a frame is cut off; that of zstandard just ends.
        with pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd") as stream:
            yield io.BufferedReader(stream)
    elif kind == "zip":
        with zipfile.ZipFile(raw) as archive, archive.open(_only(archive)) as member:
            yield io.BufferedReader(cast(io.RawIOBase, member))
    else:
        yield io.BufferedReader(raw)


def _only(archive: zipfile.ZipFile) -> str:
    names = [each.filename for each in archive.infolist() if not each.is_dir()]
    if len(names) != 1:
        raise zipfile.BadZipFile(f"expected one file in the archive, found {len(names)}")
    return names[0]


def _encoding(plain: io.BufferedReader) -> str:
    return "utf-16" if plain.peek(2)[:2] in _UTF_16 else "utf-8-sig"
