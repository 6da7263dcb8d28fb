"""What was printed last, and the minute that still forms."""

from __future__ import annotations

from adapters.simulator.engine.event_queue import NEVER
from adapters.simulator.engine.tape import RECENT, Tape, Timeline
from domain.model.instants import MINUTE, SECOND, Nanos
from tests.builders.numbers import decimals
from tests.builders.steps import BTC, ETH, START, product, step
from tests.fakes.markets import Script


def a_market() -> Script:
    return Script(
        step(2, ("100", "1")),
        step(2, name=ETH),
        step(61, ("101", "1")),
        products=(product("BTC-USD"), product("ETH-USD")),
        minutes=2,
    )


def test_steps_come_once_in_time_order_and_at_one_instant_by_product() -> None:
    market = a_market()
    timeline = Timeline(market, market, Nanos(START))

    came = []
    while (at_ns := timeline.next_ns()) is not NEVER and at_ns < START + 2 * MINUTE:
        came += [(each.at_ns - START, each.product) for each in timeline.steps_at(at_ns)]

    assert came == [(2 * SECOND, BTC), (2 * SECOND, ETH), (61 * SECOND, BTC)]


def test_after_the_end_of_the_market_nothing_is_due() -> None:
    market = a_market()
    timeline = Timeline(market, market, Nanos(START + 2 * MINUTE))

    assert timeline.next_ns() == NEVER
    assert list(timeline.steps_at(START + 3 * MINUTE)) == []


def test_the_newest_hundred_trades_are_kept_newest_first() -> None:
    tape = Tape((BTC,))
    for number in range(RECENT + 20):
        tape.add(step(number / 10, (str(100 + number), "1")))

    recent = tape.recent(BTC)

    assert len(recent) == RECENT
    assert (recent[0].price, recent[-1].price) == decimals(219, 120)


def test_a_minute_forms_until_the_next_one_begins() -> None:
    tape = Tape((BTC,))
    tape.add(step(10, ("100", "1")))
    tape.add(step(20, ("101", "1")))
    assert [trade.price for trade in tape.forming(BTC, START)] == [100, 101]

    tape.add(step(60, ("102", "1")))

    assert tape.forming(BTC, START) == ()
    assert [trade.price for trade in tape.forming(BTC, Nanos(START + MINUTE))] == [102]


def test_an_altered_minute_keeps_what_was_really_printed_in_it() -> None:
    tape = Tape((BTC,))
    tape.alter(BTC, START + 5 * SECOND)
    tape.add(step(10, ("100", "1")))
    tape.add(step(70, ("200", "1")))

    altered = tape.altered(BTC)

    assert {at: [trade.price for trade in trades] for at, trades in altered.items()} == {
        START: [100]
    }
