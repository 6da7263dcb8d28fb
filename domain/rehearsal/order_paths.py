"""The ways that an order can go, as the journal shows them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from domain.messages.control import LIQUIDATE, OperatorActed
from domain.messages.decisions import RestProposed
from domain.messages.journal import RunStarted
from domain.messages.orders import FillBooked, OrderAdvanced
from domain.model.approval import ApprovedExit, ExitReason, Purpose
from domain.model.orders import TERMINAL, OrderState
from domain.orders.order import TIME_OVER


class OrderPath(StrEnum):
    """One way that an order can go."""

    ENTRY = "entry"
    PARTIAL = "partial fill"
    REPRICE = "reprice"
    CANCEL = "cancel"
    EXPIRY = "expiry"
    REJECTION = "rejection"
    UNKNOWN = "unknown outcome"
    PROTECTION = "protection"
    STOP = "stop"
    TARGET = "target"
    HOLD = "longest hold"
    LEAVE = "leave"
    TRIM = "trim"
    CLOSE = "close"
    LIQUIDATE = "liquidate"


OF_EXIT = {
    ExitReason.STOP: OrderPath.STOP,
    ExitReason.TARGET: OrderPath.TARGET,
    ExitReason.MAX_HOLD: OrderPath.HOLD,
    ExitReason.SIGNAL: OrderPath.LEAVE,
    ExitReason.TRIM: OrderPath.TRIM,
    ExitReason.OPERATOR: OrderPath.CLOSE,
}
"""Which path the fill of a sale belongs to; a person who sells closes, or liquidates."""
_OF_STATE = {
    (Purpose.ENTRY, OrderState.CANCELLED): OrderPath.CANCEL,
    (Purpose.ENTRY, OrderState.EXPIRED): OrderPath.EXPIRY,
    (Purpose.PROTECTION, OrderState.OPEN): OrderPath.PROTECTION,
}
_OF_ANY = {OrderState.REJECTED: OrderPath.REJECTION, OrderState.UNKNOWN: OrderPath.UNKNOWN}


class OrderPathFold:
    """Takes the records of journals in their order, and tells which paths each of them ends."""

    def __init__(self) -> None:
        self._is_liquidation = False

    def take(self, message: object) -> Iterator[OrderPath]:
        """Yield the paths that `message` shows to have been gone."""
        match message:
            case RunStarted():
                self._is_liquidation = False
            case OperatorActed(verb=verb):
                self._is_liquidation = self._is_liquidation or verb == LIQUIDATE
            case RestProposed():
                yield OrderPath.REPRICE
            case FillBooked():
                yield self._filled(message)
            case OrderAdvanced():
                yield from _advanced(message)

    def _filled(self, booked: FillBooked) -> OrderPath:
        if not isinstance(booked.order, ApprovedExit):
            return OrderPath.ENTRY
        path = OF_EXIT[booked.order.reason]
        return OrderPath.LIQUIDATE if path is OrderPath.CLOSE and self._is_liquidation else path


def _advanced(order: OrderAdvanced) -> Iterator[OrderPath]:
    state = order.state
    is_broken_off = state in TERMINAL and state is not OrderState.FILLED
    if state is OrderState.PARTIALLY_FILLED or (is_broken_off and order.filled > 0):
        yield OrderPath.PARTIAL
    if state is OrderState.CANCELLED and order.reason == TIME_OVER:
        yield OrderPath.EXPIRY
    elif (order.purpose, state) in _OF_STATE:
        yield _OF_STATE[order.purpose, state]
    if state in _OF_ANY:
        yield _OF_ANY[state]
