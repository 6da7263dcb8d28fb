"""A child process with an environment of its own, whose whole session ends with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from attrs import field, mutable

from app.command_line.options import ROOT

KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "VIRTUAL_ENV")
"""What of the environment a child sees: neither keys nor the addresses that alerts go to."""


@mutable
class CleanChildren:
    """CleanChildren that run now. None of them outlives `end`, nor what they have left behind."""

    _running: set[subprocess.Popen[bytes]] = field(factory=set)
    is_over: bool = False

    def run(self, words: Sequence[str], said: Path, limit_s: float) -> int | None:
        """Run `python -m` with `words` from the checkout; return its exit code.

        None: it had no end within `limit_s` seconds. What it says goes to the file `said`.

        Raises:
            OSError: it can't be started, or `said` can't be written.
        """
        with said.open("wb") as out:
            child = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env={name: os.environ[name] for name in KEPT if name in os.environ},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._running.add(child)
        if self.is_over:  # it was begun while all were ended
            _kill(child)
        try:
            return child.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _kill(child)
            self._running.discard(child)

    def end(self) -> None:
        """End all of them; whoever would begin another one can see that it `is_over`."""
        self.is_over = True
        for child in tuple(self._running):
            _kill(child)


def last_words(said: Path) -> str:
    """Return the last line of what a child has said."""
    try:
        text = said.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        text = ""
    return text.splitlines()[-1] if text else "it said nothing"


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End what a child has left behind: its session holds nobody else."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
