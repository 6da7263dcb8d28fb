"""Requests under the venue's limits, in virtual time and on threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from attrs import define

from actors.kernel.meters import Meters
from adapters.venues.transport.budgeted import BudgetedTransport, RequestLimits
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
    TransportFailure,
)
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.model.meters import CountKind, TimeKind
from tests.fakes.clocks import VirtualTime

pytestmark = pytest.mark.req("RB1")
COINBASE = RequestLimits(private=30, public=10)
TAKES_NS = 2 * MILLISECOND
ENTRY, EXIT, CANCEL = RequestLane.ENTRY, RequestLane.EXIT, RequestLane.CANCEL
QUERY, PUBLIC = RequestLane.QUERY, RequestLane.PUBLIC
FINE: tuple[int, dict[str, str]] = (200, {})
TOO_MANY = (429, {"retry-after": "5"})


@define
class Wire:
    """Answers after two milliseconds, with what the test says."""

    time: VirtualTime
    says: Callable[[RequestLane], tuple[int, dict[str, str]]]
    left: list[tuple[int, RequestLane]]
    takes_ns: int = TAKES_NS
    refuses: bool = False

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
        del method, path, query, body, deadline_ns, gate
        self.left.append((self.time.now_ns, lane))
        if self.refuses:
            on_answer(NoAnswer(TransportFailure.REFUSED, "halted", self.time.machine_ns()))
            return
        status, headers = self.says(lane)
        self.time.after(
            self.takes_ns, lambda: on_answer(Answer(status, b"", self.time.machine_ns(), headers))
        )

    def open_stream(self, kind: StreamKind, events: StreamEvents) -> StreamHandle:
        raise AssertionError("only requests are asked for here")

    def later(self, delay_ns: int, call: Callable[[], None]) -> None:
        self.time.after(delay_ns, call)

    def close(self) -> None:
        """Nothing is open."""


class Scene:
    def __init__(
        self, says: Callable[[RequestLane], tuple[int, dict[str, str]]] = lambda _: FINE
    ) -> None:
        self.time = VirtualTime(10 * SECOND)
        self.wire, self.meters = Wire(self.time, says, []), Meters()
        self.transport = BudgetedTransport(
            self.wire,
            COINBASE,
            machine_ns=self.time.machine_ns,
            wall_ns=self.time.wall_ns,
            draw=lambda: 0.5,
            meter=self.meters,
        )
        self.answers: list[tuple[float, RequestLane, Answer | NoAnswer]] = []

    @property
    def now_s(self) -> float:
        return self.time.now_ns / SECOND - 10

    def ask(self, lane: RequestLane, count: int = 1) -> Scene:
        gate = (lambda: None) if lane in (ENTRY, EXIT) else None
        for _ in range(count):
            self.transport.request(
                lane,
                "GET",
                "/",
                (),
                b"",
                SECOND,
                lambda answer: self.answers.append((self.now_s, lane, answer)),
                gate,
            )
        return self

    def run(self, seconds: float = 3600) -> Scene:
        end_ns = self.time.now_ns + int(seconds * SECOND)
        self.time.after(int(seconds * SECOND), lambda: None)
        self.time.run(until=lambda: self.time.now_ns >= end_ns)
        return self

    def faults(self, lane: RequestLane) -> list[TransportFailure]:
        return [
            each.fault
            for _, asked, each in self.answers
            if asked is lane and isinstance(each, NoAnswer)
        ]

    def left(self, *lanes: RequestLane) -> list[float]:
        return [at / SECOND - 10 for at, lane in self.wire.left if lane in lanes]


def test_a_thousand_public_questions_leave_at_four_fifths_of_the_limit() -> None:
    scene = Scene().ask(PUBLIC, 1000).run()
    left = scene.left(PUBLIC)
    assert len(left) == 1000
    assert min(left[at + 8] - left[at] for at in range(len(left) - 8)) > 0.999
    assert left[-1] < 1000 / 8


def test_a_flood_of_questions_and_sales_leaves_room_for_cancels() -> None:
    scene = Scene().ask(QUERY, 400).ask(EXIT, 20).run(0.9).ask(CANCEL, 2).run()
    assert [round(at, 3) for at in scene.left(CANCEL)] == [0.9, 0.9]


def test_an_order_that_can_not_leave_soon_is_answered_as_not_sent() -> None:
    scene = Scene().ask(QUERY, 27).run(0.1).ask(ENTRY).run(0.1)
    assert scene.faults(ENTRY) == [TransportFailure.LIMITED]
    assert scene.left(ENTRY) == []


def test_an_order_waits_a_moment_for_room() -> None:
    scene = Scene().ask(QUERY, 27).run(0.9).ask(ENTRY).run(1)
    assert scene.faults(ENTRY) == []
    assert len(scene.left(ENTRY)) == 1


def test_nothing_is_asked_while_the_venue_asks_for_quiet() -> None:
    scene = Scene(lambda _: TOO_MANY)
    scene.ask(QUERY).run(0.1).ask(QUERY, 2).ask(ENTRY).run(60)
    assert [round(at) for at in scene.left(*RequestLane)] == [0, 5, 10]
    assert scene.faults(ENTRY) == [TransportFailure.LIMITED]


def test_a_cancel_and_a_sale_ask_for_no_quiet_but_once_a_second() -> None:
    scene = Scene(lambda _: TOO_MANY)
    scene.ask(QUERY).run(0.1).ask(CANCEL, 3).run(4.1).ask(EXIT).run(0.1)
    assert [round(at) for at in scene.left(CANCEL)] == [1, 2, 3]
    assert [round(at) for at in scene.left(EXIT)] == [4]


def test_a_cancel_waits_for_no_answer_to_another_question() -> None:
    scene = Scene(lambda _: TOO_MANY)
    scene.ask(QUERY).run(4.99)
    scene.wire.takes_ns = 9 * SECOND
    scene.ask(QUERY).run(1).ask(CANCEL).run(1)
    assert [round(at) for at in scene.left(QUERY, CANCEL)] == [0, 5, 6]


def test_the_first_that_is_asked_after_a_pause_is_a_cancel() -> None:
    scene = Scene(lambda _: TOO_MANY if scene.now_s < 4 else FINE)
    scene.ask(QUERY).run(0.1).ask(QUERY, 9).ask(CANCEL).run(60)
    assert scene.wire.left[1][1] is CANCEL
    assert len(scene.left(QUERY)) == 10


def test_the_limit_of_one_class_is_nothing_to_the_other() -> None:
    scene = Scene(lambda lane: TOO_MANY if lane is PUBLIC else FINE)
    scene.ask(PUBLIC).run(0.1).ask(QUERY, 3).ask(ENTRY).run(0.1)
    assert len(scene.left(QUERY, ENTRY)) == 4
    public = {each.name: each for each in scene.transport.uses()}["public"]
    assert (public.is_doubtful, public.refused, public.limit) == (True, 1, 10)


def test_a_question_is_not_kept_for_ever_by_a_venue_that_answers_nothing_else() -> None:
    scene = Scene(lambda _: TOO_MANY)
    scene.ask(QUERY, 40).run(300)
    refused = [each for _, _, each in scene.answers if isinstance(each, Answer)]
    assert len(scene.answers) == 40
    assert len(refused) <= LANE_WIDTHS[QUERY] + 60 / 5
    assert set(scene.faults(QUERY)) == {TransportFailure.LIMITED}


def test_what_is_held_up_is_counted() -> None:
    scene = Scene().ask(PUBLIC, 30).run(0.5)
    private, public = scene.transport.uses()
    assert (public.used, public.waiting, private.waiting) == (8, 22, 0)


def test_a_full_queue_and_a_closed_one_answer_at_once() -> None:
    scene = Scene().ask(ENTRY, 2 + QUEUE_LIMITS[ENTRY])
    assert scene.faults(ENTRY) == [TransportFailure.FULL]
    scene.transport.close()
    scene.ask(QUERY)
    assert scene.faults(QUERY) == [TransportFailure.REFUSED]
    assert scene.faults(ENTRY)[1:] == [TransportFailure.REFUSED] * QUEUE_LIMITS[ENTRY]


def test_an_answer_that_nobody_can_handle_keeps_nobody_waiting() -> None:
    scene = Scene()

    def fails(_: Answer | NoAnswer) -> None:
        raise ValueError("not handled")

    scene.transport.request(ENTRY, "GET", "/", (), b"", SECOND, fails)
    scene.ask(ENTRY)
    with pytest.raises(ValueError, match="not handled"):
        scene.run(1)
    scene.run(1)
    assert len(scene.left(ENTRY)) == 2


def test_on_threads_every_request_is_answered_once_and_none_is_too_many() -> None:
    class Threads:
        """Answers on a thread of its own each."""

        def __init__(self) -> None:
            self.ns = 0
            self.now, self.worst = 0, 0
            self.lock = threading.Lock()

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
            del lane, method, path, query, body, deadline_ns, gate

            def answer() -> None:
                with self.lock:
                    self.now += 1
                    self.worst = max(self.worst, self.now)
                with self.lock:
                    self.now -= 1
                on_answer(Answer(200, b"", Nanos(0)))

            threading.Thread(target=answer, daemon=True).start()

        def open_stream(self, kind: StreamKind, events: StreamEvents) -> StreamHandle:
            raise AssertionError("only requests are asked for here")

        def later(self, delay_ns: int, call: Callable[[], None]) -> None:
            with self.lock:
                self.ns += delay_ns
            threading.Thread(target=call, daemon=True).start()

        def close(self) -> None:
            """Nothing is open."""

    wire, done = Threads(), threading.Semaphore(0)
    transport = BudgetedTransport(
        wire, COINBASE, machine_ns=lambda: wire.ns, wall_ns=lambda: 0, draw=lambda: 0.5
    )

    def ask() -> None:
        for _ in range(100):
            transport.request(QUERY, "GET", "/", (), b"", SECOND, lambda _: done.release())

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for each in askers:
        each.start()
    assert all(done.acquire(timeout=30) for _ in range(400))
    assert wire.worst <= LANE_WIDTHS[QUERY]
    assert wire.ns >= (400 / 27 - 1) * SECOND


@pytest.mark.req("OB1")
def test_each_request_is_counted_by_its_outcome_and_timed() -> None:
    scene = Scene(lambda lane: TOO_MANY if lane is PUBLIC else FINE)
    scene.ask(QUERY, 2).ask(PUBLIC)
    scene.time.run(limit_ns=SECOND)

    found = scene.meters.read()
    assert found.counts[CountKind.REQUESTS, ("GET /", "200")] == 2
    assert found.counts[CountKind.REQUESTS, ("GET /", "429")] == 1
    assert found.times[TimeKind.REQUEST, "GET /"] == ((TAKES_NS // 1_000, 3),)


@pytest.mark.req("OB1")
def test_what_the_last_gate_keeps_here_takes_no_time_of_the_venue() -> None:
    scene = Scene()
    scene.wire.refuses = True
    scene.ask(ENTRY)

    found = scene.meters.read()
    assert found.counts == {(CountKind.REQUESTS, ("GET /", "refused")): 1}
    assert found.times == {}
