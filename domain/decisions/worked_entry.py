"""An entry that rests: since when the market has left it, and what is done when it has ended.

Deterministic and without a clock; instants are market time.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import define

from domain.messages.orders import OrderAdvanced
from domain.model.approval import ApprovedEntry
from domain.model.market import Quote
from domain.model.orders import TERMINAL, OrderState
from domain.orders.order import TIME_OVER
from domain.risk.working import Working

LEFT_BEHIND = "the market has left its price"
"""Why an entry is cancelled that is to be placed anew, or taken."""
ACCEPTED = (OrderState.OPEN, OrderState.PARTIALLY_FILLED)
_ENDED = (OrderState.CANCELLED, OrderState.EXPIRED)


class Next(StrEnum):
    """What becomes of the rest of an entry."""

    NONE = "none"
    RESTS = "rests"
    """It rests again, at the price of now."""
    TAKES = "takes"
    """It is taken at once, and that is all."""


@define
class WorkedEntry:
    """One resting order of a decision; `moves` of it were placed anew before.

    `is_over`: it stays where it is, and when it ends that is all. So it is once something has
    stopped entries of it, be it ever so short.
    """

    order: ApprovedEntry
    moves: int = 0
    is_over: bool = False
    is_leaving: bool = False
    _is_open: bool = False
    _left_ns: int | None = None

    def look(self, quote: Quote, now_ns: int, working: Working) -> int | None:
        """Take in a quote; return when to look again if it has just been left, None if not."""
        is_worth = self.moves < working.max_reprices or working.takes_rest
        if not is_worth or self.is_leaving or not working.has_left(self.order, quote):
            self._left_ns = None
            return None
        if self._left_ns is not None:
            return None
        self._left_ns = now_ns
        return now_ns + working.after_ns

    def lose_price(self) -> None:
        """Begin the wait anew: the price is not known. What is being moved is not bought again."""
        self._left_ns = None
        self.is_over = self.is_over or self.is_leaving

    def may_leave(self, now_ns: int, working: Working) -> bool:
        """Tell whether it is to be cancelled now, to be placed anew."""
        if self.is_over or self.is_leaving or not self._is_open or self._left_ns is None:
            return False
        return now_ns - self._left_ns >= working.after_ns

    def moved(self, news: OrderAdvanced, working: Working) -> Next | None:
        """Take in how its order stands; return what becomes of the rest, None: it lives on."""
        self._is_open = news.state in ACCEPTED
        if news.state not in TERMINAL:
            return None
        if self.is_over or news.state not in _ENDED or news.filled >= self.order.quantity:
            return Next.NONE
        if self.is_leaving and news.reason == LEFT_BEHIND and self.moves < working.max_reprices:
            return Next.RESTS
        has_rested = news.reason in (LEFT_BEHIND, TIME_OVER) or news.state is OrderState.EXPIRED
        return Next.TAKES if has_rested and working.takes_rest else Next.NONE
