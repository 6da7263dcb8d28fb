"""Market data in, trusted quotes and closed bars out.

Judges the channel, not a quiet coin: a product is stalled when its connection lost frames, its
quote is old and a REST reading does not confirm it, or its book makes no sense.
"""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import AFTER_GAP, Venue
from actors.kernel.topology import ROUTES
from domain.market.bar_order import Asked, BarOrder
from domain.market.bars import BarBuilder, regular
from domain.market.book import Book
from domain.market.feed_proof import AGREE_WITHIN_BPS, farthest_bps, is_settled
from domain.messages.market import (
    BarClosed,
    BookChanged,
    BookSnapshotSeen,
    FeedRecovered,
    FeedStalled,
    HistoryLoaded,
    MarketFrame,
    QuoteMoved,
    StreamClosed,
    StreamOpened,
    TradesPrinted,
)
from domain.messages.supervision import ActorRestarted, BootCompleted, GapSeen, Tick, TradingReady
from domain.messages.venue import CandlesListed, QuotesListed
from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos, bucket_start
from domain.model.market import Bar, Quote
from domain.model.money import plain
from domain.model.product import DELISTED, ProductId
from domain.system.alerts import of_missing_history, of_stale_quote

CHECK_EVERY_NS = SECOND
RECONFIRM_BEFORE_NS = 1_500 * MILLISECOND
"""A quote is re-read by REST this long before it would be too old."""
REPUBLISH_AFTER_NS = SECOND
BAR_GRACE_NS = SECOND
CANDLE_GRACE_NS = 2_500 * MILLISECOND
"""The venue shows a closed candle about 2 s after its end."""
SILENCE_NS = 10 * SECOND
"""Machine time without a frame after which the connection is dropped."""
READY_LIMIT_NS = 6 * SECOND
"""Machine time after which trading starts without the products that have no data yet."""
CROSSED_LIMIT_NS = SECOND
AGAIN_NS = 5 * SECOND
"""Machine time after which candles that were not to be had are asked for again."""


@frozen
class FeedPlan:
    """What to back-fill and how old a quote may get (market time)."""

    lookback_minutes: int
    quote_limit_ns: Nanos
    has_history: bool


class Feed(Actor):
    """Keeps one book and one bar builder a product on one connection."""

    def __init__(self, context: ActorContext, venue: Venue, plan: FeedPlan) -> None:
        super().__init__(context)
        self._venue = venue
        self._plan = plan
        self._products: tuple[ProductId, ...] = ()
        self._books: dict[ProductId, Book] = {}
        self._bars: dict[ProductId, BarBuilder] = {}
        self._quotes: dict[ProductId, Quote] = {}
        self._published_ns: dict[ProductId, int] = {}
        self._stalled: dict[ProductId, str] = {}
        self._waiting: set[ProductId] = set()
        self._crossed_since: dict[ProductId, int] = {}
        self._connection = 0
        self._sequence = -1
        self._opened_ns = 0
        self._minute_ns = 0
        self._frame_machine_ns = 0
        self._is_ready = False
        self._is_confirming = False
        self._token = 0
        self._told_ns: dict[ProductId, int] = {}
        self._order = BarOrder()
        self.gaps = 0

    def receive(self, message: Any) -> None:
        """Handle one message."""
        match message:
            case MarketFrame():
                self._frame(message)
            case Tick("check"):
                self._check()
            case Tick("ready"):
                self._begin(is_forced=True)
            case Tick(what) if what.startswith("again:"):
                self._send(int(what.partition(":")[2]))
            case Tick(what):
                self._fetch_minutes(Nanos(int(what)))
            case CandlesListed():
                self._candles(message)
            case QuotesListed():
                self._confirm(message)
            case StreamOpened(connection=connection):
                self._opened(connection)
            case ActorRestarted(actor, _):
                self._brief(actor)
            case GapSeen(length_ns):
                self._connection = 0
                self._lose(f"the process did not run for {length_ns // MILLISECOND} ms")
                self._venue.restart_market_stream(AFTER_GAP)
            case StreamClosed(connection=connection, reason=reason):
                if connection == self._connection:
                    self._lose(f"disconnected: {reason}")
            case BootCompleted():
                self._boot(message)
            case _:
                super().receive(message)

    # Start.

    def _boot(self, boot: BootCompleted) -> None:
        if self._products:
            return
        # The venue still lists what is delisted, but has no data of it any more.
        self._products = tuple(p.id for p in boot.products if p.flags.status != DELISTED)
        for product_id in self._products:
            self._bars[product_id] = BarBuilder(product_id)
        now_ns = self.clock.market_ns()
        end_ns = bucket_start(now_ns, MINUTE)
        self._minute_ns = end_ns
        if self._plan.has_history:
            self._waiting = set(self._products)
            self._backfill(end_ns)
        self._venue.open_market_stream(self._products, self.reply_to())
        self._frame_machine_ns = self.clock.machine_ns()
        self.after(CHECK_EVERY_NS, Tick("check"))
        self.after_machine(READY_LIMIT_NS, Tick("ready"))

    def _backfill(self, end_ns: int) -> None:
        start_ns = end_ns - self._plan.lookback_minutes * MINUTE
        for product in self._products:
            self._ask_candles(product, start_ns, end_ns, is_backfill=True)

    def _ask_candles(
        self, product: ProductId, start_ns: int, end_ns: int, *, is_backfill: bool
    ) -> None:
        self._send(self._expect(Asked(product, Nanos(start_ns), Nanos(end_ns), is_backfill)))

    def _expect(self, asked: Asked) -> int:
        """Hold later bars back until `asked` is answered; return the question's token."""
        self._token += 1
        self._order.ask(self._token, asked)
        return self._token

    def _send(self, token: int) -> None:
        asked = self._order.asked(token)
        self._venue.list_candles(
            asked.product, Nanos(MINUTE), asked.start_ns, asked.end_ns, token, self.reply_to()
        )

    def _begin(self, *, is_forced: bool) -> None:
        if self._is_ready:
            return
        missing = [p for p in self._products if p in self._waiting or p not in self._quotes]
        if missing and not is_forced:
            return
        if missing:
            self.log.warning("starting without data of some products", products=len(missing))
        self._is_ready = True
        minutes = self._plan.lookback_minutes
        self.publish(TradingReady(f"{minutes}m" if self._plan.has_history else "none"))

    def _brief(self, newcomer: str) -> None:
        """Tell a fresh incarnation of another actor what the market looks like."""
        if newcomer == self.name:
            return
        if newcomer in ROUTES[QuoteMoved]:
            for quote in self._quotes.values():
                self.send(newcomer, QuoteMoved(quote))
        if newcomer in ROUTES[FeedStalled]:
            for product, reason in self._stalled.items():
                self.send(newcomer, FeedStalled(product, reason, Nanos(0)))
        if newcomer in ROUTES[HistoryLoaded] and self._plan.has_history:
            self._backfill(bucket_start(self.clock.market_ns(), MINUTE))

    # The stream.

    def _opened(self, connection: int) -> None:
        self._connection = connection
        self._sequence = -1
        self._opened_ns = self.clock.market_ns()
        self._frame_machine_ns = self.clock.machine_ns()
        self._books.clear()

    def _lose(self, reason: str) -> None:
        for product in self._products:
            self._stall(product, reason)
        self._books.clear()
        self._opened_ns = self.clock.market_ns()

    def _frame(self, frame: MarketFrame) -> None:
        if frame.connection != self._connection:
            return
        if frame.sequence <= self._sequence:
            self.log.warning("late frame ignored", sequence=frame.sequence)
            return
        if frame.sequence != self._sequence + 1:
            self._gap(frame)
            return
        self._sequence = frame.sequence
        self._frame_machine_ns = self.clock.machine_ns()
        for event in frame.events:
            match event:
                case BookChanged():
                    self._change(event, frame.sent_ns)
                case BookSnapshotSeen():
                    self._snapshot(event, frame.sent_ns)
                case TradesPrinted():
                    self._trades(event)
                case _:
                    pass  # heartbeats and acknowledgements: the sequence has counted them
        if frame.sent_ns >= self._minute_ns + MINUTE + BAR_GRACE_NS:
            self._close_minutes(frame.sent_ns)

    def _gap(self, frame: MarketFrame) -> None:
        self.gaps += 1
        expected = self._sequence + 1
        self._connection = 0
        self._lose(f"sequence gap: expected {expected}, was {frame.sequence}")
        self._venue.restart_market_stream("sequence gap")

    def _snapshot(self, event: BookSnapshotSeen, sent_ns: Nanos) -> None:
        book = self._books[event.product] = Book()
        book.replace(event.bids, event.asks)
        self._quote(event.product, book, sent_ns)

    def _change(self, event: BookChanged, sent_ns: Nanos) -> None:
        book = self._books.get(event.product)
        if book is None:
            return  # updates before the snapshot belong to an older subscription
        book.apply(event.bids, event.asks)
        self._quote(event.product, book, sent_ns)

    def _quote(self, product: ProductId, book: Book, sent_ns: Nanos) -> None:
        top = book.top()
        if top is None:
            self._quotes.pop(product, None)
            return
        bid, ask = top
        if bid.price >= ask.price:
            self._crossed(product, sent_ns)
            return
        self._crossed_since.pop(product, None)
        quote = Quote(product, bid.price, bid.quantity, ask.price, ask.quantity, sent_ns, sent_ns)
        old = self._quotes.get(product)
        self._quotes[product] = quote
        if old is None or product in self._stalled or self._is_news(old, quote):
            self._say(quote)
            if not self._is_ready:
                self._begin(is_forced=False)

    def _is_news(self, old: Quote, quote: Quote) -> bool:
        if old.bid != quote.bid or old.ask != quote.ask:
            return True
        return quote.at_ns - self._published_ns[quote.product] >= REPUBLISH_AFTER_NS

    def _say(self, quote: Quote) -> None:
        product = quote.product
        self._published_ns[product] = quote.confirmed_ns
        self.publish(QuoteMoved(quote))
        if self._stalled.pop(product, None) is not None:
            self.publish(FeedRecovered(product))

    def _crossed(self, product: ProductId, sent_ns: Nanos) -> None:
        since = self._crossed_since.setdefault(product, sent_ns)
        if sent_ns - since > CROSSED_LIMIT_NS:
            self._crossed_since.pop(product)
            self._stall(product, "book crossed")
            self._venue.restart_market_stream(f"book of {product} crossed")

    def _stall(self, product: ProductId, reason: str) -> None:
        if product in self._stalled:
            return
        self._stalled[product] = reason
        quote = self._quotes.get(product)
        now_ns = self.clock.market_ns()
        age_ns = Nanos(now_ns - quote.confirmed_ns if quote is not None else 0)
        self.publish(FeedStalled(product, reason, age_ns))

    # Bars.

    def _trades(self, event: TradesPrinted) -> None:
        if event.is_snapshot:
            return  # recent history: the back-fill has it
        for trade in event.trades:
            self._bars[trade.product].add(trade)

    def _close_minutes(self, sent_ns: Nanos) -> None:
        while sent_ns >= self._minute_ns + MINUTE + BAR_GRACE_NS:
            start_ns = self._minute_ns
            self._minute_ns += MINUTE
            if start_ns < self._opened_ns:
                # The stream did not see all of this minute: ask for it when it is published.
                self.at(start_ns + MINUTE + CANDLE_GRACE_NS, Tick(str(start_ns)))
                for builder in self._bars.values():
                    builder.skip(Nanos(start_ns))
                continue
            for product in self._products:
                bar = self._bars[product].close(Nanos(start_ns))
                if bar is not None:
                    self._release(product, (bar,))

    def _release(self, product: ProductId, bars: tuple[Bar, ...]) -> None:
        for bar in self._order.release(product, bars):
            self.publish(BarClosed(bar))

    def _fetch_minutes(self, start_ns: Nanos) -> None:
        if not self._plan.has_history:
            return
        for product in self._products:
            self._ask_candles(product, start_ns, start_ns + MINUTE, is_backfill=False)

    def _candles(self, answer: CandlesListed) -> None:
        product, asked = answer.product, self._order.answered(answer.token)
        if answer.failure is not None or not answer.is_complete:
            self.publish(of_missing_history(product, answer.failure))
            self.after_machine(AGAIN_NS, Tick(f"again:{self._expect(asked)}"))
            return
        bars = regular(self._bars[product], answer.bars, asked.start_ns, asked.end_ns)
        if asked.is_backfill:
            self._waiting.discard(product)
            self.publish(HistoryLoaded(product, answer.width_ns, bars))
            self._release(product, ())
            self._begin(is_forced=False)
        else:
            self._release(product, bars)

    # Staleness.

    def _check(self) -> None:
        self.after(CHECK_EVERY_NS, Tick("check"))
        silent_ns = self.clock.machine_ns() - self._frame_machine_ns
        if silent_ns > SILENCE_NS:
            self._frame_machine_ns = self.clock.machine_ns()
            self._lose(f"no frame for {silent_ns // SECOND} s")
            self._venue.restart_market_stream("silence")
        now_ns, limit_ns = self.clock.market_ns(), self._plan.quote_limit_ns
        old = []
        for product, quote in self._quotes.items():
            age_ns = now_ns - quote.confirmed_ns
            if age_ns > limit_ns and product not in self._stalled:
                self._stall(product, "quote too old")
                self._staleness(product, age_ns)
            if age_ns > limit_ns - RECONFIRM_BEFORE_NS:
                old.append(product)
        if not (self.is_proven or old):
            is_calm = is_settled(self._quotes, self._stalled, now_ns - self._opened_ns)
            old = list(self._quotes) if is_calm else []
        if old and not self._is_confirming:
            self._is_confirming = True
            self._token += 1
            self._venue.list_quotes(tuple(old), self._token, self.reply_to())

    def _confirm(self, answer: QuotesListed) -> None:
        self._is_confirming = False
        if answer.failure is not None:
            self.log.warning("quotes not confirmed", reason=answer.failure)
            return
        self._compare(answer)
        for reading in answer.quotes:
            ours = self._quotes.get(reading.product)
            if ours is None or ours.at_ns >= reading.at_ns:
                continue  # the stream moved on meanwhile: that is fresh data
            if (ours.bid, ours.ask) == (reading.bid, reading.ask):
                self._quotes[reading.product] = evolve(ours, confirmed_ns=reading.at_ns)
                self._say(self._quotes[reading.product])
            elif reading.product not in self._stalled:
                self._stall(reading.product, "stream frozen: REST shows another price")
                self._staleness(reading.product, self.clock.market_ns() - ours.confirmed_ns)

    def _compare(self, answer: QuotesListed) -> None:
        """A fresh incarnation is believed once REST agrees with every quote of its stream."""
        if self.is_proven or len(answer.quotes) < len(self._quotes):
            return
        far = farthest_bps(self._quotes, answer.quotes)
        if far is not None and far <= AGREE_WITHIN_BPS:
            self.prove(f"{len(answer.quotes)} quotes within {plain(far)} bps of REST, no gap")

    def _staleness(self, product: ProductId, age_ns: int) -> None:
        machine_ns = self.clock.machine_ns()
        if machine_ns - self._told_ns.get(product, -MINUTE) >= MINUTE:  # one a minute says enough
            self._told_ns[product] = machine_ns
            self.publish(of_stale_quote(product, age_ns, self._plan.quote_limit_ns))
