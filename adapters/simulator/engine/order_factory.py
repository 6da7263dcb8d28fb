"""Makes orders and fills: numbers, ids and the members that follow from what was asked for."""

from __future__ import annotations

from decimal import Decimal

from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.orders import Fill, Kind, Liquidity, Trigger, VenueOrder
from adapters.simulator.engine.ticket import Ticket
from domain.model.money import plain
from domain.model.product import Side


class OrderFactory:
    """Counts orders and fills of a world, on from the numbers that its store has."""

    def __init__(self, ids: Ids, order_number: int, fill_number: int) -> None:
        self._ids = ids
        self._order_number = order_number
        self._fill_number = fill_number

    def order(self, ticket: Ticket, fees: FeeRates, now_ns: int) -> VenueOrder:
        """Return the next order, as asked for by `ticket`."""
        self._order_number += 1
        waits = ticket.kind.is_stop or ticket.kind.is_bracket
        number = self._order_number
        attached = self._ids.uuid("attached", number) if ticket.bracket is not None else ""
        return VenueOrder(
            number=number,
            order_id=self._ids.uuid("order", number),
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
            maker_rate=fees.maker,
            taker_rate=fees.taker,
            created_ns=now_ns,
            updated_ns=now_ns,
            stop_price=ticket.stop_price,
            stop_is_above=ticket.stop_is_above,
            trigger=Trigger.PENDING if waits else Trigger.NONE,
            bracket=None if ticket.bracket is None else ticket.bracket.members(),
            attached_order_id=attached,
        )

    def bracket(self, parent: VenueOrder, fees: FeeRates, now_ns: int) -> VenueOrder:
        """Return the next order: the bracket attached to `parent`, for all that it bought."""
        self._order_number += 1
        prices = parent.bracket or {}
        members = {"base_size": plain(parent.filled), **prices}
        return VenueOrder(
            number=self._order_number,
            order_id=parent.attached_order_id,
            client_order_id=parent.attached_order_id,
            product=parent.product,
            side=Side.SELL,
            kind=Kind.BRACKET_GTC,
            configuration={Kind.BRACKET_GTC.value: members},
            limit_price=Decimal(prices["limit_price"]),
            base_size=parent.filled,
            quote_size=None,
            post_only=False,
            end_ns=None,
            maker_rate=fees.maker,
            taker_rate=fees.taker,
            created_ns=now_ns,
            updated_ns=now_ns,
            stop_price=Decimal(prices["stop_trigger_price"]),
            trigger=Trigger.PENDING,
            originating_order_id=parent.order_id,
        )

    def fill(
        self,
        order: VenueOrder,
        price: Decimal,
        quantity: Decimal,
        fee: Decimal,
        liquidity: Liquidity,
    ) -> Fill:
        """Return the next fill, of `quantity` base at `price`, at the order's last fill time."""
        self._fill_number += 1
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
            at_ns=order.last_fill_ns or order.created_ns,
            sized_in_quote=order.quote_size is not None,
        )
