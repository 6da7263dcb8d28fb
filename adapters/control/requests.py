"""Requests of operators to a running instance, as files in `<mode>/control/`.

A request that nobody answered in time is withdrawn by its author, and never carried out later.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actors.kernel.ports import ControlRequest
from adapters.control.files import parse_json, read_json, read_text, write_json
from domain.model.errors import TradingError

FOLDER = "control"
REPLY = ".reply.json"
ANSWER_SECONDS = 5.0
STALE_SECONDS = 15.0
"""Age (UTC wall clock) at which files of either side are left-overs of a dead process."""
POLL_SECONDS = 0.02
NO_HOURS = -1
"""What stands for hours that are no whole number: nobody takes it for a length."""


class NoReply(TradingError):
    """The instance did not answer in time; the request was withdrawn."""


def send_request(
    folder: Path,
    verb: str,
    payload: Mapping[str, Any],
    *,
    timeout_seconds: float = ANSWER_SECONDS,
) -> dict[str, Any]:
    """Ask the instance that runs on the mode's `folder` and return its answer.

    Raises:
        NoReply: there was none within `timeout_seconds` of machine time.
        OSError: the request could not be written.
    """
    control = folder / FOLDER
    identity = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
    request, reply = control / f"{identity}.json", control / f"{identity}{REPLY}"
    deadline = time.monotonic() + timeout_seconds
    write_json(request, {"verb": verb, **payload})
    try:
        while time.monotonic() < deadline:
            answer = read_json(reply)
            if answer is not None:
                return answer
            time.sleep(POLL_SECONDS)
    finally:
        request.unlink(missing_ok=True)
        reply.unlink(missing_ok=True)
    raise NoReply(f"the running instance did not answer `{verb}` within {timeout_seconds:g} s")


class FileControlInbox:
    """The instance's side: finds requests, once each, and answers them."""

    def __init__(self, folder: Path) -> None:
        """`folder` is that of the mode; requests from before this moment are thrown away."""
        self._control = folder / FOLDER
        self._control.mkdir(parents=True, exist_ok=True)
        self._control.chmod(0o700)
        self._taken: set[str] = set()
        for left_over in self._control.iterdir():
            with contextlib.suppress(IsADirectoryError, PermissionError):  # never a request
                left_over.unlink(missing_ok=True)

    def poll(self) -> tuple[ControlRequest, ...]:
        """Return new requests, oldest first."""
        names = self._names()
        found = []
        for name in names:
            if name.endswith(REPLY) or name.startswith("."):
                self._drop_if_stale(name)
            elif name.endswith(".json") and name not in self._taken:
                found += self._take(name)
        self._taken.intersection_update(names)
        return tuple(found)

    def reply(self, request_id: str, answer: dict[str, object]) -> None:
        """Answer a request.

        Raises:
            OSError: the answer could not be written.
        """
        write_json(self._control / f"{request_id}{REPLY}", answer)
        (self._control / f"{request_id}.json").unlink(missing_ok=True)

    def _names(self) -> list[str]:
        try:
            return sorted(entry.name for entry in self._control.iterdir())
        except OSError:
            return []

    def _take(self, name: str) -> list[ControlRequest]:
        identity = name.removesuffix(".json")
        if self._drop_if_stale(name):
            return []
        try:
            card = parse_json(read_text(self._control / name)) or {}
        except OSError:
            return []
        except UnicodeDecodeError:
            card = {}
        self._taken.add(name)
        if "verb" in card:
            reason, subject = (str(card.get(member, "")) for member in ("reason", "subject"))
            hours = card.get("hours", 0)
            hours = hours if type(hours) is int else NO_HOURS
            return [ControlRequest(identity, str(card["verb"]), reason, subject, hours)]
        lines = ['expected {"verb": …, "reason": …}; nothing was done']
        self.reply(identity, {"code": 2, "lines": lines})
        return []

    def _drop_if_stale(self, name: str) -> bool:
        path = self._control / name
        try:
            if time.time() - path.stat().st_mtime < STALE_SECONDS:
                return False
            path.unlink()
        except OSError:
            pass
        return True
