"""What may be bought, and in which state of the market: tells who decides and who judges.

Carries only: products are judged in `domain/universe/selection.py`, the market in
`domain/universe/regime.py`.
"""

from __future__ import annotations

from collections import Counter

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import MarketReader
from actors.kernel.questions import Questions
from actors.kernel.timers import Timer
from actors.kernel.topology import ROUTES
from actors.trading.stablecoin_watch import ReadPrice, StablecoinPlan, StablecoinWatch
from domain.messages.supervision import ActorRestarted, BootCompleted, ProductsChanged
from domain.messages.universe import (
    AssetBanned,
    BanCleared,
    LiquidityMeasured,
    RegimeCleared,
    RegimeJudged,
    RegimeSet,
    StandingsChanged,
    UniverseJudged,
)
from domain.messages.venue import CandlesListed, ProductsListed, QuotesListed
from domain.model.breakers import Effect
from domain.model.context import Regime
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos, bucket_start
from domain.model.product import Product, ProductId
from domain.model.regime import RegimeReading
from domain.model.universe import Exclusion, Standing
from domain.model.wording import counted
from domain.universe.orders import StandingOrders
from domain.universe.regime import BARS, RegimeDetector, RegimeLimits, in_force
from domain.universe.selection import Selection, UniversePlan, changed

READ_AGAIN_NS = 5 * MINUTE
"""Market time after which hourly bars that were not to be had are asked for again."""
CLOSED_AFTER_NS = 5 * SECOND
"""Market time after the end of an hour at which the venue shows its bar."""
JUDGE_EVERY_NS = 10 * SECOND
"""Market time within which every book is looked at once."""
TELL_EVERY_NS = MINUTE
"""Market time between two pictures in which only numbers have changed."""
BOOKS_COME_NS = MINUTE
"""Market time that the books of a start have to come in, before people are told who has none."""
SPARE = 2
"""Hours that are asked for besides: the venue may not show the newest one yet."""
NAMED = 10
CRASH = "crash_regime"
"""Name of the breaker while the market counts as a crash."""


@frozen
class RegimePlan:
    """Which product's hours the market is judged by, and with which limits."""

    product: ProductId
    limits: RegimeLimits


@frozen
class ReadHours(Timer):
    """Time to read the hourly bars."""


Deed = AssetBanned | BanCleared | RegimeSet | RegimeCleared
Catalogue = BootCompleted | ProductsChanged
Answer = CandlesListed | QuotesListed | ProductsListed
Inbox = LiquidityMeasured | Catalogue | Answer | Deed | ReadHours | ReadPrice | ActorRestarted


class Selector(Actor):
    """Judges products by catalogue and books, the market by hourly bars of one of them, and a
    stablecoin that pays by its price.
    """

    def __init__(
        self,
        context: ActorContext,
        venue: MarketReader,
        plan: UniversePlan,
        regime: RegimePlan,
        orders: StandingOrders,
        stablecoin: StablecoinPlan | None = None,
    ) -> None:
        super().__init__(context)
        self._stablecoin = StablecoinWatch(self, venue, stablecoin)
        self._venue = venue
        self._regime = regime
        self._selection = Selection(plan)
        self._orders = orders
        self._questions: Questions[ReadHours] = Questions(self.epoch)
        self._detector = RegimeDetector(regime.product, regime.limits)
        self._detected: RegimeReading | None = None
        self._reading: RegimeReading | None = None
        self._standings: dict[ProductId, Standing] = {}
        self._said: dict[ProductId, Standing] = {}
        self._first_ns: Nanos | None = None
        self._is_answered = False
        self._read_ns = self._judged_ns = self._told_ns = 0

    def starting(self) -> None:
        """Ask for the hours at once: the first decision needs to know the market."""
        self._read_hours()
        self._stablecoin.begin()

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case LiquidityMeasured(measures):
                now_ns = self.clock.market_ns()
                is_news = self._selection.measure(measures, now_ns)
                if is_news or now_ns - self._judged_ns >= JUDGE_EVERY_NS:
                    self._judge_market()
                    self._judge()
                if measures and self._standings:
                    self.prove(f"{counted(len(measures), 'book')} looked at, all judged")
            case BootCompleted(products=products) | ProductsChanged(products=products):
                self._list(products)
            case QuotesListed() | ReadPrice() | ProductsListed():
                self._price(message)
            case CandlesListed():
                self._take(message)
            case ReadHours():
                if self.clock.market_ns() >= self._read_ns:  # else it was read meanwhile
                    self._read_hours()
            case AssetBanned() | BanCleared() | RegimeSet() | RegimeCleared():
                self._orders = self._orders.apply(message)
                self._judge_market()
                self._judge()
            case ActorRestarted(actor):
                self._brief(actor)
            case _:
                self.refuse(message)

    def _list(self, products: tuple[Product, ...]) -> None:
        self._selection.list(products, self.clock.market_ns())
        if self._standings:  # else no book was looked at yet
            self._judge()

    def _price(self, message: QuotesListed | ReadPrice | ProductsListed) -> None:
        was_known = self._stablecoin.is_known
        match message:
            case QuotesListed():
                self._stablecoin.take(message)
            case ProductsListed():
                self._stablecoin.list(message)
            case ReadPrice():
                self._stablecoin.read()
        if self._stablecoin.is_known and not was_known and self._selection.is_looked_at:
            self._judge()

    def _brief(self, newcomer: str) -> None:
        """Tell a fresh incarnation of another actor what it has missed."""
        if self._standings and newcomer in ROUTES[UniverseJudged].hears:
            self.send(newcomer, UniverseJudged(tuple(self._standings.values())))
        if self._reading is not None and newcomer in ROUTES[RegimeJudged].hears:
            self.send(newcomer, RegimeJudged(self._reading))

    # Products.

    def _judge(self) -> None:
        """Tell where products stand, if that is news; nothing before the market is judged, and
        what pays is priced or known to have no price.
        """
        if self._reading is None or not self._stablecoin.is_known:
            return
        now_ns = self._judged_ns = self.clock.market_ns()
        banned = self._orders.at(now_ns).ban
        standings = self._selection.standings(now_ns, banned)
        self._say(standings, now_ns)
        news = changed(self._standings, standings)
        if not news and now_ns - self._told_ns < TELL_EVERY_NS:
            return
        self._told_ns = now_ns
        self._standings = {each.product: each for each in standings}
        self.publish(UniverseJudged(standings))
        if news:
            self.publish(StandingsChanged(news))

    def _say(self, standings: tuple[Standing, ...], now_ns: Nanos) -> None:
        """Say each product that is excluded now or not any more, and what that leaves.

        Books of a start come one by one: it is said when all are there or have had their time.
        """
        if self._first_ns is None:
            self._first_ns = now_ns
        is_early = now_ns - self._first_ns < BOOKS_COME_NS
        if is_early and any(each.exclusion_reason is Exclusion.BOOK_UNKNOWN for each in standings):
            return
        if news := changed(self._said, standings):
            self._said = {each.product: each for each in standings}
            self._say_news(news)

    def _say_news(self, news: tuple[Standing, ...]) -> None:
        for each in news:
            self.log.debug(
                "may be bought" if each.is_eligible else "excluded",
                product=each.product,
                tier=each.tier,
                exclusion_reason=each.exclusion_reason,
                observed=each.observed,
                limit=each.limit,
            )
        eligible = Counter(each.tier for each in self._said.values() if each.is_eligible)
        tiers = ", ".join(f"{count} in {tier}" for tier, count in sorted(eligible.items()))
        some = ", ".join(_said(each) for each in news[:NAMED] if not each.is_eligible)
        if not eligible:
            what = f"nothing may be bought: {some or 'no product is known'}"
            self.log.warning(f"{what}; type: python run.py why {news[0].product}")
            return
        text = f"{counted(eligible.total(), 'product')} may be bought ({tiers})"
        self.log.info(text + (f"; excluded now: {some}" if some else ""))

    # The market.

    def _read_hours(self) -> None:
        now_ns, product = self.clock.market_ns(), self._regime.product
        end_ns = bucket_start(now_ns, HOUR)
        start_ns = Nanos(end_ns - (BARS + SPARE) * HOUR)
        token = self._questions.ask(ReadHours(), self.clock.machine_ns())
        self._venue.list_candles(product, Nanos(HOUR), start_ns, end_ns, token, self.reply_to())
        self._read_at(now_ns + READ_AGAIN_NS)  # unless it is answered

    def _read_at(self, due_ns: int) -> None:
        self._read_ns = due_ns
        self.at(due_ns, ReadHours())

    def _take(self, answer: CandlesListed) -> None:
        if self._questions.answered(answer.token) is None:
            return  # asked by an incarnation before us
        self._is_answered = True
        if answer.failure is None and answer.is_complete:
            self._detected = self._detector.detect(answer.bars)
            hour_ns = bucket_start(self.clock.market_ns(), HOUR)
            self._read_at(hour_ns + HOUR + CLOSED_AFTER_NS)
        else:
            self.log.debug("no hourly bars", reason=answer.failure)
        self._judge_market()
        if self._selection.is_looked_at:
            self._judge()

    def _judge_market(self) -> None:
        """Tell the regime that counts now, if it or its ground is another than was told.

        A fresh incarnation says nothing before it knows: what others heard last still counts.
        """
        if not self._is_answered:
            return
        now_ns, product = self.clock.market_ns(), self._regime.product
        said = self._orders.at(now_ns).regime
        reading = in_force(self._detected, said, product, now_ns)
        before, self._reading = self._reading, reading
        if before is not None and _ground(before) == _ground(reading):
            return
        self.publish(RegimeJudged(reading))
        if reading.regime is Regime.CRASH:
            why = f"the market counts as a crash: {reading.why}"
            self.trip(CRASH, why, effect=Effect.BLOCK)
        else:
            self.close(CRASH, f"regime {reading.regime}: {reading.why}")
        if before is None or before.regime is not reading.regime:
            self.log.info(f"regime {reading.regime}: {reading.why}")


def _ground(reading: RegimeReading) -> tuple[object, ...]:
    """Return what makes two readings the same for who hears of them."""
    return (reading.regime, reading.provenance, reading.at_ns, reading.bars, reading.until_ns)


def _said(standing: Standing) -> str:
    return f"{standing.product} ({standing.exclusion_reason}: {standing.observed})"
