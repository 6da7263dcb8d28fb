"""What was sold of what: each sale with what it sold, its cost, its proceeds and its gain.

By `FIFO` as the books have it: a sale takes of the lot that it was made for, then first in, first
out; its gains are the realised profit of the ledger to the last digit. By `HIFO` the same fills are
matched anew, dearest first: a view for taxes, which changes nothing in the books. Both come to the
same once all is sold.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Protocol

from attrs import frozen

from domain.messages.orders import FillBooked
from domain.messages.portfolio import LotAdopted, LotReleased
from domain.model.approval import ApprovedExit
from domain.model.instants import DAY, Nanos
from domain.model.money import Amount, Quantity, floor_to, notional
from domain.model.orders import FillSeen
from domain.model.portfolio import COST_STEP, Lot
from domain.model.product import ProductId, Side, base_of
from domain.portfolio.earnings import sold_parts
from domain.portfolio.ledger import NO_STRATEGY, Ledger
from domain.results.account import AccountFold, Change
from domain.results.exports import (
    ASSET,
    CURRENCY,
    PRODUCT,
    WORLD,
    CellKind,
    Column,
    Row,
    Span,
    followed,
)


class Method(StrEnum):
    """By which rule a sale is matched with what was bought; the value stands in each row."""

    FIFO = "fifo"
    HIFO = "hifo (view)"


@frozen(kw_only=True)
class Bought:
    """What is left of one purchase; `cost` is with fees, in quote currency."""

    lot: str
    product: ProductId
    strategy: str
    at_ns: Nanos
    quantity: Quantity
    cost: Amount

    def part(self, quantity: Quantity) -> Bought:
        """Return a part of it; all of it costs all, so that parts add up to the last digit."""
        if quantity == self.quantity:
            return self
        cost = Amount(floor_to(self.cost * quantity / self.quantity, COST_STEP))
        return self._of(quantity, cost)

    def less(self, part: Bought) -> Bought:
        """Return what is left without `part`."""
        left, cost = self.quantity - part.quantity, self.cost - part.cost
        return self._of(Quantity(left), Amount(cost))

    def _of(self, quantity: Quantity, cost: Amount) -> Bought:
        return Bought(
            lot=self.lot,
            product=self.product,
            strategy=self.strategy,
            at_ns=self.at_ns,
            quantity=quantity,
            cost=cost,
        )


Sold = tuple[Bought, Amount]
"""A part of a sale, and what it brought after its share of the fee."""


class Matcher(Protocol):
    """Says which purchases a sale sells."""

    def bought(self, booked: FillBooked) -> None:
        """Take in a purchase."""

    def adopted(self, adopted: LotAdopted) -> None:
        """Take in foreign coins that became a lot."""

    def sold(self, fill: FillSeen, change: Change) -> tuple[Sold, ...]:
        """Return the parts of a sale, all of it."""

    def released(self, lot: Lot, quantity: Quantity, change: Change) -> tuple[Bought, ...]:
        """Return what of `lot` the owner has taken out of the books."""

    def owned(self, ledger: Ledger) -> tuple[Bought, ...]:
        """Return what is owned."""


class AsBooked:
    """Reads off the books what they have matched."""

    def bought(self, booked: FillBooked) -> None:
        """Take in nothing: the books have it."""

    def adopted(self, adopted: LotAdopted) -> None:
        """Take in nothing: the books have it."""

    def sold(self, fill: FillSeen, change: Change) -> tuple[Sold, ...]:
        """Return what the books took from each lot."""
        parts = sold_parts(change.before.lots, change.after.lots, fill)
        return tuple(
            (_of_lot(each.lot, each.quantity, each.cost), Amount(each.received - each.fee))
            for each in parts
        )

    def released(self, lot: Lot, quantity: Quantity, change: Change) -> tuple[Bought, ...]:
        """Return the part at the cost that the books gave up."""
        return (_of_lot(lot, quantity, Amount(change.after.released - change.before.released)),)

    def owned(self, ledger: Ledger) -> tuple[Bought, ...]:
        """Return the open lots."""
        return tuple(_of_lot(lot, lot.quantity, lot.cost) for lot in ledger.lots)


class DearestFirst:
    """Of what is owned of a product the dearest unit goes first, the older of two."""

    def __init__(self) -> None:
        self._owned: dict[ProductId, list[Bought]] = {}

    def bought(self, booked: FillBooked) -> None:
        """Take in a purchase."""
        fill = booked.fill
        cost = notional(fill.price, fill.quantity) + fill.fee
        self._owned.setdefault(fill.product, []).append(
            Bought(
                lot=booked.client_order_id,
                product=fill.product,
                strategy=booked.order.strategy,
                at_ns=fill.at_ns,
                quantity=fill.quantity,
                cost=Amount(cost),
            )
        )

    def adopted(self, adopted: LotAdopted) -> None:
        """Take in foreign coins that became a lot, as bought then for what they count as."""
        self._owned.setdefault(adopted.product, []).append(
            Bought(
                lot=adopted.lot,
                product=adopted.product,
                strategy=NO_STRATEGY,
                at_ns=adopted.at_ns,
                quantity=adopted.quantity,
                cost=adopted.cost,
            )
        )

    def sold(self, fill: FillSeen, change: Change) -> tuple[Sold, ...]:
        """Return what a sale sold; its parts share what it brought."""
        net = left = notional(fill.price, fill.quantity) - fill.fee
        found: list[Sold] = []
        parts = self._taken(fill.product, fill.quantity)
        for number, part in enumerate(parts, start=1):
            share = floor_to(net * part.quantity / fill.quantity, COST_STEP)
            got = left if number == len(parts) else share
            left -= got
            found.append((part, Amount(got)))
        return tuple(found)

    def released(self, lot: Lot, quantity: Quantity, change: Change) -> tuple[Bought, ...]:
        """Return what was bought as that lot, as far as this view has not sold it."""
        return self._taken(lot.product, quantity, lot.id)

    def owned(self, ledger: Ledger) -> tuple[Bought, ...]:
        """Return all of it."""
        return tuple(each for owned in self._owned.values() for each in owned)

    def _taken(self, product: ProductId, quantity: Quantity, lot: str = "") -> tuple[Bought, ...]:
        """Take `quantity` out, of `lot` first where one is named: the books own so much."""
        owned, parts, left = self._owned.get(product, []), list[Bought](), quantity
        dearest = sorted(
            owned, key=lambda one: (one.lot != lot, -one.cost / one.quantity, one.at_ns)
        )
        for each in dearest:
            if not left:
                break
            part = each.part(Quantity(min(left, each.quantity)))
            left = Quantity(left - part.quantity)
            parts.append(part)
            place = next(number for number, one in enumerate(owned) if one is each)
            owned[place : place + 1] = [] if part is each else [each.less(part)]
        return tuple(parts)


MATCHERS: dict[Method, type[AsBooked] | type[DearestFirst]] = {
    Method.FIFO: AsBooked,
    Method.HIFO: DearestFirst,
}


class TaxLots:
    """A row for each part that was sold or released, and at the end one for what is owned."""

    columns = (
        Column("status", CellKind.TEXT),
        Column("method", CellKind.TEXT),
        WORLD,
        PRODUCT,
        ASSET,
        CURRENCY,
        Column("acquired_utc", CellKind.MOMENT, "UTC"),
        Column("disposed_utc", CellKind.MOMENT, "UTC"),
        Column("held_days", CellKind.WHOLE, "whole days"),
        Column("quantity_asset", CellKind.DECIMAL, "asset"),
        Column("cost_currency", CellKind.DECIMAL, "currency, fees included"),
        Column("proceeds_currency", CellKind.DECIMAL, "currency, less fees"),
        Column("gain_currency", CellKind.DECIMAL, "currency"),
        Column("strategy", CellKind.TEXT),
        Column("exit_reason", CellKind.TEXT),
        Column("lot", CellKind.TEXT),
        Column("trade_id", CellKind.TEXT),
    )

    def __init__(self, span: Span, method: Method = Method.FIFO) -> None:
        self._span, self._method = span, method
        self._account = AccountFold()
        self._matcher: Matcher = MATCHERS[method]()
        self._is_over = False

    def take(self, at_ns: Nanos, message: Any) -> Iterator[Row]:
        """Yield a row for each part of a sale; what is owned when the time asked for is over."""
        when = message.fill.at_ns if isinstance(message, FillBooked) else at_ns
        if self._span.until_ns is not None and when >= self._span.until_ns:
            yield from self.rest()
        world = self._account.world
        change = followed(self._account, message)
        if world and self._account.world != world:
            self._matcher = MATCHERS[self._method]()
        if change is None or change.after is change.before:
            return
        rows = self._rows(when, message, change)
        if when in self._span:
            yield from rows

    def rest(self) -> Iterator[Row]:
        """Yield, once, what is owned."""
        ledger = self._account.ledger
        if self._is_over or ledger is None:
            return
        self._is_over = True
        for each in self._matcher.owned(ledger):
            yield self._row("open", each, ledger)

    def _rows(self, at_ns: Nanos, message: Any, change: Change) -> list[Row]:
        after = change.after
        match message:
            case FillBooked(fill=fill) if fill.side is Side.BUY:
                self._matcher.bought(message)
            case FillBooked(fill=fill):
                parts = self._matcher.sold(fill, change)
                return [
                    self._row("sold", part, after, at_ns=at_ns, got=got, booked=message)
                    for part, got in parts
                ]
            case LotAdopted():
                self._matcher.adopted(message)
            case LotReleased(lot=name):
                lot = next(each for each in change.before.lots if each.id == name)
                quantity = Quantity(min(message.quantity, lot.quantity))
                gone = self._matcher.released(lot, quantity, change)
                return [self._row("released", part, after, at_ns=at_ns) for part in gone]
        return []

    def _row(
        self,
        status: str,
        part: Bought,
        ledger: Ledger,
        *,
        at_ns: Nanos | None = None,
        got: Amount | None = None,
        booked: FillBooked | None = None,
    ) -> Row:
        order = None if booked is None else booked.order
        return (
            status,
            self._method.value,
            self._account.world,
            part.product,
            base_of(part.product),
            ledger.quote_currency,
            part.at_ns,
            at_ns,
            None if at_ns is None else (at_ns - part.at_ns) // DAY,
            part.quantity,
            part.cost,
            got,
            None if got is None else got - part.cost,
            part.strategy,
            order.reason.value if isinstance(order, ApprovedExit) else "",
            part.lot,
            "" if booked is None else booked.fill.entry_id,
        )


def _of_lot(lot: Lot, quantity: Quantity, cost: Amount) -> Bought:
    return Bought(
        lot=lot.id,
        product=lot.product,
        strategy=lot.strategy,
        at_ns=lot.opened_ns,
        quantity=quantity,
        cost=cost,
    )
