"""A venue's client, put together: over sockets, or to an engine in this process."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from attrs import evolve

from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import Clock, LastGate, Log, Post
from adapters.venues.coinbase.auth import Signer, load_key_file
from adapters.venues.coinbase.client import CoinbaseVenue, Tell, nobody
from adapters.venues.coinbase.traits import EMBEDDED, VenueTraits
from adapters.venues.transport.budgeted import RequestLimits
from adapters.venues.transport.inprocess import (
    After,
    Ask,
    ConnectionLike,
    EngineLike,
    InProcessTransport,
)
from adapters.venues.transport.sockets import SocketTransport, addresses
from domain.messages.orders import PlaceRequest
from domain.messages.venue import CancelAnswered, PlaceAnswered
from domain.model.instants import SECOND
from domain.model.orders import NotSent

_READ_ONLY = "dry run: nothing is sent"


class ReadOnlyVenue(CoinbaseVenue):
    """A client that answers every order and every cancel itself, with a refusal; it only reads."""

    def place(self, request: PlaceRequest, reply_to: ReplyTo) -> None:
        """Refuse for good."""
        outcome = NotSent(_READ_ONLY, is_final=True)
        answer = PlaceAnswered(request.intent.client_order_id, outcome, self._clock.machine_ns())
        self._post(reply_to, answer)

    def cancel(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        """Refuse; the orders stay as they are."""
        del order_ids
        self._post(reply_to, CancelAnswered(token, (), _READ_ONLY))


def connect(
    *,
    rest: str,
    stream: str,
    key_file: Path,
    clock: Clock,
    post: Post,
    last_gate: LastGate,
    log: Log,
    user_stream: str | None = None,
    ca: Path | None = None,
    is_read_only: bool = False,
    traits: VenueTraits = EMBEDDED,
    draw: Callable[[], float] = random.random,
    tell: Tell = nobody,
) -> CoinbaseVenue:
    """Return a client over sockets; its threads run until `close`.

    `rest` is scheme and host (https, or http on this machine), `stream` likewise (wss, ws);
    `user_stream` is where our orders are told, if elsewhere. `draw` spreads retries; `tell`
    hears of entries that were left out.

    Raises:
        AddressInvalid: an address can't or mustn't be used.
        KeyInvalid: the key can't be used.
    """
    signer = Signer(load_key_file(key_file), traits.token_life_ns // SECOND, clock.wall_ns)
    venue = addresses(rest, stream, user_stream, ca)
    transport = SocketTransport(venue, signer, clock.machine_ns, log)
    kind = ReadOnlyVenue if is_read_only else CoinbaseVenue
    return kind(
        transport,
        post,
        clock,
        last_gate,
        traits=traits,
        draw=draw,
        stream_token=signer.stream_token,
        tell=tell,
    )


def connect_in_process(
    *,
    engine: EngineLike,
    ask: Ask,
    open_connection: Callable[[], ConnectionLike],
    after: After,
    clock: Clock,
    post: Post,
    last_gate: LastGate,
    draw: Callable[[], float],
    is_read_only: bool = False,
    tell: Tell = nobody,
    limits: RequestLimits = EMBEDDED.limits,
) -> CoinbaseVenue:
    """Return a client of an engine in this process; everything happens in calls of `after`.

    `ask` takes (method, path, query, body) in; `open_connection` returns a stream that needs no
    token; `draw` must come from the run's seed; `limits` is how often the engine may be asked.
    """
    transport = InProcessTransport(
        engine, ask, open_connection, after, clock.market_ns, clock.machine_ns
    )
    kind = ReadOnlyVenue if is_read_only else CoinbaseVenue
    traits = evolve(EMBEDDED, limits=limits)
    return kind(transport, post, clock, last_gate, traits=traits, draw=draw, tell=tell)
