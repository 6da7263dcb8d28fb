"""Standard streams that can't end a command in the middle of what it does.

A terminal or a reader may go away, a disk behind `>` may be full: what is being done to orders is
done to its end all the same, and what could not be said is told at the end.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from typing import Any

from domain.model.secrets import redacted

EXIT_NO = 1
GONE = (errno.EPIPE, errno.EIO)
"""The reader, or the terminal, has gone away: whoever closed it wants no more."""


class _Outlet(io.FileIO):
    """A descriptor that takes everything; `failure` is the first error of the system, if any."""

    failure: OSError | None = None

    def write(self, data: Any) -> int:
        """Write `data`, or pass over it if it can't be written."""
        size = memoryview(data).nbytes
        try:
            return super().write(data) or 0
        except BlockingIOError:
            raise
        except OSError as error:
            self.failure = self.failure or error
            return size


class _Text(io.TextIOWrapper):
    """A stream for people and programs that no secret leaves by."""

    def write(self, text: str, /) -> int:
        """Write `text`, less any secret."""
        super().write(redacted(text))
        return len(text)


def on_safe_streams(call: Callable[[], int]) -> int:
    """Return the exit code of `call`, run with streams that never fail; 1 if stdout was lost."""
    _open_the_closed()
    outlet = _Outlet(1, "wb", closefd=False)
    sys.stdout = _text(outlet, line_buffering=os.isatty(1))
    sys.stderr = _text(_Outlet(2, "wb", closefd=False), line_buffering=True)
    code = call()
    sys.stdout.flush()
    if outlet.failure is None or outlet.failure.errno in GONE:
        return code
    sys.stderr.write(f"standard output could not be written: {outlet.failure.strerror}\n")
    return code or EXIT_NO


def reader_is_gone() -> bool:
    """Tell whether nobody takes what is written to standard output any more."""
    outlet = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return isinstance(outlet, _Outlet) and outlet.failure is not None


def _text(outlet: _Outlet, *, line_buffering: bool) -> io.TextIOWrapper:
    # Texts of other people may hold what no encoding has, like half a surrogate.
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    buffer = io.BufferedWriter(outlet)
    return _Text(
        buffer, encoding=encoding, errors="backslashreplace", line_buffering=line_buffering
    )


def _open_the_closed() -> None:
    """Put nothing where a standard stream is closed, before a file of ours gets its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - open as long as the process
