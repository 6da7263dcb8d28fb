"""Orders of ours as the engine takes them, and orders and fills of the engine as we read them."""

from __future__ import annotations

from typing import assert_never

from attrs import evolve

from adapters.simulator.engine.orders import Fill, Kind, Liquidity, VenueOrder
from adapters.simulator.engine.ticket import Ticket
from domain.model.approval import ApprovedOrder, Limit, Market, StopLimit
from domain.model.instants import Nanos
from domain.model.money import Amount, Price, Quantity
from domain.model.orders import FillSeen, OrderIntent, OrderSeen, VenueStatus
from domain.model.product import Product


def ticket_of(intent: OrderIntent, product: Product) -> Ticket:
    """Return `intent` as the engine is asked for it."""
    order, name = intent.order, intent.client_order_id
    kind = kind_of(order, intent.end_ns)
    plain = Ticket(
        client_order_id=name,
        product=product,
        side=order.side,
        kind=kind,
        base_size=order.quantity,
        configuration={},
    )
    match order.order_type:
        case Market():
            return plain
        case Limit(price=price, post_only=post_only):
            return evolve(plain, limit_price=price, post_only=post_only, end_ns=intent.end_ns)
        case StopLimit(stop_price=stop_price, price=price):
            return evolve(plain, limit_price=price, stop_price=stop_price)
        case _ as other:
            assert_never(other)


def kind_of(order: ApprovedOrder, end_ns: Nanos | None) -> Kind:
    """Return the engine's kind of an order that is good until `end_ns`."""
    match order.order_type:
        case Market():
            return Kind.MARKET_IOC
        case StopLimit():
            return Kind.STOP_GTC
        case Limit(post_only=post_only):
            if end_ns is not None:
                return Kind.LIMIT_GTD
            return Kind.LIMIT_GTC if post_only else Kind.LIMIT_IOC
        case _ as other:
            assert_never(other)


def seen(order: VenueOrder) -> OrderSeen:
    """Return an order of the engine as we read it."""
    return OrderSeen(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        product=order.product,
        side=order.side,
        status=VenueStatus(order.status.value),
        filled=Quantity(order.filled),
        created_ns=Nanos(order.created_ns),
        quantity=None if order.base_size is None else Quantity(order.base_size),
    )


def fill_seen(fill: Fill) -> FillSeen:
    """Return a fill of the engine as we read it."""
    return FillSeen(
        entry_id=fill.entry_id,
        order_id=fill.order_id,
        product=fill.product,
        side=fill.side,
        price=Price(fill.price),
        quantity=Quantity(fill.quantity),
        fee=Amount(fill.commission),
        is_maker=fill.liquidity is Liquidity.MAKER,
        at_ns=Nanos(fill.at_ns),
    )
