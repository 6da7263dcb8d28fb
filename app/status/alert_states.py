"""How an alert stands: open, noted by a person, or over; only what is open wants somebody."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from attrs import frozen

from adapters.courier.message import severity_of
from adapters.telemetry.acks import Ack, AckFile, alert_id
from adapters.telemetry.lines import Entry, LineFiles, is_of
from app.status.members import Members
from domain.model.breakers import Severity
from domain.system.alert_ends import RESOLVED

FILE = "alerts.jsonl"
Subject = tuple[str, str, str]


class AlertState(StrEnum):
    """What is still to be done about an alert."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    NEWS = "news"
    """It only informs."""


@frozen
class AlertBook:
    """What was noted, by the id of an alert, and when each subject was over last."""

    acks: Mapping[str, Ack]
    ends_ns: Mapping[Subject, int]

    def state_of(self, alert: Entry) -> AlertState:
        """Return how an alert stands."""
        if severity_of(alert.get("severity")) is Severity.INFO:
            return AlertState.NEWS
        if alert_id(alert) in self.acks:
            return AlertState.ACKNOWLEDGED
        written_ns = Members(alert).moment("at")
        ended_ns = self.ends_ns.get(_subject(alert))
        is_over = written_ns is not None and ended_ns is not None and ended_ns >= written_ns
        return AlertState.RESOLVED if is_over and alert.get("topic") else AlertState.OPEN

    def is_open(self, alert: Entry) -> bool:
        """Tell whether it waits for somebody."""
        return self.state_of(alert) is AlertState.OPEN


def read_book(log: Path) -> AlertBook:
    """Return what is known of the alerts of a log folder.

    Raises:
        OSError: a file can't be read.
    """
    ends_ns: dict[Subject, int] = {}
    for each in LineFiles(log / FILE).newest(None, lambda line: line.get("code") == RESOLVED):
        at_ns = Members(each).moment("at")
        if at_ns is not None:
            ends_ns[_subject(each)] = at_ns
    return AlertBook(AckFile(log).read(), ends_ns)


def count_open(log: Path, world: str) -> int | None:
    """Return how many alerts of the instance of that name are open; None: not readable."""
    try:
        book = read_book(log)
        is_wanted = LineFiles(log / FILE).newest(
            None, lambda each: is_of(each, world) and book.is_open(each)
        )
    except OSError:
        return None
    return len(is_wanted)


def _subject(alert: Entry) -> Subject:
    return (str(alert.get("world")), str(alert.get("mode")), str(alert.get("topic")))
