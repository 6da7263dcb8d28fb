"""Prices and minutes see the same frames, the same breaks, and begin trading together."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.market.bar_order import Asked
from domain.market.market_data import LOOKS, FeedPlan, MarketData
from domain.market.minutes import BAR_GRACE_NS, Fetch
from domain.market.quality import Reread, StartAnew
from domain.market.stamps import AHEAD_NS
from domain.messages.control import AlertRaised
from domain.messages.market import (
    AFTER_GAP,
    SUBSCRIBED_ANEW,
    BarClosed,
    BookChanged,
    BookLost,
    BookSnapshotSeen,
    FeedRecovered,
    FeedStalled,
    HeartbeatSeen,
    MarketEvent,
    MarketFrame,
    QuoteMoved,
    StreamClosed,
    StreamOpened,
    TradesPrinted,
)
from domain.messages.supervision import GapSeen, TradingReady
from domain.messages.universe import LiquidityMeasured
from domain.messages.venue import CandlesListed, QuotesListed
from domain.model.instants import DAY, HOUR, MINUTE, SECOND, Nanos
from domain.model.product import ProductId
from domain.model.universe import BookMeasure
from tests.builders.messages import BTC, NOW, a_level, a_quote, a_trade

pytestmark = pytest.mark.req("ST1")
SNAPSHOT = BookSnapshotSeen(BTC, (a_level("100", "5"),), (a_level("100.10", "5"),))
HALF_PAST = Nanos(NOW + MINUTE // 2)


def at(seconds: int) -> Nanos:
    return Nanos(NOW + seconds * SECOND)


def frame(*events: MarketEvent, connection: int = 1, at_ns: int = NOW) -> MarketFrame:
    return MarketFrame(connection, 0, Nanos(at_ns), events)


def connected(*, has_history: bool = False) -> MarketData:
    """Return the data of one product on connection 1, opened on the full minute."""
    data = MarketData(FeedPlan(3, Nanos(5 * SECOND), has_history), is_trusted=True)
    data.watch((BTC,), NOW)
    data.step(StreamOpened("market", 1), NOW)
    return data


def test_the_first_quote_begins_trading_where_there_is_no_past_to_wait_for() -> None:
    quote, looked, ready = connected().step(frame(SNAPSHOT), NOW)

    assert (quote, ready) == (QuoteMoved(a_quote()), TradingReady("none"))
    assert isinstance(looked, LiquidityMeasured), "what may be bought is judged before"


@pytest.mark.req("U1")
def test_every_book_is_looked_at_within_ten_checks_and_none_twice() -> None:
    names = tuple(ProductId(f"P{number}-USD") for number in range(23))
    data = MarketData(FeedPlan(3, Nanos(5 * SECOND), has_history=False), is_trusted=True)
    data.watch(names, NOW)

    told = [each for _ in range(LOOKS) for each in data.check(NOW, NOW)]
    seen = [one.product for each in told for one in getattr(each, "measures", ())]

    assert sorted(seen) == sorted(names)


@pytest.mark.req("U1")
def test_what_is_not_known_whole_has_no_liquidity() -> None:
    data = connected()
    unknown = BookMeasure(BTC, None, None, None)
    assert data.liquidity() == LiquidityMeasured((unknown,))

    data.step(frame(SNAPSHOT), NOW)
    (known,) = data.liquidity().measures
    assert (known.bid_depth, known.ask_depth) == (Decimal(500), Decimal("500.5"))
    assert known.spread_bps is not None
    assert f"{known.spread_bps:.3f}" == "9.995"

    data.step(StreamClosed("market", 1, "gone"), NOW)
    assert data.liquidity() == LiquidityMeasured((unknown,))


def test_trading_begins_with_quote_and_past() -> None:
    data = connected(has_history=True)
    assert data.step(frame(SNAPSHOT), NOW) == [QuoteMoved(a_quote())]
    assert data.warming == {BTC}

    asked = Asked(BTC, Nanos(NOW - 3 * MINUTE), NOW, is_backfill=True)
    effects = data.answered(asked, CandlesListed(1, BTC, Nanos(MINUTE), (), True, None))

    assert effects[-1] == TradingReady("3m")


def test_trading_that_has_waited_long_enough_begins_with_what_there_is_and_only_once() -> None:
    data = connected(has_history=True)

    assert data.begin() == (data.liquidity(), TradingReady("3m"))
    assert data.begin() == ()
    assert data.step(frame(SNAPSHOT), NOW) == [QuoteMoved(a_quote())]


def test_frames_of_another_connection_say_nothing() -> None:
    data = connected()
    trades = TradesPrinted((a_trade("500", at_ns=NOW),), is_snapshot=False)
    late_ns = NOW + 5 * MINUTE

    assert data.step(frame(SNAPSHOT, connection=2), NOW) == []
    assert data.step(frame(trades, connection=2, at_ns=late_ns), NOW) == []
    assert data.warming == {BTC}


def test_what_follows_the_end_of_a_connection_says_nothing() -> None:
    data = connected()
    data.step(frame(SNAPSHOT), NOW)

    stalled = data.step(StreamClosed("market", 1, "sequence gap"), HALF_PAST)

    age_ns = Nanos(HALF_PAST - NOW)
    assert stalled == [FeedStalled(BTC, "disconnected: sequence gap", age_ns)]
    assert data.step(frame(SNAPSHOT, at_ns=HALF_PAST), HALF_PAST) == []


def test_the_next_connection_brings_recovery() -> None:
    data = connected()
    data.step(frame(SNAPSHOT), NOW)
    data.step(StreamClosed("market", 1, "sequence gap"), HALF_PAST)
    data.step(StreamOpened("market", 2), HALF_PAST)

    effects = data.step(frame(SNAPSHOT, connection=2, at_ns=HALF_PAST), HALF_PAST)

    assert effects == [QuoteMoved(a_quote(at_ns=HALF_PAST)), FeedRecovered(BTC)]


def test_the_end_of_an_older_connection_is_no_news() -> None:
    data = connected()
    data.step(StreamOpened("market", 2), NOW)
    data.step(frame(SNAPSHOT, connection=2), NOW)

    assert data.step(StreamClosed("market", 1, "late"), NOW) == []
    assert data.briefing() == (QuoteMoved(a_quote()),)


@pytest.mark.parametrize("reason", [AFTER_GAP, SUBSCRIBED_ANEW])
def test_that_we_had_it_begin_anew_says_nothing_about_the_stream(reason: str) -> None:
    data = connected()
    data.step(frame(SNAPSHOT), NOW)

    assert data.step(StreamClosed("market", 1, reason), HALF_PAST) == []


def test_a_connection_that_could_not_be_made_is_told() -> None:
    data = MarketData(FeedPlan(3, Nanos(5 * SECOND), False), is_trusted=True)
    data.watch((BTC,), NOW)

    (stalled,) = data.step(StreamClosed("market", 1, "refused"), NOW)

    assert stalled == FeedStalled(BTC, "disconnected: refused", Nanos(0))


@pytest.mark.req("TIME2")
def test_after_a_gap_nothing_is_believed_until_a_new_connection() -> None:
    data = connected()
    data.step(frame(SNAPSHOT), NOW)

    stalled, anew = data.step(GapSeen(Nanos(9 * SECOND)), HALF_PAST)

    assert anew == StartAnew(AFTER_GAP)
    assert isinstance(stalled, FeedStalled)
    assert stalled.reason == "the process did not run for 9000 ms"
    assert data.step(frame(SNAPSHOT, at_ns=HALF_PAST), HALF_PAST) == []
    assert data.briefing()[-1] == FeedStalled(BTC, stalled.reason, Nanos(0))


@pytest.mark.parametrize(
    "break_",
    [StreamOpened("market", 1), StreamClosed("market", 1, "gap"), GapSeen(Nanos(9 * SECOND))],
)
def test_a_break_leaves_its_minute_to_the_candles(
    break_: StreamOpened | StreamClosed | GapSeen,
) -> None:
    data = connected(has_history=True)
    data.step(break_, HALF_PAST)
    data.step(StreamOpened("market", 2), HALF_PAST)
    over_ns = NOW + MINUTE + BAR_GRACE_NS

    effects = data.step(frame(HeartbeatSeen(1), connection=2, at_ns=over_ns), Nanos(over_ns))

    assert [type(each) for each in effects] == [Fetch]


def test_trades_become_the_bar_of_their_minute() -> None:
    data = connected()
    data.step(frame(TradesPrinted((a_trade("101", at_ns=NOW),), is_snapshot=False)), NOW)

    over_ns = Nanos(NOW + MINUTE + BAR_GRACE_NS)
    effects = data.step(frame(at_ns=over_ns), over_ns)

    (told,) = effects
    assert isinstance(told, BarClosed)
    assert told.bar.close == Decimal(101)


def test_an_old_quote_is_read_again_and_confirmed() -> None:
    data = connected()
    data.step(frame(SNAPSHOT), NOW)
    later = Nanos(NOW + 4 * SECOND)

    assert data.check(later, Nanos(1)) == (Reread((BTC,)),)
    (moved,) = data.confirm(
        Reread((BTC,)), QuotesListed(1, (a_quote(at_ns=later),), None), later, Nanos(1)
    )

    assert isinstance(moved, QuoteMoved)
    assert moved.quote.confirmed_ns == later


# Stamps that lie ahead.


@pytest.mark.parametrize("ahead_ns", [AHEAD_NS + 1, HOUR, 30 * DAY, 300 * 365 * DAY])
def test_a_frame_stamped_ahead_is_refused_told_once_and_closes_nothing(ahead_ns: int) -> None:
    data = connected(has_history=True)
    data.step(frame(SNAPSHOT), NOW)

    first = data.step(frame(HeartbeatSeen(1), at_ns=NOW + ahead_ns), NOW)
    data.step(StreamOpened("market", 2), NOW)
    second = data.step(frame(SNAPSHOT, connection=2, at_ns=NOW + ahead_ns), NOW)

    assert [type(each) for each in first] == [AlertRaised, FeedStalled, StartAnew]
    assert [type(each) for each in second] == [StartAnew]


def test_after_a_frame_stamped_ahead_the_next_connection_is_as_good_as_any() -> None:
    data = connected()
    data.step(frame(SNAPSHOT), NOW)
    data.step(frame(HeartbeatSeen(1), at_ns=NOW + HOUR), NOW)
    assert data.step(frame(SNAPSHOT, at_ns=at(1)), at(1)) == []  # what that connection still says

    data.step(StreamOpened("market", 2), at(2))
    effects = data.step(frame(SNAPSHOT, connection=2, at_ns=at(2)), at(2))

    assert [type(each) for each in effects] == [QuoteMoved, FeedRecovered]


def test_a_stamp_a_little_ahead_is_of_now_and_closes_no_minute_before_its_time() -> None:
    data = connected()
    data.step(frame(TradesPrinted((a_trade("101", at_ns=NOW),), is_snapshot=False)), NOW)
    end_ns = NOW + MINUTE

    early = data.step(frame(HeartbeatSeen(1), at_ns=end_ns + 2 * SECOND), Nanos(end_ns))
    in_time = data.step(frame(HeartbeatSeen(2), at_ns=end_ns), Nanos(end_ns + BAR_GRACE_NS))
    over = data.step(
        frame(HeartbeatSeen(3), at_ns=end_ns + BAR_GRACE_NS), Nanos(end_ns + BAR_GRACE_NS)
    )

    assert (early, in_time) == ([], [])
    assert [type(each) for each in over] == [BarClosed]


def test_a_trade_stamped_ahead_is_left_out_and_told_and_the_others_count() -> None:
    data = connected()
    good, ahead = a_trade("101", at_ns=NOW), a_trade("999", at_ns=NOW + DAY, trade_id="2")

    told = data.step(frame(TradesPrinted((good, ahead, ahead), is_snapshot=False)), NOW)
    over_ns = Nanos(NOW + MINUTE + BAR_GRACE_NS)
    (closed,) = data.step(frame(HeartbeatSeen(1), at_ns=over_ns), over_ns)

    assert [type(each) for each in told] == [AlertRaised]
    assert isinstance(closed, BarClosed)
    assert closed.bar.high == 101


def test_a_reading_stamped_ahead_confirms_nothing_and_is_told() -> None:
    data = connected()
    data.step(frame(SNAPSHOT), NOW)
    data.check(at(4), Nanos(1))

    told = data.confirm(
        Reread((BTC,)), QuotesListed(1, (a_quote(at_ns=NOW + DAY),), None), at(4), Nanos(1)
    )

    assert [type(each) for each in told] == [AlertRaised]
    assert [type(each) for each in data.check(at(6), Nanos(1))][:1] == [FeedStalled]


@pytest.mark.req("ST1")
def test_data_of_products_that_nobody_asked_for_kill_nobody() -> None:
    for is_trusted in (True, False):
        data = MarketData(FeedPlan(5, Nanos(5 * SECOND), False), is_trusted=is_trusted)
        data.watch((BTC,), Nanos(NOW))
        data.step(StreamOpened("market", 1), Nanos(NOW))
        other = ProductId("BTC-XYZ")
        events = (
            BookSnapshotSeen(other, (a_level("1"),), (a_level("2"),)),
            BookChanged(other, (), ()),
            BookLost(other, "odd"),
            TradesPrinted((evolve(a_trade(), product=other),), False),
        )
        assert data.step(frame(*events), Nanos(NOW)) == []
        quotes = QuotesListed(1, (evolve(a_quote(), product=other),), None)
        assert data.confirm(Reread((BTC,)), quotes, Nanos(NOW), Nanos(0)) == ()
