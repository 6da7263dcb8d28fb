"""The sentinel as seen from the trader: a child in a session of its own, fed with beats."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BEAT, FAREWELL = b".", b"q"
STOP_SECONDS = 3.0


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
        self._is_ready = False
        self._write(json.dumps(settings).encode() + b"\n")

    @property
    def process_id(self) -> int:
        """The process id of the sentinel."""
        return self._process.pid

    def beat(self) -> None:
        """Say that the trader lives."""
        self._write(BEAT)

    def is_ready(self) -> bool:
        """Tell whether it has begun to watch."""
        if not self._is_ready:
            with contextlib.suppress(BlockingIOError):
                self._is_ready = b"ready" in os.read(self._out, 64)
        return self._is_ready

    def has_ended(self) -> bool:
        """Tell whether the process is gone."""
        return self._process.poll() is not None

    def abandon(self) -> None:
        """Leave it to its duty: the end was not an orderly one."""
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
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()

    def _write(self, data: bytes) -> None:
        # A full pipe is a sentinel that was stopped; a broken one is seen by `has_ended`.
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._in, data)
