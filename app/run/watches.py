"""What the main thread looks after while it waits: hangs, memory, sentinel, supervisor, itself."""

from __future__ import annotations

import faulthandler
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

from actors.kernel.progress import ProgressWatch, Sight, hang_cause
from actors.kernel.supervision import policy_of
from actors.kernel.topology import SUPERVISOR
from actors.safety.reconciler import TIME_GAP
from adapters.processes.sentinel import SentinelProcess
from adapters.runtime.actor_system import ActorSystem
from adapters.runtime.threads import ThreadRuntime
from adapters.telemetry.memory import resident_bytes
from domain.messages.supervision import GapSeen
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.system.restarts import Crash, CrashHistory, Restart, decide

ROOT = Path(__file__).resolve().parents[2]
MEMORY, SENTINEL = "memory", "sentinel"
BEAT_EVERY_NS = SECOND // 4
READY_WITHIN_NS = 10 * SECOND
BUSY_AGAIN_NS = SECOND
SILENT_NS = 5 * SECOND
"""Machine time after which a sentinel that says nothing is taken for lost."""
LOOKING_NS = SECOND
"""Machine time between two looks at it beyond which its silence may be our own."""
LEAST_PAUSE_NS, LONGEST_PAUSE_NS, STABLE_NS = SECOND // 2, 30 * SECOND, 60 * SECOND
MEBIBYTE = 1 << 20
OPEN_AT, CLOSE_BELOW = 0.80, 0.75
"""Shares of the memory limit: apart, so that a value between them changes nothing."""
SILENCE_SECONDS, SILENT_LOOKS = 5.0, 10
"""For how long the guardian may say nothing, and in how many looks that is found out."""


class Watch:
    """Something that the guardian does in between; this one does nothing."""

    def look(self) -> None:
        """Look, quickly; called about fifty times a second of machine time."""

    def stop(self, *, is_orderly: bool = True) -> None:
        """The run is over; `is_orderly` if nothing of ours is left to cancel at the venue."""


class Watches:
    """The watches of one run, in the order in which they began; they end in it too.

    `is_orderly` tells at the end whether nothing of ours is left to cancel at the venue.
    """

    def __init__(self, attend: Callable[[Callable[[], None]], None]) -> None:
        """`attend` has a call made again and again while the run lasts."""
        self._attend = attend
        self._begun: list[Watch] = []
        self.is_orderly: Callable[[], bool] = lambda: False

    def begin(self, watches: Iterable[Watch]) -> None:
        """Begin each and have it look from now on."""
        for watch in watches:
            self._begun.append(watch)
            self._attend(watch.look)

    def __enter__(self) -> Watches:
        return self

    def __exit__(self, *_: object) -> None:
        for watch in self._begun:
            watch.stop(is_orderly=self.is_orderly())


class SupervisorWatch(Watch):
    """Starts the supervisor again if it dies: nobody else watches the watcher."""

    def __init__(self, runtime: ActorSystem, revive: Callable[[], None]) -> None:
        """`revive` starts the next incarnation."""
        self._runtime = runtime
        self._revive = revive
        self._history = CrashHistory()
        self._dead_epoch = 0
        self._due_ns: int | None = None

    def look(self) -> None:
        """Take note of a death, and start the next incarnation when its pause is over."""
        if SUPERVISOR not in self._runtime.down():
            return
        now_ns = self._runtime.clock.machine_ns()
        epoch = self._runtime.sight(SUPERVISOR).epoch
        if epoch > self._dead_epoch:
            self._dead_epoch = epoch
            self._judge(now_ns)
        if self._due_ns is not None and now_ns >= self._due_ns:
            self._due_ns = now_ns + BUSY_AGAIN_NS  # should it fail for want of room
            self._revive()
            self._due_ns = None

    def _judge(self, now_ns: int) -> None:
        budget = policy_of(SUPERVISOR).budget
        crash = Crash(Nanos(now_ns), f"epoch {self._dead_epoch}")
        self._history = self._history.after(crash, budget)
        verdict = decide(self._history, budget, lambda: 0.5)
        if isinstance(verdict, Restart):
            self._due_ns = now_ns + verdict.pause_ns
        else:
            self._runtime.log_for("guardian").critical("supervisor given up", why=verdict.reason)


class ProgressGuard(Watch):
    """Gives up actors that have work and do not get on with it (threads only)."""

    def __init__(self, runtime: ThreadRuntime) -> None:
        self._runtime = runtime
        self._watch = ProgressWatch()

    def look(self) -> None:
        """Look at every actor ten times a second."""
        now_ns = self._runtime.clock.machine_ns()
        if not self._watch.is_due(now_ns):
            return
        for sight, stuck_ns in self._watch.look(now_ns, self._living()):
            place = place_of(self._runtime.thread_of(sight.name))
            self._runtime.condemn(sight.name, sight.epoch, hang_cause(stuck_ns, place), place)

    def _living(self) -> list[Sight]:
        return [sight for sight in self._runtime.sights() if not sight.is_down]


class MemoryGuard(Watch):
    """Blocks entries while the process uses most of what it may."""

    def __init__(
        self, runtime: ActorSystem, limit_mb: int, resident: Callable[[], int] = resident_bytes
    ) -> None:
        self._runtime = runtime
        self._limit = limit_mb * MEBIBYTE
        self._resident = resident
        self._looked_ns = 0

    def look(self) -> None:
        """Look once a second."""
        now_ns = self._runtime.clock.machine_ns()
        if now_ns - self._looked_ns < SECOND:
            return
        self._looked_ns = now_ns
        used = self._resident()
        share = used / self._limit
        limit_mb = self._limit // MEBIBYTE
        text = f"{used // MEBIBYTE} MiB resident of {limit_mb} MiB"
        if not share < OPEN_AT:
            trip(self._runtime, MEMORY, text, Effect.BLOCK)
        elif share < CLOSE_BELOW:
            self._runtime.board.reset(MEMORY, GLOBAL, by="proof", evidence=text)


class SentinelWatch(Watch):
    """Keeps the sentinel fed and alive; without one that proves its progress, no entry is sent."""

    def __init__(self, runtime: ActorSystem, begin: Callable[[], SentinelProcess]) -> None:
        self._runtime = runtime
        self._begin = begin
        self._sentinel: SentinelProcess | None = None
        self._begun_ns = self._beat_ns = self._looked_ns = self._heard_ns = 0
        self._heard = 0
        self._pause_ns = LEAST_PAUSE_NS
        self._due_ns = 0
        self._start(runtime.clock.machine_ns())
        # After the start: a breaker keeps its first reason, and a refused start has a better one.
        trip(runtime, SENTINEL, "the sentinel is starting", Effect.BLOCK, may_flap=True)

    def look(self) -> None:
        """Send a beat when it is time; trip and start anew if the sentinel is gone or silent."""
        now_ns = self._runtime.clock.machine_ns()
        sentinel = self._sentinel
        if sentinel is None:
            if now_ns >= self._due_ns:
                self._start(now_ns)
            return
        reason = self._attend(sentinel, now_ns)
        self._looked_ns = now_ns
        if reason is not None:
            sentinel.end()
            self._lose(now_ns, reason)

    def stop(self, *, is_orderly: bool = True) -> None:
        """Say farewell; after an end that was not orderly leave it to its duty instead."""
        if self._sentinel is None and not is_orderly:  # nobody else would cancel what is left
            self._start(self._runtime.clock.machine_ns())
        if self._sentinel is None:
            return
        if is_orderly:
            self._sentinel.stop()
        else:
            self._sentinel.abandon()

    def _attend(self, sentinel: SentinelProcess, now_ns: int) -> str | None:
        """Feed and hear it; return why it is lost, None: it gets on."""
        if sentinel.has_ended():
            return "the sentinel process has ended"
        beats = sentinel.beats()
        if beats > self._heard or now_ns - self._looked_ns > LOOKING_NS:
            self._heard, self._heard_ns = beats, now_ns
        if now_ns - self._heard_ns > (SILENT_NS if beats else READY_WITHIN_NS):
            return f"the sentinel {'is silent' if beats else 'does not get ready'}"
        if beats:
            self._runtime.board.reset(SENTINEL, GLOBAL, by="proof", evidence="it is watching")
            if now_ns - self._begun_ns > STABLE_NS:
                self._pause_ns = LEAST_PAUSE_NS
        if now_ns - self._beat_ns >= BEAT_EVERY_NS:
            self._beat_ns = now_ns
            sentinel.beat()
        return None

    def _start(self, now_ns: int) -> None:
        self._begun_ns = self._beat_ns = self._looked_ns = self._heard_ns = now_ns
        self._heard = 0
        try:
            self._sentinel = self._begin()
        except OSError as error:
            self._lose(now_ns, f"the sentinel can't be started: {error.strerror}")

    def _lose(self, now_ns: int, reason: str) -> None:
        trip(self._runtime, SENTINEL, reason, Effect.BLOCK)
        self._runtime.log_for("guardian").critical("sentinel lost", why=reason)
        self._sentinel = None
        self._due_ns = now_ns + self._pause_ns
        self._pause_ns = min(2 * self._pause_ns, LONGEST_PAUSE_NS)


class StackWatch(Watch):
    """Writes the stacks of all threads if the guardian itself falls silent; ends nothing.

    A thread of ours does it, and not the timer of `faulthandler`: that one reads frames which the
    other threads go on changing, and has killed processes that had only been stopped for a while.
    Only a fatal signal is left to `faulthandler`.
    """

    def __init__(self, log_dir: Path) -> None:
        self._file = (log_dir / "stacks.txt").open("a", encoding="utf-8")
        self._looks = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="stacks", daemon=True)
        faulthandler.enable(self._file)

    def look(self) -> None:
        """Show that the guardian lives."""
        self._looks += 1
        if self._looks == 1:
            self._thread.start()

    def stop(self, *, is_orderly: bool = True) -> None:
        """Switch the alarm off."""
        del is_orderly
        self._is_over.set()
        if self._looks:
            self._thread.join()
        faulthandler.disable()
        self._file.close()

    def _listen(self) -> None:
        heard, missed = self._looks, 0
        # Silence is counted in looks of our own: while the whole process stands still it is none.
        while not self._is_over.wait(SILENCE_SECONDS / SILENT_LOOKS):
            missed = missed + 1 if self._looks == heard else 0
            heard = self._looks
            if missed == SILENT_LOOKS:
                self._write()

    def _write(self) -> None:
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        self._file.write(f"The main thread has been silent for {SILENCE_SECONDS:g} s.\n")
        for ident, frame in sys._current_frames().items():
            self._file.write(f"\nThread {names.get(ident, ident)}, most recent call last:\n")
            self._file.writelines(traceback.format_stack(frame))
        self._file.write("\n")
        self._file.flush()


def gap_seen(runtime: ActorSystem, length_ns: int) -> None:
    """Block entries and have everything asked anew: the process did not run."""
    reason = f"the process did not run for {length_ns // MILLISECOND} ms"
    trip(runtime, TIME_GAP, reason, Effect.BLOCK)
    runtime.announce(GapSeen(Nanos(length_ns)))


def trip(
    runtime: ActorSystem, name: str, reason: str, effect: Effect, *, may_flap: bool = False
) -> None:
    """Open a breaker of the guardian's own."""
    runtime.board.trip(
        Breaker(
            name=name,
            scope=GLOBAL,
            effect=effect,
            reason=reason,
            is_latched=False,
            at_ns=runtime.clock.market_ns(),
        ),
        may_flap=may_flap,
    )


def place_of(thread: int | None) -> str:
    """Return file, line and function at which a thread of ours stands right now."""
    frame = sys._current_frames().get(thread) if thread is not None else None
    innermost = frame
    while frame is not None and not _is_ours(frame):
        frame = frame.f_back
    frame = frame or innermost
    if frame is None:
        return "no thread"
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}"


def _is_ours(frame: FrameType) -> bool:
    path = Path(frame.f_code.co_filename)
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts
