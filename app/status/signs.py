"""Whether an instance lives: seen from outside, by its lock, its files and its process."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from attrs import frozen

from adapters.control.files import read_json
from adapters.control.instances import STATUS, Holder, holder, is_alive, is_running, last_sign_s
from app.commands.ending import SENTINEL, end_record, is_stopped, sentinel_says
from app.status.members import Members
from app.status.since import ORDERED
from domain.model.breakers import GLOBAL, VENUE
from domain.model.errors import InvalidNumber
from domain.model.instants import SECOND, parse_iso

FROZEN_AFTER_NS = 5 * SECOND
"""Time without a word after which nobody may believe that it trades: it speaks each second."""
STARTING_NS = 60 * SECOND
"""As long as a start may take, which verifies the journal first, before it says anything."""


class InstanceState(StrEnum):
    """How an instance is; scripts read the word."""

    UNKNOWN = "unknown"
    STARTING = "starting"
    TRADING = "trading"
    BLOCKED = "blocked"
    HALTED = "halted"
    FROZEN = "frozen"
    STOPPED = "stopped"
    DIED = "died"

    @property
    def is_up(self) -> bool:
        """Tell whether somebody watches the lots."""
        return self in (InstanceState.TRADING, InstanceState.BLOCKED, InstanceState.HALTED)


@frozen(kw_only=True)
class Signs:
    """What is seen of an instance. Times are UTC wall time, None where nothing tells them.

    `taken_ns`: when the picture was taken; `last_ns`: the last sign of life; `ended_ns` and
    `reason`: of a clean end. `is_suspended`: the process is stopped by a signal. `sentinel` is what
    its sentinel has told since the last sign of life.
    """

    state: InstanceState
    now_ns: int
    taken_ns: int | None
    last_ns: int
    who: Holder | None = None
    ended_ns: int | None = None
    reason: str = ""
    is_suspended: bool = False
    sentinel: str = ""

    @property
    def age_ns(self) -> int | None:
        """Return how old the picture is."""
        return None if self.taken_ns is None else max(0, self.now_ns - self.taken_ns)

    @property
    def silent_ns(self) -> int:
        """Return how long nothing has been heard."""
        return max(0, self.now_ns - self.last_ns)


def look(folder: Path, document: Members, now_ns: int) -> Signs:
    """Return what is seen of the instance of the mode's `folder` at that wall time."""
    taken_ns, last_ns = taken_at_ns(folder, document), int(last_sign_s(folder) * SECOND)
    if not is_running(folder):
        return _ended(folder, now_ns, taken_ns, last_ns)
    who = holder(folder)
    is_suspended = who is not None and is_stopped(who.pid)
    is_starting = _is_of_an_earlier_run(taken_ns, who)
    state = InstanceState.STARTING if is_starting else state_of(document)
    patience_ns = STARTING_NS if is_starting else FROZEN_AFTER_NS
    if is_suspended:
        state = InstanceState.FROZEN
    elif now_ns - last_ns > patience_ns:
        is_heard = _is_heard_by_its_sentinel(folder)
        state = InstanceState.UNKNOWN if is_heard else InstanceState.FROZEN
    return Signs(
        state=state,
        now_ns=now_ns,
        taken_ns=taken_ns,
        last_ns=last_ns,
        who=who,
        is_suspended=is_suspended,
        sentinel=_sentinel(folder, last_ns) if state is InstanceState.FROZEN else "",
    )


def _ended(folder: Path, now_ns: int, taken_ns: int | None, last_ns: int) -> Signs:
    for segment in sorted((folder / "journal").glob("*.jsonl"), reverse=True):
        record = Members(end_record(segment))
        reason = record.part("data").text("reason")
        if reason == ORDERED:
            continue
        if not record:
            break
        return Signs(
            state=InstanceState.STOPPED,
            now_ns=now_ns,
            taken_ns=taken_ns,
            last_ns=last_ns,
            ended_ns=record.moment("wall") or taken_ns,
            reason=reason,
        )
    return Signs(
        state=InstanceState.DIED,
        now_ns=now_ns,
        taken_ns=taken_ns,
        last_ns=last_ns if taken_ns is None else taken_ns,
        sentinel=_sentinel(folder, last_ns),
    )


def state_of(document: Members) -> InstanceState:
    """Return how the run itself says that it is."""
    if not document:
        return InstanceState.UNKNOWN
    if document.flag("halted"):
        return InstanceState.HALTED
    everywhere = [
        each.text("name")
        for each in document.parts("breakers")
        if each.text("scope") in (GLOBAL, VENUE) and each.text("state") in ("BLOCK", "REDUCE_ONLY")
    ]
    return InstanceState.BLOCKED if everywhere else InstanceState.TRADING


def taken_at_ns(folder: Path, document: Members) -> int | None:
    """Return when the picture was taken: as it says itself, else as its file does."""
    said = document.moment("wall_time")
    if said is not None:
        return said
    try:
        return (folder / STATUS).stat().st_mtime_ns
    except OSError:
        return None


def _is_of_an_earlier_run(taken_ns: int | None, who: Holder | None) -> bool:
    try:
        return taken_ns is None or (who is not None and taken_ns < parse_iso(who.started))
    except InvalidNumber:
        return False


def _is_heard_by_its_sentinel(folder: Path) -> bool:
    """Tell whether a living sentinel hears the trader, which it does not for 3 s without a beat."""
    said = Members(read_json(folder / SENTINEL))
    pid = said.count("pid")
    return said.text("state") == "watching" and pid > 0 and is_alive(pid) and not is_stopped(pid)


def _sentinel(folder: Path, since_ns: int) -> str:
    """Return what the sentinel has told since then, in words; "" if nothing."""
    said = Members(sentinel_says(folder, since_ns / SECOND))
    if not said or said.text("state") == "watching":
        return ""
    facts = [f"{name} {said.text(name)}" for name in ("reason", "cancelled") if said.text(name)]
    return said.text("state") + (f" ({', '.join(facts)})" if facts else "")
