"""A lot that is watched: since when it has to be sold, what was tried, and what people know."""

from __future__ import annotations

from attrs import define, field

from domain.decisions.exit_tries import ExitTries
from domain.messages.orders import OrderAdvanced
from domain.model.approval import ExitReason
from domain.model.orders import OrderState
from domain.model.portfolio import Lot

_ENDS = {
    OrderState.REJECTED: "the venue rejects the sale",
    OrderState.VOID: "the sale never reached the venue",
}


@define
class WatchedLot:
    """A lot and what has been done and told about it.

    `due_machine_ns` and `due_ns` (market time) are since when it is due, `doubted_ns` is since when
    the price was doubted at which it was last not sold.
    `leaving` is why it is to be sold whatever its price.
    """

    lot: Lot
    tries: ExitTries = field(factory=ExitTries)
    due: ExitReason | None = None
    due_machine_ns: int = 0
    due_ns: int = 0
    doubted_ns: int = 0
    leaving: ExitReason | None = None
    is_dust: bool = False
    is_blind: bool = False
    aging_machine_ns: int | None = None
    shown: str | None = None
    escalated: str | None = None


def end_of(moved: OrderAdvanced) -> str:
    """Return how an order ended that sold nothing."""
    end = _ENDS.get(moved.state, "nobody takes the other side of the sale")
    return f"{end}: {moved.reason}" if moved.reason else end
