"""Answers onto sockets, also those that never arrive, arrive late, in pieces or twice."""

from __future__ import annotations

import asyncio

from aiohttp import web

from adapters.simulator.engine.fault_hooks import Close, Passage
from adapters.simulator.engine.wire import Response
from adapters.simulator.server.pump import reset
from domain.model.instants import SECOND

LONGEST_SILENCE_S = 120.0
"""After which a connection without an answer is reset, if its client is still there."""
_LOOK_EVERY_S = 0.05
_PIECES = 10


def written(answer: Response) -> web.Response:
    """Return an answer in the form of the server library."""
    return web.Response(
        status=answer.status,
        body=answer.body,
        content_type=answer.content_type,
        headers=answer.headers,
    )


async def deliver(
    request: web.BaseRequest, passage: Passage, answer: Response | None
) -> web.StreamResponse:
    """Let an answer have the end that its passage has in store for it."""
    if passage.ending is Close.DRIPS and answer is not None:
        return await _drip(request, answer, passage.after_ns / SECOND)
    if passage.after_ns:
        await asyncio.sleep(passage.after_ns / SECOND)
    if answer is not None:
        if passage.ending is Close.TWICE:
            return await _twice(request, answer)
        return written(answer)
    transport = request.transport
    if transport is not None:  # else the client has gone meanwhile
        if passage.ending is Close.SILENT:
            await _silence(transport)
        reset(transport)
    return web.Response()  # for nobody: the connection is gone


async def _silence(transport: asyncio.Transport) -> None:
    """Wait until the client has given up."""
    loop = asyncio.get_running_loop()
    end_s = loop.time() + LONGEST_SILENCE_S
    while not transport.is_closing() and loop.time() < end_s:
        await asyncio.sleep(_LOOK_EVERY_S)


async def _drip(request: web.BaseRequest, answer: Response, seconds: float) -> web.StreamResponse:
    dripping = web.StreamResponse(status=answer.status, headers=answer.headers)
    dripping.content_type = answer.content_type
    dripping.content_length = len(answer.body)
    await dripping.prepare(request)
    size = -(-len(answer.body) // _PIECES) or 1
    for first in range(0, len(answer.body), size):
        await asyncio.sleep(seconds / _PIECES)
        await dripping.write(answer.body[first : first + size])
    return dripping


async def _twice(request: web.BaseRequest, answer: Response) -> web.StreamResponse:
    first = written(answer)
    await first.prepare(request)
    await first.write_eof()
    head = (
        f"HTTP/1.1 {answer.status} OK\r\nContent-Type: {answer.content_type}\r\n"
        f"Content-Length: {len(answer.body)}\r\n\r\n"
    )
    transport = request.transport
    if transport is not None:
        transport.write(head.encode() + answer.body)
    return first
