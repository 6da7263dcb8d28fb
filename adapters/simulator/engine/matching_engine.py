"""The matching engine: takes orders, cancels and expires them, books fills, keeps what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from adapters.simulator.engine import editing
from adapters.simulator.engine.accounts import EXACT, VenueAccounts
from adapters.simulator.engine.book import VenueBook
from adapters.simulator.engine.catalogue import Catalogue
from adapters.simulator.engine.editing import EditRefused, EditRequest
from adapters.simulator.engine.event_queue import Due, EventQueue, PlayedClock
from adapters.simulator.engine.fault_hooks import FaultHooks
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.matching import NOTHING, FillPlan, shares
from adapters.simulator.engine.order_factory import OrderFactory
from adapters.simulator.engine.orders import (
    Fill,
    Kind,
    Liquidity,
    Status,
    Trigger,
    VenueOrder,
    cost,
)
from adapters.simulator.engine.planning import Planner, walk
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.stops import StopWatch, trigger
from adapters.simulator.engine.store import MARKET_TIME, Batch, Store
from adapters.simulator.engine.ticket import Ticket
from domain.model.market import Trade
from domain.model.money import ZERO
from domain.model.product import ProductId, Side

SELF_TRADE = "Self trade prevention"
NO_MORE_DEPTH = "Not enough liquidity"
NOT_FILLABLE = "FOK not fillable"


class Audience(Protocol):
    """Who is told what the matching engine does."""

    def order_changed(self, order: VenueOrder) -> None:
        """An order has a new state."""

    def book_changed(self, product: ProductId) -> None:
        """The shown book of a product may differ."""


class MatchingEngine:
    """Orders of our account. Nothing is durable before `commit`, which every entry point calls."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        books: Mapping[ProductId, VenueBook],
        ledger: VenueAccounts,
        store: Store,
        event_queue: EventQueue,
        clock: PlayedClock,
        planner: Planner,
        ids: Ids,
        audience: Audience,
        quirks: VenueQuirks,
        hooks: FaultHooks,
    ) -> None:
        """`books` has every tradable product; an alias has the book of its -USD product."""
        self.planner = planner
        self._catalogue = catalogue
        self._products = catalogue.tradable
        self._books = books
        self._ledger = ledger
        self._store = store
        self._event_queue = event_queue
        self._clock = clock
        self._audience = audience
        self._quirks = quirks
        self._hooks = hooks
        self._live: dict[str, VenueOrder] = {}
        self._booked: set[str] = set()
        self._stops = StopWatch(catalogue.canonical)
        self._reached: list[VenueOrder] = []
        self._dirty: dict[str, VenueOrder] = {}
        self._fills: list[Fill] = []
        self._maker = OrderFactory(ids, *store.last_numbers())

    def restore(self) -> None:
        """Put the stored live orders back into books, holds and event queue."""
        for order in self._store.live_orders():
            self._live[order.order_id] = order
            self._rest(order)

    def live(self) -> list[VenueOrder]:
        """Return the orders that are not final, oldest first."""
        return list(self._live.values())

    def on(self, product: ProductId) -> list[VenueOrder]:
        """Return the live orders of a played product and its alias, oldest first."""
        canonical = self._catalogue.canonical
        return [order for order in self._live.values() if canonical(order.product) == product]

    def wanted_products(self) -> tuple[ProductId, ...]:
        """Return the played products that have live orders, sorted."""
        return tuple(
            sorted({self._catalogue.canonical(order.product) for order in self._live.values()})
        )

    def find(self, order_id: str) -> VenueOrder | None:
        """Return any order of this world."""
        known = self._live.get(order_id) or self._dirty.get(order_id)
        return known or self._store.order(order_id)

    def find_by_client(self, client_order_id: str) -> VenueOrder | None:
        """Return the first order that came with this client id."""
        return self._store.order_of_client(client_order_id)

    def create(self, ticket: Ticket) -> VenueOrder:
        """Check, match and perhaps rest a new order; return it in its state after that.

        Raises:
            Rejected: a check failed; nothing has changed.
        """
        plan = self.planner.examine(ticket)
        order = self._maker.order(ticket, self.planner.fees, self._clock.now_ns)
        self._live[order.order_id] = order
        self._changed(order)
        self._work(order, plan)
        return order

    def cancel(self, order: VenueOrder, delay_ns: int | None = None) -> None:
        """Take note of a cancel; it is done after `delay_ns`, without it that of our quirks."""
        order.status = Status.CANCEL_QUEUED
        self._changed(order)
        self._queue(order, self._quirks.cancel_delay_ns if delay_ns is None else delay_ns)

    def end(self, order: VenueOrder, message: str) -> None:
        """Cancel a live order for a reason of the venue's own."""
        self._end(order, Status.CANCELLED, message)

    def fill_ended(self, order: VenueOrder, quantity: Decimal) -> bool:
        """Fill an order that was cancelled already; tell whether the account can pay for it."""
        price, product = order.limit_price or ZERO, self._products[order.product]
        needed, currency = quantity, product.base
        if order.side is Side.BUY:
            needed, currency = cost(price, quantity, order.maker_rate), product.quote
        if needed > self._ledger.available(currency):
            return False
        self._book_fill(order, price, quantity, Liquidity.MAKER)
        if order.leaves == 0:
            order.status, order.message = Status.FILLED, ""
        self._changed(order)
        return True

    def edit(self, order: VenueOrder, asked: EditRequest) -> None:
        """Take note of an edit; it is done at once or after the delay of our quirks.

        Raises:
            EditRefused: a check failed; nothing has changed.
        """
        self.planner.examine_edit(order, asked)
        order.next_edit = editing.edit_of(asked, self._clock.now_ns)
        if self._quirks.edit_delay_ns:
            order.status = Status.EDIT_QUEUED
            self._changed(order)
        self._queue(order, self._quirks.edit_delay_ns)

    def due(self, order_id: str) -> None:
        """Do to an order what its time has come for: the end of a GTD order, a queued request."""
        order, now_ns = self._live.get(order_id), self._clock.now_ns
        if order is None:
            return
        if order.queued_until_ns is not None and order.queued_until_ns <= now_ns:
            self._finish(order)
        elif order.end_ns is not None and order.end_ns <= now_ns:
            self._end(order, Status.EXPIRED, "")

    def watches(self, product: ProductId) -> bool:
        """Tell whether any order rests in the product's book or waits for its trades."""
        return self._books[product].has_orders or self._stops.waits(product)

    def print_trades(self, product: ProductId, trades: Sequence[Trade]) -> None:
        """Fill our resting orders through which public trades have gone, and note what they reach.

        What reached its stop works in `work_reached`, when the book after the trades is there.
        """
        book = self._books[product]
        for trade in trades:
            for side in (Side.BUY, Side.SELL):
                for order, share in shares(book.resting(side), trade):
                    quantity = self._hooks.orders.resting_fill(order, share)
                    if quantity:
                        self.fill_resting(order, quantity)
            self.reach(product, trade.price, trade.price, trade.at_ns)

    def reach(
        self, product: ProductId, low: Decimal, high: Decimal, at_ns: int
    ) -> list[VenueOrder]:
        """Trigger the orders whose stop lies where trades from `low` to `high` reach it."""
        reached = self._stops.reached(product, low, high, at_ns)
        for order in reached:
            self._withdraw(order)
            trigger(order, self._products[order.product])
            self._changed(order)
        self._reached += reached
        return reached

    def work_reached(self) -> None:
        """Let the orders that reached their stop since the last call take and rest."""
        reached, self._reached = self._reached, []
        for order in reached:
            if not order.status.is_final:
                self._work_limit(order)

    def fill_resting(self, order: VenueOrder, quantity: Decimal) -> None:
        """Fill `quantity` of a resting order at its own price."""
        price = order.limit_price or ZERO
        self._book_fill(order, price, quantity, Liquidity.MAKER)
        if order.kind.is_bracket:
            self._stops.remove(order)  # the first fill of one leg disables the other
        if order.leaves == 0:
            self._end(order, Status.FILLED, "")
            return
        self._hold(order)
        self._books[order.product].touch()
        self._changed(order)
        self._audience.book_changed(self._catalogue.canonical(order.product))

    def commit(self, *, time_too: bool = False, also: Mapping[str, str] | None = None) -> None:
        """Make everything since the last call durable, `also` with it; `time_too` also without any
        change.
        """
        balances = self._ledger.drain()
        if not (self._dirty or self._fills or balances or time_too or also):
            return
        self._store.save(
            Batch(
                orders=tuple(self._dirty.values()),
                fills=tuple(self._fills),
                balances=balances,
                meta={MARKET_TIME: str(self._clock.now_ns), **(also or {})},
            )
        )
        self._dirty = {}
        self._fills = []

    def _queue(self, order: VenueOrder, delay_ns: int) -> None:
        order.queued_until_ns = self._clock.now_ns + delay_ns
        if delay_ns:
            self._event_queue.add(order.queued_until_ns, Due.QUEUED, order.order_id)
        else:
            self._finish(order)

    def _finish(self, order: VenueOrder) -> None:
        """Do what was queued, if it still can be done."""
        order.queued_until_ns = None
        if order.status is Status.CANCEL_QUEUED:
            self._end(order, Status.CANCELLED, "User requested cancel")
            self._hooks.orders.cancelled(order)
            return
        edit, order.next_edit = order.next_edit, None
        order.status = Status.OPEN
        if edit is None:
            return
        try:
            self.planner.examine_edit(
                order, EditRequest(price=edit.price, size=edit.size, stop_price=edit.stop_price)
            )
        except EditRefused:
            self._changed(order)  # it filled, or the market moved, while the edit was queued
            return
        self._withdraw(order)
        editing.apply_edit(order, editing.dated(edit, self._clock.now_ns))
        self._changed(order)
        self._work_limit(order)

    def _work(self, order: VenueOrder, plan: FillPlan) -> None:
        """Let an order take what `plan` says, then end it or let it rest."""
        if order.kind is Kind.LIMIT_FOK and not plan.complete:
            self._end(order, Status.CANCELLED, NOT_FILLABLE)
            return
        self._take(order, plan)
        if plan.complete:
            self._end(order, Status.FILLED, "")
        elif plan.met_own:
            self._end(order, Status.CANCELLED, SELF_TRADE)
        elif not order.kind.rests:
            self._end(order, Status.CANCELLED, NO_MORE_DEPTH)
        else:
            if order.status is Status.PENDING:
                order.status = Status.OPEN
            self._rest(order)
            self._changed(order)

    def _work_limit(self, order: VenueOrder) -> None:
        """Let a triggered or edited order, out of the book at the moment, work as a limit order."""
        plan = NOTHING
        if order.trigger is not Trigger.PENDING:
            book = self._books[order.product]
            plan = walk(book, order.side, order.leaves, order.limit_price)
        self._work(order, plan)

    def _take(self, order: VenueOrder, plan: FillPlan) -> None:
        if not plan.takes:
            return
        self._books[order.product].take(order.side, plan.takes)
        for take in plan.takes:
            self._book_fill(order, take.price, take.quantity, Liquidity.TAKER)
        self._audience.book_changed(self._catalogue.canonical(order.product))

    def _rest(self, order: VenueOrder) -> None:
        if order.trigger is Trigger.PENDING and not (order.kind.is_bracket and order.filled):
            self._stops.add(order)
        self._hold(order)
        if order.in_book:
            self._booked.add(order.order_id)
            self._books[order.product].add(order)
            self._audience.book_changed(self._catalogue.canonical(order.product))
        if order.end_ns is not None:
            self._event_queue.add(order.end_ns, Due.EXPIRY, order.order_id)
        if order.queued_until_ns is not None:
            self._event_queue.add(order.queued_until_ns, Due.QUEUED, order.order_id)

    def _withdraw(self, order: VenueOrder) -> None:
        """Take an order out of book, stops and holds."""
        self._stops.remove(order)
        self._ledger.hold(order.order_id, self._held_currency(order), ZERO)
        if order.order_id in self._booked:
            self._booked.remove(order.order_id)
            self._books[order.product].remove(order)
            self._audience.book_changed(self._catalogue.canonical(order.product))

    def _end(self, order: VenueOrder, status: Status, message: str) -> None:
        order.status = status
        order.message = message
        order.next_edit = order.queued_until_ns = None
        del self._live[order.order_id]
        self._withdraw(order)
        self._changed(order)
        if order.bracket is not None and order.filled:
            self._attach(order)

    def _attach(self, parent: VenueOrder) -> None:
        """Place the bracket that was attached to an order, for what it bought."""
        product = self._products[parent.product]
        child = self._maker.bracket(parent, self.planner.fees, self._clock.now_ns)
        self._live[child.order_id] = child
        self._changed(child)
        if parent.filled > self._ledger.available(product.base):
            self._end(child, Status.CANCELLED, "Insufficient balance in source account")
        else:
            self._work(child, NOTHING)

    def _book_fill(
        self, order: VenueOrder, price: Decimal, quantity: Decimal, liquidity: Liquidity
    ) -> None:
        product = self._products[order.product]
        value = EXACT.multiply(price, quantity)
        rate = order.maker_rate if liquidity is Liquidity.MAKER else order.taker_rate
        fee = EXACT.multiply(value, rate)
        self._ledger.settle(order.side, product.base, product.quote, quantity, value, fee)
        order.filled = EXACT.add(order.filled, quantity)
        order.value = EXACT.add(order.value, value)
        order.fees = EXACT.add(order.fees, fee)
        order.fills += 1
        order.last_fill_ns = self._clock.now_ns
        self._fills.append(self._maker.fill(order, price, quantity, fee, liquidity))

    def _hold(self, order: VenueOrder) -> None:
        self._ledger.hold(order.order_id, self._held_currency(order), order.hold)

    def _held_currency(self, order: VenueOrder) -> str:
        product = self._products[order.product]
        return product.base if order.side is Side.SELL else product.quote

    def _changed(self, order: VenueOrder) -> None:
        order.updated_ns = self._clock.now_ns
        self._dirty[order.order_id] = order
        self._audience.order_changed(order)
