"""Alerts get to people: the courier is kept alive, and what it can't deliver is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from adapters.courier.state import read_state
from adapters.processes.courier import CourierProcess
from adapters.runtime.actor_system import ActorSystem
from app.run.watches import Watch
from app.status.members import Members
from domain.messages.control import AlertRaised
from domain.model.instants import SECOND
from domain.system.courier_alerts import (
    DEAF_NS,
    of_courier_back,
    of_deaf_channel,
    of_hearing_channel,
    of_lost_courier,
    of_unusable_url,
)

LOOK_NS = SECOND
SILENT_NS = 30 * SECOND
"""Machine time after which a courier that says nothing is replaced."""
LEAST_PAUSE_NS, LONGEST_PAUSE_NS, STABLE_NS = SECOND // 2, 30 * SECOND, 60 * SECOND


class CourierWatch(Watch):
    """Starts the courier again when it is gone. Whatever becomes of it, trading goes on."""

    def __init__(
        self, system: ActorSystem, folder: Path, begin: Callable[[], CourierProcess]
    ) -> None:
        """`folder` is that of the mode, where the courier says how it does."""
        self._system = system
        self._folder = folder
        self._begin = begin
        self._courier: CourierProcess | None = None
        self._looked_ns = self._heard_ns = self._begun_ns = self._due_ns = 0
        self._pause_ns = LEAST_PAUSE_NS
        self._is_lost = False
        self._deaf: set[str] = set()

    def look(self) -> None:
        """Look once a second of machine time; the first look starts it."""
        now_ns = self._system.clock.machine_ns()
        if now_ns - self._looked_ns < LOOK_NS:
            return
        paused_ns, self._looked_ns = now_ns - self._looked_ns, now_ns
        courier = self._courier
        if courier is None:
            if now_ns >= self._due_ns:
                self._start(now_ns)
            return
        if courier.is_heard() or paused_ns > SILENT_NS // 2:  # else the silence may be our own
            self._heard_ns = now_ns
        if courier.has_ended():
            self._lose(now_ns, "the courier of alerts has ended")
        elif now_ns - self._heard_ns > SILENT_NS:
            courier.end()
            self._lose(now_ns, "the courier of alerts was silent")
        else:
            if now_ns - self._begun_ns > STABLE_NS:
                self._trust()
            self._tell_of_channels(courier.process_id)

    def stop(self, *, is_orderly: bool = True) -> None:
        """Let it send what is written; after another end also what the sentinel has to say."""
        if self._courier is not None:
            (self._courier.stop if is_orderly else self._courier.abandon)()

    def _start(self, now_ns: int) -> None:
        self._begun_ns = self._heard_ns = now_ns
        try:
            self._courier = self._begin()
        except OSError as error:
            self._lose(now_ns, f"the courier of alerts can't be started: {error.strerror}")

    def _lose(self, now_ns: int, reason: str) -> None:
        """Have it started again after a pause; told once, until it has been there for a while."""
        self._courier = None
        self._due_ns = now_ns + self._pause_ns
        self._pause_ns = min(2 * self._pause_ns, LONGEST_PAUSE_NS)
        if not self._is_lost:
            self._is_lost = True
            self._system.announce(of_lost_courier(reason))

    def _trust(self) -> None:
        self._pause_ns = LEAST_PAUSE_NS
        if self._is_lost:
            self._is_lost = False
            self._system.announce(of_courier_back())

    def _tell_of_channels(self, process_id: int) -> None:
        state = Members(read_state(self._folder))
        if state.count("pid") != process_id:
            return
        for channel in state.parts("channels"):
            for news in self._news(channel):
                self._system.announce(news)

    def _news(self, channel: Members) -> Iterator[AlertRaised]:
        """Yield what is new of a channel: it takes nothing, or something again."""
        label, since_ns = channel.text("label"), channel.moment("failing_since")
        key = channel.text("channel")
        is_deaf = since_ns is not None and self._system.clock.wall_ns() - since_ns >= DEAF_NS
        if is_deaf and key not in self._deaf:
            self._deaf.add(key)
            yield of_deaf_channel(label, channel.text("failure"), channel.count("waiting"))
        elif since_ns is None and key in self._deaf:
            self._deaf.remove(key)
            yield of_hearing_channel(label)


class UrlWatch(Watch):
    """Tells once, as soon as anybody listens, of addresses that can't be used."""

    def __init__(self, system: ActorSystem, problems: tuple[str, ...]) -> None:
        self._told = [partial(system.announce, of_unusable_url(each)) for each in problems]

    def look(self) -> None:
        """Tell what has not been told yet."""
        while self._told:
            self._told.pop(0)()
