"""The hub: who is subscribed to what, and the frames that market steps and orders cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from adapters.simulator.engine.book import NOTHING, Shown, VenueBook
from adapters.simulator.engine.catalogue import Catalogue
from adapters.simulator.engine.event_queue import Due, EventQueue, PlayedClock
from adapters.simulator.engine.fault_hooks import FaultHooks
from adapters.simulator.engine.orders import VenueOrder
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.tape import Tape
from adapters.simulator.engine.wire import Json
from adapters.simulator.market_data.source import Step
from adapters.simulator.stream_api import frames
from adapters.simulator.stream_api.connection import (
    CANDLES,
    DATA_NAMES,
    HEARTBEATS,
    LEVEL2,
    MARKET_CHANNELS,
    STATUS,
    TICKER,
    TICKER_BATCH,
    TRADES,
    USER,
    Connection,
    Verify,
)
from adapters.simulator.stream_api.summaries import SNAPSHOT_CANDLES, Summaries, listed_event
from domain.model.instants import MILLISECOND, SECOND
from domain.model.market import Trade
from domain.model.product import ProductId

TRADES_EVERY_NS = 250 * MILLISECOND
SNAPSHOT_ORDERS = 50
PERIODS_NS = {CANDLES: SECOND, TICKER_BATCH: 5 * SECOND, STATUS: 30 * SECOND}
"""How often these channels say what has changed; status always says all."""


class Hub:
    """Turns what happens into frames on the connections that asked for it."""

    def __init__(
        self,
        *,
        books: Mapping[ProductId, VenueBook],
        tape: Tape,
        event_queue: EventQueue,
        clock: PlayedClock,
        user_id: str,
        portfolio: str,
        catalogue: Catalogue,
        summaries: Summaries,
        quirks: VenueQuirks,
        hooks: FaultHooks,
    ) -> None:
        self.level2_interval_ns = 0
        """Least market time between two level2 frames of a product; 0: one for every change."""
        self._books = books
        self._tape = tape
        self._event_queue = event_queue
        self._clock = clock
        self._started_ns = clock.now_ns
        self._user_id = user_id
        self._portfolio = portfolio
        self._catalogue = catalogue
        self._summaries = summaries
        self._quirks = quirks
        self._hooks = hooks
        self._periodic: set[str] = set()
        self._said: dict[tuple[str, str], Json] = {}
        self._live: Callable[[], Sequence[VenueOrder]] = tuple
        self._connections: list[Connection] = []
        self._listeners: dict[tuple[str, str], list[Connection]] = {}
        self._published: dict[ProductId, Shown] = {}
        self._next_book_ns: dict[ProductId, int] = {}
        self._waiting_books: set[ProductId] = set()
        self._waiting_trades: dict[ProductId, list[Trade]] = {}
        self._beating = False

    def list_orders_by(self, live: Callable[[], Sequence[VenueOrder]]) -> None:
        """Ask `live` for the open orders of a user snapshot."""
        self._live = live

    def now_ns(self) -> int:
        """Return the venue's own time: what its clock shows, unless that is wrong."""
        return self._clock.shown_ns() + self._hooks.skew_ns

    def connect(self, verify: Verify | None) -> Connection:
        """Return a new connection."""
        connection = Connection(self, verify, with_client_id=self._quirks.client_id)
        self._connections.append(connection)
        self._hooks.streams.connected(connection)
        return connection

    def disconnect(self, connection: Connection) -> None:
        """Forget a connection."""
        self._connections.remove(connection)
        for listeners in self._listeners.values():
            if connection in listeners:
                listeners.remove(connection)

    def subscribe(self, connection: Connection, channel: str, products: list[str]) -> None:
        """Add to a connection's subscriptions; market snapshots come before the ack."""
        topics = self._topics(channel, products)
        known = connection.subscriptions.setdefault(channel, [])
        for topic in topics:
            if topic not in known:
                known.append(topic)
                self._listeners.setdefault((channel, topic), []).append(connection)
        if channel == LEVEL2:
            self._send_books(connection, topics)
        elif channel == TRADES:
            self._send_trades(connection, topics)
        elif channel in (TICKER, TICKER_BATCH):
            self._send_last(connection, channel, topics)
        self._acknowledge(connection)
        if channel == USER:
            connection.order_products.update(products)
            self._send_orders(connection)
        elif channel == HEARTBEATS and not self._beating:
            self._beating = True
            self._event_queue.add(_next_multiple(self._clock.now_ns + 1, SECOND), Due.HEARTBEAT)
        elif channel == CANDLES:
            self._send_candles(connection, topics)
        elif channel == STATUS:
            self._send_status([connection], topics)
        if channel in PERIODS_NS and channel not in self._periodic:
            self._periodic.add(channel)
            self._repeat(channel)

    def unsubscribe(self, connection: Connection, channel: str, products: list[str]) -> None:
        """Remove from a connection's subscriptions."""
        known = connection.subscriptions.get(channel, [])
        for topic in self._topics(channel, products) if products else list(known):
            if topic in known:
                known.remove(topic)
                self._listeners[channel, topic].remove(connection)
        if not known:
            connection.subscriptions.pop(channel, None)
        self._acknowledge(connection)

    def order_changed(self, order: VenueOrder) -> None:
        """Tell the user channel an order's new state."""
        listeners = self._listeners.get((USER, self._user_id))
        if self._hooks.orders.tells(order) and listeners:
            event = frames.user_event("update", [frames.order_state(order, self._portfolio)])
            for connection in listeners:
                if connection.wants_order_on(order.product):
                    connection.send(USER, event)

    def book_changed(self, product: ProductId) -> None:
        """Tell the level2 channel what changed, now or when the product's interval is over."""
        if not self._listeners.get((LEVEL2, product)):
            return
        interval = self.level2_interval_ns
        if not interval:
            self._publish_book(product)
            return
        if product in self._waiting_books:
            return
        due_ns = self._next_book_ns.get(product, 0)
        if due_ns <= self._clock.now_ns:
            self._publish_book(product)
        else:
            self._waiting_books.add(product)
            self._event_queue.add(due_ns, Due.BOOK, product)

    def trades_printed(self, step: Step) -> None:
        """Collect the public trades of a step for the next batch."""
        if not self._listeners.get((TRADES, step.product)):
            return
        if not self._waiting_trades:
            self._event_queue.add(_next_multiple(self._clock.now_ns, TRADES_EVERY_NS), Due.TRADES)
        self._waiting_trades.setdefault(step.product, []).extend(step.trades)

    def ticked(self, product: ProductId) -> None:
        """Tell the ticker channel a product's latest trade and the book after it."""
        listeners = self._listeners.get((TICKER, product))
        if listeners:
            ticker = self._summaries.last_trade(product, with_quote=True)
            event = listed_event("update", "tickers", [ticker])
            for connection in listeners:
                connection.send(TICKER, event)

    def due(self, due: Due, name: str) -> None:
        """Do what the event queue says is due."""
        if due is Due.BOOK:
            self._waiting_books.discard(ProductId(name))
            self._publish_book(ProductId(name))
        elif due is Due.TRADES:
            self._publish_trades()
        elif due is Due.SUMMARIES:
            self._summarize(name)
        elif due is Due.HEARTBEAT:
            self._beat()

    def _topics(self, channel: str, products: list[str]) -> list[str]:
        if channel == HEARTBEATS:
            return [HEARTBEATS]
        if channel == USER:
            return [self._user_id]
        assert channel in MARKET_CHANNELS
        if channel == STATUS and not products:
            return sorted(self._catalogue.played)
        asked = dict.fromkeys(self._catalogue.canonical(ProductId(name)) for name in products)
        return [name for name in asked if name in self._catalogue.played]

    def _acknowledge(self, connection: Connection) -> None:
        connection.send("subscriptions", frames.subscriptions_event(connection.subscriptions))

    def _send_books(self, connection: Connection, topics: Sequence[str]) -> None:
        for topic in topics:
            product = ProductId(topic)
            others = [known for known in self._listeners[LEVEL2, topic] if known is not connection]
            # What others still have to hear must leave before the newcomer's snapshot, or the
            # next difference would be taken from a book that the newcomer never saw.
            self._publish_book(product, others)
            at_ns = 0 if self._quirks.epoch_snapshots else self.now_ns()
            snapshot = frames.book_snapshot(product, self._published[product], at_ns)
            connection.send(DATA_NAMES[LEVEL2], snapshot)

    def _send_trades(self, connection: Connection, topics: Sequence[str]) -> None:
        for topic in topics:
            waiting = len(self._waiting_trades.get(ProductId(topic), ()))
            event = frames.trades_event("snapshot", self._tape.recent(ProductId(topic))[waiting:])
            connection.send(TRADES, event)

    def _send_orders(self, connection: Connection) -> None:
        states = [
            frames.order_state(order, self._portfolio)
            for order in self._live()
            if connection.wants_order_on(order.product)
        ]
        for first in range(0, len(states) + 1, SNAPSHOT_ORDERS):
            batch = states[first : first + SNAPSHOT_ORDERS]
            connection.send(USER, frames.user_event("snapshot", batch))

    def _send_last(self, connection: Connection, channel: str, topics: Sequence[str]) -> None:
        tickers = [self._last_of(channel, ProductId(topic)) for topic in topics]
        if tickers:
            connection.send(channel, listed_event("snapshot", "tickers", tickers))

    def _send_candles(self, connection: Connection, topics: Sequence[str]) -> None:
        for topic in topics:
            candles = self._summaries.candles(ProductId(topic), SNAPSHOT_CANDLES)
            connection.send(CANDLES, listed_event("snapshot", "candles", candles))

    def _send_status(self, listeners: Sequence[Connection], topics: Sequence[str]) -> None:
        products = [self._summaries.status(ProductId(topic)) for topic in topics]
        for connection in listeners:
            connection.send(STATUS, listed_event("snapshot", "products", products))

    def _last_of(self, channel: str, product: ProductId) -> Json:
        return self._summaries.last_trade(product, with_quote=channel == TICKER)

    def _repeat(self, channel: str) -> None:
        at_ns = _next_multiple(self._clock.now_ns + 1, PERIODS_NS[channel])
        self._event_queue.add(at_ns, Due.SUMMARIES, channel)

    def _summarize(self, channel: str) -> None:
        """Send what a periodic channel has to say, and come back unless nobody listens."""
        heard = [
            (ProductId(topic), listeners)
            for (name, topic), listeners in self._listeners.items()
            if name == channel and listeners
        ]
        if not heard:
            self._periodic.discard(channel)
            return
        for product, listeners in heard:
            if channel == STATUS:
                self._send_status(listeners, [product])
                continue
            for item in self._summary(channel, product):
                if self._said.get((channel, product)) != item:
                    self._said[channel, product] = item
                    name = "candles" if channel == CANDLES else "tickers"
                    event = listed_event("update", name, [item])
                    for connection in listeners:
                        connection.send(channel, event)
        self._repeat(channel)

    def _summary(self, channel: str, product: ProductId) -> list[Json]:
        if channel == CANDLES:
            return self._summaries.candles(product, 1)
        return [self._last_of(channel, product)]

    def _publish_book(
        self, product: ProductId, listeners: Sequence[Connection] | None = None
    ) -> None:
        before = self._published.get(product, NOTHING)
        after = self._books[product].shown()
        if listeners is None:
            listeners = self._listeners[LEVEL2, product]
        self._published[product] = after
        self._next_book_ns[product] = self._clock.now_ns + self.level2_interval_ns
        event = frames.book_update(product, before, after, self.now_ns()) if listeners else None
        if event is not None:
            for connection in listeners:
                connection.send(DATA_NAMES[LEVEL2], event)

    def _publish_trades(self) -> None:
        waiting, self._waiting_trades = self._waiting_trades, {}
        for product, trades in waiting.items():
            event = frames.trades_event("update", reversed(trades))
            for connection in self._listeners.get((TRADES, product), ()):
                connection.send(TRADES, event)

    def _beat(self) -> None:
        listeners = self._listeners.get((HEARTBEATS, HEARTBEATS))
        self._beating = bool(listeners)
        if not listeners:
            return
        event = frames.heartbeat_event(
            self.now_ns(), self._started_ns, as_text=self._quirks.counter_text
        )
        for connection in listeners:
            connection.send(HEARTBEATS, event)
        self._event_queue.add(self._clock.now_ns + SECOND, Due.HEARTBEAT)


def _next_multiple(at_ns: int, width_ns: int) -> int:
    return -(-at_ns // width_ns) * width_ns
