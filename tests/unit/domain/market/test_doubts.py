"""A price that jumped, has a wide spread or an odd bar is doubted, and so is one without a past."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from itertools import count

import numpy as np
import pytest
from attrs import evolve

from domain.market.doubts import BARS, TELL_EVERY_NS, NoWatch, PriceWatch
from domain.market.past_quotes import NO_QUOTES, PastQuotes, Tick
from domain.market.volatility import JUDGED_S
from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos
from domain.model.market import Bar, Doubt, DoubtKind, PriceLimits
from domain.model.money import Price, Quantity
from tests.builders.messages import BTC

pytestmark = pytest.mark.req("O1")
START_S = 1_700_000_000
HALF_SPREAD = Decimal("0.05")
LIMITS = PriceLimits(
    jump_sigmas=Decimal(6),
    jump_floor_bps=Decimal(0),
    max_spread_bps=Decimal(100),
    bar_pct=Decimal(10),
    bar_volume_ratio=Decimal("0.1"),
)


def a_bar(number: int, close: str = "100", volume: str = "30") -> Bar:
    price = Price(Decimal(close))
    start = Nanos((START_S - START_S % 60) * SECOND + number * MINUTE)
    return Bar(BTC, start, price, price, price, price, Quantity(Decimal(volume)))


class Feeding:
    """A watch that is told ticks; time goes on by itself."""

    def __init__(self, limits: PriceLimits = LIMITS, *, bars: int = BARS) -> None:
        self.watch = PriceWatch(limits)
        self.watch.bars(a_bar(number) for number in range(bars))
        self.now_ns = START_S * SECOND
        self.mid = Decimal(100)

    def tick(
        self, mid: Decimal | str, *, after_ns: int = SECOND, half: Decimal = HALF_SPREAD
    ) -> Doubt | None:
        self.now_ns += after_ns
        self.mid = Decimal(mid)
        return self.watch.tick(self.mid - half, self.mid + half, self.now_ns)

    def calm(self, seconds: int = 900, seed: int = 1) -> Doubt | None:
        """Let the mid wander by up to a basis point a second."""
        draw, found = random.Random(seed), None
        for _ in range(seconds):
            found = self.tick(self.mid + Decimal(draw.randint(-100, 100)) / 10_000)
        return found

    def passed(self, by_ns: int) -> Doubt | None:
        self.now_ns += by_ns
        return self.watch.passed(self.now_ns)


def calm(limits: PriceLimits = LIMITS) -> Feeding:
    feeding = Feeding(limits)
    assert feeding.calm() is None
    return feeding


@pytest.mark.parametrize("seed", range(3))
def test_a_wandering_price_is_never_doubted(seed: int) -> None:
    feeding = Feeding()
    feeding.calm(300, seed)
    before = feeding.watch.ticks

    for _ in range(10):
        assert feeding.calm(120, seed + 7) is None
    assert feeding.watch.ticks == before


@pytest.mark.parametrize("to", ["0.95", "1.05"])
def test_a_jump_is_doubted_at_once_with_value_and_limit(to: str) -> None:
    feeding = calm()

    doubt = feeding.tick(feeding.mid * Decimal(to), after_ns=MILLISECOND)

    assert doubt is not None
    assert doubt.kind is DoubtKind.JUMP
    assert doubt.is_down is (to < "1")
    assert "mid moved" in doubt.observed
    assert "% in 60 s" in doubt.observed
    assert doubt.limit.endswith(" %")
    assert doubt.is_open


def limit_of(feeding: Feeding) -> Decimal:
    """Return by which part the mid may move now, as the doubt of a huge jump says."""
    doubt = feeding.watch.tick(Decimal(999), Decimal(1001), feeding.now_ns)
    assert doubt is not None
    return Decimal(doubt.limit.removesuffix(" %")) / 100


def test_the_limit_is_six_sigma_of_a_minutes_move() -> None:
    limit = limit_of(calm())

    sigma = Decimal("0.0000577")  # of a second: uniform between a basis point down and up
    expected = 6 * sigma * Decimal(60).sqrt()
    assert abs(limit - expected) < expected / 8


def test_a_smaller_number_of_sigmas_is_a_smaller_limit() -> None:
    whole, half = calm(), calm(evolve(LIMITS, jump_sigmas=Decimal(3)))

    assert abs(limit_of(whole) - 2 * limit_of(half)) <= Decimal("0.0001")


def test_a_move_below_the_floor_is_no_jump() -> None:
    feeding = calm(evolve(LIMITS, jump_floor_bps=Decimal(100)))

    assert feeding.tick(feeding.mid * Decimal("1.009")) is None
    assert feeding.tick(feeding.mid * Decimal("1.009")) is not None, "both together are more"


def test_a_move_that_takes_some_seconds_is_a_jump_too() -> None:
    feeding = calm()

    found = [feeding.tick(feeding.mid * Decimal("0.999")) for _ in range(20)]

    assert found[-1] is not None
    assert found[-1].kind is DoubtKind.JUMP


def test_a_price_that_stays_is_believed_a_minute_later_without_another_tick() -> None:
    feeding = calm()
    feeding.tick(feeding.mid * Decimal("0.9"))

    assert feeding.passed(JUDGED_S * SECOND) is not None
    assert feeding.passed(2 * SECOND) is None


@pytest.mark.parametrize("seconds", [1, 30, 59, 61, 62, 90])
def test_a_price_that_stands_is_judged_as_by_somebody_who_asks_each_second(seconds: int) -> None:
    asked, told = calm(), calm()
    for feeding in (asked, told):
        feeding.tick(feeding.mid * Decimal("1.02"))
        feeding.tick(feeding.mid, after_ns=58 * SECOND)
    for _ in range(seconds - 1):
        asked.passed(SECOND)
    told.watch.stand(told.now_ns + seconds * SECOND)

    # What it is after that depends on the limit that holds since the jump is forgotten.
    move = asked.mid * Decimal("0.99")
    found = asked.tick(move), told.tick(move, after_ns=seconds * SECOND)

    assert found[0] == found[1]
    assert limit_after(asked) == limit_after(told)


def limit_after(feeding: Feeding) -> Decimal:
    """Return by how much a price may move then, by the doubt about one that moved far."""
    doubt = feeding.tick(feeding.mid * 3)
    assert doubt is not None
    return Decimal(doubt.limit.removesuffix(" %"))


def test_a_price_that_has_not_jumped_stands_without_a_look() -> None:
    feeding = Feeding()
    feeding.watch.stand(feeding.now_ns)
    feeding.calm()
    before = feeding.watch.passed(feeding.now_ns)
    feeding.watch.stand(feeding.now_ns + 900 * SECOND)
    assert feeding.watch.passed(feeding.now_ns) == before is None


def test_a_spike_that_is_over_is_doubted_until_it_is_a_minute_old() -> None:
    feeding = calm()
    usual = feeding.mid
    feeding.tick(usual * 2, after_ns=MILLISECOND)
    back = feeding.tick(usual, after_ns=MILLISECOND)

    assert back is not None
    assert feeding.passed((JUDGED_S + 2) * SECOND) is None


def test_a_jump_over_a_break_of_the_stream_is_one() -> None:
    feeding = calm()
    feeding.watch.broken()

    doubt = feeding.tick(feeding.mid * Decimal("0.9"), after_ns=20 * SECOND)

    assert doubt is not None
    assert doubt.kind is DoubtKind.JUMP


def test_a_wide_spread_is_doubted_beyond_the_limit_and_while_it_lasts() -> None:
    feeding = calm()
    at_limit = feeding.mid / 200  # half of 100 bps

    assert feeding.tick(feeding.mid, half=at_limit) is None
    doubt = feeding.tick(feeding.mid, half=at_limit * Decimal("1.01"))

    assert doubt is not None
    assert (doubt.kind, doubt.observed, doubt.limit) == (DoubtKind.SPREAD, "101 bps", "100 bps")
    assert doubt.is_open
    assert feeding.tick(feeding.mid) is None


@pytest.mark.parametrize(
    ("close", "volume", "is_odd"),
    [
        ("110", "2", False),
        ("110.1", "2.99", True),
        ("110.1", "3", False),
        ("89.9", "0", True),
        ("90", "0", False),
    ],
)
def test_a_bar_off_its_mean_needs_volume(close: str, volume: str, is_odd: bool) -> None:
    feeding = calm()

    feeding.watch.bars([a_bar(BARS, close, volume)])
    doubt = feeding.tick(feeding.mid)

    assert (doubt is not None) is is_odd
    if doubt is not None:
        assert doubt.kind is DoubtKind.BAR
        assert "% off its mean" in doubt.observed
        assert f"{volume} traded after 30 a bar" in doubt.observed
        assert doubt.limit == "10 % below 0.1 of the volume"
        assert not doubt.is_open, "it is about a bar: exits go by the price"
        feeding.watch.bars([a_bar(BARS + 1)])
        assert feeding.tick(feeding.mid) is None


def test_bars_that_are_known_count_once() -> None:
    feeding = Feeding(bars=BARS - 1)
    feeding.calm(300)

    feeding.watch.bars([a_bar(BARS - 2)])
    doubt = feeding.tick(feeding.mid)
    assert doubt is not None
    assert doubt.kind is DoubtKind.HISTORY

    feeding.watch.bars([a_bar(BARS - 1)])
    assert feeding.tick(feeding.mid) is None


def test_without_a_past_every_price_is_doubted_and_no_exit_waits_for_it() -> None:
    feeding = Feeding()
    doubt = feeding.calm(100)

    assert doubt is not None
    assert doubt.kind is DoubtKind.HISTORY
    assert doubt.observed == "0 returns of 1 s, 19 of 1 min, 20 closed bars"
    assert not doubt.is_open
    assert feeding.calm(30) is None


def test_back_filled_minutes_are_past_enough() -> None:
    feeding, draw = Feeding(bars=0), random.Random(3)
    feeding.watch.bars(a_bar(each, str(100 + draw.randint(-5, 5) / 100)) for each in range(61))

    assert feeding.tick("100") is None
    doubt = feeding.tick("101")
    assert doubt is not None
    assert doubt.kind is DoubtKind.JUMP


@pytest.mark.parametrize(
    ("to", "shown", "is_confirmed"),
    [
        ("90", "90", True),
        ("90", "90.3", True),
        ("90", "91", False),
        ("90", "85", True),
        ("110", "110", True),
        ("110", "109", False),
        ("110", "115", True),
        ("110", "100", False),
    ],
)
def test_a_second_source_confirms_a_price_that_it_shows_too(
    to: str, shown: str, is_confirmed: bool
) -> None:
    feeding = calm()
    feeding.tick(to)

    doubt = feeding.watch.second_source(Decimal(shown), feeding.now_ns)

    assert doubt is not None
    assert doubt.is_confirmed is is_confirmed
    assert doubt.is_open is not is_confirmed


def test_what_was_shown_before_the_jump_confirms_nothing() -> None:
    feeding = calm()
    feeding.tick("90")

    doubt = feeding.watch.second_source(Decimal(90), feeding.now_ns - 1)

    assert doubt is not None
    assert doubt.is_open


def test_a_price_that_turns_is_to_be_confirmed_anew() -> None:
    feeding = calm()
    feeding.tick("90")
    feeding.watch.second_source(Decimal(90), feeding.now_ns)

    turned = feeding.tick("115")
    back = feeding.tick("90")

    assert turned is not None
    assert back is not None
    assert back.is_open


def test_a_lone_bid_far_below_the_mid_is_doubted() -> None:
    feeding = calm()

    assert feeding.watch.lone_bid(Decimal("99.9"), feeding.now_ns) is None
    doubt = feeding.watch.lone_bid(Decimal(80), feeding.now_ns)

    assert doubt is not None
    assert doubt.is_open
    assert "below the mid" in doubt.observed
    assert feeding.watch.second_source(Decimal(80), feeding.now_ns) is not doubt


def test_doubts_are_told_once_a_minute_and_counted_meanwhile() -> None:
    feeding = calm()
    usual, ticks = feeding.mid, count(feeding.watch.ticks + 1)
    told = []
    for _ in range(30):
        assert feeding.tick(usual * 2, after_ns=MILLISECOND) is not None
        assert next(ticks) == feeding.watch.ticks
        assert feeding.tick(usual, after_ns=MILLISECOND) is not None
        assert next(ticks) == feeding.watch.ticks
        told.append(feeding.watch.news(feeding.now_ns))

    assert [each is not None for each in told] == [True] + [False] * 29
    assert feeding.watch.news(feeding.now_ns + TELL_EVERY_NS) is not None
    assert feeding.watch.news(feeding.now_ns + 3 * TELL_EVERY_NS) is None


def test_that_the_past_is_unknown_is_not_told() -> None:
    feeding = Feeding()
    feeding.calm(10)

    assert feeding.watch.news(feeding.now_ns) is None


def test_what_has_no_limits_is_never_doubted() -> None:
    watch = NoWatch()
    said = (
        watch.tick(Decimal(1), Decimal(900), 0),
        watch.lone_bid(Decimal(1), 0),
        watch.second_source(Decimal(1), 0),
        watch.passed(10**12),
        watch.news(10**12),
    )

    assert set(said) == {None}


def a_tape(seed: int, steps: int, widest: int) -> list[Tick]:
    """Return bids and asks of so many steps, which move by up to `widest` hundredths of a bp."""
    draw, mid, found = random.Random(seed), Decimal(100), []
    at_ns = (START_S + 2_000) * SECOND
    for _ in range(steps):
        if draw.random() < 0.6:
            mid += Decimal(draw.randint(-widest, widest)) / 10_000
        at_ns += draw.choice((300 * MILLISECOND, 1_875 * MILLISECOND, 1_875 * MILLISECOND))
        half = HALF_SPREAD if draw.random() < 0.999 else Decimal(1)
        found.append((mid - half, mid + half, at_ns))
    return found


def quotes_of(ticks: Sequence[Tick], tick: Decimal = Decimal("0.0001")) -> PastQuotes:
    """Return them in whole ticks."""
    rows = [(int(bid / tick), int(ask / tick), at_ns) for bid, ask, at_ns in ticks]
    return PastQuotes(tick, *np.array(rows, np.int64).T)


@pytest.mark.parametrize("floor", [0, 5, 100])
@pytest.mark.parametrize("widest", [20, 200, 1_000])
@pytest.mark.parametrize("seed", range(6))
def test_a_past_at_once_leaves_what_its_ticks_leave_or_is_not_taken(
    seed: int, widest: int, floor: int
) -> None:
    limits = evolve(LIMITS, jump_floor_bps=Decimal(floor))
    ticks, after = a_tape(seed, 352 * (1 + seed % 2), widest), a_tape(seed + 100, 120, 4 * widest)
    gap_ns = ticks[-1][2] - after[0][2] + SECOND
    at_once, by_ticks = PriceWatch(limits), PriceWatch(limits)
    for watch in (at_once, by_ticks):
        watch.bars(a_bar(number, close=str(100 + number % 3)) for number in range(100))
    doubts = [by_ticks.tick(*each) for each in ticks]

    taken = at_once.past(quotes_of(ticks))

    assert taken is not any(doubts)
    if not taken:
        for each in ticks:
            at_once.tick(*each)
    for bid, ask, at_ns in after:
        later = bid, ask, at_ns + gap_ns
        assert at_once.tick(*later) == by_ticks.tick(*later)
    assert at_once.passed(after[-1][2] + gap_ns + MINUTE) == by_ticks.passed(
        after[-1][2] + gap_ns + MINUTE
    )


def test_a_past_is_taken_only_as_the_first_that_is_seen_without_a_break() -> None:
    ticks = a_tape(1, 20, 10)
    calm = evolve(LIMITS, jump_floor_bps=Decimal(100))
    fed, unknown, broken = Feeding(), PriceWatch(calm), Feeding(calm, bars=100)
    fed.calm(30)
    gap = [*ticks, (*ticks[-1][:2], ticks[-1][2] + 2 * MINUTE)]

    assert not fed.watch.past(quotes_of(ticks))
    assert not unknown.past(quotes_of(ticks))  # nothing is known of bars
    assert not broken.watch.past(quotes_of(gap))
    assert not broken.watch.past(NO_QUOTES)
    assert broken.watch.past(quotes_of(ticks))
