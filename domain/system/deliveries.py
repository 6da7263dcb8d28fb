"""Which alert goes to which channel next: once, in order, and louder if nobody takes note.

What was sent is told by marks, so that a courier that begins anew goes on where the last one ended.
Every instant is UTC wall time in nanoseconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from attrs import define, field, frozen

from domain.model.breakers import Severity
from domain.model.draws import Draw
from domain.model.instants import DAY, MINUTE, SECOND, Nanos

ESCALATE_NS = Nanos(2 * MINUTE)
"""Age at which an alert that nobody took note of is sent once more (AL1)."""
BRIEF_NS = Nanos(2 * SECOND)
"""A warning that was over as soon as this wakes nobody; it waits as long before it leaves."""
KEPT_NS = Nanos(7 * DAY)
"""An alert that could not be sent for so long is not sent any more; the file still has it."""
LEAST_PAUSE_NS, FIRST_PAUSE_NS, LONGEST_PAUSE_NS = SECOND // 4, SECOND, 60 * SECOND
_DOUBLINGS = 6
"""After as many the pause has its full length."""
_LOUDNESS = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


@frozen(kw_only=True)
class Notice:
    """An alert as far as its delivery goes.

    `topic` is what it is about, "" for what nothing ends; `is_end`: what it is about is over.
    `is_for_all`: it goes out however loud it is.
    """

    id: str
    written_ns: Nanos
    severity: Severity
    topic: str = ""
    is_end: bool = False
    is_for_all: bool = False


@frozen
class Delivery:
    """One alert for one channel; `is_escalated`: nobody has taken note of it in time."""

    channel: str
    alert: str
    is_escalated: bool


@frozen(kw_only=True)
class ChannelState:
    """How a channel does: what waits for it, and since when it has taken nothing."""

    waiting: int
    failing_since_ns: Nanos | None


@define(eq=False)
class _Entry:
    notice: Notice
    since_ns: Nanos
    """From when on its age counts: never later than it was read, whatever its line says."""
    seen_ns: Nanos
    is_closed: bool = False


@define(eq=False)
class _Queue:
    """One channel. `marks`: what was sent to it, and whether louder."""

    name: str
    begun_ns: Nanos
    marks: dict[str, bool]
    waiting: dict[str, _Entry] = field(factory=dict)
    unheard: dict[str, _Entry] = field(factory=dict)
    """Sent, and to be sent once more if nobody takes note."""
    failures: int = 0
    retry_ns: Nanos = Nanos(0)
    failing_since_ns: Nanos | None = None


class Deliveries:
    """What is still to be sent, by channel. One that fails holds up no other.

    Bounds: what is written down here is forgotten when it is older than `KEPT_NS`.
    """

    def __init__(
        self,
        begun_ns: Mapping[str, Nanos],
        marks: Mapping[str, Mapping[str, bool]],
        *,
        least: Severity,
        draw: Draw,
        escalate_ns: Nanos = ESCALATE_NS,
    ) -> None:
        """`begun_ns`: of each channel, from when on alerts are for it. `least`: the least severe
        that is sent. `draw` is uniform over [0, 1).
        """
        self._queues = {
            name: _Queue(name, begun, dict(marks.get(name, {}))) for name, begun in begun_ns.items()
        }
        self._least = _LOUDNESS[least]
        self._draw = draw
        self._escalate_ns = escalate_ns
        self._entries: dict[str, _Entry] = {}
        self._by_topic: defaultdict[str, list[_Entry]] = defaultdict(list)
        self._noted: set[str] = set()

    def take(self, notice: Notice, now_ns: Nanos) -> None:
        """Take in the next alert of the file; the same again is none."""
        self._forget(now_ns)
        if notice.id in self._entries or notice.written_ns < now_ns - KEPT_NS:
            return
        entry = _Entry(notice, min(notice.written_ns, now_ns), now_ns, notice.id in self._noted)
        self._entries[notice.id] = entry
        if notice.is_end:
            self._end(entry)
            return
        if notice.topic:
            self._by_topic[notice.topic].append(entry)
        if notice.is_for_all or _LOUDNESS[notice.severity] >= self._least:
            for queue in self._queues.values():
                self._put(queue, entry)

    def note(self, alerts: Iterable[str]) -> None:
        """A person has taken note of these: they get no louder."""
        for each in alerts:
            self._noted.add(each)
            if each in self._entries:
                self._entries[each].is_closed = True

    def next(self, channel: str, now_ns: Nanos) -> Delivery | None:
        """Return what is to be sent to `channel` now, None: nothing yet."""
        queue = self._queues[channel]
        if now_ns < queue.retry_ns:
            return None
        for entry in queue.waiting.values():
            if entry.notice.severity is Severity.WARNING and now_ns < entry.seen_ns + BRIEF_NS:
                return None  # what follows waits with it: order counts more
            return Delivery(channel, entry.notice.id, self._is_unheard(entry, now_ns))
        while queue.unheard:
            entry = next(iter(queue.unheard.values()))
            if entry.is_closed:
                del queue.unheard[entry.notice.id]
            elif self._is_unheard(entry, now_ns):
                return Delivery(channel, entry.notice.id, True)
            else:
                break
        return None

    def delivered(self, delivery: Delivery) -> None:
        """Take note that `delivery` has arrived."""
        queue = self._queues[delivery.channel]
        queue.failures, queue.retry_ns, queue.failing_since_ns = 0, Nanos(0), None
        queue.marks[delivery.alert] = delivery.is_escalated
        entry = queue.waiting.pop(delivery.alert, None)
        queue.unheard.pop(delivery.alert, None)
        if entry is not None and not delivery.is_escalated and _may_escalate(entry):
            queue.unheard[delivery.alert] = entry

    def failed(self, delivery: Delivery, now_ns: Nanos) -> None:
        """Take note that the channel has not taken it; its next try comes after a pause.

        Full jitter over a doubling pause, as in AWS's "Exponential Backoff And Jitter": many that
        failed together do not come back together.
        """
        queue = self._queues[delivery.channel]
        longest_ns = min(FIRST_PAUSE_NS << min(queue.failures, _DOUBLINGS), LONGEST_PAUSE_NS)
        queue.failures += 1
        queue.retry_ns = Nanos(now_ns + max(LEAST_PAUSE_NS, int(self._draw() * longest_ns)))
        if queue.failing_since_ns is None:
            queue.failing_since_ns = now_ns

    def state(self, channel: str) -> ChannelState:
        """Return how a channel does."""
        queue = self._queues[channel]
        return ChannelState(waiting=len(queue.waiting), failing_since_ns=queue.failing_since_ns)

    def needs(self, alert: str) -> bool:
        """Tell whether an alert may still have to be sent."""
        queues = self._queues.values()
        return any(alert in queue.waiting or alert in queue.unheard for queue in queues)

    @property
    def is_all_sent(self) -> bool:
        """Tell whether every channel has all that was written."""
        return not any(queue.waiting for queue in self._queues.values())

    @property
    def is_over(self) -> bool:
        """Tell whether nothing is left to send, now or later."""
        open_ones = (each for queue in self._queues.values() for each in queue.unheard.values())
        return self.is_all_sent and all(each.is_closed for each in open_ones)

    def _is_unheard(self, entry: _Entry, now_ns: Nanos) -> bool:
        return _may_escalate(entry) and now_ns >= entry.since_ns + self._escalate_ns

    def _put(self, queue: _Queue, entry: _Entry) -> None:
        name = entry.notice.id
        louder = queue.marks.get(name)
        if louder is None:
            if entry.notice.written_ns >= queue.begun_ns:
                queue.waiting[name] = entry
        elif not louder and _may_escalate(entry):
            queue.unheard[name] = entry

    def _end(self, end: _Entry) -> None:
        """Close what is over, and tell the end of it to those who heard, or will, of it."""
        over = self._by_topic.pop(end.notice.topic, [])
        for entry in over:
            entry.is_closed = True
        brief = [each for each in over if _is_brief(each, end)]
        for queue in self._queues.values():
            for entry in brief:
                queue.waiting.pop(entry.notice.id, None)
            names: Sequence[str] = [each.notice.id for each in over]
            if any(name in queue.waiting or name in queue.marks for name in names):
                self._put(queue, end)

    def _forget(self, now_ns: Nanos) -> None:
        while self._entries:
            oldest = next(iter(self._entries.values()))
            name, topic = oldest.notice.id, oldest.notice.topic
            if oldest.since_ns >= now_ns - KEPT_NS:
                return
            del self._entries[name]
            self._noted.discard(name)
            if oldest in self._by_topic.get(topic, ()):
                self._by_topic[topic].remove(oldest)
            for queue in self._queues.values():
                for known in (queue.marks, queue.waiting, queue.unheard):
                    known.pop(name, None)


def _may_escalate(entry: _Entry) -> bool:
    notice = entry.notice
    is_loud = notice.severity is not Severity.INFO and not notice.is_end
    return is_loud and not entry.is_closed


def _is_brief(entry: _Entry, end: _Entry) -> bool:
    lasted_ns = end.notice.written_ns - entry.notice.written_ns
    return entry.notice.severity is Severity.WARNING and lasted_ns <= BRIEF_NS
