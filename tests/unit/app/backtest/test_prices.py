"""Prices of a stretch are judged as by somebody who has seen all that was before it."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from adapters.simulator.market_data.candles import CandleMarket, open_candles
from adapters.simulator.market_data.expander import CandleExpander
from app.backtest.prices import BARS, MOST_UNREST, PlayedPrices
from app.backtest.tapes import TAPE_MINUTES
from config.loading import load
from domain.messages.market import QuoteMoved
from domain.model.instants import MINUTE, SECOND, Nanos, parse_iso
from domain.model.market import Bar, Doubt, PriceLimits
from domain.model.money import Price, Quantity
from domain.model.product import ProductId
from domain.risk.rules.suspect_price import SuspectPrice
from tests.builders.bars import columns_of
from tests.builders.recorded import DEMO, shared_data

pytestmark = pytest.mark.req("BT1", "O1")
DOGE = ProductId("DOGE-USD")


def limits() -> PriceLimits:
    return load(Path("config")).policy.rule(SuspectPrice).limits


def bars(*reaches: str) -> list[Bar]:
    """Return minutes that open and close at 100 and reach so far above."""
    return [
        Bar(
            *(DOGE, Nanos(number * MINUTE), Price(Decimal(100)), Price(100 + Decimal(reach))),
            *(Price(Decimal(100)), Price(Decimal(100)), Quantity(Decimal(1))),
        )
        for number, reach in enumerate(reaches)
    ]


def unrest(*reaches: str) -> int:
    return PlayedPrices(limits()).unrest(bars(*reaches))


def test_minutes_like_those_before_hold_no_jump_and_a_far_one_is_looked_back_on() -> None:
    quiet = ["0.1"] * 20

    assert unrest(*quiet) == 0
    assert unrest(*quiet, "0.19") == 0
    assert unrest(*quiet, "0.2") == 1
    assert unrest(*quiet, "0.2", "0.1") == 2  # it may last
    assert unrest(*quiet, "0.2", "0.1", "0.1") == 0
    assert unrest(*quiet, "0.2", "1", "5") == 3


def test_there_is_an_end_to_looking_back_and_nothing_to_say_of_too_few() -> None:
    assert unrest(*(str(2**n) for n in range(40))) == MOST_UNREST
    assert unrest(*["0.1"] * 11, "9") == 1
    for rows in range(11):
        assert unrest(*["1"] * rows) == 0


@pytest.fixture(scope="module")
def doge() -> CandleMarket:
    return open_candles(shared_data() / DEMO)


def test_while_a_price_has_jumped_its_limit_is_that_of_a_run_that_saw_it_all(
    doge: CandleMarket,
) -> None:
    begin_ns = parse_iso("2023-12-11T03:20:00Z")
    expander = CandleExpander(doge, 1)

    def past(now_ns: Nanos) -> list[Bar]:
        return doge.candles(DOGE, Nanos(now_ns - BARS * MINUTE), now_ns)

    def last(prices: PlayedPrices, now_ns: Nanos) -> Doubt | None:
        found = None
        for step in expander.steps(DOGE, now_ns):
            told = prices.quote(step) if step.at_ns <= now_ns + 2 * SECOND else None
            found = told.quote.doubt if isinstance(told, QuoteMoved) else found
        return found

    whole, doubted = PlayedPrices(limits()), 0
    whole.begin(DOGE, past(begin_ns))
    for number in range(40):
        now_ns = Nanos(begin_ns + number * MINUTE)
        whole.close(columns_of(past(now_ns)[-1:], "1e-8", "1e-8"))
        if number > TAPE_MINUTES + MOST_UNREST:
            fresh = PlayedPrices(limits())
            minutes = TAPE_MINUTES + fresh.unrest(past(now_ns))
            starts = [Nanos(now_ns - ago * MINUTE) for ago in range(minutes, 0, -1)]
            tape = [step for start in starts for step in expander.steps(DOGE, start)]
            touches = partial(expander.touches, DOGE, starts)
            fresh.begin(DOGE, past(now_ns), touches, partial(list, tape))
            found = last(fresh, now_ns)
            want = last(whole, now_ns)
            assert (found and found.limit) == (want and want.limit)
            doubted += found is not None
            rest = [s for s in expander.steps(DOGE, now_ns) if s.at_ns > now_ns + 2 * SECOND]
        else:
            rest = list(expander.steps(DOGE, now_ns))
        for step in rest:
            whole.quote(step)

    assert doubted  # 03:56; a minute later it is believed, in a run too


def test_minutes_of_what_was_never_played_are_no_matter() -> None:
    prices = PlayedPrices(limits())

    prices.close(columns_of(bars("0.1", "0.2"), "0.1", "1"))

    assert prices.known_ns(DOGE, Nanos(2 * MINUTE)) == 0


@pytest.mark.parametrize("shown", [1, 2, 31, 32])
def test_what_was_not_shown_is_judged_later_as_if_it_had_been(
    doge: CandleMarket, shown: int
) -> None:
    begin_ns = parse_iso("2023-12-11T03:30:00Z")
    expander, doubts = CandleExpander(doge, 1), 0
    past = doge.candles(DOGE, Nanos(begin_ns - BARS * MINUTE), begin_ns)
    whole, partly = PlayedPrices(limits()), PlayedPrices(limits())
    for prices in (whole, partly):
        prices.begin(DOGE, past)

    for number in range(40):
        now_ns = Nanos(begin_ns + number * MINUTE)
        before = expander.steps(DOGE, Nanos(now_ns - MINUTE))
        touches = partial(expander.touches, DOGE, [Nanos(now_ns - MINUTE)])
        if number:
            partly.catch_up(DOGE, now_ns, touches, partial(list, before))
        steps = expander.steps(DOGE, now_ns)
        for step in steps[:shown]:
            told, want = partly.quote(step), whole.quote(step)
            assert told == want
            doubts += isinstance(want, QuoteMoved) and want.quote.doubt is not None
        for step in steps[shown:]:
            whole.quote(step)

    assert doubts
