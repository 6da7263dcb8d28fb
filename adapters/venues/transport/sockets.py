"""The real wires: HTTP lanes and WebSocket streams of one venue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import frozen

from actors.kernel.ports import Log
from adapters.venues.transport.deadlines import MachineClock, Timers
from adapters.venues.transport.endpoint import Endpoint, endpoint
from adapters.venues.transport.http import HttpTransport
from adapters.venues.transport.interface import (
    Gate,
    OnAnswer,
    Query,
    RequestLane,
    RequestSigner,
    StreamEvents,
    StreamHandle,
    StreamKind,
)
from adapters.venues.transport.websocket import SocketStream


@frozen
class Addresses:
    """Where a venue is; `ca` is a file of certificates to trust instead of the machine's."""

    rest: Endpoint
    market: Endpoint
    user: Endpoint
    ca: Path | None = None


def addresses(rest: str, market: str, user: str | None = None, ca: Path | None = None) -> Addresses:
    """Return checked addresses; one stream address may serve both streams.

    Raises:
        AddressInvalid: one of them can't or mustn't be used.
    """
    streams = ("ws", "wss")
    return Addresses(
        endpoint(rest, ("http", "https")),
        endpoint(market, streams),
        endpoint(user or market, streams),
        ca,
    )


class SocketTransport:
    """Implements `Transport` over sockets; starts its threads at once."""

    def __init__(
        self, venue: Addresses, signer: RequestSigner | None, machine_ns: MachineClock, log: Log
    ) -> None:
        self._ca = venue.ca
        self._log = log
        self._streams: Mapping[StreamKind, Endpoint] = {
            StreamKind.MARKET: venue.market,
            StreamKind.USER: venue.user,
        }
        self._timers = Timers(machine_ns, log)
        self._http = HttpTransport(
            venue.rest,
            ca=venue.ca,
            signer=signer,
            timers=self._timers,
            machine_ns=machine_ns,
            log=log,
        )

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
        self._http.request(lane, method, path, query, body, deadline_ns, on_answer, gate)

    def open_stream(self, kind: StreamKind, events: StreamEvents) -> StreamHandle:
        """Open one connection of a stream."""
        return SocketStream(self._streams[kind], self._ca, events, self._log)

    def later(self, delay_ns: int, call: Callable[[], None]) -> None:
        """Call back after machine time has passed."""
        self._timers.after(delay_ns, call)

    def close(self) -> None:
        """End lanes and timers; streams are ended by who opened them."""
        self._http.close()
        self._timers.close()
