"""Whether the currency that pays is worth what it should be: read from the venue, told as breakers.

Carries only: what a price means is decided in `domain/market/stablecoin.py`.
"""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from actors.kernel.base import Actor
from actors.kernel.ports import ANSWER_LIMIT_NS, MarketReader
from actors.kernel.questions import Questions
from actors.kernel.timers import Timer
from domain.market.stablecoin import (
    PegVerdict,
    PriceRoute,
    StablecoinGuard,
    StablecoinLimits,
    price_of,
    routes,
)
from domain.messages.venue import ProductsListed, QuotesListed
from domain.model.breakers import Effect
from domain.model.instants import MINUTE, SECOND
from domain.system.answers import failure_of

READ_EVERY_NS = 3 * SECOND
"""Market time between two readings of the price: one request for all products that it takes."""
LIST_EVERY_NS, LIST_AGAIN_NS = 5 * MINUTE, 30 * SECOND
"""Market time between two readings of the catalogue, and after one that gave no market for it."""
OFF, FAR, UNKNOWN = "stablecoin_off", "stablecoin_far", "stablecoin_price"
"""Names of the breakers while it is off for long, far off, and while nobody knows."""


@frozen
class StablecoinPlan:
    """Which stablecoin pays for entries, and how far it may be off."""

    currency: str
    limits: StablecoinLimits


@frozen
class ReadPrice(Timer):
    """Time to read the price of the stablecoin."""


class StablecoinWatch:
    """Looks after one stablecoin on behalf of one actor; without a plan there is nothing to do."""

    def __init__(self, actor: Actor, venue: MarketReader, plan: StablecoinPlan | None) -> None:
        self._actor, self._venue, self._plan = actor, venue, plan
        self._ways: tuple[PriceRoute, ...] = ()
        self._questions: Questions[type[QuotesListed | ProductsListed]] = Questions(actor.epoch)
        self._guard: StablecoinGuard | None = None
        self._verdict = PegVerdict()
        self._list_ns = 0

    @property
    def is_known(self) -> bool:
        """Tell whether entries may be told of at all: before the first word nothing is bought."""
        return self._plan is None or self._verdict.is_known

    def begin(self) -> None:
        """Watch from now on."""
        if self._plan is not None:
            now_ns = self._actor.clock.market_ns()
            self._guard = StablecoinGuard(self._plan.currency, self._plan.limits, now_ns)
            self.read()

    def read(self) -> None:
        """Ask for catalogue and price when it is time; what is not answered is no price."""
        actor = self._actor
        actor.after(READ_EVERY_NS, ReadPrice())
        if self._questions.overdue(actor.clock.machine_ns(), ANSWER_LIMIT_NS):
            actor.log.warning("the price of the stablecoin was asked for and not answered")
        if not self._ways or QuotesListed in self._questions.waiting:
            self._judge(None)
        if actor.clock.market_ns() >= self._list_ns:
            self._list_ns = actor.clock.market_ns() + LIST_AGAIN_NS
            token = self._questions.ask(ProductsListed, actor.clock.machine_ns())
            self._venue.list_products(token, actor.reply_to())
        self._ask()

    def list(self, answer: ProductsListed) -> None:
        """Learn which markets price it; those of the reading before hold where this one failed."""
        if self._plan is None or self._questions.answered(answer.token) is None:
            return
        if failure_of(answer) is not None:
            return
        self._ways = routes(self._plan.currency, answer.products)
        if self._ways:
            self._list_ns = self._actor.clock.market_ns() + LIST_EVERY_NS
        self._ask()

    def take(self, answer: QuotesListed) -> None:
        """Judge by what the venue says; a failure is no price."""
        if self._plan is None or self._questions.answered(answer.token) is None:
            return
        if answer.failure is not None:
            self._list_ns = 0  # a market of it may have gone
        now_ns, widest = self._actor.clock.market_ns(), self._plan.limits.max_off_bps
        self._judge(price_of(self._ways, answer.quotes, now_ns, widest))

    def _ask(self) -> None:
        if self._ways and QuotesListed not in self._questions.waiting:
            wanted = tuple(sorted({each for way in self._ways for each in way.products}))
            token = self._questions.ask(QuotesListed, self._actor.clock.machine_ns())
            self._venue.list_quotes(wanted, token, self._actor.reply_to())

    def _judge(self, price: Decimal | None) -> None:
        if self._guard is None:
            return
        before = self._verdict
        self._verdict = now = self._guard.see(price, self._actor.clock.market_ns())
        if now.far:
            self._actor.trip(FAR, now.far, effect=Effect.BLOCK)
        if now.off:
            self._actor.trip(OFF, now.off, effect=Effect.BLOCK)
        if now.unknown:
            self._actor.trip(UNKNOWN, now.unknown, effect=Effect.BLOCK)
        for name, why in ((FAR, now.far), (OFF, now.off), (UNKNOWN, now.unknown)):
            if now.is_known and not why:
                self._actor.close(name, f"it is worth {now.said}")
        if now.price is not None and before.price is None:
            self._actor.log.info("the stablecoin is priced", price=now.said)
