"""Prices by REST for who has to sell and hears none, with or without a feed."""

from __future__ import annotations

from collections.abc import Iterable

from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import ANSWER_LIMIT_NS, QuoteReader
from actors.kernel.questions import Questions
from domain.messages.market import BidMoved
from domain.messages.venue import QuotesListed
from domain.model.instants import SECOND, Nanos
from domain.model.money import Price
from domain.model.product import ProductId

POLL_EVERY_NS = SECOND
"""Machine time between two questions, of which one waits at a time."""


class QuotePolls:
    """Asks for all products in one call; every answer is worth reading, whoever asked."""

    def __init__(self, quotes: QuoteReader, epoch: int) -> None:
        self._quotes = quotes
        # The venue answers every question, if only with a failure.
        self._questions: Questions[None] = Questions(epoch)
        self._next_ns = 0

    def ask(self, products: Iterable[ProductId], machine_ns: int, reply_to: ReplyTo) -> None:
        """Ask for the prices of `products`, if there are any and it is time to ask again."""
        self._questions.overdue(machine_ns, ANSWER_LIMIT_NS)
        wanted = tuple(sorted(products))
        if wanted and not self._questions.waiting and machine_ns >= self._next_ns:
            self._next_ns = machine_ns + POLL_EVERY_NS
            self._quotes.list_quotes(wanted, self._questions.ask(None, machine_ns), reply_to)

    def read(self, answer: QuotesListed, now_ns: int, ahead_ns: int) -> tuple[BidMoved, ...]:
        """Return the bids of an answer at market time `now_ns`.

        What is stamped more than `ahead_ns` later is left out.
        """
        self._questions.answered(answer.token)
        known = (each for each in answer.quotes if each.at_ns <= now_ns + ahead_ns)
        return tuple(_bid(each.product, each.bid, min(each.at_ns, now_ns)) for each in known)


def _bid(product: ProductId, bid: Price, at_ns: int) -> BidMoved:
    return BidMoved(product, bid, Nanos(at_ns), Nanos(at_ns))
