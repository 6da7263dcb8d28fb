"""The courier as seen from the trader: a child in a session of its own, which may outlive us."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAREWELL = b"q"
STOP_SECONDS, END_SECONDS = 2.0, 1.0
"""How long an end waits for it; what it still has to send then, it sends without us."""
HEARD_AT_ONCE = 65536


class CourierProcess:
    """One courier process. Nothing here blocks but `stop` and `end`, and those are bounded."""

    def __init__(self, settings: bytes) -> None:
        """Start it with the line `settings` (see `adapters/courier/settings.py`)."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "adapters.courier.main"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # neither Ctrl-C nor our death is meant for it
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._write(settings)

    @property
    def process_id(self) -> int:
        """The process id of the courier."""
        return self._process.pid

    def is_heard(self) -> bool:
        """Tell whether it has said since the last time that it gets on."""
        with contextlib.suppress(BlockingIOError):
            return bool(os.read(self._out, HEARD_AT_ONCE))
        return False

    def has_ended(self) -> bool:
        """Tell whether the process is gone."""
        return self._process.poll() is not None

    def end(self) -> None:
        """End it by force, also one that was stopped; another goes on by its marks."""
        self._process.kill()
        self.abandon()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)

    def abandon(self) -> None:
        """Leave it as our death would: it goes on until the sentinel has nothing more to tell."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()

    def stop(self) -> None:
        """Say farewell, and wait a moment for what is still to be sent."""
        self._write(FAREWELL)
        self.abandon()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)

    def _write(self, data: bytes) -> None:
        # A full pipe is a courier that was stopped; a broken one is seen by `has_ended`.
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._in, data)
