"""A log of everything on the wire, in the form of recordings: what was heard can be played again.

One JSON object a line; `t` says what it is: `header` once, `http` a list of products, `request` any
other request, `connect`, `send` (from a client) and `recv` (to it) on a stream, `closed`. `ts` is
market time in seconds. Tokens are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from adapters.simulator.engine.wire import Request, Response
from domain.model.instants import SECOND

FORMAT = 2
_TOKEN = re.compile(r'("jwt"\s*:\s*)"[^"]*"')
_CATALOGUE = re.compile(r"/(market/)?products$")


class WireRecorder:
    """Writes the log. Without a file it does nothing."""

    def __init__(self, path: Path | None, now_ns: Callable[[], int]) -> None:
        """Begin or go on with a log.

        Raises:
            OSError: the file cannot be written.
        """
        self._now_ns = now_ns
        self._file: TextIO | None = None if path is None else path.open("a", encoding="utf-8")
        self._streams = 0
        self._write("header", format=FORMAT, exchange="EMBEDDED")

    def answered(self, asked: Request, answer: Response | None) -> None:
        """Note a request with its answer, None if the client got none."""
        if self._file is None:
            return
        is_list = answer is not None and answer.status == 200 and _CATALOGUE.search(asked.path)
        self._write(
            "http" if is_list else "request",
            url=asked.path,
            method=asked.method,
            query=asked.query,
            body=_text(asked.body),
            status=None if answer is None else answer.status,
            data=None if answer is None else _text(answer.body),
        )
        self._file.flush()

    def connected(self) -> str:
        """Note a new stream and return its name."""
        self._streams += 1
        name = f"stream.{self._streams}"
        self._write("connect", conn=name)
        return name

    def heard(self, name: str, text: str) -> None:
        """Note a message of a client."""
        if self._file is not None:
            self._write("send", conn=name, data=_TOKEN.sub(r'\1""', text))

    def sent(self, name: str, frame: bytes) -> None:
        """Note a frame to a client."""
        if self._file is not None:
            self._write("recv", conn=name, data=_text(frame))

    def closed(self, name: str) -> None:
        """Note the end of a stream."""
        self._write("closed", conn=name)

    def close(self) -> None:
        """End the log."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, kind: str, **members: Any) -> None:
        if self._file is not None:
            seconds, rest_ns = divmod(self._now_ns(), SECOND)
            rest = json.dumps(members, separators=(",", ":"), ensure_ascii=False)
            self._file.write(f'{{"t":"{kind}","ts":{seconds}.{rest_ns:09},{rest[1:]}\n')


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
