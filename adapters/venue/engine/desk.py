"""The order desk: takes orders, cancels and expires them, books fills, keeps what happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol

from adapters.venue.engine import checks
from adapters.venue.engine.accounts import EXACT, FeeRates, Ledger
from adapters.venue.engine.agenda import Agenda, Due, MarketClock
from adapters.venue.engine.book import Book
from adapters.venue.engine.checks import Ticket
from adapters.venue.engine.ids import Ids
from adapters.venue.engine.matching import Plan, plan_base, plan_quote, shares
from adapters.venue.engine.orders import Fill, Kind, Liquidity, Order, Status, cost
from adapters.venue.engine.store import MARKET_TIME, Batch, Store
from domain.market import Trade
from domain.money import ZERO
from domain.product import Product, ProductFlags, ProductId, Side

PROTECTION = Decimal("0.05")
"""A market order takes no level further than this from the middle of the book."""

SELF_TRADE = "Self trade prevention"
NO_MORE_DEPTH = "Not enough liquidity"


class Audience(Protocol):
    """Who is told what the desk does."""

    def order_changed(self, order: Order) -> None:
        """An order has a new state."""

    def book_changed(self, product: ProductId) -> None:
        """The shown book of a product may differ."""


class Desk:
    """Orders of our account. Nothing is durable before `commit`, which every entry point calls."""

    def __init__(
        self,
        *,
        products: Sequence[Product],
        books: dict[ProductId, Book],
        ledger: Ledger,
        store: Store,
        agenda: Agenda,
        clock: MarketClock,
        fees: FeeRates,
        ids: Ids,
        flags: Callable[[Product], ProductFlags],
        audience: Audience,
    ) -> None:
        self.fees = fees
        self._products = {product.id: product for product in products}
        self._books = books
        self._ledger = ledger
        self._store = store
        self._agenda = agenda
        self._clock = clock
        self._ids = ids
        self._flags = flags
        self._audience = audience
        self._live: dict[str, Order] = {}
        self._dirty: dict[str, Order] = {}
        self._fills: list[Fill] = []
        self._order_number, self._fill_number = store.last_numbers()

    def restore(self) -> None:
        """Put the stored live orders back into books, holds and agenda."""
        for order in self._store.live_orders():
            self._live[order.order_id] = order
            self._rest(order)

    def live(self) -> list[Order]:
        """Return the orders that are not final, oldest first."""
        return list(self._live.values())

    def find(self, order_id: str) -> Order | None:
        """Return any order of this world."""
        known = self._live.get(order_id) or self._dirty.get(order_id)
        return known or self._store.order(order_id)

    def find_by_client(self, client_order_id: str) -> Order | None:
        """Return the first order that came with this client id."""
        return self._store.order_of_client(client_order_id)

    def create(self, ticket: Ticket) -> Order:
        """Check, match and perhaps rest a new order; return it in its state after that.

        Raises:
            Rejected: a check failed; nothing has changed.
        """
        plan = self.examine(ticket)
        order = self._accept(ticket)
        self._take(order, plan)
        self._settle(order, plan)
        return order

    def examine(self, ticket: Ticket) -> Plan:
        """Check an order and return what it would take now; nothing changes.

        Raises:
            Rejected: a check failed.
        """
        checks.check(ticket, self._flags(ticket.product), self._clock.now_ns)
        plan = self._plan(ticket)
        self._check_funds(ticket, plan)
        return plan

    def cancel(self, order: Order) -> None:
        """Cancel a resting order."""
        self._end(order, Status.CANCELLED, "User requested cancel")

    def expire(self, order_id: str) -> None:
        """End an order whose time is up, if it still rests."""
        order = self._live.get(order_id)
        if order is not None:
            self._end(order, Status.EXPIRED, "")

    def print_trades(self, product: ProductId, trades: Sequence[Trade]) -> None:
        """Fill our resting orders through which public trades have gone."""
        book = self._books[product]
        for trade in trades:
            for side in (Side.BUY, Side.SELL):
                for order, quantity in shares(book.resting(side), trade):
                    self.fill_resting(order, quantity)

    def fill_resting(self, order: Order, quantity: Decimal) -> None:
        """Fill `quantity` of a resting order at its own price."""
        price = order.limit_price or ZERO
        self._book_fill(order, price, quantity, Liquidity.MAKER)
        if order.leaves == 0:
            self._end(order, Status.FILLED, "")
            return
        self._hold(order)
        self._books[order.product].touch()
        self._changed(order)
        self._audience.book_changed(order.product)

    def commit(self, *, time_too: bool = False) -> None:
        """Make everything since the last call durable; `time_too` also without any change."""
        balances = self._ledger.drain()
        if not (self._dirty or self._fills or balances or time_too):
            return
        self._store.save(
            Batch(
                orders=tuple(self._dirty.values()),
                fills=tuple(self._fills),
                balances=balances,
                meta={MARKET_TIME: str(self._clock.now_ns)},
            )
        )
        self._dirty = {}
        self._fills = []

    def _plan(self, ticket: Ticket) -> Plan:
        book = self._books[ticket.product.id]
        other = Side.SELL if ticket.side is Side.BUY else Side.BUY
        levels, own = book.market(other), book.best_own(other)
        limit = ticket.limit_price or self._protection(ticket, book)
        if ticket.quote_size is not None:
            step = ticket.product.base_increment
            plan = plan_quote(levels, ticket.quote_size, self.fees.taker, step, limit, own)
        else:
            size = ticket.base_size or ZERO
            plan = plan_base(ticket.side, levels, size, limit, own)
        _check_plan(ticket, plan, book.best(other))
        return plan

    def _protection(self, ticket: Ticket, book: Book) -> Decimal | None:
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        if not ticket.kind.is_market or bid is None or ask is None:
            return None
        middle = (bid + ask) / 2
        return middle * (1 + PROTECTION if ticket.side is Side.BUY else 1 - PROTECTION)

    def _check_funds(self, ticket: Ticket, plan: Plan) -> None:
        product = ticket.product
        if ticket.side is Side.SELL:
            needed, currency = ticket.base_size or ZERO, product.base
        elif ticket.limit_price is not None:
            size = ticket.base_size or ZERO
            needed, currency = cost(ticket.limit_price, size, self.fees.taker), product.quote
        elif ticket.quote_size is not None:
            needed, currency = ticket.quote_size, product.quote
        else:
            fee = EXACT.multiply(plan.value, self.fees.taker)
            needed, currency = EXACT.add(plan.value, fee), product.quote
        if needed > self._ledger.available(currency):
            raise checks.insufficient_fund()

    def _accept(self, ticket: Ticket) -> Order:
        self._order_number += 1
        now_ns = self._clock.now_ns
        order = Order(
            number=self._order_number,
            order_id=self._ids.uuid("order", self._order_number),
            client_order_id=ticket.client_order_id,
            product=ticket.product.id,
            side=ticket.side,
            kind=ticket.kind,
            configuration=ticket.configuration,
            limit_price=ticket.limit_price,
            base_size=ticket.base_size,
            quote_size=ticket.quote_size,
            post_only=ticket.post_only,
            end_ns=ticket.end_ns,
            maker_rate=self.fees.maker,
            taker_rate=self.fees.taker,
            created_ns=now_ns,
            updated_ns=now_ns,
        )
        self._live[order.order_id] = order
        self._changed(order)
        return order

    def _take(self, order: Order, plan: Plan) -> None:
        if not plan.takes:
            return
        self._books[order.product].take(order.side, plan.takes)
        for take in plan.takes:
            self._book_fill(order, take.price, take.quantity, Liquidity.TAKER)
        self._audience.book_changed(order.product)

    def _settle(self, order: Order, plan: Plan) -> None:
        if plan.complete:
            self._end(order, Status.FILLED, "")
        elif plan.met_own:
            self._end(order, Status.CANCELLED, SELF_TRADE)
        elif not order.kind.rests:
            self._end(order, Status.CANCELLED, NO_MORE_DEPTH)
        else:
            order.status = Status.OPEN
            self._rest(order)
            self._changed(order)
            self._audience.book_changed(order.product)

    def _rest(self, order: Order) -> None:
        self._books[order.product].add(order)
        self._hold(order)
        if order.kind is Kind.LIMIT_GTD and order.end_ns is not None:
            self._agenda.add(order.end_ns, Due.EXPIRY, order.order_id)

    def _end(self, order: Order, status: Status, message: str) -> None:
        rested = order.status is Status.OPEN
        order.status = status
        order.message = message
        del self._live[order.order_id]
        if rested:
            self._hold(order)
            self._books[order.product].remove(order)
            self._audience.book_changed(order.product)
        self._changed(order)

    def _book_fill(
        self, order: Order, price: Decimal, quantity: Decimal, liquidity: Liquidity
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
        self._fill_number += 1
        self._fills.append(self._fill(order, price, quantity, fee, liquidity))

    def _fill(
        self, order: Order, price: Decimal, quantity: Decimal, fee: Decimal, liquidity: Liquidity
    ) -> Fill:
        return Fill(
            number=self._fill_number,
            entry_id=self._ids.uuid("entry", self._fill_number),
            trade_id=self._ids.uuid("trade", self._fill_number),
            order_id=order.order_id,
            product=order.product,
            side=order.side,
            kind=order.kind,
            price=price,
            quantity=quantity,
            commission=fee,
            liquidity=liquidity,
            at_ns=self._clock.now_ns,
            sized_in_quote=order.quote_size is not None,
        )

    def _hold(self, order: Order) -> None:
        product = self._products[order.product]
        currency = product.base if order.side is Side.SELL else product.quote
        self._ledger.hold(order.order_id, currency, order.hold)

    def _changed(self, order: Order) -> None:
        order.updated_ns = self._clock.now_ns
        self._dirty[order.order_id] = order
        self._audience.order_changed(order)


def _check_plan(ticket: Ticket, plan: Plan, best: Decimal | None) -> None:
    if ticket.post_only:
        if plan.takes or plan.met_own:
            raise checks.would_take()
        return
    if not ticket.kind.is_market:
        return
    if best is None:
        raise checks.no_liquidity()
    if ticket.base_size is not None:
        checks.check_notional(ticket.product, EXACT.multiply(ticket.base_size, best))
    elif plan.complete and (plan.quantity < ticket.product.base_min or not plan.takes):
        raise checks.too_small()
