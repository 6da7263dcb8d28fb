"""A venue's client, put together: over sockets, or to an engine in this process.

Two kinds of each: one that reads, and one that also orders, for which the mode gate's right is
needed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from actors.kernel.ports import Clock, LastGate, Log, Meter, Post
from adapters.venues.coinbase.auth import ApiKey, Signer
from adapters.venues.coinbase.client import CoinbaseReader, Tell, nobody
from adapters.venues.coinbase.gateway import CoinbaseGateway
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
from domain.model.capability import IN_PROCESS, OrderCapability, checked_for
from domain.model.instants import SECOND


@frozen(kw_only=True)
class Wires:
    """Where a venue is, and how it is asked over sockets.

    `rest` is scheme and host (https, or http on this machine), `stream` likewise (wss, ws);
    `user_stream` is where our orders are told, if elsewhere. `draw` spreads retries; `tell`
    hears of entries that were left out; `meter` counts and times requests.
    """

    rest: str
    stream: str
    key: ApiKey
    clock: Clock
    post: Post
    log: Log
    user_stream: str | None = None
    ca: Path | None = None
    traits: VenueTraits = EMBEDDED
    draw: Callable[[], float] = random.random
    tell: Tell = nobody
    meter: Meter | None = None

    def transport(self) -> tuple[SocketTransport, dict[str, Any]]:
        """Open the wires; return them, and what else a client of them needs.

        Raises:
            AddressInvalid: an address can't or mustn't be used.
            KeyInvalid: the key can't be used.
        """
        traits, clock = self.traits, self.clock
        signer = Signer(self.key, traits.token_life_ns // SECOND, clock.wall_ns)
        venue = addresses(self.rest, self.stream, self.user_stream, self.ca)
        rest = {"traits": traits, "draw": self.draw, "tell": self.tell, "meter": self.meter}
        rest["stream_token"] = signer.stream_token
        return SocketTransport(venue, signer, clock.machine_ns, self.log), rest


def connect(wires: Wires, last_gate: LastGate, capability: OrderCapability) -> CoinbaseGateway:
    """Return a client over sockets that orders; its threads run until `close`.

    Raises:
        NoCapability: the right is not one to order at that address.
        AddressInvalid, KeyInvalid: as the wires say.
    """
    checked_for(capability, wires.rest)
    transport, rest = wires.transport()
    return CoinbaseGateway(
        transport, wires.post, wires.clock, last_gate, capability=capability, **rest
    )


def connect_reader(wires: Wires) -> CoinbaseReader:
    """Return a client over sockets that only reads; its threads run until `close`.

    Raises:
        AddressInvalid, KeyInvalid: as the wires say.
    """
    transport, rest = wires.transport()
    return CoinbaseReader(transport, wires.post, wires.clock, **rest)


@frozen(kw_only=True)
class Inside:
    """An engine in this process, and how it is asked; everything happens in calls of `after`.

    `ask` takes (method, path, query, body) in; `open_connection` returns a stream that needs no
    token; `draw` must come from the run's seed; `limits` is how often the engine may be asked.
    """

    engine: EngineLike
    ask: Ask
    open_connection: Callable[[], ConnectionLike]
    after: After
    clock: Clock
    post: Post
    draw: Callable[[], float]
    tell: Tell = nobody
    meter: Meter | None = None
    limits: RequestLimits = field(factory=lambda: EMBEDDED.limits)

    def transport(self) -> tuple[InProcessTransport, dict[str, Any]]:
        """Return the way in, and what else a client of it needs."""
        clock = self.clock
        transport = InProcessTransport(
            self.engine,
            self.ask,
            self.open_connection,
            self.after,
            clock.market_ns,
            clock.machine_ns,
        )
        traits = evolve(EMBEDDED, limits=self.limits)
        told = {"tell": self.tell, "meter": self.meter}
        return transport, {"traits": traits, "draw": self.draw, **told}


def connect_in_process(
    inside: Inside, last_gate: LastGate, capability: OrderCapability
) -> CoinbaseGateway:
    """Return a client of an engine in this process that orders.

    Raises:
        NoCapability: the right is not one to order in this process.
    """
    checked_for(capability, IN_PROCESS)
    transport, rest = inside.transport()
    return CoinbaseGateway(
        transport, inside.post, inside.clock, last_gate, capability=capability, **rest
    )


def read_in_process(inside: Inside) -> CoinbaseReader:
    """Return a client of an engine in this process that only reads."""
    transport, rest = inside.transport()
    return CoinbaseReader(transport, inside.post, inside.clock, **rest)
