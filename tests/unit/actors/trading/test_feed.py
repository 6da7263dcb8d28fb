"""The feed asks what its market data want asked, and tells what follows from the answers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import define, evolve

from actors.kernel.envelope import Envelope
from actors.kernel.lanes import Lanes
from actors.kernel.routes import Places
from actors.kernel.topology import ALLOCATOR, PROJECTOR, RISK_GATE, ROUTES
from actors.trading.feed import (
    CATALOGUE_AGAIN_NS,
    CATALOGUE_EVERY_NS,
    CATALOGUE_SOON_NS,
    CHECK_EVERY_NS,
    READY_LIMIT_NS,
    Check,
    Feed,
)
from domain.market.market_data import FeedPlan
from domain.market.minutes import AGAIN_NS, BAR_GRACE_NS, CANDLE_GRACE_NS
from domain.messages.control import AlertRaised
from domain.messages.market import (
    AFTER_GAP,
    SUBSCRIBED_ANEW,
    BarClosed,
    BookChanged,
    BookSnapshotSeen,
    FeedRecovered,
    FeedStalled,
    HeartbeatSeen,
    HistoryLoaded,
    MarketEvent,
    MarketFrame,
    ProductStatusSeen,
    QuoteMoved,
    StreamClosed,
    StreamOpened,
)
from domain.messages.supervision import (
    ActorProven,
    ActorRestarted,
    BootCompleted,
    GapSeen,
    ProductsChanged,
    TradingReady,
)
from domain.messages.universe import LiquidityMeasured
from domain.messages.venue import CandlesListed, ProductsListed, QuotesListed
from domain.model.instants import MINUTE, SECOND, Nanos, bucket_start
from domain.model.market import Bar, DataState, Quote
from domain.model.money import Price, Quantity
from domain.model.orders import OrderState
from domain.model.product import (
    DELISTED,
    NOT_LISTED,
    NOT_READ,
    Action,
    Product,
    ProductFlags,
    ProductId,
)
from tests.builders.harness import Harness, deliver, of_kind
from tests.builders.messages import (
    BTC,
    ETH,
    MAKER,
    TAKER,
    a_level,
    a_moved,
    a_product,
    a_quote,
    an_intent,
)
from tests.fakes.recording_venue import RecordingVenue

LIMIT = Nanos(5 * SECOND)
PLAN = FeedPlan(3, LIMIT, has_history=False)
WITH_PAST = FeedPlan(3, LIMIT, has_history=True)


@define
class Stand:
    """A feed alone, on the full minute."""

    harness: Harness
    venue: RecordingVenue
    feed: Feed

    def frame(self, *events: MarketEvent, connection: int = 1) -> tuple[object, ...]:
        sent_ns = self.harness.clock.market_ns()
        return deliver(self.feed, MarketFrame(connection, 0, sent_ns, events))

    def reread(self, *quotes: Quote, failure: str | None = None) -> tuple[object, ...]:
        return deliver(
            self.feed, QuotesListed(self.venue.last("list_quotes").token, quotes, failure)
        )

    def candles(self, *bars: Bar, failure: str | None = None) -> tuple[object, ...]:
        asked = self.venue.last("list_candles")
        product, is_complete = asked.about["product"], failure is None
        answer = CandlesListed(asked.token, product, Nanos(MINUTE), bars, is_complete, failure)
        return deliver(self.feed, answer)

    def pass_time(self, by_ns: int) -> tuple[object, ...]:
        return self.harness.pass_time(self.feed, by_ns)

    @property
    def now_ns(self) -> Nanos:
        return self.harness.clock.market_ns()


def snapshot(bid: str = "100", product: ProductId = BTC) -> MarketEvent:
    return BookSnapshotSeen(product, (a_level(bid, "5"),), (a_level("100.10", "5"),))


def a_boot(*products: ProductId) -> BootCompleted:
    gone = a_product("OLD-USD")
    gone = evolve(gone, flags=evolve(gone.flags, status=DELISTED))
    return BootCompleted((*(a_product(each) for each in products), gone), MAKER, TAKER, True)


def booted(plan: FeedPlan = PLAN, *, epoch: int = 1) -> Stand:
    harness, venue = Harness(), RecordingVenue()
    harness.clock.market = bucket_start(harness.clock.market_ns(), MINUTE)
    feed = harness.start(Feed, "feed", venue, plan, epoch=epoch)
    deliver(feed, a_boot(BTC), StreamOpened("market", 1))
    return Stand(harness, venue, feed)


def test_it_subscribes_what_is_traded_once() -> None:
    stand = booted()

    deliver(stand.feed, a_boot(BTC, ETH))

    (subscribed,) = stand.venue.named("open_market_stream")
    assert subscribed.about == {"products": (BTC,)}


@pytest.mark.req("ST1")
def test_a_whole_book_becomes_a_quote_and_trading_is_ready() -> None:
    stand = booted()

    said = stand.frame(snapshot())

    quote, looked, ready = said
    assert (quote, ready) == (QuoteMoved(a_quote(at_ns=stand.now_ns)), TradingReady("none"))
    assert isinstance(looked, LiquidityMeasured)


def test_trading_waits_for_the_past_as_well() -> None:
    stand = booted(WITH_PAST)
    assert [type(each) for each in stand.frame(snapshot())] == [QuoteMoved]

    said = stand.candles()

    assert [type(each) for each in said] == [HistoryLoaded, LiquidityMeasured, TradingReady]
    assert stand.pass_time(READY_LIMIT_NS)[-1] != TradingReady("3m")


def test_trading_does_not_wait_for_ever() -> None:
    stand = booted(WITH_PAST)

    assert of_kind(stand.pass_time(READY_LIMIT_NS - 1), TradingReady) == []
    assert of_kind(stand.pass_time(1), TradingReady) == [TradingReady("3m")]
    assert of_kind(stand.candles(), TradingReady) == []


@pytest.mark.req("ST1")
def test_after_the_streams_end_nothing_is_a_quote_until_the_next_connection() -> None:
    stand = booted()
    stand.frame(snapshot())
    stand.pass_time(SECOND)

    (stalled,) = deliver(stand.feed, StreamClosed("market", 1, "sequence gap: expected 2, was 4"))

    reason = "disconnected: sequence gap: expected 2, was 4"
    assert stalled == FeedStalled(BTC, reason, Nanos(SECOND))
    assert stand.frame(snapshot()) == ()
    deliver(stand.feed, StreamOpened("market", 2))
    assert stand.frame(BookChanged(BTC, (a_level("100.05"),), ()), connection=2) == ()
    said = stand.frame(snapshot(), connection=2)
    assert said == (QuoteMoved(a_quote(at_ns=stand.now_ns)), FeedRecovered(BTC))


def test_that_we_subscribed_anew_says_nothing_about_the_stream() -> None:
    stand = booted()
    stand.frame(snapshot())

    assert deliver(stand.feed, StreamClosed("market", 1, SUBSCRIBED_ANEW)) == ()


@pytest.mark.req("TIME2")
def test_a_process_that_did_not_run_connects_anew() -> None:
    stand = booted()
    stand.frame(snapshot())

    (stalled,) = deliver(stand.feed, GapSeen(Nanos(9 * SECOND)))

    assert isinstance(stalled, FeedStalled)
    assert stand.venue.last("restart_market_stream").about == {"reason": AFTER_GAP}
    assert stand.frame(snapshot()) == ()


@pytest.mark.req("ST1")
def test_a_crossed_book_connects_anew() -> None:
    stand = booted()
    stand.frame(snapshot("101"))
    stand.pass_time(SECOND + 1)

    (stalled,) = stand.frame(snapshot("101"))

    assert stalled == FeedStalled(BTC, "book crossed", Nanos(0), DataState.SUSPECT)
    restart = stand.venue.last("restart_market_stream")
    assert restart.about == {"reason": "book of BTC-USD crossed"}


@pytest.mark.req("ST1")
def test_an_aging_quote_is_read_again_and_lives_on_if_rest_says_the_same() -> None:
    stand = booted()
    stand.frame(snapshot())
    stand.pass_time(4 * SECOND)
    (asked,) = stand.venue.named("list_quotes")
    assert asked.about == {"products": (BTC,)}

    (moved,) = stand.reread(a_quote(at_ns=stand.now_ns))

    assert isinstance(moved, QuoteMoved)
    assert moved.quote.confirmed_ns == stand.now_ns
    assert stand.pass_time(3 * SECOND) == ()


@pytest.mark.req("ST1", "AL1")
def test_a_quote_that_nothing_confirms_is_stalled_and_told_within_a_check() -> None:
    stand = booted()
    stand.frame(snapshot())
    assert stand.pass_time(LIMIT) == ()

    stalled, alert = stand.pass_time(CHECK_EVERY_NS)

    assert stalled == FeedStalled(BTC, "quote too old", Nanos(LIMIT + SECOND))
    assert isinstance(alert, AlertRaised)
    assert alert.code == "STALENESS"


@pytest.mark.req("ST1")
@pytest.mark.parametrize("is_frozen", [False, True])
def test_age_is_judged_by_what_had_arrived_and_not_by_what_was_handled(is_frozen: bool) -> None:
    stand = booted()
    clock, feed = stand.harness.clock, stand.feed
    stand.frame(snapshot())
    stand.pass_time(3 * SECOND)
    stand.reread(failure="HTTP 500")
    inbox = Lanes(Places(ROUTES))
    for sequence in range(4, 11):  # the feed does not get to run for long
        clock.move(SECOND)
        event = HeartbeatSeen(sequence) if is_frozen else snapshot(str(90 + sequence))
        put(inbox, stand, MarketFrame(1, sequence, stand.now_ns, (event,)))
        if sequence in (4, 6, 10):
            put(inbox, stand, Check())
    clock.move(10 * SECOND)

    said = [body for _ in range(len(inbox)) for body in take(inbox, stand, feed)]

    stalled = of_kind(said, FeedStalled)
    assert [each.age_ns for each in stalled] == ([6 * SECOND] if is_frozen else [])
    assert len(of_kind(said, AlertRaised)) == is_frozen


def put(inbox: Lanes, stand: Stand, body: object) -> None:
    inbox.push(Envelope(1, body, "venue", 0, 1, 0, stand.now_ns), body)


def take(inbox: Lanes, stand: Stand, feed: Feed) -> list[object]:
    before = len(stand.harness.sent)
    feed.on_receive(inbox.pop())
    return [each.body for each in stand.harness.sent[before:]]


def test_a_question_without_an_answer_is_asked_again() -> None:
    stand = booted()
    stand.frame(snapshot())
    stand.pass_time(4 * SECOND)

    assert stand.reread(failure="HTTP 500") == ()
    stand.pass_time(SECOND)

    assert len(stand.venue.named("list_quotes")) == 2


def test_an_answer_to_another_incarnation_is_nobodys() -> None:
    stand = booted(WITH_PAST)
    stand.frame(snapshot())
    later = Nanos(stand.now_ns + 1)

    assert deliver(stand.feed, QuotesListed(7, (a_quote("90", at_ns=later),), None)) == ()
    assert deliver(stand.feed, CandlesListed(7, BTC, Nanos(MINUTE), (), True, None)) == ()


def test_candles_that_are_not_to_be_had_are_told_and_asked_for_again() -> None:
    stand = booted(WITH_PAST)

    (alert,) = stand.candles(failure="HTTP 500")
    stand.pass_time(AGAIN_NS)

    assert isinstance(alert, AlertRaised)
    assert alert.code == "HISTORY"
    first, second = stand.venue.named("list_candles")
    assert first.about == second.about
    assert first.token != second.token


@pytest.mark.req("ST1")
def test_a_minute_that_was_not_seen_whole_comes_from_the_candles() -> None:
    stand = booted(WITH_PAST)
    start_ns = stand.now_ns
    stand.candles()
    stand.pass_time(SECOND)
    deliver(stand.feed, StreamOpened("market", 2))
    stand.pass_time(MINUTE + BAR_GRACE_NS - SECOND)
    assert stand.frame(HeartbeatSeen(1), connection=2) == ()

    stand.pass_time(CANDLE_GRACE_NS)
    one = Price(Decimal(100))
    bar = Bar(BTC, start_ns, one, one, one, one, Quantity(Decimal(1)))
    said = stand.candles(bar)

    asked = stand.venue.last("list_candles").about
    assert asked == {"product": BTC, "start_ns": start_ns, "end_ns": start_ns + MINUTE}
    assert said == (BarClosed(bar),)


@pytest.mark.req("SUP1")
def test_a_newcomer_hears_what_it_listens_to() -> None:
    stand = booted(WITH_PAST)
    stand.frame(snapshot())
    deliver(stand.feed, StreamClosed("market", 1, "gone"))
    before = len(stand.harness.sent)

    deliver(stand.feed, ActorRestarted(RISK_GATE, 2), ActorRestarted("exits", 2))

    told = [(each.to, type(each.body)) for each in stand.harness.sent[before:]]
    assert told == [
        ((RISK_GATE,), QuoteMoved),
        ((RISK_GATE,), FeedStalled),
        (("exits",), QuoteMoved),
        (("exits",), FeedStalled),
    ]
    assert len(stand.venue.named("list_candles")) == 2  # the gate keeps bars, the exits don't


def test_a_newcomer_that_keeps_bars_gets_the_past_again() -> None:
    stand = booted(WITH_PAST)
    stand.candles()

    deliver(stand.feed, ActorRestarted(PROJECTOR, 2))
    assert len(stand.venue.named("list_candles")) == 1
    deliver(stand.feed, ActorRestarted(ALLOCATOR, 2))
    assert len(stand.venue.named("list_candles")) == 2


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_proves_itself_by_five_seconds_that_rest_confirms() -> None:
    stand = booted(epoch=2)
    stand.frame(snapshot())
    for _ in range(5):
        stand.pass_time(SECOND)
        stand.frame(snapshot())
    stand.pass_time(SECOND)

    said = stand.reread(a_quote(at_ns=stand.now_ns))

    assert [type(each) for each in said] == [ActorProven, QuoteMoved]


def test_a_message_that_is_not_for_it_ends_it() -> None:
    with pytest.raises(Exception, match="does not hear"):
        deliver(booted().feed, TradingReady("none"))


# The catalogue, while it runs.


def read_again(
    stand: Stand, *products: Product, failure: str | None = None
) -> list[tuple[Product, ...]]:
    """Let the time for the next reading come and answer it; return what is told of products."""
    stand.pass_time(CATALOGUE_EVERY_NS)
    token = stand.venue.last("list_products").token
    answer = ProductsListed(token, products, failure is None, failure)
    return [living(each) for each in of_kind(deliver(stand.feed, answer), ProductsChanged)]


def living(changed: ProductsChanged) -> tuple[Product, ...]:
    return tuple(each for each in changed.products if each.flags.status != DELISTED)


@pytest.mark.req("EX1")
def test_flags_and_steps_follow_the_catalogue_which_is_read_again_and_again() -> None:
    stand, btc = booted(), a_product(BTC)
    stopped = evolve(btc, flags=evolve(btc.flags, trading_disabled=True))

    assert read_again(stand, stopped) == [(stopped,)]
    assert read_again(stand, btc) == [(btc,)]
    assert len(stand.venue.named("list_products")) == 2


@pytest.mark.req("EX1")
def test_what_can_not_be_read_closes_entries_and_is_asked_for_again_within_half_a_minute() -> None:
    stand = booted()

    ((btc,),) = read_again(stand, failure="503")
    assert btc.flags.unknown == (NOT_READ,)
    told = [line.text for line in stand.harness.log.of("warning")]
    assert "the catalogue could not be read again" in told

    asked = len(stand.venue.named("list_products"))
    stand.pass_time(CATALOGUE_AGAIN_NS)
    assert len(stand.venue.named("list_products")) == asked + 1
    answer = ProductsListed(stand.venue.last("list_products").token, (a_product(BTC),), True, None)
    (opened,) = of_kind(deliver(stand.feed, answer), ProductsChanged)
    assert living(opened) == (a_product(BTC),)


@pytest.mark.req("EX1", "X6")
def test_a_product_that_the_list_lacks_stays_known_so_that_its_lots_can_be_sold() -> None:
    ((btc,),) = read_again(booted(), a_product(ETH))

    assert btc.flags.unknown == (NOT_LISTED,)
    assert btc == evolve(a_product(BTC), flags=btc.flags)


@pytest.mark.req("EX1")
def test_what_the_status_channel_says_counts_at_once_and_the_list_is_read_soon() -> None:
    stand = booted()
    stand.frame(ProductStatusSeen(BTC, ProductFlags()))
    asked = len(stand.venue.named("list_products"))

    said = stand.frame(ProductStatusSeen(BTC, ProductFlags(status="offline")))

    ((btc,),) = [living(each) for each in of_kind(said, ProductsChanged)]
    assert not btc.flags.allows(Action.REST)
    stand.pass_time(CATALOGUE_SOON_NS)
    assert len(stand.venue.named("list_products")) == asked + 1
    back = stand.frame(ProductStatusSeen(BTC, ProductFlags()))
    assert [living(each) for each in of_kind(back, ProductsChanged)] == [(a_product(BTC),)]


@pytest.mark.req("EX1")
def test_rejected_orders_have_the_list_read_soon_and_not_all_the_time() -> None:
    stand = booted()
    rejected = a_moved(an_intent(), OrderState.REJECTED)
    deliver(stand.feed, a_moved(an_intent(), OrderState.OPEN))
    stand.pass_time(30 * SECOND)
    assert stand.venue.named("list_products") == []

    for _ in range(20):
        deliver(stand.feed, rejected)
        stand.pass_time(SECOND)

    assert len(stand.venue.named("list_products")) == 2


@pytest.mark.req("EX1")
def test_what_is_listed_anew_in_our_currency_is_told_once() -> None:
    stand = booted()

    for _ in range(2):
        read_again(stand, a_product(BTC), a_product(ETH), a_product(ProductId("ETH-EUR")))

    told = [line for line in stand.harness.log.lines if line.text.startswith("listed anew")]
    assert [line.fields for line in told] == [{"products": "ETH-USD"}]


@pytest.mark.req("EX1")
def test_a_newcomer_that_listens_is_told_the_catalogue_as_it_was_read_last() -> None:
    stand = booted()
    stopped = evolve(a_product(BTC), base_min=Decimal(7))
    read_again(stand, stopped)

    stand.harness.sent.clear()
    (told,) = of_kind(deliver(stand.feed, ActorRestarted(RISK_GATE, 2)), ProductsChanged)

    assert living(told) == (stopped,)
