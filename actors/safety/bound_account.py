"""Which account a run is bound to, and what an earlier run knew of it."""

from __future__ import annotations

from attrs import frozen

from domain.messages.supervision import BootCompleted
from domain.model.instants import Nanos


@frozen
class BoundAccount:
    """What must be true of the account, and since when its fills matter (market time).

    `known` is what an earlier run read of catalogue and fees, if lots are owned or an order may
    have become one: exits run on it when this start can't be completed.
    """

    quote_currency: str
    portfolio_uuid: str | None
    since_ns: Nanos | None
    known: BootCompleted | None = None
