"""Requests from sockets to the venue: who may ask what, and the answers back onto the wire."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from aiohttp import WSMsgType, web
from attrs import evolve, frozen

from adapters.venue.engine.wire import Refused, Request, Response, encode
from adapters.venue.server.limits import Limits
from adapters.venue.server.pump import Pump
from adapters.venue.server.tending import tended

if TYPE_CHECKING:
    from adapters.venue.engine.manner import Manner
    from adapters.venue.server.pace import Pacer
    from adapters.venue.server.plays import Plays, Verify
    from adapters.venue.server.pump import Pumps

_OWN = "/bulkhead/"
LARGEST_MESSAGE = 4 * 1024 * 1024
"""Bytes that a client may send in one WebSocket message."""
_TOO_LARGE = Refused(413, "INVALID_ARGUMENT", "the body is larger than 1 MiB").response()
_BROKEN = Response(500, b'{"error":"INTERNAL","error_details":"","message":"internal error"}')


@frozen
class Doors:
    """What decides over access.

    `admit(request, authorization, host)` returns the request with the rights of its key, or the
    refusal; `verify` judges tokens in stream messages; `session` tells loopback clients how to
    connect.
    """

    admit: Callable[[Request, str | None, str], Request | Response]
    verify: Verify
    admin_token: str
    session: Callable[[], dict[str, Any]]


class Handler:
    """Answers every request on both ports."""

    def __init__(
        self,
        venue: Plays,
        pacer: Pacer,
        pumps: Pumps,
        doors: Doors,
        broken: Callable[[BaseException], None],
        manner: Manner,
    ) -> None:
        """`broken` is told when the venue itself raises: a half-done change is not played on."""
        self._venue = venue
        self._pacer = pacer
        self._pumps = pumps
        self._doors = doors
        self._manner = manner
        self._limits = Limits(manner)
        self._broken = broken

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._stream(request)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _written(_TOO_LARGE)
        asked = Request(
            request.method,
            request.path,
            {key: request.query.getall(key) for key in request.query},
            body,
        )
        try:
            answer = self._answer(asked, request)
        except Exception as error:  # noqa: BLE001 - the venue must not play on half a change
            self._broken(error)
            answer = _BROKEN
        return _written(answer)

    def _answer(self, asked: Request, request: web.BaseRequest) -> Response:
        if asked.path.startswith(_OWN):
            return self._own(asked, request)
        admitted = self._doors.admit(
            asked, request.headers.get("Authorization"), request.headers.get("Host", "")
        )
        if isinstance(admitted, Response):
            return admitted
        allowance = self._limits.take(admitted, request.remote or "")
        if not allowance.is_granted:
            return self._limits.refusal()
        self._pacer.play()
        answer = self._venue.handle(admitted)
        self._pumps.kick()
        if admitted.key and self._manner.rate_headers:
            return evolve(answer, headers=allowance.headers())
        return answer

    def _own(self, asked: Request, request: web.BaseRequest) -> Response:
        host = request.headers.get("Host", "").rpartition(":")[0]
        if host not in ("127.0.0.1", "localhost"):
            return Response(403, b"Forbidden", "text/plain")  # a page elsewhere that names us
        if (asked.method, asked.path) == ("GET", "/bulkhead/session"):
            return Response(200, encode(self._doors.session()))
        if (asked.method, asked.path) == ("GET", "/bulkhead/books"):
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(token.encode(), self._doors.admin_token.encode()):
                return Response(401, b"Unauthorized", "text/plain")
            self._pacer.play()
            return Response(200, encode(self._venue.books()))
        return Refused(404, "NOT_FOUND", f"{asked.path} does not exist").response()

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=LARGEST_MESSAGE, timeout=1.0)
        await socket.prepare(request)
        transport = cast(asyncio.Transport, request.transport)
        pump = Pump(self._venue.connect(self._doors.verify), socket, transport)
        async with self._pumps.running(pump), tended(pump, self._manner):
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(pump, message.data)
        return socket

    def _hear(self, pump: Pump, text: str) -> None:
        try:
            self._pacer.play()
            pump.connection.receive(text)
        except Exception as error:  # noqa: BLE001 - as for requests
            self._broken(error)
        pump.kick()


def _written(answer: Response) -> web.Response:
    return web.Response(
        status=answer.status,
        body=answer.body,
        content_type=answer.content_type,
        headers=answer.headers,
    )
