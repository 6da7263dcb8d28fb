"""What an order would do now: every check against rules, market and balances; nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from attrs import define

from adapters.simulator.engine import checks, editing, rejections
from adapters.simulator.engine.accounts import EXACT, FeeRates, VenueAccounts
from adapters.simulator.engine.book import VenueBook
from adapters.simulator.engine.catalogue import Catalogue
from adapters.simulator.engine.editing import EditRefused, EditRequest
from adapters.simulator.engine.event_queue import PlayedClock
from adapters.simulator.engine.matching import NOTHING, FillPlan, plan_base, plan_quote
from adapters.simulator.engine.orders import Trigger, VenueOrder, cost
from adapters.simulator.engine.ticket import Ticket
from domain.model.money import ZERO
from domain.model.product import Product, ProductFlags, ProductId, Side

PROTECTION = Decimal("0.05")
"""A market order takes no level further than this from the middle of the book."""


@define(kw_only=True)
class Planner:
    """Judges new orders and edits; `books` has every tradable product, aliases included."""

    catalogue: Catalogue
    books: Mapping[ProductId, VenueBook]
    ledger: VenueAccounts
    clock: PlayedClock
    fees: FeeRates
    flags: Callable[[Product], ProductFlags]
    last_price: Callable[[ProductId], Decimal | None]

    def examine(self, ticket: Ticket) -> FillPlan:
        """Check an order and return what it would take now.

        Raises:
            Rejected: a check failed.
        """
        checks.check(ticket, self.flags(ticket.product), self.clock.now_ns)
        plan = self._plan(ticket)
        self._check_funds(ticket, plan)
        return plan

    def examine_edit(self, order: VenueOrder | None, asked: EditRequest) -> FillPlan:
        """Check an edit and return what the order would take then.

        Raises:
            EditRefused: a check failed.
        """
        product = None if order is None else self.catalogue.tradable.get(order.product)
        order, product = editing.check_edit(order, product, asked)
        book = self.books[order.product]
        left = EXACT.subtract(asked.size, order.filled)
        if order.side is Side.SELL:
            needed, currency = left, product.base
        else:
            needed, currency = cost(asked.price, left, order.taker_rate), product.quote
        if needed > EXACT.add(self.ledger.available(currency), order.hold):
            raise EditRefused(editing.UNKNOWN_EDIT, "PREVIEW_INSUFFICIENT_FUND")
        if order.trigger is Trigger.PENDING:
            return NOTHING
        plan = walk(book, order.side, left, asked.price)
        if order.post_only and (plan.takes or plan.met_own):
            raise EditRefused("INVALID_EDITED_PRICE", "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY")
        return plan

    def _plan(self, ticket: Ticket) -> FillPlan:
        book = self.books[ticket.product.id]
        if ticket.kind.is_stop:
            checks.check_stop(ticket, self._last(ticket))
            return NOTHING
        if ticket.kind.is_bracket:
            checks.check_bracket(ticket, self._last(ticket), book.best(Side.BUY))
            return NOTHING
        other = Side.SELL if ticket.side is Side.BUY else Side.BUY
        limit = ticket.limit_price or protection(ticket, book)
        if ticket.quote_size is not None:
            levels, own = book.market(other), book.best_own(other)
            step = ticket.product.base_increment
            plan = plan_quote(levels, ticket.quote_size, self.fees.taker, step, limit, own)
        else:
            plan = walk(book, ticket.side, ticket.base_size or ZERO, limit)
        _check_plan(ticket, plan, book.best(other))
        return plan

    def _last(self, ticket: Ticket) -> Decimal | None:
        return self.last_price(self.catalogue.canonical(ticket.product.id))

    def _check_funds(self, ticket: Ticket, plan: FillPlan) -> None:
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
        if needed > self.ledger.available(currency):
            raise rejections.insufficient_fund()


def walk(book: VenueBook, side: Side, size: Decimal, limit: Decimal | None) -> FillPlan:
    """Return what an order of `size` base takes from a book up to `limit`."""
    other = Side.SELL if side is Side.BUY else Side.BUY
    return plan_base(side, book.market(other), size, limit, book.best_own(other))


def protection(ticket: Ticket, book: VenueBook) -> Decimal | None:
    """Return the price that a market order does not go beyond, None for any other order."""
    bid, ask = book.best(Side.BUY), book.best(Side.SELL)
    if not ticket.kind.is_market or bid is None or ask is None:
        return None
    middle = (bid + ask) / 2
    return middle * (1 + PROTECTION if ticket.side is Side.BUY else 1 - PROTECTION)


def _check_plan(ticket: Ticket, plan: FillPlan, best: Decimal | None) -> None:
    if ticket.post_only:
        if plan.takes or plan.met_own:
            raise rejections.would_take()
        return
    if not ticket.kind.is_market:
        return
    if best is None:
        raise rejections.no_liquidity()
    if ticket.base_size is not None:
        checks.check_notional(ticket.product, EXACT.multiply(ticket.base_size, best))
    elif plan.complete and (plan.quantity < ticket.product.base_min or not plan.takes):
        raise rejections.too_small()
