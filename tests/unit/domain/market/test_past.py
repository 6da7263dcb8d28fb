"""Hours and days of the past are asked for once, waited for, and told without a hole at the end."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.market.minutes import FetchAgain
from domain.market.past import WidePast
from domain.messages.control import AlertRaised
from domain.messages.market import HistoryLoaded
from domain.messages.venue import CandlesListed
from domain.model.bars import Timeframe
from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from tests.builders.messages import BTC, ETH, NOW

ROWS = {Timeframe.MINUTE: 0, Timeframe.HOUR: 4, Timeframe.DAY: 2}
NOON = Nanos(NOW // DAY * DAY + 12 * HOUR + 7 * MINUTE)


def hour(back: int, close: str = "5") -> Bar:
    worth = Price(Decimal(close))
    start = Nanos(NOON // HOUR * HOUR - back * HOUR)
    return Bar(BTC, start, worth, worth, worth, worth, Quantity(Decimal(2)))


def answer(*bars: Bar, failure: str | None = None) -> CandlesListed:
    return CandlesListed(1, BTC, Nanos(HOUR), bars, failure is None, failure)


def test_each_length_is_asked_for_up_to_the_bar_that_runs() -> None:
    asked = [each.asked for each in WidePast(ROWS).watch((BTC, ETH), NOON)]

    assert [(each.product, each.width_ns) for each in asked] == [
        (BTC, HOUR),
        (BTC, DAY),
        (ETH, HOUR),
        (ETH, DAY),
    ]
    assert asked[0].end_ns == NOON // HOUR * HOUR == asked[0].start_ns + 4 * HOUR
    assert asked[1].end_ns == NOON // DAY * DAY == asked[1].start_ns + 2 * DAY


def test_where_nobody_needs_any_nothing_is_asked() -> None:
    past = WidePast({})

    assert past.watch((BTC,), NOON) == ()
    assert past.warming == frozenset()


@pytest.mark.req("S1")
def test_trading_waits_for_it_and_the_answer_is_told() -> None:
    past = WidePast({Timeframe.HOUR: 4})
    (fetch,) = past.watch((BTC,), NOON)
    assert past.warming == {BTC}

    (told,) = past.answered(fetch.asked, answer(hour(2), hour(1)))

    assert told == HistoryLoaded(BTC, Nanos(HOUR), (hour(2), hour(1)))
    assert past.warming == frozenset()


def test_hours_without_a_trade_at_the_end_repeat_the_close() -> None:
    past = WidePast({Timeframe.HOUR: 4})
    (fetch,) = past.watch((BTC,), NOON)

    (told,) = past.answered(fetch.asked, answer(hour(4)))

    assert isinstance(told, HistoryLoaded)
    flat = [evolve(hour(back), volume=Quantity(Decimal(0))) for back in (3, 2)]
    assert told.bars == (hour(4), *flat), "the newest comes from its minutes"


@pytest.mark.req("E2")
def test_an_answer_that_is_not_whole_is_told_and_asked_for_again() -> None:
    past = WidePast({Timeframe.HOUR: 4})
    (fetch,) = past.watch((BTC,), NOON)

    alert, again = past.answered(fetch.asked, answer(failure="HTTP 500"))

    assert isinstance(alert, AlertRaised)
    assert isinstance(again, FetchAgain)
    assert again.asked == fetch.asked
    assert past.warming == {BTC}


def test_a_product_without_any_past_is_no_reason_to_wait() -> None:
    past = WidePast({Timeframe.HOUR: 4})
    (fetch,) = past.watch((BTC,), NOON)

    assert past.answered(fetch.asked, answer()) == (HistoryLoaded(BTC, Nanos(HOUR), ()),)
    assert past.warming == frozenset()
