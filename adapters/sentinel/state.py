"""What the sentinel tells: its state, its log, its alerts. Failing to tell is never an error."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.control.files import read_json, write_json
from domain.model.instants import iso
from domain.model.secrets import redacted

FILE, HEAD = "sentinel.json", "head"
LOOK, WORLD = "python run.py status", "default"
"""Of a trader in the usual folders."""
# A text that no encoding can write is a ValueError.
UNTOLD = (OSError, ValueError)


class State:
    """Files in the mode's folder and in the log folder."""

    def __init__(self, mode_folder: Path, log: Path, look: str = LOOK, world: str = WORLD) -> None:
        """`look` is the command that shows the trader; `world` names it where logs are shared."""
        self._file = mode_folder / FILE
        self._log, self._look, self._world = log, look, world
        self._told = ""
        self._state: dict[str, Any] = {}
        self._head: Mapping[str, object] = {}

    def tell(self, state: str, **fields: object) -> None:
        """Replace the state and log it; the same again is not news."""
        news = f"{state} {fields}"
        if news == self._told:
            return
        self._told = news
        line = {"wall": iso(time.time_ns()), "pid": os.getpid(), "state": state, **fields}
        self._state = line
        self._write()
        self._append("sentinel.jsonl", line)

    def saw(self, head: Mapping[str, object]) -> None:
        """Keep where the journal stood last: whoever writes it anew does not know of this."""
        if head and head != self._head:
            self._head = head
            self._state = {**self._state, "wall": iso(time.time_ns())}
            self._write()

    def _write(self) -> None:
        head = {HEAD: dict(self._head)} if self._head else {}
        with contextlib.suppress(*UNTOLD):
            write_json(self._file, {**self._state, **head})

    def is_watched_by_another(self) -> bool:
        """Tell whether another sentinel than this one has taken over."""
        known = read_json(self._file) or {}
        return known.get("pid") not in (None, os.getpid()) and known.get("state") == "watching"

    def alert(self, what: str, done: str) -> None:
        """Write a CRITICAL alert, in the form of the trader's own."""
        now = iso(time.time_ns())
        alert = {
            "at": now,
            "wall": now,
            "world": self._world,
            "mode": self._file.parent.name,
            "actor": "sentinel",
            "correlation": 0,
            "severity": "CRITICAL",
            "code": "SENTINEL",
            "what": what,
            "done": done,
            "owned": "see status",
            "worst": "stops of owned lots as listed in status",
            "command": self._look,
        }
        self._append("alerts.jsonl", alert)

    def _append(self, name: str, line: dict[str, Any]) -> None:
        text = redacted(json.dumps(line, ensure_ascii=False)) + "\n"
        with contextlib.suppress(*UNTOLD):
            self._log.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._log / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, text.encode())
            finally:
                os.close(handle)
