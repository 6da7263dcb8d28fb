"""The hub: who is subscribed to what, and the frames that market steps and orders cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from adapters.venue.engine.agenda import Agenda, Due, MarketClock
from adapters.venue.engine.book import NOTHING, Book, Shown
from adapters.venue.engine.orders import Order
from adapters.venue.engine.stream import frames
from adapters.venue.engine.stream.connection import (
    DATA_NAMES,
    HEARTBEATS,
    LEVEL2,
    MARKET_CHANNELS,
    TRADES,
    USER,
    Connection,
    Verify,
)
from adapters.venue.engine.tape import Tape
from adapters.venue.market.source import Step
from domain.instants import MILLISECOND, SECOND
from domain.market import Trade
from domain.product import ProductId

TRADES_EVERY_NS = 250 * MILLISECOND
SNAPSHOT_ORDERS = 50


class Hub:
    """Turns what happens into frames on the connections that asked for it."""

    def __init__(
        self,
        *,
        books: Mapping[ProductId, Book],
        tape: Tape,
        agenda: Agenda,
        clock: MarketClock,
        user_id: str,
        portfolio: str,
    ) -> None:
        self.level2_interval_ns = 0
        """Least market time between two level2 frames of a product; 0: one for every change."""
        self._books = books
        self._tape = tape
        self._agenda = agenda
        self._clock = clock
        self._started_ns = clock.now_ns
        self._user_id = user_id
        self._portfolio = portfolio
        self._live: Callable[[], Sequence[Order]] = tuple
        self._connections: list[Connection] = []
        self._listeners: dict[tuple[str, str], list[Connection]] = {}
        self._published: dict[ProductId, Shown] = {}
        self._next_book_ns: dict[ProductId, int] = {}
        self._waiting_books: set[ProductId] = set()
        self._waiting_trades: dict[ProductId, list[Trade]] = {}
        self._beating = False

    def list_orders_by(self, live: Callable[[], Sequence[Order]]) -> None:
        """Ask `live` for the open orders of a user snapshot."""
        self._live = live

    def now_ns(self) -> int:
        """Return the market time."""
        return self._clock.now_ns

    def connect(self, verify: Verify | None) -> Connection:
        """Return a new connection."""
        connection = Connection(self, verify)
        self._connections.append(connection)
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
        self._acknowledge(connection)
        if channel == USER:
            self._send_orders(connection)
        elif channel == HEARTBEATS and not self._beating:
            self._beating = True
            self._agenda.add(_next_multiple(self._clock.now_ns + 1, SECOND), Due.HEARTBEAT)

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

    def order_changed(self, order: Order) -> None:
        """Tell the user channel an order's new state."""
        listeners = self._listeners.get((USER, self._user_id))
        if listeners:
            event = frames.user_event("update", [frames.order_state(order, self._portfolio)])
            for connection in listeners:
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
            self._agenda.add(due_ns, Due.BOOK, product)

    def trades_printed(self, step: Step) -> None:
        """Collect the public trades of a step for the next batch."""
        if not self._listeners.get((TRADES, step.product)):
            return
        if not self._waiting_trades:
            self._agenda.add(_next_multiple(self._clock.now_ns, TRADES_EVERY_NS), Due.TRADES)
        self._waiting_trades.setdefault(step.product, []).extend(step.trades)

    def due(self, due: Due, name: str) -> None:
        """Do what the agenda says is due."""
        if due is Due.BOOK:
            self._waiting_books.discard(ProductId(name))
            self._publish_book(ProductId(name))
        elif due is Due.TRADES:
            self._publish_trades()
        elif due is Due.HEARTBEAT:
            self._beat()

    def _topics(self, channel: str, products: list[str]) -> list[str]:
        if channel == HEARTBEATS:
            return [HEARTBEATS]
        if channel == USER:
            return [self._user_id]
        assert channel in MARKET_CHANNELS
        return [name for name in dict.fromkeys(products) if ProductId(name) in self._books]

    def _acknowledge(self, connection: Connection) -> None:
        connection.send("subscriptions", frames.subscriptions_event(connection.subscriptions))

    def _send_books(self, connection: Connection, topics: Sequence[str]) -> None:
        for topic in topics:
            product = ProductId(topic)
            others = [known for known in self._listeners[LEVEL2, topic] if known is not connection]
            # What others still have to hear must leave before the newcomer's snapshot, or the
            # next difference would be taken from a book that the newcomer never saw.
            self._publish_book(product, others)
            snapshot = frames.book_snapshot(product, self._published[product], self.now_ns())
            connection.send(DATA_NAMES[LEVEL2], snapshot)

    def _send_trades(self, connection: Connection, topics: Sequence[str]) -> None:
        for topic in topics:
            waiting = len(self._waiting_trades.get(ProductId(topic), ()))
            event = frames.trades_event("snapshot", self._tape.recent(ProductId(topic))[waiting:])
            connection.send(TRADES, event)

    def _send_orders(self, connection: Connection) -> None:
        states = [frames.order_state(order, self._portfolio) for order in self._live()]
        for first in range(0, len(states) + 1, SNAPSHOT_ORDERS):
            batch = states[first : first + SNAPSHOT_ORDERS]
            connection.send(USER, frames.user_event("snapshot", batch))

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
        event = frames.heartbeat_event(self.now_ns(), self._started_ns)
        for connection in listeners:
            connection.send(HEARTBEATS, event)
        self._agenda.add(self._clock.now_ns + SECOND, Due.HEARTBEAT)


def _next_multiple(at_ns: int, width_ns: int) -> int:
    return -(-at_ns // width_ns) * width_ns
