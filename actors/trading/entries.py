"""Works entries that rest: follows a market that has left them, a few times and within their life.

It asks for the cancel of an order and, once our books say that it has ended, proposes what is left
of it to the risk gate, which judges it anew. It keeps nothing over a restart: what rests then stays
where it is until its time is over, and what had been cancelled is not bought again.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field, frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.envelope import ReplyTo
from actors.kernel.timers import Timer
from domain.decisions.worked_entry import LEFT_BEHIND, Next, WorkedEntry
from domain.messages.decisions import ProposalRefused, RestProposed
from domain.messages.market import FeedRecovered, FeedStalled, QuoteMoved
from domain.messages.orders import CancelProposed, IntentRaised, OrderAdvanced
from domain.messages.supervision import BreakerTripped
from domain.model.approval import ApprovedEntry, Limit, Purpose
from domain.model.breakers import Breaker, covering, strongest
from domain.model.instants import Nanos
from domain.model.market import Quote
from domain.model.product import ProductId
from domain.risk.working import Working

WAITING_MAX = 256
"""RestingEntries that have ended and whose rest the risk gate has not judged yet."""


@frozen
class Look(Timer):
    """Time to see whether an entry is still left."""

    client_order_id: str


Inbox = (
    IntentRaised
    | OrderAdvanced
    | QuoteMoved
    | FeedStalled
    | FeedRecovered
    | BreakerTripped
    | ProposalRefused
    | Look
)


@define
class Followed:
    """An entry at work, and the chain of messages that its decision began."""

    entry: WorkedEntry
    chain: ReplyTo


@define
class _Desk:
    """What rests, by client order id, and what has ended and waits for a verdict on its rest."""

    resting: dict[str, Followed] = field(factory=dict)
    waiting: dict[str, Followed] = field(factory=dict)


class RestingEntries(Actor):
    """Follows every entry that rests; with the shipped caps these are a handful."""

    def __init__(self, context: ActorContext, working: Working, quote_limit_ns: Nanos) -> None:
        super().__init__(context)
        self._working = working
        self._quote_limit_ns = quote_limit_ns
        self._desk = _Desk()
        self._quotes: dict[ProductId, Quote] = {}
        self._stalled: set[ProductId] = set()

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case QuoteMoved(quote):
                self._price(quote)
            case IntentRaised(intent):
                if isinstance(intent.order, ApprovedEntry):
                    self._intended(intent.client_order_id, intent.order)
            case OrderAdvanced():
                self._moved(message)
            case ProposalRefused(purpose=purpose, lot=ended):
                if purpose is Purpose.ENTRY:
                    self._desk.waiting.pop(ended, None)
            case Look(name):
                self._look(name)
            case FeedStalled(product):
                self._stall(product)
            case BreakerTripped(breaker):
                self._stop_under(breaker)
            case FeedRecovered(product):
                self._stalled.discard(product)
            case _:
                self.refuse(message)

    def _intended(self, name: str, order: ApprovedEntry) -> None:
        before = self._desk.waiting.pop(order.replaces, None)
        limit = order.order_type
        if name in self._desk.resting or not isinstance(limit, Limit) or limit.lifetime_ns is None:
            return
        if before is None:
            followed = Followed(WorkedEntry(order), self.reply_to())
        else:
            followed = Followed(WorkedEntry(order, before.entry.moves + 1), before.chain)
        self._desk.resting[name] = followed
        quote = self._quotes.get(order.product)
        if quote is not None:
            self._see(name, followed, quote)

    def _price(self, quote: Quote) -> None:
        self._quotes[quote.product] = quote
        self.prove("a price was looked at")
        for name, followed in tuple(self._desk.resting.items()):
            if followed.entry.order.product == quote.product:
                self._see(name, followed, quote)

    def _see(self, name: str, followed: Followed, quote: Quote) -> None:
        if quote.product in self._stalled:
            return
        look_ns = followed.entry.look(quote, self.clock.market_ns(), self._working)
        if look_ns is not None:
            self.at(look_ns, Look(name))
        self._leave(name, followed, quote)

    def _look(self, name: str) -> None:
        followed = self._desk.resting.get(name)
        quote = None if followed is None else self._quotes.get(followed.entry.order.product)
        if followed is not None and quote is not None:
            self._leave(name, followed, quote)

    def _leave(self, name: str, followed: Followed, quote: Quote) -> None:
        """Ask for the cancel of what is left, at a price that could be bought at."""
        now_ns, order = self.clock.market_ns(), followed.entry.order
        is_good = quote.doubt is None and now_ns - quote.confirmed_ns <= self._quote_limit_ns
        if not is_good or not followed.entry.may_leave(now_ns, self._working):
            return
        if _is_stopped(self.board.open, order):
            followed.entry.is_over = True
            return
        followed.entry.is_leaving = True
        self.publish(CancelProposed(name, LEFT_BEHIND), followed.chain)

    def _moved(self, news: OrderAdvanced) -> None:
        name = news.client_order_id
        followed = self._desk.resting.get(name)
        if followed is None:
            return
        then = followed.entry.moved(news, self._working)
        if then is None:
            return
        del self._desk.resting[name]
        if then is Next.NONE:
            return
        waiting, order = self._desk.waiting, followed.entry.order
        waiting[name] = followed
        if len(waiting) > WAITING_MAX:
            del waiting[next(iter(waiting))]
        takes = then is Next.TAKES
        wanted = RestProposed(name, order.strategy, order.product, takes)
        self.publish(wanted, followed.chain)

    # What keeps an entry from being worked.

    def _stall(self, product: ProductId) -> None:
        """Move nothing at a price that can't be trusted; the wait begins anew after it."""
        self._stalled.add(product)
        for followed in self._desk.resting.values():
            if followed.entry.order.product == product:
                followed.entry.lose_price()

    def _stop_under(self, breaker: Breaker) -> None:
        for followed in self._desk.resting.values():
            if _is_stopped((breaker,), followed.entry.order):
                followed.entry.is_over = True


def _is_stopped(breakers: Iterable[Breaker], order: ApprovedEntry) -> bool:
    """Tell whether any of `breakers` keeps entries like `order` from being made."""
    return strongest(covering(breakers, order.product, order.strategy)) is not None
