"""Where the alerts of an instance go, as its courier says: a line of the status."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.courier.state import is_at_work, read_state
from app.status import words
from app.status.lines import DIM, WARN, Line
from app.status.members import Members
from app.status.signs import Signs
from domain.model.wording import counted
from domain.system.courier_alerts import DEAF_NS

HOW = "nowhere but here; set BULKHEAD_ALERT_URLS, then type: python run.py alerts test"


def channel_rows(folder: Path, *, is_up: bool) -> dict[str, Any] | None:
    """Return what the courier of the mode's `folder` told last; None where nothing is delivered."""
    state = read_state(folder)
    if not is_at_work(state):
        return {"channels": [], "problems": []} if is_up else None
    names = ("channels", "heartbeat", "heartbeat_failure", "problems")
    return {name: state.get(name) for name in names}


def channel_lines(document: Members, signs: Signs) -> Iterator[Line]:
    """Yield where alerts go, or how to have them sent, and what does not work."""
    told = document.part("alert_channels")
    if not told:
        return
    channels = told.parts("channels")
    if not channels:
        yield Line(f"  alerts go {HOW}", DIM)
    else:
        names = ", ".join(each.text("label") for each in channels)
        yield Line(f"  alerts go to: {counted(len(channels), 'channel')} ({names})", indent=4)
    for each in channels:
        since_ns = each.moment("failing_since")
        if since_ns is not None and signs.now_ns - since_ns >= DEAF_NS:
            age = words.age(signs.now_ns - since_ns)
            waiting = counted(each.count("waiting"), "alert")
            text = f"has taken none for {age}: {each.text('failure')}; {waiting} wait"
            yield Line(f"  {each.text('label')} {text}", WARN, indent=4)
    if failure := told.text("heartbeat_failure"):
        yield Line(f"  the heartbeat URL does not answer: {failure}", WARN, indent=4)
    for problem in told.texts("problems"):
        yield Line(f"  {problem}", WARN, indent=4)
