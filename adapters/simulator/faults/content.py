"""Odd content: members of answers and frames changed by a script, and answers of long ago."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from attrs import evolve

from adapters.simulator.engine.wire import Request, Response
from adapters.simulator.faults.base import ALL
from adapters.simulator.faults.schedule import FaultSchedule, Running
from adapters.simulator.faults.wire_kinds import ABSENT, OddContent, StaleAnswer

EACH = "*"
"""In a path: every entry of a list."""


class OddContents:
    """Alters documents; each place that a path names is drawn by itself."""

    def __init__(self, schedule: FaultSchedule) -> None:
        self._schedule = schedule

    def of_answer(self, endpoint: str) -> Callable[[Response], Response] | None:
        """Return what happens to the content of an answer, None if nothing may."""
        meant = [each for each in self._active() if each.fault.is_of_request(endpoint)]
        return (lambda answer: _answer(answer, meant)) if meant else None

    def of_frame(self, channel: str, events: str) -> str:
        """Return the events of a frame as they are to be sent."""
        meant = [each for each in self._active() if each.fault.channel == channel]
        if not any(each.has_strikes for each in meant):
            return events
        documents = json.loads(f"[{events}]", parse_float=Decimal)
        struck = [alter(document, each) for document in documents for each in meant]
        return ",".join(map(_text, documents)) if any(struck) else events

    def _active(self) -> list[Running[OddContent]]:
        return self._schedule.active(OddContent)


WINDOW = ("start_date", "end_date", "start_sequence_timestamp")
"""Members of a query that move with the time: without them it is the same question."""


class StaleAnswers:
    """Keeps the first answer to each question while a fault is at work, and gives it again."""

    def __init__(self, schedule: FaultSchedule) -> None:
        self._schedule = schedule
        self._first: dict[tuple[int, str, str], Response] = {}

    def of_answer(self, request: Request, endpoint: str) -> Callable[[Response], Response] | None:
        """Return what happens to the answer to a request, None if nothing may."""
        asked = {name: each for name, each in request.query.items() if name not in WINDOW}
        for running in self._schedule.active(StaleAnswer):
            if endpoint in running.fault.endpoints or ALL in running.fault.endpoints:
                key = (running.number, request.path, json.dumps(asked, sort_keys=True))
                return partial(self._stale, running, key)
        return None

    def _stale(
        self, running: Running[StaleAnswer], key: tuple[int, str, str], answer: Response
    ) -> Response:
        first = self._first.setdefault(key, answer)
        return first if first is not answer and running.strikes() else answer


def alter(document: Any, running: Running[OddContent]) -> bool:
    """Change what the fault strikes of a document; tell whether that is anything."""
    fault, struck = running.fault, False
    for holder, key in list(places(document, fault.path.split("."))):
        is_there = isinstance(holder, list) or key in holder
        if (fault.value is ABSENT and not is_there) or not running.strikes():
            continue
        struck = True
        if fault.value is ABSENT and isinstance(holder, dict):
            del holder[key]
        else:
            holder[key] = None if fault.value is ABSENT else fault.value
    return struck


def places(document: Any, path: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """Yield what holds each place that `path` names, and under which key or index."""
    step, *rest = path
    keys: list[Any] = []
    if isinstance(document, list):
        keys = [number for number in range(len(document)) if step in (EACH, str(number))]
    elif isinstance(document, dict):
        keys = list(document) if step == EACH else [step]
    for key in keys:
        if not rest:
            yield document, key
        elif isinstance(document, list) or key in document:
            yield from places(document[key], rest)


def _answer(answer: Response, meant: Sequence[Running[OddContent]]) -> Response:
    if answer.status != 200 or not any(each.has_strikes for each in meant):
        return answer
    try:
        document = json.loads(answer.body, parse_float=Decimal)
    except ValueError:
        return answer  # another fault has seen to it
    struck = [alter(document, each) for each in meant]
    return evolve(answer, body=_text(document).encode()) if any(struck) else answer


def _text(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), default=float)
