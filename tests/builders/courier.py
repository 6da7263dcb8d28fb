"""A folder in which a trader writes alerts, and a courier process that carries them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.courier.marks import Mark, MarkFile
from adapters.courier.settings import CourierSettings, write_settings
from adapters.courier.state import read_state
from adapters.telemetry.acks import Ack, AckFile, alert_id
from domain.model.breakers import Severity
from domain.model.instants import SECOND, iso
from tests.builders.runs import ROOT

DEAD_PID = 2**22 + 1
"""Above what Linux gives out: nobody has it."""


class Trader:
    """The folders of a trader, written as it writes them."""

    def __init__(self, home: Path) -> None:
        self.log, self.mode = home / "logs", home / "data" / "paper"
        self.log.mkdir(parents=True)
        self.mode.mkdir(parents=True)
        self.begun_ns = time.time_ns() - SECOND

    @property
    def file(self) -> Path:
        return self.log / "alerts.jsonl"

    def alerts(self, what: str, **members: Any) -> str:
        """Write an alert, CRITICAL unless it says otherwise; return its id."""
        now = iso(time.time_ns())
        line = {
            "at": now,
            "wall": now,
            "world": "default",
            "mode": "paper",
            "severity": "CRITICAL",
            "code": "ODD",
            "what": what,
            "done": "tried again",
            "owned": "1 BTC",
            "worst": "all of it",
            "command": "python run.py status",
            "topic": "",
            **members,
        }
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return alert_id(line)

    def notes(self, alert: str) -> None:
        """Take note of an alert as a person does."""
        AckFile(self.log).add(alert, Ack(iso(time.time_ns()), "seen"))

    def settings(self, *urls: str, **changes: Any) -> CourierSettings:
        values: dict[str, Any] = {
            "log": self.log,
            "mode_folder": self.mode,
            "world": "default",
            "mode": "paper",
            "pid": DEAD_PID,
            "begun_ns": self.begun_ns,
            "least": Severity.WARNING,
            "urls": urls,
            "quiet_after_s": 60.0,
        }
        return CourierSettings(**values | changes)

    def marks(self) -> list[Mark]:
        return [each for each in MarkFile(self.mode).read() if each.alert is not None]

    def state(self) -> dict[str, Any]:
        return read_state(self.mode)


class Carrying:
    """A courier process; the test is its trader."""

    def __init__(self, settings: CourierSettings) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "adapters.courier.main"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._say(write_settings(settings))

    def farewell(self) -> None:
        self._say(b"q")

    def die(self) -> None:
        """End the pipe as a death of the trader does."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def ends(self, seconds: float = 30.0) -> None:
        """Wait for the end, which must be a quiet one."""
        assert self.process.wait(seconds) == 0
        assert self.process.stderr is not None
        assert self.process.stderr.read() == b""

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def _say(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()


@contextlib.contextmanager
def courier(settings: CourierSettings) -> Iterator[Carrying]:
    """Run a courier; whatever is left of it at the end of the block is killed."""
    carrying = Carrying(settings)
    try:
        yield carrying
    finally:
        carrying.kill()
