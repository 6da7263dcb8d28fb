"""Questions that change nothing: asked again after passing troubles, read page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from attrs import frozen

from adapters.venues.coinbase.answers import refused_question
from adapters.venues.coinbase.failures import failure_of, may_ask_again
from adapters.venues.coinbase.wire import PREFIX
from adapters.venues.transport.interface import (
    Answer,
    NoAnswer,
    Query,
    RequestLane,
    Transport,
)
from domain.model.entries import Entries, Unread
from domain.model.errors import ProtocolBroken, VenueError
from domain.model.instants import SECOND

T = TypeVar("T")

RETRIES = 3
LONGEST_PAUSE_S = 30.0
DEADLINES_NS = {RequestLane.QUERY: 30 * SECOND, RequestLane.PUBLIC: 15 * SECOND}
"""A listing of a big account took 25 s."""
MOST_PAGES = 500
LONGEST_LISTINGS_NS = {RequestLane.QUERY: 120 * SECOND, RequestLane.PUBLIC: 600 * SECOND}
"""A list that took longer is no picture of one moment. The past does not change: there it is how
long the candles of many products may wait for the venue's limit."""

Tell = Callable[[str, ProtocolBroken], None]
"""Hears of answers to a path that are not the protocol; called on any thread."""

Draw = Callable[[], float]
"""Uniform over [0, 1)."""


def pause_ns(tries: int, draw: Draw) -> int:
    """Return how long to wait after `tries` (from 0) failures: uniform up to min(30, 2ⁿ) s."""
    return int(draw() * min(LONGEST_PAUSE_S, 2.0**tries) * SECOND)


class RetryingReader:
    """Sends GET requests; each is answered by exactly one of the two given calls."""

    def __init__(
        self, transport: Transport, draw: Draw, machine_ns: Callable[[], int], tell: Tell
    ) -> None:
        self._transport = transport
        self._draw = draw
        self._machine_ns = machine_ns
        self._tell = tell

    def get(
        self,
        lane: RequestLane,
        path: str,
        query: Query,
        read: Callable[[bytes], None],
        fail: Callable[[str], None],
    ) -> None:
        """Ask; `read` gets the body and raises `ProtocolBroken` if it makes no sense."""

        def send(tries: int, until_ns: int) -> None:
            self._transport.request(
                lane,
                "GET",
                PREFIX + path,
                query,
                b"",
                DEADLINES_NS[lane],
                lambda answer: judge(answer, tries, until_ns),
            )

        def judge(answer: Answer | NoAnswer, tries: int, until_ns: int) -> None:
            failure = failure_of(answer)
            if failure is None and isinstance(answer, Answer):
                failure = _understand(answer.body, read)
            if failure is None:
                return
            now_ns = self._machine_ns()
            until_ns = until_ns or now_ns + RETRIES * DEADLINES_NS[lane]
            if tries < RETRIES and may_ask_again(failure):
                wait_ns = pause_ns(tries, self._draw)
                if now_ns + wait_ns < until_ns:
                    self._transport.later(wait_ns, lambda: send(tries + 1, until_ns))
                    return
            if isinstance(failure, ProtocolBroken):
                self._tell(path, failure)
            fail(_words_of(answer, failure))

        send(0, 0)


def _words_of(answer: Answer | NoAnswer, failure: VenueError) -> str:
    """Return what is told of a failure: of a key that is refused, what that means."""
    if isinstance(answer, Answer) and answer.status >= 400:
        return refused_question(answer.status, answer.body)
    return str(failure)


def _understand(body: bytes, read: Callable[[bytes], None]) -> ProtocolBroken | None:
    """Let `read` have the body; return what it can't make sense of."""
    try:
        read(body)
    except ProtocolBroken as error:
        return error
    except Exception as error:  # noqa: BLE001 - who asked must hear that there is no answer
        return ProtocolBroken(f"answer not understood: {type(error).__name__}")
    return None


@frozen
class Page(Generic[T]):
    """Entries, and where the next page is ("" if this is the last)."""

    entries: Entries[T]
    cursor: str = ""


class Paginator(Generic[T]):
    """Reads every page of one listing or of several, one after the other."""

    def __init__(
        self,
        reader: RetryingReader,
        machine_ns: Callable[[], int],
        lane: RequestLane,
        path: str,
        queries: Sequence[Query],
        read: Callable[[bytes], Page[T]],
        done: Callable[[Entries[T], str | None], None],
    ) -> None:
        """`done` gets what was read and None, or why it is not every page."""
        self._reader = reader
        self._machine_ns = machine_ns
        self._lane = lane
        self._path = path
        self._queries = queries
        self._read = read
        self._done = done
        self._read_entries: list[T] = []
        self._unread: list[Unread] = []
        self._cursors: set[str] = set()
        self._pages = 0
        self._begun_ns = machine_ns()

    def start(self) -> None:
        """Read the first page."""
        self._next(0, "")

    def _next(self, index: int, cursor: str) -> None:
        if index == len(self._queries):
            self._end(None)
            return
        problem = self._problem(cursor)
        if problem is not None:
            self._end(problem)
            return
        self._cursors.add(cursor)
        self._pages += 1
        query = self._queries[index] + ((("cursor", cursor),) if cursor else ())
        self._reader.get(
            self._lane, self._path, query, lambda body: self._page(index, body), self._end
        )

    def _page(self, index: int, body: bytes) -> None:
        page = self._read(body)
        self._read_entries += page.entries.read
        self._unread += page.entries.unread
        if page.cursor:
            self._next(index, page.cursor)
        else:
            self._cursors.clear()
            self._next(index + 1, "")

    def _end(self, failure: str | None) -> None:
        self._done(Entries(tuple(self._read_entries), tuple(self._unread)), failure)

    def _problem(self, cursor: str) -> str | None:
        if cursor and cursor in self._cursors:
            return "the venue repeats a page"
        if self._pages >= MOST_PAGES:
            return f"more than {MOST_PAGES} pages"
        longest_ns = LONGEST_LISTINGS_NS[self._lane]
        if self._machine_ns() - self._begun_ns > longest_ns:
            return f"not read within {longest_ns // SECOND} s"
        return None
