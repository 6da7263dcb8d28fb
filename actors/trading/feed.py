"""Market data in, trusted quotes and closed bars out.

Carries only: what may be trusted and which minute is over is decided in `domain/market`.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import VenueReader
from actors.kernel.questions import Questions
from actors.kernel.timers import InTurn, Timer
from actors.kernel.topology import ROUTES
from domain.market.bar_order import Asked
from domain.market.market_data import Effect, FeedPlan, MarketData
from domain.market.minutes import Fetch, FetchAgain
from domain.market.product_states import ProductStates
from domain.market.quality import Reread, StartAnew, Trusted
from domain.messages.market import (
    HistoryLoaded,
    MarketFrame,
    ProductStatusSeen,
    QuoteMoved,
    StreamClosed,
    StreamOpened,
)
from domain.messages.orders import OrderAdvanced
from domain.messages.supervision import (
    ActorRestarted,
    BootCompleted,
    GapSeen,
    ProductsChanged,
)
from domain.messages.universe import LiquidityMeasured
from domain.messages.venue import CandlesListed, ProductsListed, QuotesListed
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.orders import OrderState
from domain.model.product import DELISTED, Product
from domain.system.answers import failure_of
from domain.system.boot import listed_anew

CHECK_EVERY_NS = SECOND
CATALOGUE_EVERY_NS = MINUTE
"""Market time between two readings of the catalogue: one request, and a large answer."""
CATALOGUE_AGAIN_NS = 30 * SECOND
"""And until the next one where one failed or is contradicted by the `status` channel."""
CATALOGUE_SOON_NS, CATALOGUE_APART_NS = SECOND, 10 * SECOND
"""Once the channel has news or the venue rejects an order; least between such readings."""
NAMED = 5
READY_LIMIT_NS = 6 * SECOND
"""Machine time after which trading starts without the products that have no data yet."""


@frozen
class Check(InTurn):
    """Time to look at the age of quotes: by what had arrived, not by what we had got to."""


@frozen
class ReadyLimit(Timer):
    """Trading has waited long enough for data."""


@frozen
class ReadCatalogue(Timer):
    """Time to read the catalogue again."""


@frozen
class FetchDue(Timer):
    """Time to ask for candles, for the first time or again."""

    asked: Asked


Listed = CandlesListed | QuotesListed | ProductsListed
FromVenue = MarketFrame | StreamOpened | StreamClosed | Listed
Timers = Check | ReadyLimit | FetchDue | ReadCatalogue
Inbox = FromVenue | Timers | OrderAdvanced | BootCompleted | ActorRestarted | GapSeen


class Feed(Actor):
    """Asks the venue what the market data want asked, and tells what follows from the answers.

    Flags and steps of products are read again while it runs: what is switched off or on is known.
    """

    def __init__(self, context: ActorContext, venue: VenueReader, plan: FeedPlan) -> None:
        super().__init__(context)
        self._venue = venue
        self._data = MarketData(plan, is_trusted=self.is_proven)
        # The venue answers every question, if only with a failure: nothing stays in here.
        self._questions: Questions[Asked | Reread | ReadCatalogue] = Questions(self.epoch)
        self._catalogue = ProductStates()
        self._next_reading_ns = self._last_reading_ns = 0
        self._changed: ProductsChanged | None = None
        self._fresh: tuple[str, ...] = ()

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case MarketFrame() | StreamOpened() | StreamClosed() | GapSeen():
                if isinstance(message, StreamOpened):
                    self._catalogue.deaf()
                self._carry_out(self._data.step(message, self.clock.market_ns()))
            case Check():
                self.at(self.envelope.at_ns + CHECK_EVERY_NS, message)
                self._carry_out(self._data.check(self.envelope.at_ns, self.clock.machine_ns()))
            case ReadyLimit():
                if missing := sorted(self._data.warming):
                    names = ", ".join(missing[:NAMED])
                    self.log.warning("no data of some products yet", count=len(missing), some=names)
                self._carry_out(self._data.begin())
            case FetchDue(asked):
                self._fetch(asked)
            case CandlesListed() | QuotesListed():
                self._answered(message)
            case ReadCatalogue():
                self._read_catalogue()
            case OrderAdvanced(state=state):
                if state is OrderState.REJECTED:  # the venue may not take such orders any more
                    self._read_soon()
            case ProductsListed():
                self._learn(message)
            case ActorRestarted(actor, _):
                self._brief(actor)
            case BootCompleted():
                self._boot(message)
            case _:
                self.refuse(message)

    def _boot(self, boot: BootCompleted) -> None:
        if self._data.products:
            return
        # The venue still lists what is delisted, but has no data of it any more.
        products = tuple(p.id for p in boot.products if p.flags.status != DELISTED)
        self._carry_out(self._data.watch(products, self.clock.market_ns()))
        self._venue.open_market_stream(products, self.reply_to())
        self.after(CHECK_EVERY_NS, Check())
        self._catalogue.begin(boot.products)
        self._read_again(CATALOGUE_EVERY_NS)
        self.after_machine(READY_LIMIT_NS, ReadyLimit())

    def _read_again(self, after_ns: int) -> None:
        """Read the catalogue after market time `after_ns`, instead of when it would be its turn."""
        self._next_reading_ns = self.clock.market_ns() + after_ns
        self.at(Nanos(self._next_reading_ns), ReadCatalogue())

    def _read_catalogue(self) -> None:
        if self.clock.market_ns() < self._next_reading_ns:
            return  # it has been put off or has come before
        self._read_again(CATALOGUE_EVERY_NS)
        self._last_reading_ns = self.clock.market_ns()
        token = self._questions.ask(ReadCatalogue(), self.clock.machine_ns())
        self._venue.list_products(token, self.reply_to())

    def _learn(self, listed: ProductsListed) -> None:
        """Tell flags and steps as they are now; while they can't be read nothing is bought."""
        if self._questions.answered(listed.token) is None:
            return
        failure = failure_of(listed)
        if failure is not None:
            self.log.warning("the catalogue could not be read again", reason=failure)
            self._tell(self._catalogue.unread())
            self._read_again(CATALOGUE_AGAIN_NS)
            return
        fresh = listed_anew(self._catalogue.products, listed.products)
        if fresh and fresh != self._fresh:
            names = ", ".join(fresh[:NAMED])
            self.log.info("listed anew, followed from the next start on", products=names)
        self._fresh = fresh
        self._tell(self._catalogue.listed(listed.products))
        if self._catalogue.is_contradicted:
            self._read_again(CATALOGUE_AGAIN_NS)

    def _tell(self, products: tuple[Product, ...]) -> None:
        """Tell everybody what products are open for, if there are news."""
        if products:
            self._changed = ProductsChanged(products)
            self.publish(self._changed)

    def _hear(self, seen: ProductStatusSeen) -> None:
        """Believe the channel at once where it is stricter, and ask the list about the rest."""
        news = self._catalogue.heard(seen.product, seen.flags)
        if news:
            self.log.warning(f"{seen.product}: the venue says {seen.flags.described}")
        self._tell(news)
        if self._catalogue.is_contradicted:
            self._read_soon()

    def _read_soon(self) -> None:
        """Ask the list what is behind news of it, but not all the time."""
        now_ns = self.clock.market_ns()
        due_ns = max(now_ns + CATALOGUE_SOON_NS, self._last_reading_ns + CATALOGUE_APART_NS)
        if self._next_reading_ns > due_ns:
            self._read_again(due_ns - now_ns)

    def _brief(self, newcomer: str) -> None:
        """Tell a fresh incarnation of another actor what the market looks like."""
        if self._changed is not None and newcomer in ROUTES[ProductsChanged].hears:
            self.send(newcomer, self._changed)  # it was told the catalogue of the start
        if newcomer in ROUTES[LiquidityMeasured].hears:
            self.send(newcomer, self._data.liquidity())
        for message in self._data.briefing():
            if newcomer in ROUTES[type(message)].hears:
                self.send(newcomer, message)
        if newcomer in ROUTES[HistoryLoaded].hears:
            self._carry_out(self._data.backfill(self.clock.market_ns()))

    def _fetch(self, asked: Asked) -> None:
        token = self._questions.ask(asked, self.clock.machine_ns())
        self._venue.list_candles(
            asked.product, asked.width_ns, asked.start_ns, asked.end_ns, token, self.reply_to()
        )

    def _answered(self, answer: CandlesListed | QuotesListed) -> None:
        asked = self._questions.answered(answer.token)
        if asked is None:
            return  # asked by an incarnation before us
        if answer.failure is not None:
            self.log.warning("no answer about the market", reason=answer.failure)
        if isinstance(answer, CandlesListed) and isinstance(asked, Asked):
            self._carry_out(self._data.answered(asked, answer))
        elif isinstance(answer, QuotesListed) and isinstance(asked, Reread):
            now_ns, machine_ns = self.clock.market_ns(), self.clock.machine_ns()
            self._carry_out(self._data.confirm(asked, answer, now_ns, machine_ns))

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case QuoteMoved():  # first, as by far the most are
                    self.publish(effect)
                case Fetch(asked, due_ns) if due_ns <= self.clock.market_ns():
                    self._fetch(asked)
                case Fetch(asked, due_ns):
                    self.at(due_ns, FetchDue(asked))
                case FetchAgain(asked, pause_ns):
                    self.after_machine(pause_ns, FetchDue(asked))
                case Reread(products):
                    token = self._questions.ask(effect, self.clock.machine_ns())
                    self._venue.list_quotes(products, token, self.reply_to())
                case StartAnew(reason):
                    self._venue.restart_market_stream(reason)
                case Trusted(evidence):
                    self.prove(evidence)
                case ProductStatusSeen():
                    self._hear(effect)
                case _:
                    self.publish(effect)
