"""Backtests of a sweep on a Dask cluster: its scheduler gives them to whoever works for it.

Workers need this checkout, its environment, and the market under the same path; each compares them
before it plays anything. What a worker was playing when it died, the scheduler gives to another.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable

from attrs import field, mutable
from distributed import Client, Future
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from app.sweep.crew import SweepBroken
from app.sweep.trial import JobAnswer, OtherProgram, SweepJob, SweepQuestion, answer

CONNECT_S, LOOK_S = 10, 5


class ClusterUnreachable(SweepBroken):
    """There is no scheduler at the address, or not any more."""


@mutable
class ClusterCrew:
    """Workers of a Dask cluster; how many there are may change at any time."""

    question: SweepQuestion
    address: str
    tell: Callable[[str], None]
    _client: Client = field(init=False)
    _done: queue.Queue[tuple[str, Future[JobAnswer]]] = field(factory=queue.Queue, init=False)
    _futures: dict[str, Future[JobAnswer]] = field(factory=dict, init=False)
    _is_alone: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        """Connect.

        Raises:
            ClusterUnreachable: nobody answers.
        """
        _hush()
        try:
            self._client = Client(self.address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterUnreachable(f"--cluster {self.address}: {error}") from error

    def submit(self, key: str, job: SweepJob) -> None:
        """Give a job to the scheduler."""
        # Not pure: what was played for an earlier sweep is not to be taken for this one's.
        future = self._client.submit(answer, self.question, job, pure=False)
        self._futures[key] = future
        future.add_done_callback(lambda done: self._done.put((key, done)))

    def take(self) -> tuple[str, JobAnswer]:
        """Return the next answer that is ready."""
        while True:
            try:
                key, future = self._done.get(timeout=LOOK_S)
            except queue.Empty:
                self._look()
                continue
            self._futures.pop(key, None)
            try:
                found: JobAnswer = future.result()
            except KilledWorker as error:
                raise SweepBroken(
                    f"{key} has taken several workers with it: is there too little memory?"
                ) from error
            except OtherProgram as error:
                raise OtherProgram(f"a worker of {self.address} can't answer: {error}") from error
            except (FutureCancelledError, OSError) as error:
                raise self._lost() from error
            return key, found

    def close(self) -> None:
        """Take back what is not finished, and leave the cluster as it was."""
        self._client.cancel(list(self._futures.values()))
        self._client.close(timeout=CONNECT_S)

    def _look(self) -> None:
        """Say that nobody works, once, while that is so."""
        if self._client.status != "running":
            raise self._lost()
        is_alone = not self._client.scheduler_info(n_workers=-1)["workers"]
        if is_alone and not self._is_alone:
            self.tell(f"no worker at {self.address}: waiting for one; Ctrl-C ends the sweep")
        self._is_alone = is_alone

    def _lost(self) -> ClusterUnreachable:
        return ClusterUnreachable(f"--cluster {self.address}: the scheduler has gone")


def _hush() -> None:
    """Keep the library's tracebacks from the terminal: what has happened is said in a sentence."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
