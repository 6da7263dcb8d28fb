"""The threaded runtime: a thread an actor, one timer thread for all."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, cast

import pykka

from actors.kernel.base import Actor
from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import ReplyTo
from actors.kernel.lanes import Lanes
from actors.kernel.ports import Clock, Log
from actors.kernel.routes import Places, Routes
from adapters.runtime.actor_system import ActorSystem
from domain.messages.market import MarketFrame
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.instants import MILLISECOND, SECOND

FRAMES_WAITING = 20
"""Frames in an inbox at which the stream waits: at 60 times speed about a second of market."""
PATIENCE_NS = SECOND // 4
PAUSE_SECONDS = 0.0005
TURN_SECONDS = 0.05
"""A fifth of what strategies have for an answer: the rest of it is left when one of them hangs."""

DRILL_HANG_SECONDS = 60.0
LEAST_GAP_NS = SECOND


class _Closed(BaseException):
    """Leaves pykka's loop of an actor that was ended from outside."""


class ThreadInbox:
    """The lanes behind one condition variable."""

    lanes: Lanes

    def __init__(self) -> None:
        self._ready = threading.Condition(threading.Lock())
        self.is_closed = False

    def open(self, places: Places) -> None:
        """Take note of which kind waits in which lane."""
        self.lanes = Lanes(places)

    def put(self, item: Any, /) -> None:
        """Add a message and wake the actor. Never blocks for long.

        Raises:
            ActorDeadError: the actor died between the sender's look and this call.
        """
        with self._ready:
            if self.is_closed:
                raise pykka.ActorDeadError("the inbox is closed")
            self.lanes.push(item, getattr(item.message, "body", None))
            self._ready.notify()

    def get(self) -> Any:
        """Take the next message, waiting for one."""
        with self._ready:
            while not self.lanes:
                if self.is_closed:
                    raise _Closed
                self._ready.wait()
            return self.lanes.pop()

    def close(self) -> list[Any]:
        """Return what waits and refuse what comes later."""
        with self._ready:
            self.is_closed = True
            self._ready.notify_all()
            return [self.lanes.pop() for _ in range(len(self.lanes))]

    def empty(self) -> bool:
        """Tell whether nothing waits."""
        return not self.lanes

    def __len__(self) -> int:
        return len(self.lanes)


class ThreadedActor(pykka.ThreadingActor):
    """pykka's actor on a daemon thread, with lanes for an inbox and a death watch."""

    use_daemon_thread: ClassVar[bool] = True
    name: str
    services: ThreadRuntime

    @staticmethod
    def _create_actor_inbox() -> ThreadInbox:
        return ThreadInbox()

    def _start_actor_loop(self) -> None:
        self.services.enter(cast("Actor", self))
        super()._start_actor_loop()

    def _actor_loop(self) -> None:
        threading.current_thread().name = self.name
        self.services.threads[self.name] = threading.get_ident()
        try:
            super()._actor_loop()
        except _Closed:
            pass  # ended from outside while it waited
        finally:
            self.services.bury(cast("Actor", self))

    def _actor_loop_teardown(self) -> None:
        """Leave what still waits to the runtime, which keeps it or counts it."""


class ThreadRuntime(ActorSystem):
    """Actors on threads, timers on market or machine time."""

    def __init__(
        self,
        clock: Clock,
        board: BreakerBoard,
        routes: Routes,
        log: Callable[[str], Log],
        *,
        speed: float = 1.0,
    ) -> None:
        super().__init__(clock, board, routes, log, ThreadedActor)
        self._speed = speed
        self._timers: list[tuple[int, int, int | None, str, int, Any]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._pause = threading.Event()
        self._over = threading.Event()
        self._turn = threading.Lock()
        self._stopped = False
        self.threads: dict[str, int] = {}
        self._gap_ns = self._awake_ns = 0
        self._tell_gap: Callable[[int], None] | None = None
        self._jumped_ns = clock.wall_ns() - clock.machine_ns()
        threading.Thread(target=self._timer_main, name="timers", daemon=True).start()

    def wake(
        self, actor: str, epoch: int, due_ns: int, message: Any, *, is_machine_time: bool
    ) -> None:
        """Deliver `message` when the clock reaches `due_ns`."""
        market_due = None if is_machine_time else due_ns
        machine_due = due_ns if is_machine_time else self._machine_due(due_ns)
        with self._changed:
            entry = (machine_due, next(self._order), market_due, actor, epoch, message)
            heapq.heappush(self._timers, entry)
            if self._timers[0] is entry:
                self._changed.notify()

    def post_patiently(self, reply_to: ReplyTo, message: Any) -> None:
        """Deliver as `post`, but let a stream wait while its receiver is behind.

        For the streams' own threads: what waits in them is felt by the other end as back-pressure,
        so an embedded venue slows the market clock instead of letting quotes grow old in an inbox.
        The wait is bounded, so that a dead receiver holds nobody.
        """
        receiver = self.members.get(reply_to.actor)
        if isinstance(message, MarketFrame) and receiver is not None:
            begun_ns = self.clock.machine_ns()
            while (
                len(cast("ThreadInbox", receiver.actor_inbox)) > FRAMES_WAITING
                and self.clock.machine_ns() - begun_ns < PATIENCE_NS
            ):
                self._pause.wait(PAUSE_SECONDS)
        self.post(reply_to, message)

    def thread_of(self, name: str) -> int | None:
        """Return the identity of the thread of the newest incarnation."""
        return self.threads.get(name)

    def on_gap(self, market_limit_ns: int, tell: Callable[[int], None]) -> None:
        """Call `tell(length_ns)` before any timer after a time in which the process did not run.

        A gap is longer than `market_limit_ns`; whatever the speed, not below a second of machine
        time, which a busy machine may take for itself.
        """
        self._gap_ns = max(LEAST_GAP_NS, int(market_limit_ns / self._speed))
        self._tell_gap = tell

    def stall(self, actor: str) -> None:
        """Let the calling actor's thread hang as a drill; it comes back as a zombie."""
        self._over.wait(DRILL_HANG_SECONDS)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let one actor at a time compute for long, as far as none holds the turn for too long.

        numpy lets other threads run at each step of a large column. With others waiting to compute
        each step becomes a switch of threads: ten strategies at once took five times the CPU time
        that they take one after the other.
        """
        mine = self._turn
        if not mine.acquire(timeout=TURN_SECONDS):
            mine = threading.Lock()  # whoever has the old one has had its time
            mine.acquire()
            self._turn = mine
        try:
            yield
        finally:
            mine.release()

    def stop(self, names: tuple[str, ...], within_ns: int) -> tuple[str, ...]:
        """Stop the actors named, in order, and the timers; return those that did not in time."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._over.set()
        deadline = self.clock.machine_ns() + within_ns
        late = []
        for name in names:
            actor = self.members.get(name)
            if actor is None or actor.actor_stopped.is_set():
                continue
            left = max(0.05, (deadline - self.clock.machine_ns()) / SECOND)
            try:
                actor.actor_ref.stop(block=True, timeout=left)
            except pykka.Timeout:
                late.append(name)
            except pykka.ActorDeadError:
                continue  # it died just now: it has stopped
        return tuple(late)

    def _machine_due(self, market_due_ns: int) -> int:
        ahead = market_due_ns - self.clock.market_ns()
        return self.clock.machine_ns() + int(max(0, ahead) / self._speed)

    def _timer_main(self) -> None:
        """Without timers nothing times out any more: their death halts."""
        try:
            self._run_timers()
        except BaseException as error:  # noqa: BLE001 - whatever ends the timers
            cause = f"timers died: {type(error).__name__}: {error}"
            self.board.trip(
                Breaker(
                    name="timers",
                    scope=GLOBAL,
                    effect=Effect.HALT,
                    reason=cause,
                    is_latched=True,
                    at_ns=self.clock.market_ns(),
                )
            )
            self.log_for("timers").failure(cause, error)

    def _run_timers(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and not self._is_due():
                    self._changed.wait(self._seconds_left())
                if self._stopped:
                    return
                entry = heapq.heappop(self._timers)
            self._look_for_gap(entry[0])
            self._fire(*entry[2:])

    def _look_for_gap(self, due_ns: int) -> None:
        """Suspended, the process sees late timers; asleep with its machine, a jump of the wall."""
        now_ns = self.clock.machine_ns()
        late_ns = now_ns - max(due_ns, self._awake_ns)  # one gap makes every timer late
        ahead_ns = self.clock.wall_ns() - now_ns
        jump_ns, self._jumped_ns = ahead_ns - self._jumped_ns, ahead_ns
        length_ns = max(late_ns, abs(jump_ns))
        if length_ns > self._gap_ns and self._tell_gap is not None:
            self._awake_ns = now_ns
            self._tell_gap(length_ns)

    def _is_due(self) -> bool:
        return bool(self._timers) and self._timers[0][0] <= self.clock.machine_ns()

    def _seconds_left(self) -> float | None:
        if not self._timers:
            return None
        return max(0.0, (self._timers[0][0] - self.clock.machine_ns()) / SECOND)

    def _fire(self, market_due: int | None, name: str, epoch: int, message: Any) -> None:
        if market_due is not None and self.clock.market_ns() < market_due:
            # The market clock slipped meanwhile: wait for the rest of it.
            again = max(MILLISECOND // 2, self._machine_due(market_due) - self.clock.machine_ns())
            with self._changed:
                due = self.clock.machine_ns() + again
                heapq.heappush(
                    self._timers, (due, next(self._order), market_due, name, epoch, message)
                )
            return
        self.ring(name, epoch, message)
