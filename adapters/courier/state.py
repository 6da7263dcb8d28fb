"""How the courier does, for its trader and for `status`: `courier.json` beside the marks."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Any

from adapters.control.files import read_json, write_json
from adapters.control.instances import is_alive, process_id
from domain.model.instants import iso

FILE = "courier.json"
AGAIN_S = 5.0
"""It is written anew that often, for those who deleted it."""


class StateFile:
    """Written when something is new, and now and then."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._told: dict[str, Any] = {}
        self._told_s = 0.0

    def tell(self, told: dict[str, Any]) -> None:
        """Replace the state; that it can't be written stops nothing."""
        now_s = time.monotonic()
        if told == self._told and now_s - self._told_s < AGAIN_S:
            return
        self._told, self._told_s = told, now_s
        line = {"wall": iso(time.time_ns()), "pid": os.getpid(), **told}
        with contextlib.suppress(OSError):
            write_json(self._path, line)


def read_state(folder: Path) -> dict[str, Any]:
    """Return what the courier of the mode's `folder` told last, empty if nothing."""
    return read_json(folder / FILE) or {}


def is_at_work(state: dict[str, Any]) -> bool:
    """Tell whether the courier that told `state` lives."""
    try:
        return is_alive(process_id(state.get("pid")))
    except ValueError:
        return False
