"""One trader's courier: follows its alerts, and carries them to every channel."""

from __future__ import annotations

import contextlib
import os
import random
import select
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.control.files import read_json
from adapters.control.instances import holder, is_alive, is_running, process_id
from adapters.courier.caller import Caller
from adapters.courier.channels import Send, sender
from adapters.courier.marks import Mark, MarkFile, begun_of, sent_of
from adapters.courier.message import message_of, notice_of
from adapters.courier.pulse import Pulse
from adapters.courier.settings import CourierSettings
from adapters.courier.state import StateFile
from adapters.courier.urls import ChannelUrl, labelled
from adapters.telemetry.acks import FILE as ACKS
from adapters.telemetry.acks import AckFile
from adapters.telemetry.lines import Entry, LineFiles, is_of
from domain.model.instants import SECOND, Nanos, iso
from domain.system.deliveries import BRIEF_NS, KEPT_NS, Deliveries, Delivery

ALERTS, SENTINEL = "alerts.jsonl", "sentinel.json"
FAREWELL = b"q"
LOOK_S, NOTES_EVERY_S = 0.1, 0.5
END_S = 5.0
"""After a farewell it has as long for what is written; the rest goes at the next start."""
HUNG_S = 120.0
"""A call of a library that lasts longer is not waited for: the process ends, and begins anew."""
UNMARKED = "what was sent can't be written down: it may come twice"


class Ended(Exception):
    """The courier has nothing more to do."""


class Hung(Exception):
    """A call into a library does not come back."""


class Courier:
    """Follows the file of alerts until its trader says farewell, or is dead and all is told."""

    def __init__(
        self, settings: CourierSettings, pipe: int, progress: Callable[[], None] = lambda: None
    ) -> None:
        """`pipe` brings the farewell of the trader; its end without one is the trader's death.
        `progress` is called at every step: whoever waits for it knows that this one lives.

        Raises:
            OSError: the marks can't be read or written.
        """
        self._settings = settings
        self._pipe = pipe
        self._progress = progress
        self._born_ns, self._born_s = time.time_ns(), time.monotonic()
        self._addresses: dict[str, ChannelUrl] = {
            each.key: each for each in labelled(settings.urls)
        }
        self._sends: dict[str, Send] = {key: sender(each) for key, each in self._addresses.items()}
        self._callers = {key: Caller[Delivery](each.label) for key, each in self._addresses.items()}
        self._failures: dict[str, str] = {}
        self._marks = MarkFile(settings.mode_folder)
        self._deliveries = self._begin()
        self._lines: dict[str, Entry] = {}
        self._notes_seen: tuple[int, int] | None = None
        self._notes_s = 0.0
        self._state = StateFile(settings.mode_folder)
        self._pulse = self._pulse_of(settings)
        self._is_unmarked = False
        self._end_s: float | None = None
        self._death_s: float | None = None
        self._is_alone = False

    def run(self) -> None:
        """Carry until the end.

        Raises:
            Hung: a channel's library does not come back.
        """
        files = LineFiles(self._settings.log / ALERTS)
        with contextlib.suppress(Ended):
            self._note()
            for line in files.newest(None, self._is_due):
                self._take(line)
            for line in files.follow(self._step):
                if self._is_mine(line):
                    self._take(line)

    def _begin(self) -> Deliveries:
        """Return what is to be sent by the marks; a channel that is new begins with this trader."""
        settings, marks = self._settings, self._marks.prune(self._now_ns())
        begun = begun_of(marks)
        new = [
            Mark(
                written_ns=Nanos(settings.begun_ns),
                channel=key,
                label=address.label,
                alert=None,
            )
            for key, address in self._addresses.items()
            if key not in begun
        ]
        if new:
            self._marks.add(*new)
        since = begun | begun_of(new)
        return Deliveries(
            {key: since[key] for key in self._addresses},
            sent_of(marks),
            least=settings.least,
            draw=random.random,
            escalate_ns=Nanos(int(settings.escalate_s * SECOND)),
        )

    @staticmethod
    def _pulse_of(settings: CourierSettings) -> Pulse | None:
        if settings.heartbeat is None:
            return None
        every_s, quiet_s = settings.heartbeat_every_s, settings.quiet_after_s
        return Pulse(settings.heartbeat, settings.mode_folder, every_s, quiet_s)

    def _now_ns(self) -> Nanos:
        """Return wall time that does not jump while this lives."""
        return Nanos(self._born_ns + int((time.monotonic() - self._born_s) * SECOND))

    def _is_mine(self, line: Entry) -> bool:
        mode = self._settings.mode
        return is_of(line, self._settings.world) and line.get("mode", mode) == mode

    def _is_due(self, line: Entry) -> bool:
        """Tell whether a line of earlier may still have to be sent: a log may be long."""
        notice = notice_of(line) if self._is_mine(line) else None
        return notice is not None and notice.written_ns >= self._now_ns() - KEPT_NS

    def _take(self, line: Entry) -> None:
        notice = notice_of(line)
        if notice is not None:
            self._deliveries.take(notice, self._now_ns())
            if self._deliveries.needs(notice.id):
                self._lines[notice.id] = line

    def _step(self) -> None:
        """All that is done while nothing new is written."""
        self._progress()
        heard = self._listen()
        if heard:
            return  # what was written before the farewell is read first
        self._note()
        for key, caller in self._callers.items():
            self._settle(key, caller)
            self._send(key, caller)
        if self._pulse is not None and self._end_s is None:
            self._pulse.step(time.monotonic())
        self._state.tell(self._told())
        self._end_if_due()

    def _listen(self) -> bool:
        """Wait a moment for a word of the trader; tell whether it was its last."""
        if self._death_s is not None or self._end_s is not None:
            time.sleep(LOOK_S)
            return False
        readable, _, _ = select.select([self._pipe], [], [], LOOK_S)
        if not readable:
            return False
        data = os.read(self._pipe, 4096)
        now_s = time.monotonic()
        if FAREWELL in data:
            self._end_s = now_s + END_S
        elif not data:
            self._death_s = now_s
        return True

    def _note(self) -> None:
        """Read what a person took note of, if that is new."""
        now_s = time.monotonic()
        if now_s - self._notes_s < NOTES_EVERY_S:
            return
        self._notes_s = now_s
        with contextlib.suppress(OSError):
            found = (self._settings.log / ACKS).stat()
            seen = (found.st_ino, found.st_size)
            if seen != self._notes_seen:
                self._deliveries.note(AckFile(self._settings.log).read())
                self._notes_seen = seen

    def _settle(self, key: str, caller: Caller[Delivery]) -> None:
        """Take in what came of the last message."""
        if caller.calling_s > HUNG_S:
            raise Hung
        result = caller.result()
        if result is None:
            return
        delivery, failure = result
        if failure is not None:
            self._failures[key] = failure
            self._deliveries.failed(delivery, self._now_ns())
            return
        self._failures.pop(key, None)
        self._deliveries.delivered(delivery)
        mark = Mark(
            written_ns=self._now_ns(),
            channel=key,
            label=self._addresses[key].label,
            alert=delivery.alert,
            is_escalated=delivery.is_escalated,
        )
        try:
            self._marks.add(mark)
            self._is_unmarked = False
        except OSError:
            self._is_unmarked = True
        self._lines = {id: line for id, line in self._lines.items() if self._deliveries.needs(id)}

    def _send(self, key: str, caller: Caller[Delivery]) -> None:
        if not caller.is_free:
            return
        hurry_ns = 0 if self._end_s is None else BRIEF_NS
        delivery = self._deliveries.next(key, Nanos(self._now_ns() + hurry_ns))
        if delivery is not None:
            line = self._lines[delivery.alert]
            message = message_of(line, is_escalated=delivery.is_escalated)
            send = self._sends[key]
            caller.give(delivery, lambda: send(message))

    def _told(self) -> dict[str, Any]:
        return {
            "trader": self._settings.pid,
            "channels": [self._row(key) for key in self._addresses],
            "heartbeat": self._pulse is not None,
            "heartbeat_failure": None if self._pulse is None else self._pulse.failure,
            "problems": [*self._settings.problems, *([UNMARKED] if self._is_unmarked else [])],
        }

    def _row(self, key: str) -> dict[str, Any]:
        state = self._deliveries.state(key)
        since_ns = state.failing_since_ns
        return {
            "channel": key,
            "label": self._addresses[key].label,
            "waiting": state.waiting,
            "failing_since": None if since_ns is None else iso(since_ns),
            "failure": self._failures.get(key),
        }

    def _end_if_due(self) -> None:
        now_s = time.monotonic()
        if self._end_s is not None and (self._deliveries.is_all_sent or now_s > self._end_s):
            raise Ended
        if self._death_s is None:
            return
        is_late = now_s - self._death_s > self._settings.linger_s
        was_alone, self._is_alone = self._is_alone, not _is_watched(self._settings.mode_folder)
        # Seen twice: in between everything is read that the sentinel wrote before it ended.
        is_told = self._deliveries.is_over and was_alone and self._is_alone
        if is_late or is_told or self._is_succeeded():
            raise Ended

    def _is_succeeded(self) -> bool:
        """Tell whether another trader holds the lock: its own courier waits for our end."""
        folder = self._settings.mode_folder
        known = holder(folder)
        return known is not None and known.pid != self._settings.pid and is_running(folder)


def _is_watched(mode_folder: Path) -> bool:
    """Tell whether a sentinel lives, which may have more to say."""
    known = read_json(mode_folder / SENTINEL) or {}
    try:
        return is_alive(process_id(known.get("pid")))
    except ValueError:
        return False
