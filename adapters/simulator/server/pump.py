"""Frames to clients: one pump a WebSocket, bounded memory, and patience with an end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, WSMsgType

if TYPE_CHECKING:
    from aiohttp import web

    from adapters.simulator.recordings.playable import PlayedStream
    from adapters.simulator.server.read_mark import ReadMark

PATIENCE_SECONDS = 10.0
"""Machine seconds after which a client that does not read is disconnected."""
BUFFER_BYTES = 32 * 1024
"""What may wait in our own memory for one client before the pump waits for it."""


def reset(transport: asyncio.Transport) -> None:
    """Break a connection off so that the other end sees a reset."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class Pump:
    """Carries one connection's frames to its socket, in order, waiting while the client is slow."""

    def __init__(
        self,
        connection: PlayedStream,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        sent: Callable[[bytes], None],
        mark: ReadMark,
        between: Callable[[], tuple[int, int]],
    ) -> None:
        """`sent` is told each frame that has been handed to the socket.

        `between` tells after which market time the frames are that wait now, and until which.
        """
        self.connection = connection
        self.mark = mark
        self._between = between
        self._sent = sent
        self._socket = socket
        self._transport = transport
        self._work = asyncio.Event()
        self.sent_s = time.monotonic()
        """When the last frame was sent, on the machine's clock."""
        self.idle = asyncio.Event()
        self.idle.set()
        transport.set_write_buffer_limits(high=BUFFER_BYTES)

    def kick(self) -> None:
        """Say that frames may be waiting."""
        self.idle.clear()
        self._work.set()

    async def run(self) -> None:
        """Send until the client or the venue ends the stream."""
        try:
            while not self._socket.closed:
                await self._work.wait()
                self._work.clear()
                await self._send_waiting()
                if self.connection.closed:
                    await self._end()
                if not self._work.is_set():
                    self.idle.set()
        except ConnectionError:
            pass  # the client has gone; its reader sees the same
        finally:
            self.connection.close()
            self.idle.set()

    def cut(self) -> None:
        """Drop the client without waiting for anything."""
        self.connection.close()
        self._transport.abort()
        self.idle.set()

    async def say_goodbye(self) -> None:
        """End the stream in order: the venue goes away."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY)

    async def _end(self) -> None:
        code = self.connection.close_code
        if code == WSCloseCode.ABNORMAL_CLOSURE:
            reset(self._transport)
        else:
            await self._socket.close(code=code)

    async def _send_waiting(self) -> None:
        while frames := self.connection.take():
            self.mark.sent(*self._between())
            for frame in frames:
                await self._socket.send_frame(frame, WSMsgType.TEXT)
                self._sent(frame)
            self.sent_s = time.monotonic()
        if (payload := self.mark.ping(time.monotonic())) is not None:
            await self._socket.ping(payload)


class Pumps:
    """All clients of the venue."""

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._pumps: dict[int, Pump] = {}
        self._patience_seconds = patience_seconds
        self.cut_clients = 0

    @contextlib.asynccontextmanager
    async def running(self, pump: Pump) -> AsyncIterator[None]:
        """Run `pump` as long as the block lasts."""
        self._pumps[id(pump)] = pump
        task = asyncio.create_task(pump.run())
        try:
            yield
        finally:
            del self._pumps[id(pump)]
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def kick(self) -> None:
        """Wake every pump."""
        for pump in self._pumps.values():
            pump.kick()

    async def flush(self) -> None:
        """Wait until every client has been sent what there is; cut those that do not read."""
        self.kick()
        waiting = [pump for pump in self._pumps.values() if not pump.idle.is_set()]
        if not waiting:
            return
        tasks = {asyncio.create_task(pump.idle.wait()): pump for pump in waiting}
        _, late = await asyncio.wait(tasks, timeout=self._patience_seconds)
        for task in late:
            task.cancel()
            tasks[task].cut()
            self.cut_clients += 1

    def read_ns(self) -> int | None:
        """Return how far in the market the client has read that is most behind; None: nobody is."""
        now_s = time.monotonic()
        marks = (pump.mark.behind_ns(now_s) for pump in self._pumps.values())
        return min((mark for mark in marks if mark is not None), default=None)

    async def say_goodbye(self, seconds: float) -> None:
        """Close every stream in order, within `seconds` of machine time."""
        tasks = [asyncio.create_task(pump.say_goodbye()) for pump in self._pumps.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
