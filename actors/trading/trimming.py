"""Sells lots down to the caps where maintenance is on; it never holds up any other exit."""

from __future__ import annotations

from collections.abc import Mapping

from actors.kernel.base import Actor
from domain.decisions.trim_rounds import TrimRounds
from domain.decisions.trims import HeldLots, TrimCaps, Upkeep, trims
from domain.decisions.watched_lot import WatchedLot, end_of
from domain.messages.decisions import ExitProposed
from domain.messages.orders import OrderAdvanced
from domain.model.approval import ExitReason
from domain.model.instants import SECOND
from domain.model.money import plain
from domain.model.orders import TERMINAL
from domain.model.product import base_of
from domain.system.alerts import of_hindered_trim


class Trimming:
    """The trims of `actor`: rounds of sales, of which it hears how each has ended."""

    def __init__(self, actor: Actor, upkeep: Upkeep, caps: TrimCaps) -> None:
        self._actor, self._upkeep, self._caps = actor, upkeep, caps
        self._rounds = TrimRounds(upkeep.round_seconds * SECOND)

    def opened(self, now_ns: int) -> None:
        """Trading begins: what was asked for before may still be under way."""
        self._rounds.opened(now_ns)

    def may_begin(self, now_ns: int) -> bool:
        """Tell whether a round is due."""
        return self._upkeep.enabled and self._rounds.may_begin(now_ns)

    def begin(self, held: HeldLots, now_ns: int) -> None:
        """Begin a round: propose to sell what is more than a cap allows."""
        actor, found = self._actor, trims(held, self._caps, self._upkeep)
        self._rounds.begin((each.lot.id for each in found), now_ns)
        for each in found:
            lot, sold, reason = each.lot, each.quantity, ExitReason.TRIM
            amount = f"{plain(sold)} {base_of(lot.product)}"
            actor.log.info(f"selling {amount}: {each.why}", lot=lot.id)
            actor.publish(ExitProposed(lot.id, lot.product, sold, reason, each.bid, each.why))

    def ordered(self, client_order_id: str, lot: str) -> None:
        """An order trims the lot."""
        self._rounds.ordered(client_order_id, lot)

    def moved(self, moved: OrderAdvanced, lots: Mapping[str, WatchedLot]) -> None:
        """Take in how far an order is, which may be one of a trim."""
        if moved.state not in TERMINAL:
            return
        trimmed = self._rounds.ended(moved.client_order_id)
        if trimmed is not None and moved.filled > 0:
            self._rounds.succeeded(self._actor.clock.market_ns())
        elif trimmed is not None:
            self.failed(trimmed, end_of(moved), lots)

    def failed(self, lot: str, hindrance: str, lots: Mapping[str, WatchedLot]) -> None:
        """A sale of this lot came to nothing."""
        watched = lots.get(lot)
        if self._rounds.failed(lot, self._actor.clock.market_ns()) and watched is not None:
            self._actor.publish(of_hindered_trim(watched.lot, hindrance))
