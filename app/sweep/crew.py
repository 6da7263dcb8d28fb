"""Who plays the backtests of a sweep: processes of this machine, each one at a time.

A worker that dies loses nothing: what it was playing is given to another one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Protocol

from attrs import field, frozen, mutable

from app.sweep.trial import JobAnswer, SweepJob, SweepQuestion, answer
from domain.model.errors import TradingError

DEATHS_MAX = 3
"""A backtest that has taken so many workers with it is not given to another one."""
_SPAWN = multiprocessing.get_context("spawn")


class SweepBroken(TradingError):
    """The sweep can't go on; what is finished is kept. The text says why."""


class Crew(Protocol):
    """Plays jobs in any order; who asks has to put them in order."""

    def submit(self, key: str, job: SweepJob) -> None:
        """Take a job; `key` is the name of its answer."""

    def take(self) -> tuple[str, JobAnswer]:
        """Return the next answer that is ready.

        Raises:
            SweepBroken: there will be none.
            OtherProgram: a worker has another program, configuration or market.
        """

    def close(self) -> None:
        """Let all workers go, and what they are playing."""


@frozen
class _Said:
    """What comes back from a worker: an answer, or what it died of."""

    answer: JobAnswer | None
    error: Exception | None = None
    trace: str = ""


@mutable
class _Worker:
    process: SpawnProcess
    pipe: Connection
    playing: str | None = None


@mutable
class LocalCrew:
    """Processes of this machine. They end with the process that has begun them."""

    question: SweepQuestion
    workers: int
    tell: Callable[[str], None]
    _crew: list[_Worker] = field(factory=list, init=False)
    _waiting: deque[str] = field(factory=deque, init=False)
    _jobs: dict[str, SweepJob] = field(factory=dict, init=False)
    _deaths: dict[str, int] = field(factory=dict, init=False)

    def submit(self, key: str, job: SweepJob) -> None:
        """Take a job; an idle worker begins at once."""
        self._jobs[key] = job
        self._waiting.append(key)
        self._hand_out()

    def take(self) -> tuple[str, JobAnswer]:
        """Return the next answer that is ready."""
        while True:
            ready = wait([each.pipe for each in self._crew if each.playing is not None])
            for worker in [each for each in self._crew if each.pipe in ready]:
                key = worker.playing
                assert key is not None
                try:
                    said: _Said = worker.pipe.recv()
                except (EOFError, OSError):
                    self._bury(worker, key)
                    continue
                worker.playing = None
                self._hand_out()
                if said.answer is None:
                    raise said.error or RuntimeError(f"a worker has failed:\n{said.trace}")
                del self._jobs[key]
                return key, said.answer

    def close(self) -> None:
        """End all workers."""
        for each in self._crew:
            each.process.kill()
        for each in self._crew:
            each.process.join()
            each.pipe.close()
        self._crew.clear()

    @property
    def pids(self) -> tuple[int, ...]:
        """Return the numbers of the processes that work now."""
        return tuple(each.process.pid or 0 for each in self._crew)

    def _hand_out(self) -> None:
        while self._waiting:
            idle = next((each for each in self._crew if each.playing is None), None)
            if idle is None and len(self._crew) < self.workers:
                idle = self._hired()
            if idle is None:
                return
            key = self._waiting.popleft()
            try:
                idle.pipe.send(self._jobs[key])
            except OSError:  # it has died in its sleep: the job was not begun
                self._waiting.appendleft(key)
                self._dismiss(idle)
                continue
            idle.playing = key

    def _hired(self) -> _Worker:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_work, args=(self.question, theirs), daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._crew.append(worker)
        return worker

    def _bury(self, worker: _Worker, key: str) -> None:
        """Let another worker play what this one did not finish."""
        self._dismiss(worker)
        self._deaths[key] = self._deaths.get(key, 0) + 1
        code = worker.process.exitcode
        told = f"worker {worker.process.pid} has ended with {code} while it played {key}"
        if self._deaths[key] >= DEATHS_MAX:
            raise SweepBroken(f"{told}, number {DEATHS_MAX} that does: is there too little memory?")
        self.tell(f"{told}: another one plays it again")
        self._waiting.appendleft(key)
        self._hand_out()

    def _dismiss(self, worker: _Worker) -> None:
        self._crew.remove(worker)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()


def _work(question: SweepQuestion, pipe: Connection) -> None:
    """Answer jobs until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            said = _Said(answer(question, job))
        except TradingError as error:
            said = _Said(None, error)
        except Exception:  # noqa: BLE001 - who asks shows it as the bug that it is
            said = _Said(None, None, traceback.format_exc())
        pipe.send(said)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
