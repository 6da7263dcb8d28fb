"""Claims about the venue's loop: who waits for whom when something is slow."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWSTimeout, WSMsgType, web

from adapters.clocks.market import MarketClock, MarketClockWriter
from adapters.simulator.engine.fault_hooks import DIRECT, Passage
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.wire import Request, Response
from adapters.simulator.faults.faults import Faults
from adapters.simulator.recordings.recorder import WireRecorder
from adapters.simulator.server import read_mark
from adapters.simulator.server.admin import Admin
from adapters.simulator.server.http import AccessPolicy, Handler
from adapters.simulator.server.pace import LEAD_MARKET_NS, Pacer
from adapters.simulator.server.pump import Pumps
from domain.model.instants import MILLISECOND, SECOND, Nanos

START = Nanos(1_700_000_000 * SECOND)

IMPATIENT = ClientWSTimeout(ws_close=0.1)


class Stream:
    """A connection whose frames are as large as the test wants."""

    def __init__(self) -> None:
        self.queue: list[bytes] = []
        self.closed = False
        self.close_code = 1000
        self.heard: list[str] = []
        self.subscriptions: dict[str, list[str]] = {"heartbeats": ["heartbeats"]}

    def receive(self, text: str) -> None:
        if text == "break":
            raise RuntimeError("broken by the test")
        if text == "end":
            self.closed = True
        self.heard.append(text)
        self.queue.append(text.encode())

    def take(self) -> list[bytes]:
        taken, self.queue = self.queue, []
        return taken

    def close(self) -> None:
        self.closed = True


class SmallVenue:
    """Something to play: notes what it was told, sends a frame each 100 ms of market time."""

    def __init__(self, frame_bytes: int = 10, work_seconds: float = 0.0) -> None:
        self.streams: list[Stream] = []
        self.played: list[int] = []
        self._frame = b"x" * frame_bytes
        self._work_seconds = work_seconds
        self._due = START

    def next_due_ns(self) -> Nanos:
        return self._due

    def advance(self, now_ns: Nanos) -> None:
        self.played.append(now_ns)
        while self._due <= now_ns:
            self._due = Nanos(self._due + 100 * MILLISECOND)
            for stream in self.streams:
                stream.queue.append(self._frame)
        time.sleep(self._work_seconds)  # what is slow is the venue; no assertion waits for it

    def handle(self, request: Request) -> Response:
        if request.path == "/break":
            raise RuntimeError("broken by the test")
        return Response(200, json.dumps([request.method, request.path]).encode())

    def passage(self, request: Request) -> Passage:
        return DIRECT

    def connect(self, verify: Callable[[str], bool]) -> Stream:
        self.streams.append(Stream())
        return self.streams[-1]

    def books(self) -> dict[str, Any]:
        return {"accounts": []}


class Bench:
    """A running server around a small venue."""

    def __init__(self, folder: Path, venue: SmallVenue, speed: str, patience: float) -> None:
        self.venue = venue
        self.clock = MarketClockWriter(folder / "clock", start_ns=START, speed=Decimal(speed))
        self.reader = MarketClock(folder / "clock")
        self.pumps = Pumps(patience)
        self.pacer = Pacer(venue, self.clock, self.pumps, end_ns=None)
        self.failures: list[BaseException] = []
        self.stop = asyncio.Event()
        self.address = ""


@contextlib.asynccontextmanager
async def running(
    folder: Path, venue: SmallVenue, *, speed: str = "1", patience: float = 10
) -> AsyncIterator[Bench]:
    bench = Bench(folder, venue, speed, patience)
    access = AccessPolicy(
        admit=lambda request, authorization, host: request,
        verify=lambda token: True,
        admin=Admin(venue, Faults(1), "secret", lambda: {"ws": "there"}),
    )
    recorder = WireRecorder(None, lambda: 0)
    handler = Handler(
        venue, bench.pacer, bench.pumps, access, bench.failures.append, VenueQuirks(), recorder
    )
    runner = web.ServerRunner(web.Server(handler, access_log=None), shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    bench.address = f"http://{host}:{port}"
    task = asyncio.create_task(bench.pacer.run(bench.stop))
    try:
        yield bench
    finally:
        bench.stop.set()
        await task
        await runner.cleanup()


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("speed", ["1", "60"])
def test_market_time_moves_and_never_faster_than_its_speed(tmp_path: Path, speed: str) -> None:
    async def scenario() -> None:
        async with running(tmp_path, SmallVenue(), speed=speed) as bench:
            await until(lambda: bench.reader.market_ns() > START)
            begun_ns, seen_ns = time.monotonic_ns(), bench.reader.market_ns()
            await until(lambda: bench.reader.market_ns() >= seen_ns + 300 * MILLISECOND)
            moved_ns = bench.reader.market_ns() - seen_ns
            assert moved_ns <= (time.monotonic_ns() - begun_ns) * int(speed) + MILLISECOND

    asyncio.run(scenario())


def test_market_time_never_leads_what_was_played_by_more_than_the_lead(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, SmallVenue(work_seconds=0.06), speed="60") as bench:
            await until(lambda: len(bench.venue.played) > 8)
            last = bench.venue.played[-1]
            assert bench.reader.anchor().limit_ns <= last + LEAD_MARKET_NS
            assert bench.clock.slipped_ns > 0
            steps = [
                b - a for a, b in zip(bench.venue.played, bench.venue.played[1:], strict=False)
            ]
            assert max(steps) <= LEAD_MARKET_NS

    asyncio.run(scenario())


def test_a_client_that_does_not_read_stops_market_time_and_is_cut_in_the_end(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        venue = SmallVenue(frame_bytes=2_000_000)
        async with running(tmp_path, venue, patience=1.0) as bench, ClientSession() as session:
            async with session.ws_connect(
                bench.address + "/", max_msg_size=0, timeout=IMPATIENT
            ) as socket:
                await socket.send_str("hello")
                connection = socket._response.connection
                assert connection is not None
                assert isinstance(connection.transport, asyncio.ReadTransport)
                connection.transport.pause_reading()
                await until(lambda: bench.clock.slipped_ns > 0 or bench.pumps.cut_clients > 0)
                waiting = sum(map(len, venue.streams[0].queue))
                assert waiting <= 6_000_000
                await until(lambda: bench.pumps.cut_clients == 1)
            seen = bench.reader.market_ns()
            await until(lambda: bench.reader.market_ns() > seen + 100 * MILLISECOND)
            assert bench.clock.slipped_ns > 500 * MILLISECOND

    asyncio.run(scenario())


@pytest.mark.req("ST1")
def test_at_high_speed_market_time_waits_for_what_a_client_has_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_mark, "WAIT_SECONDS", 60.0)

    async def scenario() -> None:
        async with (
            running(tmp_path, SmallVenue(), speed="60") as bench,
            ClientSession() as session,
            session.ws_connect(bench.address + "/", autoping=False) as socket,
        ):
            while (message := await socket.receive(timeout=5)).type is WSMsgType.TEXT:
                pass
            assert message.type is WSMsgType.PING
            played_ns = bench.pacer.played_ns
            await until(lambda: bench.pacer.played_ns == bench.clock.anchor().limit_ns)
            stands_ns = bench.reader.market_ns()
            assert stands_ns <= played_ns + LEAD_MARKET_NS
            await socket.pong(message.data)
            await until(lambda: bench.reader.market_ns() > stands_ns)

    asyncio.run(scenario())


def test_a_client_at_speed_1_is_asked_nothing_and_its_own_pings_are_answered(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with (
            running(tmp_path, SmallVenue()) as bench,
            ClientSession() as session,
            session.ws_connect(bench.address + "/", autoping=False) as socket,
        ):
            for _ in range(3):
                assert (await socket.receive(timeout=5)).type is WSMsgType.TEXT
            await socket.ping(b"there?")
            while (message := await socket.receive(timeout=5)).type is WSMsgType.TEXT:
                pass
            assert (message.type, bytes(message.data)) == (WSMsgType.PONG, b"there?")

    asyncio.run(scenario())


def test_frames_arrive_in_order_and_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            running(tmp_path, SmallVenue()) as bench,
            ClientSession() as session,
            session.ws_connect(bench.address + "/") as socket,
        ):
            for number in range(50):
                await socket.send_str(str(number))
            heard: list[str] = []
            while len(heard) < 50:
                text = await socket.receive_str(timeout=5)
                heard += [text] if not text.startswith("x") else []
            assert heard == [str(number) for number in range(50)]

    asyncio.run(scenario())


def test_the_venue_can_end_a_stream(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            running(tmp_path, SmallVenue()) as bench,
            ClientSession() as session,
            session.ws_connect(bench.address + "/") as socket,
        ):
            await socket.send_str("end")
            async with asyncio.timeout(5):
                async for _ in socket:
                    pass
            assert socket.close_code == 1000

    asyncio.run(scenario())


def test_a_venue_that_raises_is_not_played_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, SmallVenue()) as bench, ClientSession() as session:
            async with session.get(bench.address + "/break") as answer:
                assert answer.status == 500
                assert "RuntimeError" not in await answer.text()
            async with session.ws_connect(bench.address + "/") as socket:
                await socket.send_str("break")
                await until(lambda: len(bench.failures) == 2)

    asyncio.run(scenario())


def test_own_pages_are_for_loopback_names_and_books_for_the_token(tmp_path: Path) -> None:
    async def status(session: ClientSession, url: str, **headers: str) -> int:
        async with session.get(url, headers=headers) as answer:
            return answer.status

    async def scenario() -> None:
        async with running(tmp_path, SmallVenue()) as bench, ClientSession() as session:
            own = bench.address + "/bulkhead/"
            assert await status(session, own + "session") == 200
            assert await status(session, own + "session", Host="evil.example:80") == 403
            assert await status(session, own + "books") == 401
            assert await status(session, own + "books", Authorization="Bearer wrong") == 401
            assert await status(session, own + "books", Authorization="Bearer secret") == 200
            assert await status(session, own + "faults") == 401
            assert await status(session, own + "faults", Authorization="Bearer secret") == 200
            assert await status(session, own + "elsewhere", Authorization="Bearer secret") == 404

    asyncio.run(scenario())
