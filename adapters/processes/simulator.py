"""The embedded venue as seen from the trader: a child process, or one that runs already."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import ip_address
from typing import IO
from urllib.parse import urlsplit

import requests

from adapters.simulator.server.session import SessionInvalid, VenueSession, read_session
from domain.model.errors import Unreachable, VenueError

START_SECONDS = 90.0
STOP_SECONDS = 5.0
_ASK_SECONDS = 5.0
_LINES_KEPT = 50


class VenueNotStarted(VenueError):
    """The venue process ended before it listened; `exit_code` is its own, or 1."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class VenueChild:
    """A venue process of our own; it ends when we stop it or when we die, however we die."""

    def __init__(
        self,
        command: Sequence[str],
        said: str = "",
        *,
        start_seconds: float = START_SECONDS,
        hear: Callable[[str], object] = len,
    ) -> None:
        """Run `command`, tell it the line `said`, and wait until it listens (machine seconds).

        It has to end when its standard input does. `hear` gets each line of its standard error, on
        a thread of its own.

        Raises:
            VenueNotStarted: it ended or did not listen in time; the message is its own.
        """
        self._said: deque[str] = deque(maxlen=_LINES_KEPT)
        self._line = ""
        self._listens = threading.Event()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us; we stop the venue last
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        if said:
            self._tell(said)
        self._readers = [
            self._follow(self._process.stdout, self._hear_out),
            self._follow(self._process.stderr, partial(self._hear_error, hear)),
        ]
        try:
            self.session = self._await_session(start_seconds)
        except BaseException:
            self.stop(seconds=0)
            raise

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended: its last words say why
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    @property
    def process_id(self) -> int:
        """The process id of the venue."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return the exit code if the venue has ended, else None."""
        return self._process.poll()

    def last_words(self) -> str:
        """Return what the venue last wrote to standard error."""
        return "\n".join(self._said)

    def stop(self, *, seconds: float = STOP_SECONDS) -> int:
        """End the venue, by force after `seconds` of machine time; return its exit code."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join(1.0)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        return self._process.returncode

    def _await_session(self, seconds: float) -> VenueSession:
        if not self._listens.wait(seconds):
            raise VenueNotStarted(f"the venue did not listen within {seconds:g} s", 1)
        if not self._line:
            code = self._process.wait(STOP_SECONDS)
            self._readers[1].join(1.0)
            said = self.last_words() or f"the venue ended with {code} and said nothing"
            raise VenueNotStarted(said.removeprefix("venue: "), code or 1)
        words = dict(word.split("=", 1) for word in self._line.split() if "=" in word)
        return attach(words["rest"])

    def _hear_out(self, line: str) -> None:
        if line.startswith("VENUE "):
            self._line = line
            self._listens.set()

    def _hear_error(self, hear: Callable[[str], object], line: str) -> None:
        self._said.append(line)
        hear(line)

    def _follow(self, pipe: IO[str] | None, hear: Callable[[str], None]) -> threading.Thread:
        assert pipe is not None
        lines = pipe

        def read() -> None:
            for line in lines:
                hear(line.rstrip("\n"))
            self._listens.set()

        thread = threading.Thread(target=read, name="venue-output", daemon=True)
        thread.start()
        return thread


def attach(url: str) -> VenueSession:
    """Return the session of the venue that listens at `url` (its plain REST address).

    Raises:
        Unreachable: nothing usable answers there, or the address is not loopback.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not _is_loopback(parts.hostname):
        raise Unreachable(
            f"expected the plain address of a venue on loopback, like http://127.0.0.1:8080, "
            f"was {url!r}"
        )
    address = f"http://{parts.netloc}/bulkhead/session"
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy stands between us and loopback
            answer = session.get(address, timeout=_ASK_SECONDS)
        if answer.status_code != 200:
            raise Unreachable(f"{address} answered {answer.status_code}; is it `run.py venue`?")
        return read_session(answer.json())
    except (requests.RequestException, ValueError, SessionInvalid) as error:
        raise Unreachable(f"no venue answers at {url}: {_cause(error)}") from error


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return host is not None and ip_address(host).is_loopback
    except ValueError:
        return False


def _cause(error: Exception) -> str:
    if isinstance(error, requests.ConnectionError):
        return "connection refused; start it with `python run.py venue`"
    if isinstance(error, requests.Timeout):
        return f"no answer within {_ASK_SECONDS:g} s"
    return str(error)
