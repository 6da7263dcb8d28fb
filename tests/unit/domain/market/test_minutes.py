"""Each minute is closed once, in order, by the stream that saw it whole or by the candles."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.market.bar_order import Asked
from domain.market.minutes import (
    AGAIN_NS,
    BAR_GRACE_NS,
    CANDLE_GRACE_NS,
    Effect,
    Fetch,
    FetchAgain,
    Minutes,
)
from domain.messages.control import AlertRaised
from domain.messages.market import BarClosed, HistoryLoaded, TradesLate, TradesPrinted
from domain.messages.venue import CandlesListed
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import ProductId
from tests.builders.messages import BTC, ETH, NOW, a_trade

pytestmark = pytest.mark.req("ST1", "S1")
LOOKBACK = 3


def at(minute: float) -> Nanos:
    return Nanos(NOW + int(minute * MINUTE))


def candle(minute: int, price: str = "100", product: ProductId = BTC) -> Bar:
    worth = Price(Decimal(price))
    return Bar(product, at(minute), worth, worth, worth, worth, Quantity(Decimal(1)))


def answer(*bars: Bar, product: ProductId = BTC, failure: str | None = None) -> CandlesListed:
    return CandlesListed(1, product, Nanos(MINUTE), bars, failure is None, failure)


def closed_at(minute: int) -> Nanos:
    """Return the venue's time from which on the minute before is closed."""
    return Nanos(at(minute) + BAR_GRACE_NS)


def starts(effects: list[Effect]) -> list[int]:
    """Return the minutes whose bars are told, in order."""
    bars = [each.bar for each in effects if isinstance(each, BarClosed)]
    return [(bar.start_ns - NOW) // MINUTE for bar in bars]


def fetches(effects: list[Effect]) -> list[Asked]:
    return [each.asked for each in effects if isinstance(each, Fetch)]


def seeing(*products: ProductId) -> Minutes:
    """Return minutes with their past, on a stream that is whole from minute 0 on."""
    minutes = Minutes(LOOKBACK, has_history=True)
    for fetch in minutes.watch(products or (BTC,), NOW):
        product = fetch.asked.product
        minutes.answered(fetch.asked, answer(candle(-1, product=product), product=product))
    return minutes


def test_the_past_is_asked_for_at_once() -> None:
    minutes = Minutes(LOOKBACK, has_history=True)

    (fetch,) = minutes.watch((BTC,), at(0.5))

    assert fetch == Fetch(Asked(BTC, at(-LOOKBACK), at(0), is_backfill=True), at(0.5))
    assert minutes.warming == {BTC}


def test_the_past_ends_the_warm_up() -> None:
    minutes = Minutes(LOOKBACK, has_history=True)
    (fetch,) = minutes.watch((BTC,), NOW)

    effects = minutes.answered(fetch.asked, answer(candle(-2), candle(-1)))

    assert effects == [HistoryLoaded(BTC, Nanos(MINUTE), (candle(-2), candle(-1)))]
    assert minutes.warming == frozenset()


def test_without_history_nothing_is_asked_and_nothing_waited_for() -> None:
    minutes = Minutes(LOOKBACK, has_history=False)

    assert minutes.watch((BTC,), NOW) == ()
    minutes.broken(at(0.5))

    assert minutes.reached(closed_at(1)) == []
    assert minutes.warming == frozenset()


def test_a_minute_is_closed_a_second_after_its_end() -> None:
    minutes = seeing()
    minutes.trades(TradesPrinted((a_trade("101", at_ns=at(0.5)),), is_snapshot=False))

    assert minutes.reached(Nanos(closed_at(1) - 1)) == []
    (told,) = minutes.reached(closed_at(1))

    assert isinstance(told, BarClosed)
    assert (told.bar.start_ns, told.bar.close) == (at(0), Decimal(101))
    assert minutes.reached(closed_at(1)) == []


def test_trades_of_a_closed_minute_are_counted_and_told_with_the_next() -> None:
    minutes = seeing()
    minutes.reached(closed_at(1))
    late = tuple(a_trade(at_ns=at(0.9), trade_id=str(number)) for number in range(2))
    minutes.trades(TradesPrinted(late, is_snapshot=False))

    assert minutes.reached(closed_at(2))[1:] == [TradesLate(BTC, 2)]
    assert starts(minutes.reached(closed_at(3))) == [2]
    minutes.trades(TradesPrinted((a_trade(at_ns=at(0.9), trade_id="3"),), is_snapshot=False))
    assert minutes.reached(closed_at(4))[1:] == [TradesLate(BTC, 3)]


def test_minutes_that_nobody_closed_are_closed_in_order() -> None:
    assert starts(seeing().reached(closed_at(3))) == [0, 1, 2]


def test_the_trades_sent_at_subscription_are_in_the_back_fill() -> None:
    minutes = seeing()
    minutes.trades(TradesPrinted((a_trade("500", at_ns=at(0.5)),), is_snapshot=True))

    (told,) = minutes.reached(closed_at(1))

    assert isinstance(told, BarClosed)
    assert told.bar.volume == 0


def test_trades_of_other_products_are_not_ours() -> None:
    minutes = seeing(ETH)
    minutes.trades(TradesPrinted((a_trade("500", at_ns=at(0.5)),), is_snapshot=False))

    (told,) = minutes.reached(closed_at(1))

    assert isinstance(told, BarClosed)
    assert told.bar.product == ETH
    assert told.bar.volume == 0


def test_a_minute_that_was_not_seen_whole_is_asked_for_when_the_venue_shows_it() -> None:
    minutes = seeing()
    minutes.broken(at(0.5))
    minutes.trades(TradesPrinted((a_trade("500", at_ns=at(0.7)),), is_snapshot=False))

    effects = minutes.reached(closed_at(1))

    asked = Asked(BTC, at(0), at(1), is_backfill=False)
    assert effects == [Fetch(asked, Nanos(at(1) + CANDLE_GRACE_NS))]
    assert minutes.answered(asked, answer(candle(0, "99"))) == [BarClosed(candle(0, "99"))]


def test_however_many_minutes_were_missed_they_are_one_question_and_each_gets_its_bar() -> None:
    minutes = seeing()
    minutes.broken(at(700.5))

    (asked,) = fetches(minutes.reached(closed_at(701)))
    effects = minutes.answered(asked, answer(candle(0, "90"), candle(500, "80")))

    assert asked == Asked(BTC, at(0), at(701), is_backfill=False)
    assert starts(effects) == list(range(701))
    closes = [each.bar.close for each in effects if isinstance(each, BarClosed)]
    assert set(closes[:500]) == {Decimal(90)}
    assert set(closes[500:]) == {Decimal(80)}


def test_a_minute_waits_for_the_one_before_that_is_still_asked_for() -> None:
    minutes = seeing()
    minutes.broken(at(0.5))
    (asked,) = fetches(minutes.reached(closed_at(1)))

    assert minutes.reached(closed_at(2)) == []
    effects = minutes.answered(asked, answer(candle(0)))

    assert starts(effects) == [0, 1]


def test_a_minute_without_a_candle_repeats_the_close() -> None:
    minutes = seeing()
    minutes.broken(at(0.5))
    (asked,) = fetches(minutes.reached(closed_at(1)))

    (told,) = minutes.answered(asked, answer())

    assert isinstance(told, BarClosed)
    assert told.bar.close == Decimal(100)
    assert told.bar.volume == 0


def test_candles_that_are_not_to_be_had_settle_nothing_and_are_asked_for_again() -> None:
    minutes = seeing()
    minutes.broken(at(0.5))
    (asked,) = fetches(minutes.reached(closed_at(1)))

    alert, again = minutes.answered(asked, answer(failure="HTTP 500"))

    assert isinstance(alert, AlertRaised)
    assert again == FetchAgain(asked, AGAIN_NS)
    assert minutes.reached(closed_at(2)) == []
    assert starts(minutes.answered(asked, answer(candle(0)))) == [0, 1]


def test_half_a_past_is_no_past() -> None:
    minutes = Minutes(LOOKBACK, has_history=True)
    (fetch,) = minutes.watch((BTC,), NOW)
    half = CandlesListed(1, BTC, Nanos(MINUTE), (candle(-1),), False, None)

    effects = minutes.answered(fetch.asked, half)

    assert effects[-1] == FetchAgain(fetch.asked, AGAIN_NS)
    assert minutes.warming == {BTC}


def test_bars_wait_for_the_past_that_a_newcomer_has_lost() -> None:
    minutes = seeing()
    (fetch,) = minutes.backfill(at(0.5))

    assert minutes.reached(closed_at(1)) == []
    effects = minutes.answered(fetch.asked, answer(candle(-1)))

    assert isinstance(effects[0], HistoryLoaded)
    assert starts(effects) == [0]


Play = st.lists(
    st.one_of(
        st.tuples(st.just("time"), st.integers(1, 150)),
        st.tuples(st.just("broken"), st.just(0)),
        st.tuples(st.just("trade"), st.integers(-90, 30)),
        st.tuples(st.just("answer"), st.integers(0, 9)),
        st.tuples(st.just("failure"), st.integers(0, 9)),
        st.tuples(st.just("newcomer"), st.just(0)),
    ),
    max_size=40,
)


@given(Play)
def test_closed_minutes_follow_each_other_without_a_hole_and_none_is_closed_twice(
    play: list[tuple[str, int]],
) -> None:
    minutes, now_ns, trades = seeing(), int(NOW), 0
    open_questions: list[Asked] = []
    told: list[int] = []

    def take(effects: list[Effect]) -> None:
        open_questions.extend(fetches(effects))
        open_questions.extend(each.asked for each in effects if isinstance(each, FetchAgain))
        told.extend(starts(effects))

    def settle(index: int) -> None:
        asked = open_questions.pop(index % len(open_questions))
        first, last = (asked.start_ns - NOW) // MINUTE, (asked.end_ns - NOW) // MINUTE
        take(minutes.answered(asked, answer(*(candle(each) for each in range(first, last)))))

    for what, number in play:
        if what == "time":
            now_ns += number * SECOND
            take(minutes.reached(Nanos(now_ns)))
        elif what == "broken":
            minutes.broken(Nanos(now_ns))
        elif what == "trade":
            trades += 1
            trade = a_trade("7", at_ns=now_ns + number * SECOND, trade_id=str(trades))
            minutes.trades(TradesPrinted((trade,), is_snapshot=False))
        elif what == "newcomer":
            take([*minutes.backfill(Nanos(now_ns))])
        elif what == "answer" and open_questions:
            settle(number)
        elif what == "failure" and open_questions:
            asked = open_questions.pop(number % len(open_questions))
            take(minutes.answered(asked, answer(failure="HTTP 500")))
    while open_questions:
        settle(0)

    assert told == list(range(len(told)))
    over = (now_ns - BAR_GRACE_NS - NOW) // MINUTE
    assert len(told) == max(0, over)
