"""Alerts on the screen: one line each in a status, the whole body in a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.status.lines import BAD, DIM, WARN, Line, title
from app.status.members import Members
from domain.model.figures import moment

SHOWN = 3
"""How many a status shows."""
_BODY = (("done", "done"), ("owned", "owned"), ("worst", "at worst"), ("command", "to do"))
"""Members of an alert in the fixed order of its body, with what they are called."""
_SAID = ("open", "acknowledged", "resolved")
_STYLES = {"CRITICAL": BAD, "WARNING": WARN}


def latest_lines(alerts: Sequence[Members]) -> Iterator[Line]:
    """Yield the newest alerts, a line each."""
    if not alerts:
        return
    yield from title("Latest open alerts; all of them: python run.py alerts list")
    for each in alerts[-SHOWN:]:
        yield _head(each, "  ")


def alert_blocks(alerts: Sequence[Members]) -> Iterator[Line]:
    """Yield every alert with its id, how it stands, its body, what was noted and where it went."""
    for each in alerts:
        head = _head(each, "")
        name = f"  [{each.text('id')}]" if each.text("id") else ""
        if each.text("state") in _SAID:
            name += f"  {each.text('state')}"
        yield Line(f"{head.text}{name}", head.style)
        for name, called in _BODY:
            if told := each.text(name):
                is_command = name == "command"
                yield Line(f"    {called:<9} {told}", indent=10, is_command=is_command)
        if noted := each.part("ack"):
            told = f"{moment(noted.moment('wall'))}: {noted.text('reason')}"
            yield Line(f"    {'noted':<9} {told}", DIM, indent=10)
        for sent in each.parts("sent"):
            louder = ", ESCALATED" if sent.flag("escalated") else ""
            told = f"{sent.text('to')} {moment(sent.moment('wall'))}{louder}"
            yield Line(f"    {'sent':<9} {told}", DIM, indent=10)


def _head(alert: Members, margin: str) -> Line:
    severity = alert.text("severity")
    at = moment(alert.moment("wall") or alert.moment("at"))
    return Line(f"{margin}{at}  {severity}  {alert.text('what')}", _STYLES.get(severity, ""))
