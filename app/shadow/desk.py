"""Carries out on paper what the shadow's risk gate approves.

Where the primary sends the same order, both share its fate; what only the shadow wants is filled by
`domain/shadow/fills.py`. No order can leave from here: there is nobody to give it to.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve, frozen

from domain.messages.market import BidMoved, QuoteMoved
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.messages.supervision import BootCompleted, ProductsChanged
from domain.model.approval import ApprovedEntry, ApprovedExit, ApprovedOrder, Purpose
from domain.model.instants import SECOND, Nanos
from domain.model.money import ZERO, Quantity
from domain.model.orders import OrderIntent, OrderState
from domain.model.product import Product, ProductId
from domain.orders.order import lifetime_of
from domain.shadow.fills import Fees, Touch, Twin, rests, would_fill

PAIR_WITHIN_NS = 2 * SECOND
"""Market time within which both sell a lot that both own, if both do."""
NOTHING = Quantity(ZERO)
REMEMBERED_TWINS = 2_000
"""Orders of which the venue may still show a fill."""

Followed = IntentRaised | OrderAdvanced | FillBooked | WouldPlace


@frozen
class _Sale:
    """A sale that waits for the primary's; `touch` is what it was decided on."""

    order: ApprovedExit
    touch: Touch


class Desk:
    """Keeps the shadow's orders; `tell` publishes what becomes of those that are its own."""

    def __init__(self, tell: Callable[[Any], None], open_intents: Iterable[OrderIntent]) -> None:
        """`open_intents` are orders from before, which both have."""
        self._tell = tell
        self._number = 0
        self._fees: Fees | None = None
        self._products: Mapping[ProductId, Product] = {}
        # One of each product of the feed.
        self._touches: dict[ProductId, Touch] = {}
        # What waits for the primary, and what waits for its price: as many as the caps allow.
        self._entries: dict[ProductId, ApprovedEntry] = {}
        self._sales: dict[str, _Sale] = {}
        self._resting: dict[str, OrderIntent] = {}
        self._by_approval: OrderedDict[int, Twin] = OrderedDict()
        self._by_order: OrderedDict[str, Twin] = OrderedDict()
        for each in open_intents:
            self._by_order[each.client_order_id] = Twin(each.order, each.order)

    # The market.

    def learn(self, message: BootCompleted | ProductsChanged) -> None:
        """Take in the catalogue, and the fees."""
        self._products = {each.id: each for each in message.products}
        if isinstance(message, BootCompleted):
            self._fees = Fees(message.maker_rate, message.taker_rate)

    def price(self, moved: QuoteMoved | BidMoved) -> None:
        """Take in a price, and fill what rests at it."""
        seen = moved.quote if isinstance(moved, QuoteMoved) else moved
        known = self._touches.get(seen.product)
        if known is not None and known.at_ns > seen.confirmed_ns:
            return
        ask = moved.quote.ask if isinstance(moved, QuoteMoved) else None
        touch = self._touches[seen.product] = Touch(bid=seen.bid, ask=ask, at_ns=seen.confirmed_ns)
        for intent in tuple(self._resting.values()):
            if intent.order.product == seen.product:
                self._try(intent, touch)

    def look(self, now_ns: Nanos) -> None:
        """End what has rested for as long as it may, and do alone what the primary does not."""
        for intent in tuple(self._resting.values()):
            if intent.end_ns is not None and now_ns >= intent.end_ns:
                self._end(intent, OrderState.EXPIRED)
        for lot, sale in tuple(self._sales.items()):
            if now_ns > sale.touch.at_ns + PAIR_WITHIN_NS:
                del self._sales[lot]
                self._alone(sale.order, sale.touch, now_ns)

    # Orders.

    def approve(self, order: ApprovedOrder, now_ns: Nanos) -> None:
        """Take an order of the shadow's gate."""
        if isinstance(order, ApprovedEntry):
            self._entries[order.product] = order
            return
        touch = self._touches.get(order.product)
        if touch is None:
            return  # it sells at a price, so there is one; the lot is tried again
        touch = evolve(touch, at_ns=now_ns)
        before = self._sales.pop(order.lot, None)
        if before is not None:  # a part of the lot that the primary does not sell
            self._alone(before.order, before.touch, now_ns)
        if order.lot in self._by_order:
            self._sales[order.lot] = _Sale(order, touch)
        else:
            self._alone(order, touch, now_ns)

    def pair(self, theirs: ApprovedOrder) -> None:
        """Take an order of the primary's gate: the same of the shadow goes with it."""
        mine: ApprovedOrder | None = None
        if isinstance(theirs, ApprovedExit) and _protects(theirs):
            mine = self._protection(theirs)
        elif isinstance(theirs, ApprovedExit):
            sale = self._sales.pop(theirs.lot, None)
            mine = None if sale is None else sale.order
        else:
            entry = self._entries.get(theirs.product)
            if entry is not None and entry.order_type == theirs.order_type:
                mine = self._entries.pop(theirs.product)
        if mine is not None:
            self._by_approval[theirs.approval] = Twin(mine, theirs)
            _cut(self._by_approval)

    def close_round(self, now_ns: Nanos) -> None:
        """The primary has judged its round: what is left of the shadow's is the shadow's alone."""
        left, self._entries = self._entries, {}
        for order in left.values():
            self._alone(order, self._touches.get(order.product), now_ns)

    def follow(self, news: Followed) -> Followed | None:
        """Return what the primary's news mean for the shadow, None if nothing."""
        match news:
            case IntentRaised(intent) | WouldPlace(intent):
                twin = self._by_approval.get(intent.order.approval)
                if twin is None or twin.theirs != intent.order:
                    return None
                self._by_order[intent.client_order_id] = twin
                _cut(self._by_order)
                return type(news)(twin.intent(intent))
            case FillBooked():
                twin = self._by_order.get(news.client_order_id)
                if twin is None:
                    return None
                if isinstance(twin.mine, ApprovedExit) and _protects(twin.mine):
                    self._drop(twin.mine.lot)
                return twin.fill(news, self._products.get(news.fill.product))
            case OrderAdvanced():
                return news if news.client_order_id in self._by_order else None

    def _protection(self, theirs: ApprovedExit) -> ApprovedExit | None:
        """Return what protects the shadow's part of a lot at the venue: the same, if it is the same
        lot with the same stop. Where it is not, the shadow's exits alone watch its stop.
        """
        bought = self._by_order.get(theirs.lot)
        if bought is None or not isinstance(bought.mine, ApprovedEntry):
            return None
        mine, entry = bought.mine, bought.theirs
        is_same = isinstance(entry, ApprovedEntry) and (mine.quantity, mine.stop_loss_pct) == (
            entry.quantity,
            entry.stop_loss_pct,
        )
        return theirs if is_same else None

    def _drop(self, lot: str) -> None:
        """The venue sells the lot: a sale of the shadow that waits is needless."""
        sale = self._sales.pop(lot, None)
        if sale is not None:
            self._end(self._raise(sale.order, None), OrderState.VOID)

    # Alone.

    def _raise(self, order: ApprovedOrder, end_ns: Nanos | None) -> OrderIntent:
        self._number += 1
        intent = OrderIntent(self._number, f"shadow-{self._number}", order, end_ns)
        self._tell(IntentRaised(intent))
        return intent

    def _alone(self, order: ApprovedOrder, touch: Touch | None, now_ns: Nanos) -> None:
        lifetime_ns = lifetime_of(order.order_type)
        intent = self._raise(order, None if lifetime_ns is None else Nanos(now_ns + lifetime_ns))
        if isinstance(order, ApprovedExit):
            self._leave(order.lot)
        self._resting[intent.client_order_id] = intent
        if touch is not None:
            self._try(intent, touch)
        if intent.client_order_id in self._resting and not rests(order):
            self._end(intent, OrderState.CANCELLED)

    def _leave(self, lot: str) -> None:
        """What the shadow sells by itself, the primary's protection does not sell for it too."""
        for name, twin in tuple(self._by_order.items()):
            mine = twin.mine
            if isinstance(mine, ApprovedExit) and mine.lot == lot and _protects(mine):
                del self._by_order[name]

    def _try(self, intent: OrderIntent, touch: Touch) -> None:
        filled = None if self._fees is None else would_fill(intent, touch, self._fees)
        if filled is not None:
            self._tell(filled)
            self._end(intent, OrderState.FILLED, intent.order.quantity)

    def _end(self, intent: OrderIntent, state: OrderState, filled: Quantity = NOTHING) -> None:
        self._resting.pop(intent.client_order_id, None)
        order, name = intent.order, intent.client_order_id
        end = OrderAdvanced(name, name, order.product, order.side, order.purpose, state, filled, "")
        self._tell(end)


def _protects(order: ApprovedOrder) -> bool:
    return order.purpose is Purpose.PROTECTION


def _cut(twins: OrderedDict[Any, Twin]) -> None:
    if len(twins) > REMEMBERED_TWINS:
        twins.popitem(last=False)
