"""What is sent of an alert: a document for programs, a text for people; its body in AL1's order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from adapters.telemetry.acks import alert_id
from domain.model.breakers import Severity
from domain.model.errors import InvalidNumber
from domain.model.instants import Nanos, parse_iso
from domain.system.alert_ends import RESOLVED
from domain.system.courier_alerts import SIGN_OF_LIFE
from domain.system.deliveries import Notice

LONGEST = 1000
"""Characters of a member that are sent: a line of the file may be a flood."""
_MEMBERS = ("severity", "code", "what", "done", "owned", "worst", "command", "world", "at")
_BODY = (("Done", "done"), ("Owned", "owned"), ("At worst", "worst"), ("To do", "command"))
TESTED = "TEST"
_FOR_ALL = (SIGN_OF_LIFE, TESTED)


@frozen
class Message:
    """An alert on its way. `members` are those of its line, as texts without control characters."""

    id: str
    members: Mapping[str, str]
    is_escalated: bool = False

    @property
    def severity(self) -> Severity:
        """How loud it is."""
        return severity_of(self.members["severity"])

    @property
    def is_end(self) -> bool:
        """Tell whether it says that something is over."""
        return self.members["code"] == RESOLVED

    def document(self) -> dict[str, object]:
        """Return it for programs."""
        return {"id": self.id, **self.members, "escalated": self.is_escalated}

    @property
    def title(self) -> str:
        """Return it in a line."""
        louder = "ESCALATED, nobody took note: " if self.is_escalated else ""
        members = self.members
        return f"{louder}{members['severity']} {members['code']} ({members['world']})"

    @property
    def body(self) -> str:
        """Return it for people: what happened, what was done, what is owned, what can be lost, and
        one command.
        """
        told = [f"{name}: {self.members[key]}" for name, key in _BODY if self.members[key]]
        stamp = f"{self.members['at']}, id {self.id}"
        return "\n".join([self.members["what"], *told, stamp])


def message_of(line: Mapping[str, Any], *, is_escalated: bool = False) -> Message:
    """Return what is sent of a line of `alerts.jsonl`."""
    told = {**line, "at": line.get("wall", line.get("at"))}
    members = {name: _text(told.get(name)) for name in _MEMBERS}
    return Message(alert_id(line), members, is_escalated)


def notice_of(line: Mapping[str, Any]) -> Notice | None:
    """Return a line as far as its delivery goes; None: it is of a run in virtual time, or says not
    when it was written.
    """
    written, topic = line.get("wall"), line.get("topic")
    try:
        written_ns = parse_iso(written) if isinstance(written, str) else None
    except InvalidNumber:
        written_ns = None
    if written_ns is None:
        return None
    return Notice(
        id=alert_id(line),
        written_ns=Nanos(written_ns),
        severity=severity_of(line.get("severity")),
        topic=topic if isinstance(topic, str) else "",
        is_end=line.get("code") == RESOLVED,
        is_for_all=line.get("code") in _FOR_ALL,
    )


def severity_of(told: object) -> Severity:
    """Return how loud a line says that it is; one that nobody knows is the loudest."""
    try:
        return Severity(str(told))
    except ValueError:
        return Severity.CRITICAL


def _text(value: object) -> str:
    text = "" if value is None else str(value)
    shown = "".join(each if each.isprintable() else " " for each in text[: LONGEST + 1])
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + "..."
