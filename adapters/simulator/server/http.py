"""Requests from sockets to the venue: who may ask what, and the answers back onto the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from aiohttp import WSMsgType, web
from attrs import evolve, frozen

from adapters.simulator.engine.fault_hooks import DIRECT, Passage
from adapters.simulator.engine.wire import Refused, Request, Response
from adapters.simulator.server.admin import OWN, Admin
from adapters.simulator.server.delivery import deliver, written
from adapters.simulator.server.idle_streams import closed_when_idle
from adapters.simulator.server.limits import RateLimits
from adapters.simulator.server.pump import Pump
from adapters.simulator.server.read_mark import ReadMark
from domain.model.instants import SECOND

if TYPE_CHECKING:
    from adapters.simulator.engine.quirks import VenueQuirks
    from adapters.simulator.recordings.playable import Playable, Verify
    from adapters.simulator.recordings.recorder import WireRecorder
    from adapters.simulator.server.pace import Pacer
    from adapters.simulator.server.pump import Pumps

LARGEST_MESSAGE = 4 * 1024 * 1024
"""Bytes that a client may send in one WebSocket message."""
_TOO_LARGE = Refused(413, "INVALID_ARGUMENT", "the body is larger than 1 MiB").response()
_REFUSED = Response(503, b"no streams at the moment", "text/plain")
_BROKEN = Response(500, b'{"error":"INTERNAL","error_details":"","message":"internal error"}')


@frozen
class AccessPolicy:
    """What decides over access.

    `admit(request, authorization, host)` returns the request with the rights of its key, or the
    refusal; `verify` judges tokens in stream messages; `admin` answers what is the venue's own.
    """

    admit: Callable[[Request, str | None, str], Request | Response]
    verify: Verify
    admin: Admin


class Handler:
    """Answers every request on both ports."""

    def __init__(
        self,
        venue: Playable,
        pacer: Pacer,
        pumps: Pumps,
        access: AccessPolicy,
        broken: Callable[[BaseException], None],
        quirks: VenueQuirks,
        recorder: WireRecorder,
    ) -> None:
        """`broken` is told when the venue itself raises: a half-done change is not played on."""
        self._venue = venue
        self._pacer = pacer
        self._pumps = pumps
        self._access = access
        self._quirks = quirks
        self._limits = RateLimits(quirks)
        self._broken = broken
        self._recorder = recorder

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._stream(request)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return written(_TOO_LARGE)
        query = {key: request.query.getall(key) for key in request.query}
        asked = Request(request.method, request.path, query, body)
        try:
            passage, answer = await self._answer(asked, request)
        except Exception as error:  # noqa: BLE001 - the venue must not play on half a change
            self._broken(error)
            passage, answer = DIRECT, _BROKEN
        self._recorder.answered(asked, answer)
        return await deliver(request, passage, answer)

    async def _answer(
        self, asked: Request, request: web.BaseRequest
    ) -> tuple[Passage, Response | None]:
        """Return the answer, None if none comes, and what happens to it on its way back."""
        authorization = request.headers.get("Authorization")
        host = request.headers.get("Host", "")
        if asked.path.startswith(OWN):
            self._pacer.play()
            answer = self._access.admin.answer(asked, host, authorization or "")
            self._pumps.kick()
            return DIRECT, answer
        admitted = self._access.admit(asked, authorization, host)
        if isinstance(admitted, Response):
            return DIRECT, admitted
        allowance = self._limits.take(admitted, request.remote or "")
        if not allowance.is_granted:
            return DIRECT, self._limits.refusal()
        self._pacer.play()
        passage = self._venue.passage(admitted)
        if passage.before_ns:
            await asyncio.sleep(passage.before_ns / SECOND)
            self._pacer.play()
        found = passage.carry_out(lambda: self._venue.handle(admitted))
        self._pumps.kick()
        if found is not None and admitted.key and self._quirks.rate_headers:
            found = evolve(found, headers={**found.headers, **allowance.headers()})
        return passage, found

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        self._pacer.play()
        connection = self._venue.connect(self._access.verify)
        if connection.closed:
            return written(_REFUSED)
        socket = web.WebSocketResponse(
            compress=False, max_msg_size=LARGEST_MESSAGE, timeout=1.0, autoping=False
        )
        try:
            await socket.prepare(request)
        except BaseException:
            connection.close()
            raise
        transport = cast(asyncio.Transport, request.transport)
        name = self._recorder.connected()
        pump = Pump(
            connection,
            socket,
            transport,
            sent=lambda frame: self._recorder.sent(name, frame),
            mark=ReadMark(is_asked=self._pacer.waits_for_readers),
            between=lambda: (self._pacer.delivered_ns, self._pacer.played_ns),
        )
        async with self._pumps.running(pump), closed_when_idle(pump, self._quirks):
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._recorder.heard(name, message.data)
                    self._hear(pump, message.data)
                elif message.type is WSMsgType.PING:
                    await socket.pong(message.data)
                elif message.type is WSMsgType.PONG:
                    pump.mark.pong(message.data)
                    pump.kick()
        self._recorder.closed(name)
        return socket

    def _hear(self, pump: Pump, text: str) -> None:
        try:
            self._pacer.play()
            pump.connection.receive(text)
        except Exception as error:  # noqa: BLE001 - as for requests
            self._broken(error)
        pump.kick()
