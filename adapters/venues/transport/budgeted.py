"""Requests leave when their lane and the venue's limit have room; the same in either runtime.

What has to get through goes first: cancels, then sales, then questions, then entries. An order
that can't leave soon is answered instead of kept: what was approved a while ago is not approved.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from attrs import define, field, frozen

from actors.kernel.ports import Meter
from adapters.venues.transport.endpoints import endpoint_of, outcome_of
from adapters.venues.transport.interface import (
    LANE_WIDTHS,
    QUEUE_LIMITS,
    Answer,
    Gate,
    NoAnswer,
    OnAnswer,
    Query,
    RequestLane,
    StreamEvents,
    StreamHandle,
    StreamKind,
    Transport,
    TransportFailure,
)
from adapters.venues.transport.pacing import pace_of
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.model.meters import CountKind, TimeKind
from domain.system.rate_budget import PRIVATE, PUBLIC, BudgetUse, RateBudget

TOO_MANY = 429
SHARES_PCT = {
    RequestLane.CANCEL: 100,
    RequestLane.EXIT: 95,
    RequestLane.PROTECTION: 95,
    RequestLane.QUERY: 90,
    RequestLane.ENTRY: 80,
    RequestLane.PUBLIC: 80,
}
"""What a lane may use of a limit; the first first. Above 80 % only what has to get through goes."""
URGENT = (RequestLane.CANCEL, RequestLane.EXIT)
"""Lanes that ask even a venue that refuses everything for a while."""
ORDER_WAITS_NS = 250 * MILLISECOND
"""So long an order waits for room; its receipt is good for half a second."""
WAITS_NS = 60 * SECOND
"""So long anything else waits for a venue that answers nothing but too many requests."""
_CLOSED = "the connection to the venue is closed"
_LIMITED = "the venue's limit of requests leaves no room"

Draw = Callable[[], float]
"""Uniform over [0, 1)."""
Clock = Callable[[], int]


@frozen(kw_only=True)
class RequestLimits:
    """How many requests a second the venue takes: of one key, and of one address without any."""

    private: int
    public: int


@frozen(eq=False)
class _Waiting:
    """A request that has not left yet."""

    send: Callable[[OnAnswer], None]
    on_answer: OnAnswer
    asked_ns: int
    is_order: bool
    endpoint: str


@define
class _Lane:
    lane: RequestLane
    budget: RateBudget
    waiting: deque[_Waiting] = field(factory=deque)
    on_its_way: int = 0

    def wait_ns(self, now_ns: int) -> int | None:
        """Return how long the next request has to wait; None: for the answer to another."""
        is_urgent = self.lane in URGENT
        return self.budget.wait_ns(now_ns, SHARES_PCT[self.lane], is_urgent=is_urgent)


class BudgetedTransport:
    """Implements `Transport` on top of another one."""

    def __init__(
        self,
        transport: Transport,
        limits: RequestLimits,
        *,
        machine_ns: Clock,
        wall_ns: Clock,
        draw: Draw,
        meter: Meter | None = None,
    ) -> None:
        """`wall_ns` is for dates that the venue writes, `draw` spreads what is asked again;
        `meter` counts and times each request.
        """
        self._transport = transport
        self._meter = meter
        self._machine_ns = machine_ns
        self._wall_ns = wall_ns
        self._draw = draw
        private, public = RateBudget(PRIVATE, limits.private), RateBudget(PUBLIC, limits.public)
        self._budgets = (private, public)
        self._lanes = {
            lane: _Lane(lane, public if lane is RequestLane.PUBLIC else private)
            for lane in SHARES_PCT
        }
        self._lock = threading.Lock()
        self._is_sending = self._is_closed = False
        self._wakes_ns: dict[RateBudget, int] = {}

    def uses(self) -> tuple[BudgetUse, ...]:
        """Return how much of each budget is used; callable on any thread."""
        with self._lock:
            now_ns = self._machine_ns()
            return tuple(
                budget.use(now_ns, self._held_up(budget, now_ns)) for budget in self._budgets
            )

    def request(
        self,
        lane: RequestLane,
        method: str,
        path: str,
        query: Query,
        body: bytes,
        deadline_ns: int,
        on_answer: OnAnswer,
        gate: Gate | None = None,
    ) -> None:
        """Queue a request in its lane; a full queue answers at once."""

        def send(answered: OnAnswer) -> None:
            self._transport.request(lane, method, path, query, body, deadline_ns, answered, gate)

        endpoint = endpoint_of(method, path)
        waiting = _Waiting(send, on_answer, self._machine_ns(), gate is not None, endpoint)
        fault = self._queue(self._lanes[lane], waiting)
        if fault is not None:
            reason = _CLOSED if fault is TransportFailure.REFUSED else "too many requests wait"
            on_answer(self._none(fault, reason))
        else:
            self._send()

    def open_stream(self, kind: StreamKind, events: StreamEvents) -> StreamHandle:
        """Open one connection of a stream."""
        return self._transport.open_stream(kind, events)

    def later(self, delay_ns: int, call: Callable[[], None]) -> None:
        """Call back after machine time has passed."""
        self._transport.later(delay_ns, call)

    def close(self) -> None:
        """End everything; what waits is answered as refused."""
        with self._lock:
            self._is_closed = True
            left = [each for lane in self._lanes.values() for each in lane.waiting]
            for lane in self._lanes.values():
                lane.waiting.clear()
        self._transport.close()
        for each in left:
            each.on_answer(self._none(TransportFailure.REFUSED, _CLOSED))

    def _queue(self, lane: _Lane, waiting: _Waiting) -> TransportFailure | None:
        with self._lock:
            if self._is_closed:
                return TransportFailure.REFUSED
            if len(lane.waiting) >= QUEUE_LIMITS[lane.lane]:
                return TransportFailure.FULL
            lane.waiting.append(waiting)
            return None

    def _send(self) -> None:
        """Do what can be done now. One thread at a time: requests leave in their order."""
        is_mine = False
        while (step := self._next(is_mine=is_mine)) is not None:
            is_mine = True
            try:
                step()
            except BaseException:
                with self._lock:
                    self._is_sending = False
                raise

    def _next(self, *, is_mine: bool) -> Callable[[], None] | None:
        with self._lock:
            if self._is_sending and not is_mine:
                return None  # who is at it looks again before it stops
            step = next(filter(None, map(self._step, self._lanes.values())), None)
            self._is_sending = step is not None
            return step

    def _step(self, lane: _Lane) -> Callable[[], None] | None:
        """Return what is to be done for the first that waits in a lane, None: nothing now."""
        if not lane.waiting or lane.on_its_way >= LANE_WIDTHS[lane.lane]:
            return None
        now_ns, first = self._machine_ns(), lane.waiting[0]
        wait_ns = lane.wait_ns(now_ns)
        if wait_ns == 0:
            lane.waiting.popleft()
            lane.on_its_way += 1
            lane.budget.take(now_ns)
            return lambda: first.send(lambda answer: self._answered(lane, first, now_ns, answer))
        if self._is_over(first, lane.budget, now_ns, wait_ns):
            lane.waiting.popleft()
            return lambda: first.on_answer(self._none(TransportFailure.LIMITED, _LIMITED))
        if wait_ns is not None:
            self._wake_after(lane.budget, now_ns, wait_ns)
        return None

    def _is_over(
        self, first: _Waiting, budget: RateBudget, now_ns: int, wait_ns: int | None
    ) -> bool:
        if first.is_order:
            return wait_ns is None or now_ns + wait_ns > first.asked_ns + ORDER_WAITS_NS
        return budget.use(now_ns).is_doubtful and now_ns >= first.asked_ns + WAITS_NS

    def _wake_after(self, budget: RateBudget, now_ns: int, wait_ns: int) -> None:
        due_ns = now_ns + wait_ns
        if not now_ns < self._wakes_ns.get(budget, 0) <= due_ns:
            self._wakes_ns[budget] = due_ns
            self._transport.later(wait_ns, self._send)

    def _answered(
        self, lane: _Lane, asked: _Waiting, left_ns: int, answer: Answer | NoAnswer
    ) -> None:
        self._learn(lane.budget, left_ns, answer)
        self._measure(asked.endpoint, left_ns, answer)
        try:
            asked.on_answer(answer)
        finally:
            with self._lock:
                lane.on_its_way -= 1
            self._send()

    def _measure(self, endpoint: str, left_ns: int, answer: Answer | NoAnswer) -> None:
        """Count what came of a request; one that the last gate kept here took no time."""
        if self._meter is None:
            return
        self._meter.count(CountKind.REQUESTS, endpoint, outcome_of(answer))
        if not (isinstance(answer, NoAnswer) and answer.fault is TransportFailure.REFUSED):
            self._meter.time(TimeKind.REQUEST, endpoint, answer.ended_ns - left_ns)

    def _learn(self, budget: RateBudget, left_ns: int, answer: Answer | NoAnswer) -> None:
        if isinstance(answer, NoAnswer):
            with self._lock:
                budget.lost(left_ns)
            return
        pace = pace_of(answer.headers, self._wall_ns())
        drawn = self._draw() if answer.status == TOO_MANY else 0.0
        with self._lock:
            now_ns = self._machine_ns()
            if answer.status == TOO_MANY:
                budget.refused(left_ns, now_ns, pace, drawn)
            else:
                budget.answered(left_ns, now_ns, pace)

    def _held_up(self, budget: RateBudget, now_ns: int) -> int:
        """Return how many requests wait although their lane is free."""
        return sum(
            len(each.waiting)
            for each in self._lanes.values()
            if each.budget is budget and each.wait_ns(now_ns) != 0
        )

    def _none(self, fault: TransportFailure, reason: str) -> NoAnswer:
        return NoAnswer(fault, reason, Nanos(self._machine_ns()))
