"""The sentinel as seen from the trader: a child in a session of its own; both send beats."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BEAT, FAREWELL, LEAVING = b".", b"q", b"l"
STOP_SECONDS, END_SECONDS = 3.0, 1.0
HEARD_AT_ONCE = 65536
"""Bytes read from it at a look: all that a pipe holds."""


class SentinelProcess:
    """One sentinel process. Nothing here blocks but `stop`, and that is bounded."""

    def __init__(self, settings: dict[str, object]) -> None:
        """Start it with `settings` (see `adapters/sentinel/main.py`)."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "adapters.sentinel.main"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # neither Ctrl-C nor a stopped job is meant for it
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._beats = 0
        self._is_closed = False
        self._write(json.dumps(settings).encode() + b"\n")

    @property
    def process_id(self) -> int:
        """The process id of the sentinel."""
        return self._process.pid

    def beat(self) -> None:
        """Say that the trader lives."""
        self._write(BEAT)

    def beats(self) -> int:
        """Return how often it has said so far that it gets on; 0: it does not watch yet."""
        with contextlib.suppress(BlockingIOError):
            self._beats += len(os.read(self._out, HEARD_AT_ONCE))
        return self._beats

    def is_ready(self) -> bool:
        """Tell whether it has begun to watch."""
        return self.beats() > 0

    def has_ended(self) -> bool:
        """Tell whether the process is gone."""
        return self._process.poll() is not None

    def end(self) -> None:
        """End it by force, also one that was stopped; another takes over."""
        self._process.kill()
        self._close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)

    def abandon(self) -> None:
        """Leave it to its duty: we end, and orders of ours are not confirmed cancelled."""
        if not self._is_closed:
            self._write(LEAVING)
        self._close()

    def stop(self) -> None:
        """Say farewell and wait for the end; by force if it does not come."""
        self._write(FAREWELL)
        self._close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _close(self) -> None:
        self._is_closed = True
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()

    def _write(self, data: bytes) -> None:
        # A full pipe is a sentinel that was stopped; a broken one is seen by `has_ended`.
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._in, data)
