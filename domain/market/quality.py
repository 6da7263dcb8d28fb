"""Which prices may be trusted: books, quotes and what is wrong with them, product by product.

A product is warming until its first whole book, live while its quote is fresh, stalled while it
is not. This judges the channel, not a quiet coin: a quote that grows old is read again by REST,
and one that REST confirms is fresh.

Deterministic and without a clock: every method takes the time and returns what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from domain.market.book import Book
from domain.market.doubts import NoWatch, PriceWatch
from domain.market.feed_proof import agreement, is_settled
from domain.market.price_state import (
    Contradiction,
    PriceState,
    is_awaited,
    is_same_price,
    judged,
    liquidity_of,
)
from domain.messages.control import AlertRaised
from domain.messages.market import (
    BidMoved,
    BookChanged,
    BookLost,
    BookSnapshotSeen,
    FeedRecovered,
    FeedStalled,
    PriceDoubted,
    QuoteMoved,
)
from domain.messages.venue import QuotesListed
from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos
from domain.model.market import Bar, DataState, PriceLimits, Quote, Trade
from domain.model.product import ProductId
from domain.model.universe import BookMeasure
from domain.system.alerts import of_frozen_stream, of_stale_quote

RECONFIRM_BEFORE_NS = 3 * SECOND
"""A quote is re-read by REST this long before it would be too old: the answer, and then a heartbeat
behind it, come in time to tell a frozen stream from a quiet coin."""
REPUBLISH_AFTER_NS = SECOND
"""An unchanged price is told again after this long, with its newer stamp."""
CROSSED_LIMIT_NS = SECOND
OVERTAKEN_NS = 250 * MILLISECOND
"""By how much REST may show a price before the stream tells it."""
ALERT_EVERY_NS = MINUTE
"""Machine time between two alerts about the age of one product's quote: one says enough."""
SUSPECT = DataState.SUSPECT
TOO_OLD, FROZEN = "quote too old", "stream frozen: REST shows another price"
OURS_TO_TELL = (TOO_OLD, FROZEN)
"""Stalls that have an alert of their product; others are one alert of the whole connection."""


@frozen
class Reread:
    """Best bid and ask of these products should be read by REST → `confirm`."""

    products: tuple[ProductId, ...]


@frozen
class StartAnew:
    """The stream talks nonsense: only a new connection helps."""

    reason: str


@frozen
class Trusted:
    """The stream has shown that it is right; `evidence` says how."""

    evidence: str


Told = QuoteMoved | BidMoved | FeedStalled | FeedRecovered | PriceDoubted | AlertRaised
Effect = Told | Reread | StartAnew | Trusted


class MarketQuality:
    """The quality of every product on one connection at a time."""

    def __init__(
        self, quote_limit_ns: Nanos, price_limits: PriceLimits | None = None, *, is_trusted: bool
    ) -> None:
        """`quote_limit_ns` is how old a quote may get; an incarnation that is not trusted yet
        compares with REST until `Trusted`. Without `price_limits` no price is too odd.
        """
        self._limit_ns = quote_limit_ns
        self._price_limits = price_limits
        self._is_trusted = is_trusted
        self._states: dict[ProductId, PriceState] = {}
        self._unbroken_since_ns = 0
        self._contradicted: dict[ProductId, Contradiction] = {}

    def watch(self, products: Iterable[ProductId]) -> None:
        """Judge these products from now on; frames about others are ignored."""
        limits = self._price_limits
        self._states = {
            product: PriceState(product, NoWatch() if limits is None else PriceWatch(limits))
            for product in products
        }

    def begin_anew(self, now_ns: Nanos) -> None:
        """A connection stands; whatever was known of the books is over."""
        self._unbroken_since_ns = now_ns
        self._contradicted.clear()
        for state in self._states.values():
            state.book = None
            state.watch.broken()

    def lost(self, reason: str, now_ns: Nanos) -> tuple[Effect, ...]:
        """Trust nothing until a new connection has brought whole books."""
        self.begin_anew(now_ns)
        return tuple(
            effect
            for state in self._states.values()
            for effect in self._stall(state, reason, now_ns)
        )

    def book(
        self, event: BookSnapshotSeen | BookChanged, sent_ns: Nanos, now_ns: Nanos
    ) -> tuple[Effect, ...]:
        """Take in what a frame of the present connection, sent at `sent_ns`, says of a book."""
        state = self._states.get(event.product)
        if state is None:
            return ()
        book = state.book
        if type(event) is BookSnapshotSeen:
            book = state.book = Book()
            book.replace(event.bids, event.asks)
        elif book is None:
            return ()  # changes of a book that we don't have
        else:
            book.apply(event.bids, event.asks)
        return self._quote(state, book, sent_ns, now_ns)

    def book_lost(self, event: BookLost, now_ns: Nanos) -> tuple[Effect, ...]:
        """Trust this book no more until its next snapshot."""
        state = self._states.get(event.product)
        if state is None:
            return ()
        state.book = None
        state.watch.broken()
        self._contradicted.pop(event.product, None)
        return self._stall(state, f"its book can't be followed: {event.reason}", now_ns)

    def traded(self, trades: Iterable[Trade]) -> tuple[Effect, ...]:
        """Take in trades: they show that a price which seemed odd is true."""
        effects: tuple[Effect, ...] = ()
        for trade in trades:
            state = self._states.get(trade.product)
            if state is not None:
                effects += judged(state, state.watch.second_source(trade.price, trade.at_ns))
        return effects

    def bars(self, product: ProductId, bars: Iterable[Bar]) -> tuple[Effect, ...]:
        """Take in closed minutes of a product, oldest first: its price may be trusted by them."""
        state = self._states.get(product)
        return () if state is None else judged(state, state.watch.bars(bars))

    def check(self, now_ns: Nanos, machine_ns: Nanos) -> tuple[Effect, ...]:
        """Look at the age of every quote, and how odd its price is; to be called once a second."""
        effects: tuple[Effect, ...] = ()
        asked = self._ask(now_ns, machine_ns)
        for state in self._states.values():
            effects += judged(state, state.watch.passed(now_ns))
            news = state.watch.news(now_ns)
            if news is not None:
                effects += (PriceDoubted(state.product, news, state.watch.ticks),)
            age_ns = 0 if state.quote is None else now_ns - state.quote.confirmed_ns
            if age_ns <= self._limit_ns or is_awaited(state, machine_ns):
                continue
            effects += self._stall(state, TOO_OLD, now_ns)
            stale = of_stale_quote(state.product, Nanos(age_ns), self._limit_ns)
            effects += self._alert(state, stale, machine_ns)
        return (*effects, Reread(asked)) if asked else effects

    def confirm(
        self, asked: Reread, answer: QuotesListed, now_ns: Nanos, machine_ns: Nanos
    ) -> tuple[Effect, ...]:
        """Take in what REST answered to `asked`."""
        for product in asked.products:
            self._states[product].asked_machine_ns = None
            self._states[product].is_unconfirmed = True
        if answer.failure is not None:
            return ()
        readings = answer.quotes
        effects = self._compare(readings)
        for reading in readings:
            state = self._states.get(reading.product)
            if state is not None:
                doubt = state.watch.second_source(reading.bid, reading.at_ns)
                effects += judged(state, doubt)
            ours = None if state is None else state.quote
            if state is None or ours is None or ours.at_ns >= reading.at_ns:
                continue  # the stream moved on meanwhile: that is fresh data
            if is_same_price(ours, reading):
                effects += self._confirmed(state, ours, reading)
                continue
            # The stream may have the same still on its way: it is judged once it gets there.
            self._contradicted.setdefault(state.product, Contradiction(reading, machine_ns))
            # No entry is made at it, and exits have no other price while the stream is frozen.
            effects += (BidMoved(state.product, reading.bid, reading.at_ns, reading.at_ns),)
        return effects

    def reached(self, sent_ns: Nanos, now_ns: Nanos) -> tuple[Effect, ...]:
        """Take note that the stream has told all up to `sent_ns`: what REST knew before, it has."""
        effects: tuple[Effect, ...] = ()
        for product, found in tuple(self._contradicted.items()):
            if sent_ns < found.reading.at_ns + OVERTAKEN_NS:
                continue
            del self._contradicted[product]
            effects += self._settle(self._states[product], found, now_ns)
        return effects

    def quotes(self) -> tuple[QuoteMoved, ...]:
        """Return the newest quotes, for who has heard none yet."""
        return tuple(QuoteMoved(quote) for quote in self._quotes().values())

    def stalls(self) -> tuple[FeedStalled, ...]:
        """Return what is stalled, for who has not heard of it."""
        return tuple(
            FeedStalled(state.product, state.stalled, Nanos(0), state.data)
            for state in self._states.values()
            if state.stalled is not None
        )

    def liquidity(self, products: Iterable[ProductId]) -> tuple[BookMeasure, ...]:
        """Return spread and depth of these products' books; of one that is stalled nothing."""
        return tuple(liquidity_of(self._states[product]) for product in products)

    @property
    def warming(self) -> tuple[ProductId, ...]:
        """Return the products without a quote."""
        return tuple(each.product for each in self._states.values() if each.quote is None)

    # Prices.

    def _quote(
        self, state: PriceState, book: Book, sent_ns: Nanos, now_ns: Nanos
    ) -> tuple[Effect, ...]:
        top, old = book.top(), state.quote
        if top is None:
            state.quote = None
            return self._one_sided(state, book, sent_ns, now_ns)
        bid, ask = top
        if bid.price >= ask.price:
            return self._crossed(state, sent_ns, now_ns)
        state.crossed_since_ns, state.is_unconfirmed = None, False
        quote = state.quote = Quote(
            product=state.product,
            bid=bid.price,
            bid_quantity=bid.quantity,
            ask=ask.price,
            ask_quantity=ask.quantity,
            at_ns=sent_ns,
            confirmed_ns=sent_ns,
            doubt=state.watch.tick(bid.price, ask.price, sent_ns),
        )
        is_news = (
            old is None
            or (old.bid, old.ask) != (quote.bid, quote.ask)
            or old.doubt is not quote.doubt
        )
        if is_news or state.stalled or sent_ns - state.published_ns >= REPUBLISH_AFTER_NS:
            return self._publish(state, quote)
        return ()

    def _one_sided(
        self, state: PriceState, book: Book, sent_ns: Nanos, now_ns: Nanos
    ) -> tuple[Effect, ...]:
        """There is no price for entries; a bid alone is one for exits."""
        bid = book.best_bid()
        if bid is None:
            reason = "nobody bids" if len(book) else "nobody bids or offers"
            return self._stall(state, reason, now_ns, SUSPECT)
        stalled = self._stall(state, "nobody offers", now_ns, SUSPECT)
        doubt = state.watch.lone_bid(bid, sent_ns)
        is_news = state.bid != bid or sent_ns - state.published_ns >= REPUBLISH_AFTER_NS
        if not (stalled or is_news):
            return ()
        state.bid, state.published_ns = bid, sent_ns
        return (*stalled, BidMoved(state.product, bid, sent_ns, sent_ns, doubt))

    def _crossed(self, state: PriceState, sent_ns: Nanos, now_ns: Nanos) -> tuple[Effect, ...]:
        if state.crossed_since_ns is None:
            state.crossed_since_ns = sent_ns
        if sent_ns - state.crossed_since_ns <= CROSSED_LIMIT_NS:
            return ()
        state.crossed_since_ns = None
        again = StartAnew(f"book of {state.product} crossed")
        return (*self._stall(state, "book crossed", now_ns, SUSPECT), again)

    def _ask(self, now_ns: Nanos, machine_ns: Nanos) -> tuple[ProductId, ...]:
        """Return what REST has to be asked for, and take note that it is."""
        recent_ns = now_ns - self._limit_ns + RECONFIRM_BEFORE_NS
        wants_all = not self._is_trusted and self._is_settled(now_ns)
        asked = []
        for state in self._states.values():
            if state.quote is None or state.asked_machine_ns is not None:
                continue
            doubt = state.quote.doubt
            is_odd = doubt is not None and doubt.is_open
            if wants_all or is_odd or state.quote.confirmed_ns < recent_ns:
                state.asked_machine_ns = machine_ns
                asked.append(state.product)
        return tuple(asked)

    def _settle(self, state: PriceState, found: Contradiction, now_ns: Nanos) -> tuple[Effect, ...]:
        ours, reading = state.quote, found.reading
        if ours is None or ours.at_ns >= reading.at_ns:
            return ()  # the stream moved on meanwhile: that is fresh data
        if is_same_price(ours, reading):
            return self._confirmed(state, ours, reading)
        stalled = self._stall(state, FROZEN, now_ns, SUSPECT)
        if not stalled:
            return ()
        return (*stalled, *self._alert(state, of_frozen_stream(state.product), found.machine_ns))

    def _confirmed(self, state: PriceState, ours: Quote, reading: Quote) -> tuple[Effect, ...]:
        state.is_unconfirmed = False
        state.quote = evolve(ours, confirmed_ns=max(ours.confirmed_ns, reading.at_ns))
        return self._publish(state, state.quote)

    # What is told.

    def _publish(self, state: PriceState, quote: Quote) -> tuple[Effect, ...]:
        state.published_ns = quote.confirmed_ns
        if state.stalled is None:
            return (QuoteMoved(quote),)
        was_told, state.stalled, state.is_told = state.is_told, None, False
        return QuoteMoved(quote), FeedRecovered(state.product, was_told)

    def _stall(
        self, state: PriceState, reason: str, now_ns: Nanos, data: DataState = DataState.STALE
    ) -> tuple[Effect, ...]:
        if state.stalled is not None:
            return ()
        state.stalled, state.data = reason, data
        state.watch.broken()
        age_ns = Nanos(0 if state.quote is None else now_ns - state.quote.confirmed_ns)
        return (FeedStalled(state.product, reason, age_ns, data),)

    def _alert(
        self, state: PriceState, alert: AlertRaised, machine_ns: Nanos
    ) -> tuple[Effect, ...]:
        told_ns = state.alerted_machine_ns
        if state.is_told or state.stalled not in OURS_TO_TELL:
            return ()
        if told_ns is not None and machine_ns - told_ns < ALERT_EVERY_NS:
            return ()
        state.alerted_machine_ns, state.is_told = machine_ns, True
        return (alert,)

    # Trust in a fresh incarnation.

    def _quotes(self) -> dict[ProductId, Quote]:
        states = self._states.values()
        return {each.product: each.quote for each in states if each.quote is not None}

    def _is_settled(self, now_ns: Nanos) -> bool:
        stalled = {each.product: each.reason for each in self.stalls()}
        return is_settled(self._quotes(), stalled, now_ns - self._unbroken_since_ns)

    def _compare(self, readings: tuple[Quote, ...]) -> tuple[Effect, ...]:
        """A fresh incarnation is believed once REST agrees with every quote of its stream."""
        evidence = None if self._is_trusted else agreement(self._quotes(), readings)
        if evidence is None:
            return ()
        self._is_trusted = True
        return (Trusted(evidence),)
