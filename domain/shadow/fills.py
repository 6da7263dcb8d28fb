"""What an order would have done that nobody sent.

Prices and fees are those by which the books value a lot: a sale brings the best bid less the taker
fee, a purchase costs what is asked. Nobody else's orders are in front of a hypothetical one, and it
moves no price.
"""

from __future__ import annotations

from attrs import define, field, frozen

from domain.messages.orders import FillBooked
from domain.model.approval import ApprovedOrder, Limit, OrderType
from domain.model.instants import Nanos
from domain.model.money import ZERO, Amount, Price, Quantity, Rate, fee, notional
from domain.model.orders import FillSeen, OrderIntent
from domain.model.product import Product, Side


@frozen(kw_only=True)
class Touch:
    """The best prices of a product at one market time; `ask` is None where nobody offers."""

    bid: Price
    ask: Price | None
    at_ns: Nanos


@frozen
class Fees:
    """The account's own rates."""

    maker: Rate
    taker: Rate


def rests(order: ApprovedOrder) -> bool:
    """Tell whether `order` waits for its price; any other takes what is there and is gone."""
    kind = order.order_type
    return isinstance(kind, Limit) and (kind.post_only or kind.lifetime_ns is not None)


def price_at(side: Side, kind: OrderType, touch: Touch) -> tuple[Price, bool] | None:
    """Return at which price an order trades, and whether as maker; None if it does not."""
    is_buy = side is Side.BUY
    against = touch.ask if is_buy else touch.bid
    if against is None:
        return None
    if not isinstance(kind, Limit):
        return against, False
    reached = against <= kind.price if is_buy else against >= kind.price
    if not reached:
        return None
    return (kind.price, True) if kind.post_only else (against, False)


def would_fill(intent: OrderIntent, touch: Touch, fees: Fees) -> FillBooked | None:
    """Return the fill of all of `intent` at these prices, None if it would not trade.

    A resting buy trades at its own price once somebody offers at it or below.
    """
    order = intent.order
    found = price_at(order.side, order.order_type, touch)
    if found is None:
        return None
    price, is_maker = found
    rate = fees.maker if is_maker else fees.taker
    fill = FillSeen(
        entry_id=f"{intent.client_order_id}-fill",
        order_id=intent.client_order_id,
        product=order.product,
        side=order.side,
        price=price,
        quantity=order.quantity,
        fee=fee(notional(price, order.quantity), rate),
        is_maker=is_maker,
        at_ns=touch.at_ns,
    )
    return FillBooked(fill, intent.client_order_id, order)


@define
class Twin:
    """An order of the shadow that the primary sends too: what happens to one happens to both.

    Where only the sizes differ, the shadow's is filled in the same proportion.
    """

    mine: ApprovedOrder
    theirs: ApprovedOrder
    _their_sum: Quantity = Quantity(ZERO)
    _my_sum: Quantity = Quantity(ZERO)
    _known: dict[str, FillBooked | None] = field(factory=dict)

    def intent(self, raised: OrderIntent) -> OrderIntent:
        """Return the shadow's intent beside the primary's."""
        return OrderIntent(raised.number, raised.client_order_id, self.mine, raised.end_ns)

    def fill(self, booked: FillBooked, product: Product | None) -> FillBooked | None:
        """Return the shadow's part of a fill, the same however often it is asked for; or None."""
        seen = booked.fill.entry_id
        if seen not in self._known:
            self._known[seen] = self._part(booked, product)
        return self._known[seen]

    def _part(self, booked: FillBooked, product: Product | None) -> FillBooked | None:
        fill, mine, theirs = booked.fill, self.mine.quantity, self.theirs.quantity
        self._their_sum = Quantity(self._their_sum + fill.quantity)
        due = mine
        if mine != theirs and self._their_sum < theirs:
            due = Quantity(mine * self._their_sum / theirs)
            due = due if product is None else product.quantity_down(due)
        elif mine == theirs:
            due = self._their_sum
        part = Quantity(due - self._my_sum)
        if not part > 0:
            return None
        self._my_sum = due
        cost = Amount(fill.fee * part / fill.quantity)
        return FillBooked(
            FillSeen(
                entry_id=fill.entry_id,
                order_id=fill.order_id,
                product=fill.product,
                side=fill.side,
                price=fill.price,
                quantity=part,
                fee=fill.fee if part == fill.quantity else cost,
                is_maker=fill.is_maker,
                at_ns=fill.at_ns,
            ),
            booked.client_order_id,
            self.mine,
        )
