"""Requests over HTTP: threads with a kept connection each, deadlines enforced from outside.

A lane has as many threads as it is wide, all started with it: none is missing when it is needed.

A time-out of `requests` counts from one piece of an answer to the next; a venue that drips would
hold a lane for ever. A timer therefore shuts the socket down.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Mapping
from pathlib import Path

import requests
from attrs import field, frozen

from actors.kernel.ports import Log
from adapters.venues.transport.connections import GateRefused, LaneAdapter, Wire, Withheld
from adapters.venues.transport.deadlines import MachineClock, Timers
from adapters.venues.transport.endpoint import Endpoint, trust_file
from adapters.venues.transport.interface import (
    LANE_WIDTHS,
    PACE_HEADERS,
    QUEUE_LIMITS,
    Answer,
    Gate,
    NoAnswer,
    OnAnswer,
    Query,
    RequestLane,
    RequestSigner,
    TransportFailure,
)
from domain.model.instants import SECOND, Nanos

CONNECT_LIMIT_S = 5.0
_HEADERS = {"User-Agent": "bulkhead", "Accept": "application/json", "Cache-Control": "no-cache"}
_CLOSED = "the connection to the venue is closed"


@frozen(eq=False)
class Job:
    """One request on its way; it is answered once, whoever is first."""

    method: str
    path: str
    query: Query
    body: bytes
    deadline_ns: int
    on_answer: OnAnswer
    gate: Gate | None
    _once: threading.Lock = field(factory=threading.Lock)

    def answer(self, answer: Answer | NoAnswer) -> None:
        """Hand over the answer; a second one is dropped."""
        if self._once.acquire(blocking=False):
            self.on_answer(answer)


Jobs = queue.Queue[Job | None]
"""Requests that wait; None says that the lane is closed."""


class LaneQueue:
    """The queue of one lane, and who carries what is in it."""

    def __init__(
        self,
        lane: RequestLane,
        venue: Endpoint,
        ca: Path | None,
        signer: RequestSigner | None,
        timers: Timers,
        machine_ns: MachineClock,
        log: Log,
    ) -> None:
        self._machine_ns = machine_ns
        self._jobs: Jobs = queue.Queue(QUEUE_LIMITS[lane])
        self._lock = threading.Lock()
        self._is_closed = False
        self._carriers = [
            Carrier(
                f"venue-{lane.value}-{number}",
                self._jobs,
                venue,
                ca,
                signer,
                timers,
                machine_ns,
                log,
            )
            for number in range(LANE_WIDTHS[lane])
        ]

    def submit(self, job: Job) -> None:
        """Queue a request; a full queue answers at once."""
        fault = self._queue(job)
        if fault is not None:
            reason = _CLOSED if fault is TransportFailure.REFUSED else "too many requests wait"
            job.answer(NoAnswer(fault, reason, Nanos(self._machine_ns())))

    def close(self) -> None:
        """Refuse what waits, cut what runs; the threads end by themselves."""
        with self._lock:
            self._is_closed = True
            for carrier in self._carriers:
                carrier.close()
            _end(self._jobs)

    def _queue(self, job: Job) -> TransportFailure | None:
        with self._lock:
            if self._is_closed:
                return TransportFailure.REFUSED
            try:
                self._jobs.put_nowait(job)
            except queue.Full:
                return TransportFailure.FULL
            return None


class Carrier:
    """A thread and its connection: it carries one request of a lane at a time."""

    def __init__(
        self,
        name: str,
        jobs: Jobs,
        venue: Endpoint,
        ca: Path | None,
        signer: RequestSigner | None,
        timers: Timers,
        machine_ns: MachineClock,
        log: Log,
    ) -> None:
        self._jobs = jobs
        self._venue = venue
        self._signer = signer
        self._timers = timers
        self._machine_ns = machine_ns
        self._log = log
        self._wire = Wire(machine_ns)
        self._turn = 0
        self._is_closed = False
        self._session = _session(self._wire, trust_file(ca))
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Refuse what is taken from the queue from now on, cut what runs."""
        self._is_closed = True
        self._wire.cut(self._turn)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                if self._is_closed:
                    job.answer(self._none(TransportFailure.REFUSED, _CLOSED))
                else:
                    self._carry(job)
            except Exception as error:  # noqa: BLE001 - the lane outlives a bad continuation
                self._log.error("a venue answer was not handled", error=type(error).__name__)
            if self._is_closed and self._jobs.empty():
                break
        _end(self._jobs)  # who else waits at this queue has to hear it too
        self._session.close()

    def _carry(self, job: Job) -> None:
        turn = self._turn = self._wire.begin(job.gate)
        timer = self._timers.after(job.deadline_ns, lambda: self._expire(job, turn))
        try:
            answer = self._round_trip(job)
        except GateRefused as refusal:
            answer = self._none(TransportFailure.REFUSED, str(refusal))
        except Withheld as withheld:
            answer = self._none(self._fault(), str(withheld))
        except Exception as error:  # noqa: BLE001 - whatever it was, the request has an outcome
            answer = self._none(self._fault(), cause_of(error))
        finally:
            self._wire.end()
            timer.cancel()
        job.answer(answer)

    def _round_trip(self, job: Job) -> Answer | NoAnswer:
        seconds = job.deadline_ns / SECOND
        response = self._session.request(
            job.method,
            self._venue.url + job.path,
            params=list(job.query),
            data=job.body or None,
            headers=self._headers(job),
            timeout=(min(CONNECT_LIMIT_S, seconds), seconds),
            allow_redirects=False,
        )
        said = {name: response.headers[name] for name in PACE_HEADERS if name in response.headers}
        return Answer(response.status_code, response.content, Nanos(self._machine_ns()), said)

    def _headers(self, job: Job) -> Mapping[str, str]:
        headers = {}
        if job.body:
            headers["Content-Type"] = "application/json"
        if self._signer is not None:
            path = self._venue.path + job.path
            token = self._signer.request_token(job.method, self._venue.host, path)
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _fault(self) -> TransportFailure:
        return TransportFailure.LOST if self._wire.has_written else TransportFailure.NOT_SENT

    def _expire(self, job: Job, turn: int) -> None:
        has_left = self._wire.cut(turn)
        if has_left is None:
            return
        fault = TransportFailure.LOST if has_left else TransportFailure.NOT_SENT
        job.answer(self._none(fault, f"no answer within {job.deadline_ns / SECOND:g} s"))

    def _none(self, fault: TransportFailure, reason: str) -> NoAnswer:
        return NoAnswer(fault, reason, Nanos(self._machine_ns()))


def _end(jobs: Jobs) -> None:
    """Tell who takes from `jobs` that nothing comes any more."""
    with contextlib.suppress(queue.Full):  # else it is seen when all that waits is refused
        jobs.put_nowait(None)


def _session(wire: Wire, trusted: str | None) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy, no .netrc, no bundle from the environment
    session.verify = trusted if trusted is not None else True
    session.headers.update(_HEADERS)
    adapter = LaneAdapter(wire)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def cause_of(error: BaseException) -> str:
    """Return the innermost reason of a network error, without addresses or contents."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    text = error.strerror if isinstance(error, OSError) and error.strerror else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class HttpTransport:
    """All lanes of one venue."""

    def __init__(
        self,
        venue: Endpoint,
        *,
        ca: Path | None,
        signer: RequestSigner | None,
        timers: Timers,
        machine_ns: MachineClock,
        log: Log,
    ) -> None:
        """Start the lanes. Without a signer only public requests make sense."""
        self._lanes = {
            lane: LaneQueue(
                lane,
                venue,
                ca,
                None if lane is RequestLane.PUBLIC else signer,
                timers,
                machine_ns,
                log,
            )
            for lane in RequestLane
        }

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
        """Queue a request in its lane."""
        self._lanes[lane].submit(Job(method, path, query, body, deadline_ns, on_answer, gate))

    def close(self) -> None:
        """Refuse what waits and cut what runs."""
        for lane in self._lanes.values():
            lane.close()
