"""Alerts: one line each, on the terminal and in their file, repeated at most once a minute."""

from __future__ import annotations

from attrs import evolve

from actors.kernel.base import FIRST_EPOCH, Actor, ActorContext
from actors.kernel.ports import AlertLog
from actors.reporting import wording
from domain.messages.control import AlertRaised, DiscrepancyFound
from domain.messages.portfolio import LotsListed
from domain.messages.supervision import BY_PROOF, ActorDown, BreakerReset, BreakerTripped
from domain.messages.venue import EntriesUnread
from domain.model.breakers import ACTOR, Severity
from domain.model.entries import EntryKind
from domain.model.instants import MINUTE
from domain.system.alert_ends import RESOLVED, of_protected, of_reset
from domain.system.alerts import (
    fingerprint,
    of_breaker,
    of_discrepancy,
    of_down,
    of_lots,
    of_return,
    of_unread,
)

REPEAT_AFTER_NS = MINUTE
"""Machine time in which the same alert is not written again; then it is forgotten too."""

Inbox = (
    AlertRaised
    | BreakerTripped
    | BreakerReset
    | ActorDown
    | DiscrepancyFound
    | LotsListed
    | EntriesUnread
)


class Alerts(Actor):
    """Turns events into alerts, drops repetitions, writes the rest and what ends them."""

    def __init__(self, context: ActorContext, sink: AlertLog) -> None:
        super().__init__(context)
        self._sink = sink
        self._written_ns: dict[str, int] = {}
        self._topics: dict[str, str] = {}
        """What the alerts of the last minute are about, by the same keys."""
        self._open: set[str] = set()
        """What was told of and has not ended: as many as there are breakers and actors."""
        self._left_out: set[tuple[EntryKind, str]] = set()
        """What was told of, once in a run; the client's tally bounds it."""

    def starting(self) -> None:
        """A fresh incarnation writes one alert to show that it can."""
        if not self.is_proven:
            self.send(self.name, of_return(self.name, self.epoch))

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case AlertRaised(code=code):
                (self._end if code == RESOLVED else self._write)(message)
            case BreakerTripped(breaker):
                if breaker.scope != ACTOR:  # the news of its death say more
                    self._write(of_breaker(breaker))
            case BreakerReset(by=by):
                end = of_reset(message)
                # What nobody was told of needs no end; a fresh incarnation does not know.
                if by != BY_PROOF or end.topic in self._open or self.epoch != FIRST_EPOCH:
                    self._end(end)
            case ActorDown():
                self._write(of_down(message))
            case DiscrepancyFound():
                self._write(of_discrepancy(message))
            case LotsListed():
                alert = of_lots(message)
                if alert is not None:
                    self._write(alert)
                elif message.protected:
                    self._end(of_protected(message))
            case EntriesUnread(kind, reason):
                if (kind, reason) not in self._left_out:
                    self._left_out.add((kind, reason))
                    self._write(of_unread(message))
            case _:
                self.refuse(message)

    def _write(self, alert: AlertRaised) -> None:
        now_ns = self.clock.machine_ns()
        key = fingerprint(alert)
        self._forget(now_ns)
        if key in self._written_ns:
            return
        self._written_ns[key] = now_ns
        self._topics[key] = alert.topic
        if alert.topic:
            self._open.add(alert.topic)
        say = {Severity.INFO: self.log.info, Severity.WARNING: self.log.warning}
        say.get(alert.severity, self.log.critical)(wording.alert(alert))
        self._sink.write(evolve(self.envelope, body=alert))
        self.prove("an alert was written")

    def _end(self, alert: AlertRaised) -> None:
        """Write that something is over; when it begins again that is news, however soon."""
        for key in [key for key, topic in self._topics.items() if topic == alert.topic]:
            del self._written_ns[key], self._topics[key]
        self._open.discard(alert.topic)
        self._sink.write(evolve(self.envelope, body=alert))

    def _forget(self, now_ns: int) -> None:
        """Forget what may be written again: texts carry ids, so their number has no end."""
        while (oldest := next(iter(self._written_ns), None)) is not None:
            if now_ns - self._written_ns[oldest] < REPEAT_AFTER_NS:
                return
            del self._written_ns[oldest], self._topics[oldest]
