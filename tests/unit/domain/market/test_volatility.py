"""Sigma is the deviation of the ten minutes of 1 s returns before, or that of whole minutes."""

from __future__ import annotations

import random
import statistics
from decimal import Decimal
from itertools import pairwise

import pytest

from domain.market.volatility import (
    BILLION,
    JUDGED_S,
    LEAST_MINUTES,
    LEAST_SECONDS,
    MOST_MINUTES,
    WINDOW_S,
    Volatility,
)

pytestmark = pytest.mark.req("O1")


def walk(steps: int, seed: int = 1) -> list[Decimal]:
    """Return mids in cents, one more than `steps`."""
    draw, price = random.Random(seed), 50_000
    path = [price]
    for _ in range(steps):
        price += draw.randint(-40, 40)
        path.append(price)
    return [Decimal(each) / 100 for each in path]


def after(mids: list[Decimal]) -> Volatility:
    found = Volatility()
    for second, (before, mid) in enumerate(pairwise(mids)):
        found.second(second, before, mid)
    return found


def deviation(mids: list[Decimal]) -> float:
    return statistics.stdev(float(mid / before) - 1 for before, mid in pairwise(mids)) * BILLION


@pytest.mark.parametrize("seed", range(4))
def test_it_is_that_of_the_ten_minutes_before_the_minute_that_is_judged(seed: int) -> None:
    mids = walk(1_500, seed)
    found = after(mids)

    assert found.sigma is not None
    begin, end = len(mids) - 1 - JUDGED_S - WINDOW_S, len(mids) - JUDGED_S
    assert float(found.sigma) == pytest.approx(deviation(mids[begin:end]), rel=1e-6)


def test_a_jump_within_the_minute_that_is_judged_does_not_count() -> None:
    mids = walk(1_000)
    calm = after(mids).sigma
    jumped = after([*mids, *[mids[-1] * 2] * (JUDGED_S - 1)]).sigma

    assert calm is not None
    assert jumped is not None
    assert jumped == pytest.approx(calm, rel=Decimal("0.1"))


def test_the_first_returns_of_a_stream_count_all_from_120_on() -> None:
    mids = walk(LEAST_SECONDS)

    assert after(mids[:-1]).sigma is None
    found = after(mids).sigma
    assert found is not None
    assert float(found) == pytest.approx(deviation(mids), rel=1e-6)


def test_with_fewer_it_is_that_of_60_minutes_or_more_over_the_root_of_60() -> None:
    closes, found = walk(LEAST_MINUTES), Volatility()

    found.minutes(closes[:-1])
    assert found.sigma is None
    found.minutes(closes[-1:])
    assert found.sigma is not None
    assert float(found.sigma) == pytest.approx(deviation(closes) / 60**0.5, rel=1e-6)


def test_what_is_kept_does_not_grow() -> None:
    found = after(walk(5_000))
    found.minutes(walk(5_000))

    assert found.known == (JUDGED_S + WINDOW_S, MOST_MINUTES)


def test_returns_from_before_a_long_break_are_forgotten() -> None:
    found = after(walk(500))
    found.forget(500 + WINDOW_S + 2 * JUDGED_S)

    assert found.sigma is None
