"""Who sells everything: the trader that runs, or one that is started for that and nothing else."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from adapters.control.instances import STATUS, Holder, holder, is_running
from adapters.control.requests import NoReply, send_request
from app.command_line.last_start import start_again
from app.command_line.options import ROOT, Folders
from app.commands.ending import is_stopped
from domain.messages.control import LIQUIDATE
from domain.model.errors import TradingError
from domain.model.instants import SECOND, parse_iso

START_SECONDS = 120.0
"""A start reads the journal, starts its venue and compares all; then it answers."""
YOUNG_SECONDS = 60.0
"""Who has held the lock for less may still be starting, and is not silent."""
FRESH_SECONDS = 5.0
"""A trader that lives tells its status each second."""
PATIENCE = 4
"""Requests without an answer after which even one that tells its status counts as stuck."""
END_SECONDS = 20.0
LOOK_SECONDS = 0.1
WORDS_MAX = 2_000
Answer = tuple[int, list[str]]
Say = Callable[[str], None]


class NotLiquidated(TradingError):
    """Nothing more can be done from here; the text says what a person does."""


def order(folder: Path, reason: str) -> Answer | None:
    """Order the trader that runs on `folder` to sell everything; None: it does not answer.

    Raises:
        OSError: it could not be asked.
    """
    try:
        answer = send_request(folder, LIQUIDATE, {"reason": reason})
    except NoReply:
        return None
    code, lines = answer.get("code", 1), answer.get("lines", ())
    told = [str(line) for line in lines] if isinstance(lines, list) else []
    return (code if isinstance(code, int) else 1), told


def is_silent(folder: Path, missed: int) -> bool:
    """Tell whether who holds the lock of `folder` and did not answer `missed` times is stuck.

    One that is starting is not, nor one that is slow but goes on telling its status.
    """
    who = holder(folder)
    if who is None:
        return False
    if is_stopped(who.pid):
        return True
    lives = _is_fresh(folder / STATUS) and missed < PATIENCE
    return not lives and _age_s(who) > YOUNG_SECONDS


def fence(folder: Path) -> None:
    """End the silent trader that holds the lock of `folder`: it can send nothing any more.

    Its venue, if it has one, ends with it, and its sentinel cancels what it left.

    Raises:
        NotLiquidated: who holds the lock is not known, or not on this machine, or does not end.
    """
    who = holder(folder)
    if who is None or who.host != socket.gethostname() or not _is_ours(who.pid):
        raise NotLiquidated(
            f"somebody holds the lock of {folder} ({who or 'unknown'}) and does not answer, and it"
            " can't be ended from here: end it there, then liquidate again"
        )
    with suppress(ProcessLookupError):
        os.kill(who.pid, signal.SIGKILL)
    if not _wait(lambda: not is_running(folder), END_SECONDS):
        raise NotLiquidated(f"pid {who.pid} still holds the lock of {folder} after SIGKILL")


class Seller:
    """A trader of our own, started on `folder` to sell everything."""

    def __init__(self, folders: Folders, folder: Path, since_s: float) -> None:
        """`since_s`: when the person ordered it; a kill of before does not stop it, a new one does.

        Raises:
            OSError: it could not be started.
        """
        self._folder = folder
        # What it tells is in its log; its last words are told where it does not start.
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the trader
        self._process = subprocess.Popen(
            [
                *(sys.executable, str(ROOT / "run.py"), "--env", folder.name),
                *("--quiet", "--plain", "--no-dashboard", f"--liquidating={since_s!r}"),
                *(f"--config-dir={folders.config}", f"--log-dir={folders.log}"),
                f"--data-dir={folder.parent}",
                *start_again(folder),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._words,
            start_new_session=True,  # Ctrl-C is for us; we end it in order
        )

    def exit_code(self) -> int | None:
        """Return how it has ended, None while it runs."""
        return self._process.poll()

    def await_ready(self) -> bool:
        """Tell whether it has begun: False if it ended instead."""
        os.set_blocking(self._stdout, False)
        return _wait(self._has_said_ready, START_SECONDS) and self.exit_code() is None

    def end(self) -> None:
        """Have it end in order; after a while, by force."""
        if self.exit_code() is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            if not _wait(lambda: self.exit_code() is not None, END_SECONDS):
                self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._words.close()

    def last_words(self) -> str:
        """Return what it has told people so far, of that the end."""
        self._words.seek(0)
        return self._words.read().decode(errors="replace").strip()[-WORDS_MAX:]

    @property
    def _stdout(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def _has_said_ready(self) -> bool:
        if self.exit_code() is not None:
            return True
        with suppress(BlockingIOError):
            return b"READY" in os.read(self._stdout, 65536)
        return False


def _is_fresh(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime < FRESH_SECONDS
    except OSError:
        return False


def _age_s(who: Holder) -> float:
    """Return for how long it has held the lock, by the wall clock; what can't be read is long."""
    try:
        return time.time() - parse_iso(who.started) / SECOND
    except ValueError:
        return YOUNG_SECONDS + 1


def _is_ours(pid: int) -> bool:
    """Tell whether a process is one of this program: process ids are used again."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(word.endswith(b"run.py") for word in words)


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(LOOK_SECONDS)  # another process: its lock and files can only be looked at
    return True
