"""Says what happens in lines for people: what matters aloud, the plumbing in the details only.

Alerts are told by the actor that writes them; what they say is not said here a second time.
"""

from __future__ import annotations

from typing import assert_never

from actors.kernel.ports import Log
from actors.reporting import wording
from actors.reporting.deals import Deals
from actors.reporting.refusals import refused
from domain.messages.control import SweepFinished
from domain.messages.decisions import ProposalRefused, RoundJudged
from domain.messages.market import FeedRecovered, PriceDoubted, TradesLate
from domain.messages.orders import EntryDropped, FillBooked, OrderAdvanced, WouldPlace
from domain.messages.supervision import (
    BY_OPERATOR,
    ActorProven,
    ActorRestarted,
    BreakerReset,
    DrillStarted,
    GapSeen,
)
from domain.model.approval import Reason
from domain.model.instants import SECOND
from domain.model.orders import TERMINAL, OrderState
from domain.model.product import ProductId
from domain.risk.rules.already_approved import AlreadyApproved

Event = (
    WouldPlace
    | EntryDropped
    | SweepFinished
    | ActorRestarted
    | ActorProven
    | DrillStarted
    | GapSeen
)
_ALOUD = (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.VOID)
"""Ends of an order without a fill that people should see."""


class Narrator:
    """Bounds: a refusal a strategy and product, a deal an order with fills that goes on."""

    def __init__(self, log: Log, deals: Deals, currency: str) -> None:
        self._log = log
        self._deals = deals
        self._currency = currency
        self._refused: dict[tuple[str, ProductId], Reason] = {}
        self.learn = deals.learn

    def fill(self, booked: FillBooked, *, is_alive: bool) -> None:
        """Say the first fill of an order that goes on, and any of one that had ended."""
        deal = self._deals.add(booked)
        if not is_alive:
            self._deals.end(booked.client_order_id)
            self._log.info(wording.deal(deal, self._currency))
        elif deal.filled == booked.fill.quantity and not deal.is_whole:
            self._log.info(wording.deal(deal, self._currency) + "; the rest still waits")

    def order(self, moved: OrderAdvanced) -> None:
        """Say how an order has ended; the states before that are details."""
        done = self._deals.end(moved.client_order_id) if moved.state in TERMINAL else None
        if done is not None:
            self._log.info(wording.deal(done, self._currency))
        elif moved.state is OrderState.REJECTED:
            self._log.warning(wording.order(moved))
        elif moved.state in _ALOUD:
            self._log.info(wording.order(moved))
        else:
            self._log.debug(wording.order(moved))

    def refusal(self, answer: ProposalRefused) -> None:
        """Say a refusal when its reason is another than the last time.

        That a bar has led to an order already is no news: the line of the cycle is enough.
        """
        key, reason = (answer.strategy, answer.product), answer.refusals[0].reason
        is_news = reason not in (self._refused.get(key), AlreadyApproved.CODE)
        self._refused[key] = reason
        (self._log.info if is_news else self._log.debug)(refused(answer))

    def round(self, judged: RoundJudged, line: str) -> None:
        """Say the line of a cycle; what is bought now may be refused aloud again."""
        for key in [key for key in self._refused if key[1] in judged.approved]:
            del self._refused[key]
        self._log.info(line)

    def closed(self, reset: BreakerReset, *, was_told: bool) -> None:
        """Say that a breaker has closed whose opening was told."""
        is_news = was_told or reset.by == BY_OPERATOR
        (self._log.info if is_news else self._log.debug)(wording.reset(reset))

    def recovery(self, message: FeedRecovered) -> None:
        """Say that prices move again where an alert has said that they do not.

        Only there: at a high speed a product may stall and recover many times a second.
        """
        if message.was_told:
            self._log.info(f"{message.product}: prices are fresh again")

    def doubt(self, message: PriceDoubted) -> None:
        """Say which price is too odd for entries."""
        what = f"{message.product}: no entries at an odd price: {message.doubt.text}"
        self._log.warning(what, product=message.product, ticks=message.ticks)

    def late(self, message: TradesLate, *, is_first: bool) -> None:
        """Say once that a trade came too late for its bar; `status` counts the others."""
        if is_first:
            self._log.info(
                f"{message.product}: a trade came after its minute was closed; its bar stays"
            )

    def tell(self, message: Event) -> None:
        """Say one of the other events."""
        match message:
            case WouldPlace(intent):
                self._log.info(wording.would_place(intent))
            case EntryDropped(order, reason):
                self._log.info(f"{order.product} not bought: {reason}")
            case SweepFinished(cancelled=cancelled):
                (self._log.info if cancelled else self._log.debug)(wording.sweep(message))
            case ActorRestarted(actor, epoch):
                self._log.info(f"{actor} runs again and has to prove itself", epoch=epoch)
            case ActorProven(actor, epoch, evidence):
                self._log.info(f"{actor} works again: {evidence}", epoch=epoch)
            case DrillStarted(kind, actor):
                self._log.warning(f"drill, as asked for: {kind.value} of {actor}")
            case GapSeen(length_ns):
                length_s = f"{length_ns / SECOND:.1f}"
                self._log.warning(f"this process stood still for {length_s} s; all is asked anew")
            case _:
                assert_never(message)
