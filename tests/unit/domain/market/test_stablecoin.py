"""What a stablecoin is worth by the venue's markets, and when entries paid in it have to wait."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.market.stablecoin import (
    AHEAD_NS,
    PRICE_LIMIT_NS,
    UNKNOWN_AFTER_NS,
    PegVerdict,
    PriceRoute,
    StablecoinGuard,
    StablecoinLimits,
    price_of,
    routes,
)
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.money import Price
from domain.model.product import ProductFlags, ProductId
from tests.builders.messages import NOW, a_product, a_quote

pytestmark = pytest.mark.req("CASH1")
LIMITS = StablecoinLimits()
WIDEST = LIMITS.max_off_bps
DIRECT = PriceRoute(ProductId("USDC-USD"))
BY_USDT = PriceRoute(ProductId("USDT-USD"), ProductId("USDT-USDC"))
BY_EURC = PriceRoute(ProductId("EURC-USD"), ProductId("EURC-USDC"))
READ_NS = 3 * SECOND
HOSTILE = ("NaN", "sNaN", "Infinity", "-Infinity", "0", "-1", "1E-40", "1E+40")
Prices = list[Decimal | None]


def watched(
    prices: Prices, limits: StablecoinLimits = LIMITS, every_ns: int = READ_NS
) -> PegVerdict:
    """Return what holds after these prices, one each few seconds."""
    guard, now_ns, verdict = StablecoinGuard("USDC", limits, NOW), int(NOW), PegVerdict()
    for price in prices:
        verdict = guard.see(price, Nanos(now_ns))
        now_ns += every_ns
    return verdict


def lasting(price: str, for_ns: int) -> Prices:
    return [Decimal(price)] * (for_ns // READ_NS)


def is_blocked(verdict: PegVerdict) -> bool:
    return bool(verdict.off or verdict.far or verdict.unknown)


def test_the_most_direct_market_counts_then_one_coin_in_both_currencies() -> None:
    names = ("BTC-USD", "USDT-USD", "USDC-USD", "EURC-USDC", "USDT-USDC", "EURC-USD")

    ways = routes("USDC", [a_product(each) for each in names])

    assert ways == (DIRECT, BY_USDT, BY_EURC)


def test_what_is_the_dollars_book_under_another_name_says_nothing() -> None:
    alias = a_product("USDT-USDC", alias="USDT-USD")

    assert routes("USDC", [a_product("USDT-USD"), alias]) == ()


@pytest.mark.parametrize(
    "flags",
    [ProductFlags(status="delisted"), ProductFlags(view_only=True), ProductFlags(unknown=("x",))],
)
def test_a_market_that_does_not_trade_says_nothing(flags: ProductFlags) -> None:
    assert routes("USDC", [a_product("USDC-USD", flags=flags)]) == ()


def test_a_price_is_the_middle_of_bid_and_ask() -> None:
    direct = a_quote("0.8699", "0.8701", product="USDC-USD")

    assert price_of((DIRECT,), [direct], NOW, WIDEST) == Decimal("0.87")


def test_over_a_coin_between_it_is_what_that_costs_here_by_what_it_costs_there() -> None:
    quotes = [
        a_quote("0.9999", "1.0001", product="USDT-USD"),
        a_quote("1.1493", "1.1495", product="USDT-USDC"),
    ]

    found = price_of((DIRECT, BY_USDT), quotes, NOW, WIDEST)

    assert found is not None
    assert found.quantize(Decimal("0.0001")) == Decimal("0.8700")


@pytest.mark.parametrize("at_ns", [NOW - PRICE_LIMIT_NS - 1, NOW + AHEAD_NS + 1])
def test_an_old_quote_and_one_of_the_future_are_no_price(at_ns: int) -> None:
    quote = a_quote("1", "1", product="USDC-USD", at_ns=at_ns)

    assert price_of((DIRECT,), [quote], NOW, WIDEST) is None


@pytest.mark.parametrize(
    ("bid", "ask"), [("1.0001", "0.9999"), ("0.5", "1.5"), ("0.9974", "1.0025")]
)
def test_a_crossed_book_and_a_wide_one_are_no_price(bid: str, ask: str) -> None:
    assert price_of((DIRECT,), [a_quote(bid, ask, product="USDC-USD")], NOW, WIDEST) is None


@pytest.mark.parametrize("odd", HOSTILE)
@pytest.mark.parametrize("side", ["bid", "ask"])
@pytest.mark.parametrize("way", [DIRECT, BY_USDT])
def test_numbers_that_are_no_price_open_nothing(odd: str, side: str, way: PriceRoute) -> None:
    quotes = [a_quote("1", "1", product=each) for each in way.products]
    first, price = quotes[0], Price(Decimal(odd))
    first = evolve(first, bid=price) if side == "bid" else evolve(first, ask=price)
    broken = [first, *quotes[1:]]

    assert price_of((way,), broken, NOW, WIDEST) is None
    assert price_of((way,), quotes[1:], NOW, WIDEST) is None


@pytest.mark.parametrize("odd", HOSTILE[:6])
def test_a_guard_takes_no_odd_number_for_a_price(odd: str) -> None:
    assert is_blocked(watched([Decimal(odd)] * 6))


def test_at_one_entries_go_on() -> None:
    verdict = watched(lasting("0.9999", MINUTE))

    assert not is_blocked(verdict)
    assert (verdict.is_known, verdict.said) == (True, "0.999900 USD")


def test_nothing_is_known_before_the_first_price_or_the_time_it_may_take() -> None:
    assert not watched([None]).is_known
    assert watched([None] * (1 + UNKNOWN_AFTER_NS // READ_NS)).unknown.startswith("what USDC is")


def test_off_by_more_than_the_limit_for_five_minutes_blocks() -> None:
    before = lasting("1", MINUTE)

    assert not is_blocked(watched(before + lasting("0.9949", 5 * MINUTE)))
    verdict = watched([*before, *lasting("0.9949", 5 * MINUTE), Decimal("0.9949")])
    assert (bool(verdict.off), verdict.far, verdict.unknown) == (True, "", "")
    assert "1 USDC is 0.994900 USD" in verdict.off


def test_above_one_counts_as_below() -> None:
    assert watched(lasting("1", MINUTE) + lasting("1.0051", 6 * MINUTE)).off


def test_exactly_the_limit_is_within() -> None:
    assert not is_blocked(watched(lasting("1", MINUTE) + lasting("0.995", 9 * MINUTE)))


def test_far_off_blocks_at_once() -> None:
    verdict = watched([*lasting("1", MINUTE), Decimal("0.87")])

    assert verdict.far
    assert verdict.off


def test_who_begins_to_watch_while_it_is_off_does_not_wait() -> None:
    assert watched([Decimal("0.994")]).off


def test_back_within_it_still_waits_five_minutes_and_then_goes_on() -> None:
    fall = [*lasting("1", MINUTE), Decimal("0.87")]

    assert watched(fall + lasting("1", 5 * MINUTE)).far
    assert not is_blocked(watched([*fall, *lasting("1", 5 * MINUTE), Decimal(1)]))


def test_what_is_not_known_in_between_proves_nothing() -> None:
    fall = [*lasting("1", MINUTE), Decimal("0.87")]
    half = lasting("1", 4 * MINUTE)

    assert watched([*fall, *half, None, *half]).far


def test_a_moment_within_begins_the_count_anew() -> None:
    nearly = lasting("0.994", 4 * MINUTE)

    assert not is_blocked(watched([*lasting("1", MINUTE), *nearly, Decimal(1), *nearly]))


def test_silence_does_not_begin_it_anew() -> None:
    nearly = lasting("0.994", 3 * MINUTE)

    assert watched([*lasting("1", MINUTE), *nearly, None, None, *nearly]).off


@given(
    st.lists(
        st.one_of(
            st.none(), st.decimals(min_value="0.97", max_value="1.03", places=4, allow_nan=False)
        ),
        max_size=60,
    ),
    st.sampled_from([READ_NS, 60 * SECOND]),
)
def test_whatever_was_seen_its_verdict_is_that_of_the_whole_past(
    prices: Prices, every_ns: int
) -> None:
    """Brute force: each reading judged by everything that was read before it."""
    guard, now_ns = StablecoinGuard("USDC", LIMITS, NOW), int(NOW)
    past: list[tuple[int, Decimal | None]] = []
    blocked = False
    for price in prices:
        verdict = guard.see(price, Nanos(now_ns))
        past.append((now_ns, price))
        blocked = _judged(past, now_ns, was_blocked=blocked)
        unknown = now_ns - _last_priced(past) >= UNKNOWN_AFTER_NS
        assert (bool(verdict.off), bool(verdict.unknown)) == (blocked, unknown)
        assert not verdict.far or verdict.off
        now_ns += every_ns


def _last_priced(past: list[tuple[int, Decimal | None]]) -> int:
    return max((at for at, price in past if price is not None), default=int(NOW))


def _judged(past: list[tuple[int, Decimal | None]], now_ns: int, *, was_blocked: bool) -> bool:
    price = past[-1][1]
    if price is None:
        return was_blocked
    known = [(at, each) for at, each in past if each is not None]
    off = [(at, abs(each - 1) * 10_000 > LIMITS.max_off_bps) for at, each in known]
    if off[-1][1]:
        begun = next((at for at, is_off in reversed(off) if not is_off), None)
        run = [at for at, is_off in off if is_off and (begun is None or at > begun)]
        is_far = abs(price - 1) * 10_000 > LIMITS.far_off_bps
        is_first = len(known) == 1 or known[-2][0] + UNKNOWN_AFTER_NS <= past[-2][0]
        return was_blocked or is_far or is_first or now_ns - run[0] >= 5 * MINUTE
    if not was_blocked:
        return False
    bad = [at for at, each in past if each is None or abs(each - 1) * 10_000 > LIMITS.max_off_bps]
    near = [at for at, _ in past if at > max(bad, default=0)]
    return now_ns - near[0] < 5 * MINUTE
