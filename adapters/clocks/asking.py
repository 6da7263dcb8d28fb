"""Everybody who says what time it is, asked at once, on threads that nobody waits for."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from adapters.clocks.ntp import NoTime, ask_ntp
from domain.model.errors import Unreachable
from domain.system.drift import NtpAnswer, TimeAnswers, TimeTrip

WITHIN_S = 5.0
GRACE_S = 1.0
"""For names that are slow to be found: they are no part of a server's own time."""

AskVenue = Callable[[float], tuple[TimeTrip, ...]]
Heard = NtpAnswer | tuple[TimeTrip, ...] | str
"""An answer of a server of time, the venue's, or why there is none."""


def ask_all(servers: Sequence[str], venue: AskVenue, within_s: float = WITHIN_S) -> TimeAnswers:
    """Return what `servers` of time and the `venue` say; takes up to a second more than asked."""
    heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
    calls: list[Callable[[], Heard]] = [partial(ask_ntp, each, within_s) for each in servers]
    calls.append(partial(venue, within_s))
    for call in calls:
        threading.Thread(target=_tell, args=(call, heard), name="time", daemon=True).start()
    ends_s = time.monotonic() + within_s + GRACE_S
    found: list[Heard] = []
    while len(found) < len(calls):
        try:
            found.append(heard.get(timeout=max(0.0, ends_s - time.monotonic())))
        except queue.Empty:
            break
    late = len(calls) - len(found)
    silent = [each for each in found if isinstance(each, str)] + ["no answer in time"] * late
    return TimeAnswers(
        ntp=tuple(each for each in found if isinstance(each, NtpAnswer)),
        venue=next((each for each in found if isinstance(each, tuple)), ()),
        silent=tuple(silent),
    )


class TimeAsker:
    """Asks in the background: `ask`, and look with `answers` until they are there."""

    def __init__(self, ask: Callable[[], TimeAnswers]) -> None:
        """`ask` may take its time; it is called on a thread of its own."""
        self._ask = ask
        self._found: queue.SimpleQueue[TimeAnswers] = queue.SimpleQueue()

    def ask(self) -> None:
        """Begin to ask."""
        threading.Thread(target=self._run, name="time", daemon=True).start()

    def answers(self) -> TimeAnswers | None:
        """Return what was answered, once; None while it is not there yet."""
        try:
            return self._found.get_nowait()
        except queue.Empty:
            return None

    def _run(self) -> None:
        try:
            self._found.put(self._ask())
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody has told the time
            self._found.put(TimeAnswers(silent=(type(error).__name__,)))


def _tell(call: Callable[[], Heard], heard: queue.SimpleQueue[Heard]) -> None:
    try:
        heard.put(call())
    except (NoTime, Unreachable) as error:
        heard.put(str(error))
    except Exception as error:  # noqa: BLE001 - a broken answer is no answer
        heard.put(type(error).__name__)
