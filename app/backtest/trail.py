"""What a backtest keeps of orders, refusals and the books they met, for its report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from attrs import define

from domain.messages.decisions import ProposalRefused
from domain.messages.market import BidMoved, QuoteMoved
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced
from domain.model.instants import Nanos
from domain.model.market import Quote
from domain.model.money import ZERO, Amount, Quantity
from domain.model.orders import TERMINAL, OrderIntent, OrderState
from domain.model.product import ProductId, Side

MOST_REFUSALS = 100_000
"""Refusals that are kept; beyond them they are only counted, and the report says so."""


@define
class OrderLine:
    """An order from its intent, at `raised_ns`, to its end; `ended_ns` None: it never ended.

    `value` is prices times quantities of its fills, `fees` what they paid, in quote currency.
    """

    intent: OrderIntent
    raised_ns: Nanos
    state: OrderState = OrderState.INTENDED
    filled: Quantity = Quantity(ZERO)
    value: Amount = Amount(ZERO)
    fees: Amount = Amount(ZERO)
    ended_ns: Nanos | None = None
    reason: str = ""


class OrderTrail:
    """Hears what is for the record, and the prices that are shown."""

    def __init__(self) -> None:
        self.orders: dict[str, OrderLine] = {}
        self.refused: list[tuple[Nanos, ProposalRefused]] = []
        self.refusals_left_out = self.fills_without_book = 0
        self._spread: Decimal = ZERO
        self._quotes: dict[ProductId, Quote] = {}
        self._takes: dict[type, Callable[[Nanos, Any], None]] = {
            IntentRaised: self._raise,
            OrderAdvanced: self._advance,
            FillBooked: self._fill,
            ProposalRefused: self._refuse,
        }

    @property
    def spread(self) -> Amount | None:
        """Return what fills that took paid beyond the middle of the book, in quote currency.

        A book is the one that was shown last before the fill. None: one had no book.
        """
        return None if self.fills_without_book else Amount(self._spread)

    def take(self, at_ns: Nanos, message: Any) -> None:
        """Take down a message for the record, of that market time."""
        take = self._takes.get(type(message))
        if take is not None:
            take(at_ns, message)

    def raised_since(self, since_ns: Nanos) -> Iterator[OrderLine]:
        """Yield the orders meant at `since_ns` or later, the newest first."""
        for line in reversed(self.orders.values()):
            if line.raised_ns < since_ns:
                return
            yield line

    def see(self, message: Any) -> None:
        """Take down the newest prices of a product; where nobody offers there is no middle."""
        if isinstance(message, QuoteMoved):
            self._quotes[message.quote.product] = message.quote
        elif isinstance(message, BidMoved):
            self._quotes.pop(message.product, None)

    def _raise(self, at_ns: Nanos, raised: IntentRaised) -> None:
        intent = raised.intent
        self.orders.setdefault(intent.client_order_id, OrderLine(intent, at_ns))

    def _advance(self, at_ns: Nanos, moved: OrderAdvanced) -> None:
        line = self.orders.get(moved.client_order_id)
        if line is None:
            return
        line.state, line.filled, line.reason = moved.state, moved.filled, moved.reason
        if moved.state in TERMINAL and line.ended_ns is None:
            line.ended_ns = at_ns

    def _fill(self, _: Nanos, booked: FillBooked) -> None:
        fill = booked.fill
        line = self.orders.get(booked.client_order_id)
        if line is not None:
            line.value = Amount(line.value + fill.price * fill.quantity)
            line.fees = Amount(line.fees + fill.fee)
        if fill.is_maker:
            return
        quote = self._quotes.get(fill.product)
        if quote is None:
            self.fills_without_book += 1
            return
        beyond = fill.price - (quote.bid + quote.ask) / 2
        self._spread += (beyond if fill.side is Side.BUY else -beyond) * fill.quantity

    def _refuse(self, at_ns: Nanos, refused: ProposalRefused) -> None:
        if len(self.refused) < MOST_REFUSALS:
            self.refused.append((at_ns, refused))
        else:
            self.refusals_left_out += 1
