"""A past of quotes at once says what a watch would, that had been told each of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.loading import load
from domain.market.doubts import PriceWatch
from domain.market.past_quotes import LARGEST_MID, NO_QUOTES, PastQuotes, SeenAtOnce
from domain.market.volatility import JUDGED_S, Volatility
from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.risk.rules.suspect_price import SuspectPrice
from tests.builders.messages import BTC

pytestmark = pytest.mark.req("O1", "BT1")
BEGIN_S = 1_700_000_000
TICK = Decimal("0.01")
LIMITS = load(Path("config")).policy.rule(SuspectPrice).limits


def quotes(rows: Sequence[tuple[int, int, int]], tick: Decimal = TICK) -> PastQuotes:
    """Return quotes of bids and asks in ticks, so many milliseconds after a whole second."""
    bids, asks, at_ms = np.array(rows, np.int64).reshape(-1, 3).T
    return PastQuotes(tick, bids, asks, BEGIN_S * SECOND + at_ms * MILLISECOND)


def a_watch() -> PriceWatch:
    """Return one that knows a past of minutes."""
    watch, volume = PriceWatch(LIMITS), Quantity(Decimal(30))
    first = BEGIN_S // 60 * 60 - 100 * 60
    for number in range(100):
        price = Price(Decimal(100 + number % 3) / 100 * 100)
        start = Nanos(first * SECOND + number * MINUTE)
        watch.bars([Bar(BTC, start, price, price, price, price, volume)])
    return watch


def steps() -> st.SearchStrategy[list[tuple[int, int, int]]]:
    """Draw milliseconds since the quote before, moves in ticks and spreads."""
    step = st.tuples(
        st.sampled_from((1, 300, 1_875, 1_875, 60_000, 62_000)),
        st.sampled_from((0, 0, 0, 1, -1, 3, -3, 12, -12, 400)),
        st.sampled_from((1, 2, 2, 5, 200)),
    )
    return st.lists(step, min_size=1, max_size=400)


def drawn(moves: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    at_ms, bid, rows = 0, 10_000, []
    for after, move, spread in moves:
        at_ms, bid = at_ms + after, max(1, bid + move)
        rows.append((bid, bid + spread, at_ms))
    return rows


@given(steps())
def test_what_is_taken_at_once_leaves_what_each_quote_would_have_left(
    moves: list[tuple[int, int, int]],
) -> None:
    past = quotes(drawn(moves))
    at_once, one_by_one = a_watch(), a_watch()
    doubts = [one_by_one.tick(*each) for each in past]

    if not at_once.past(past):
        return
    assert not any(doubts)
    bid, ask, at_ns = past.last
    for after_s in (0, 1, 7, 59, 61, 200):
        for shift in (Decimal(0), Decimal("0.03"), Decimal("0.5")):
            later = bid + shift, ask + shift, at_ns + after_s * SECOND
            assert at_once.tick(*later) == one_by_one.tick(*later)


@given(steps())
def test_returns_are_those_of_a_watch_that_is_told_second_by_second(
    moves: list[tuple[int, int, int]],
) -> None:
    past = quotes(drawn(moves))
    seen = SeenAtOnce(past)
    mids: dict[int, Decimal] = {}
    for bid, ask, at_ns in past:
        mids[at_ns // SECOND] = (bid + ask) / 2
    told, closed = Volatility(), None
    for second in range(seen.first, seen.last):
        before, closed = closed, mids.get(second, closed)
        if before is not None and closed is not None:
            told.second(second, before, closed)

    begun = Volatility()
    begun.begin(seen.returns)

    assert (begun.known, begun.sigma) == (told.known, told.sigma)
    assert seen.closed == closed
    assert seen.mid == mids[seen.last]


def test_a_quiet_past_is_taken_and_a_jump_or_a_wide_spread_is_not() -> None:
    quiet = [(10_000 + number % 2, 10_002 + number % 2, 1_875 * number) for number in range(352)]
    jumped, wide = list(quiet), list(quiet)
    jumped[300] = 10_100, 10_102, jumped[300][2]
    wide[300] = 10_000, 10_200, wide[300][2]

    assert a_watch().past(quotes(quiet))
    assert not a_watch().past(quotes(jumped))
    assert not a_watch().past(quotes(wide))
    assert not a_watch().past(NO_QUOTES)


@pytest.mark.parametrize(
    "rows",
    [
        [(10_000, 10_002, 0), (10_000, 10_002, (JUDGED_S + 1) * 1_000)],
        [(LARGEST_MID // 2, LARGEST_MID // 2 + 1, 0)],
        [(1, 2, 0), (LARGEST_MID // 2, LARGEST_MID // 2, 1_000), (1, 2, 2_000), (1, 2, 3_000)],
        [(10, 11, 0), (20, 21, 1_000), (20, 21, 2_000)],
    ],
    ids=["a break", "a huge price", "a huge move", "a move of a doubled price"],
)
def test_what_does_not_fit_is_not_judged_at_once(rows: list[tuple[int, int, int]]) -> None:
    assert not SeenAtOnce(quotes(rows)).can_be_judged
    assert not a_watch().past(quotes(rows))


def test_prices_are_whole_ticks() -> None:
    past = quotes([(10_000, 10_002, 0), (10_001, 10_003, 1_000)])

    assert len(past) == 2
    assert list(past) == [
        (Decimal("100.00"), Decimal("100.02"), BEGIN_S * SECOND),
        (Decimal("100.01"), Decimal("100.03"), (BEGIN_S + 1) * SECOND),
    ]
    assert past.last == list(past)[-1]
