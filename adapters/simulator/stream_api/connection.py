"""One client's stream: its subscriptions, its sequence numbers and the frames that wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from adapters.simulator.engine.wire import Json
from adapters.simulator.stream_api import frames

LEVEL2 = "level2"
TRADES = "market_trades"
USER = "user"
HEARTBEATS = "heartbeats"
TICKER = "ticker"
TICKER_BATCH = "ticker_batch"
CANDLES = "candles"
STATUS = "status"
MARKET_CHANNELS = (LEVEL2, TRADES, TICKER, TICKER_BATCH, CANDLES, STATUS)
CHANNELS = (HEARTBEATS, *MARKET_CHANNELS, USER)

DATA_NAMES = {LEVEL2: "l2_data"}
"""Where data frames carry another name than the subscription."""

Verify = Callable[[str], bool]
"""Tells whether a JWT proves a registered key with the view scope."""


class Switchboard(Protocol):
    """What a connection needs of the hub that it belongs to."""

    def now_ns(self) -> int:
        """Return the market time."""

    def subscribe(self, connection: Connection, channel: str, products: list[str]) -> None:
        """Add to the connection's subscriptions, send snapshots and the acknowledgement."""

    def unsubscribe(self, connection: Connection, channel: str, products: list[str]) -> None:
        """Remove from the connection's subscriptions and send the acknowledgement."""

    def disconnect(self, connection: Connection) -> None:
        """Forget the connection."""


class Outlet(Protocol):
    """May stand between a connection and its queue."""

    def admits(self, channel: str) -> bool:
        """Tell whether a subscription to `channel` is let through."""

    def passes(self, channel: str, events: str) -> bool:
        """Tell whether events of `channel` (the data name) go on as they are."""


NORMAL_CLOSURE = 1000


class Connection:
    """A stream without a socket: texts go in by `receive`, frames come out by `take`.

    Without a `verify` callback the other end is trusted: the in-process client of the virtual
    runtime, which has no key.
    """

    def __init__(
        self, hub: Switchboard, verify: Verify | None, *, with_client_id: bool = True
    ) -> None:
        self._hub = hub
        self._with_client_id = with_client_id
        self._verify = verify
        self._queue: list[bytes] = []
        self._sequence = 0
        self.closed = False
        self.close_code = NORMAL_CLOSURE
        """What the client is told when the venue closes; 1006: it is cut off without a word."""
        self.outlet: Outlet | None = None
        self.subscriptions: dict[str, list[str]] = {}
        """Channel → products, in the order of subscription."""
        self.order_products: set[str] = set()
        """Products whose orders the user channel shall tell; empty: all."""

    def wants_order_on(self, product: str) -> bool:
        """Tell whether the user channel shall tell orders on `product`."""
        return not self.order_products or product in self.order_products

    def receive(self, text: str) -> None:
        """Act on one text frame of the client; what is wrong with it is answered in-band."""
        if self.closed:
            return
        request = _request(text)
        if request is None:
            self.refuse("subscribe or unsubscribe required")
            return
        channel = request.get("channel")
        if channel not in CHANNELS or not self._admitted(request, str(channel)):
            self.refuse("authentication failure")
            return
        products = request.get("product_ids") or []
        if not isinstance(products, list) or not all(isinstance(name, str) for name in products):
            self.refuse("product_ids must be a list of texts")
            return
        act = self._hub.subscribe if request["type"] == "subscribe" else self._hub.unsubscribe
        act(self, str(channel), products)

    def take(self) -> list[bytes]:
        """Remove and return the waiting frames, oldest first."""
        waiting, self._queue = self._queue, []
        return waiting

    def close(self, code: int = NORMAL_CLOSURE) -> None:
        """End the connection; waiting frames are dropped."""
        if not self.closed:
            self.closed = True
            self.close_code = code
            self._queue = []
            self._hub.disconnect(self)

    def send(self, channel: str, events: str) -> None:
        """Queue a frame of `channel` (the data name) with the next sequence number."""
        if self.outlet is None or self.outlet.passes(channel, events):
            self.queue(self.number(channel, events))

    def number(self, channel: str, events: str) -> bytes:
        """Return a frame with the next sequence number."""
        frame = frames.envelope(
            channel, self._hub.now_ns(), self._sequence, events, with_client_id=self._with_client_id
        )
        self._sequence += 1
        return frame

    def skip(self, numbers: int) -> None:
        """Leave sequence numbers out."""
        self._sequence += numbers

    def queue(self, frame: bytes) -> None:
        """Queue a frame as it is; a closed connection takes none."""
        if not self.closed:
            self._queue.append(frame)

    def refuse(self, message: str) -> None:
        """Queue an error frame."""
        self._queue.append(frames.error(message))

    def _admitted(self, request: Json, channel: str) -> bool:
        if self.outlet is not None and not self.outlet.admits(channel):
            return False
        if self._verify is None:
            return True
        token = request.get("jwt")
        if not token:
            return channel != USER
        return isinstance(token, str) and self._verify(token)


def _request(text: str) -> Json | None:
    try:
        request = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    if not isinstance(request, dict) or request.get("type") not in ("subscribe", "unsubscribe"):
        return None
    return request
