"""What the quality of a product makes of odd prices, and of second sources for them (O1)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.market.quality import Effect, MarketQuality, Reread
from domain.messages.market import BidMoved, BookChanged, BookSnapshotSeen, PriceDoubted, QuoteMoved
from domain.messages.venue import QuotesListed
from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos
from domain.model.market import Bar, Doubt, DoubtKind, PriceLimits
from domain.model.money import Price, Quantity
from tests.builders.messages import BTC, ETH, NOW, a_level, a_quote, a_trade

pytestmark = pytest.mark.req("O1")
LIMITS = PriceLimits(
    jump_sigmas=Decimal(6),
    jump_floor_bps=Decimal(10),
    max_spread_bps=Decimal(100),
    bar_pct=Decimal(10),
    bar_volume_ratio=Decimal("0.1"),
)


def book(bid: str, ask: str | None) -> BookSnapshotSeen:
    return BookSnapshotSeen(BTC, (a_level(bid),), () if ask is None else (a_level(ask),))


def two_hours() -> list[Bar]:
    """Return minutes that wander by a tenth of a percent."""
    many = Quantity(Decimal(5))
    prices = [Price(Decimal(100) + Decimal(minute % 3) / 20) for minute in range(120)]
    starts = [Nanos(NOW - (120 - minute) * MINUTE) for minute in range(120)]
    return [Bar(BTC, at, p, p, p, p, many) for at, p in zip(starts, prices, strict=True)]


def begun() -> MarketQuality:
    """Return what follows one product and has seen nothing yet."""
    quality = MarketQuality(Nanos(5 * SECOND), LIMITS, is_trusted=True)
    quality.watch((BTC,))
    quality.begin_anew(NOW)
    return quality


def watching() -> MarketQuality:
    """Return what knows two hours of the past and a price."""
    quality = begun()
    quality.bars(BTC, two_hours())
    quality.book(book("100", "100.10"), NOW, NOW)
    return quality


def after(by_ns: int) -> Nanos:
    return Nanos(NOW + by_ns)


def doubts(effects: tuple[Effect, ...]) -> list[Doubt | None]:
    """Return what each quote told says of itself."""
    return [each.quote.doubt for each in effects if isinstance(each, QuoteMoved)]


def fallen(quality: MarketQuality) -> Doubt:
    (doubt,) = doubts(quality.book(book("90", "90.10"), after(SECOND), after(SECOND)))
    assert doubt is not None
    return doubt


def test_a_quote_says_itself_that_it_is_doubted() -> None:
    quality = watching()
    assert [each.quote.doubt for each in quality.quotes()] == [None]

    doubt = fallen(quality)

    assert (doubt.kind, doubt.is_down, doubt.is_open) == (DoubtKind.JUMP, True, True)


def test_a_price_that_came_before_the_past_is_trusted_as_soon_as_that_is_known() -> None:
    quality = begun()
    (unknown,) = doubts(quality.book(book("100", "100.10"), NOW, NOW))

    assert unknown is not None
    assert unknown.kind is DoubtKind.HISTORY
    assert doubts(quality.bars(BTC, two_hours())) == [None]
    assert quality.bars(BTC, two_hours()) == (), "it is told once"


def test_a_trade_at_a_doubted_price_confirms_it_at_once() -> None:
    quality = watching()
    fallen(quality)

    far = a_trade(price="100", at_ns=after(2 * SECOND))
    assert quality.traded((far,)) == ()
    near = a_trade(price="90.05", at_ns=after(2 * SECOND))
    (confirmed,) = doubts(quality.traded((near,)))

    assert confirmed is not None
    assert confirmed.is_confirmed
    assert quality.traded((near,)) == (), "it is told once"


def test_a_doubted_price_is_read_by_rest_at_the_next_look_which_confirms_it() -> None:
    quality = watching()
    fallen(quality)

    now_ns = after(2 * SECOND)
    told = quality.check(now_ns, now_ns)
    asked = Reread((BTC,))
    assert asked in told
    assert [each.ticks for each in told if isinstance(each, PriceDoubted)] == [1]
    shown = a_quote("90", "90.10", at_ns=after(1_500 * MILLISECOND))
    effects = quality.confirm(asked, QuotesListed(1, (shown,), None), now_ns, now_ns)

    (confirmed, *_) = doubts(effects)
    assert confirmed is not None
    assert confirmed.is_confirmed


def test_a_reading_that_shows_the_old_price_confirms_nothing() -> None:
    quality = watching()
    fallen(quality)

    now_ns = after(2 * SECOND)
    quality.check(now_ns, now_ns)
    shown = a_quote("100", "100.10", at_ns=after(1_500 * MILLISECOND))
    effects = quality.confirm(Reread((BTC,)), QuotesListed(1, (shown,), None), now_ns, now_ns)

    assert doubts(effects) == []
    assert all(each.quote.doubt is not None for each in quality.quotes())


def test_a_doubt_ends_with_its_minute_though_the_price_stays() -> None:
    quality = watching()
    fallen(quality)
    found: list[tuple[int, Doubt | None]] = []
    for second in range(2, 70):
        deeper = BookChanged(BTC, (a_level("80", str(second)),), ())
        effects = quality.book(deeper, after(second * SECOND), after(second * SECOND))
        found += [(second, each) for each in doubts(effects)]

    ends = [second for second, doubt in found if doubt is None]
    assert ends == list(range(62, 70))


def test_seconds_of_a_product_that_is_stalled_do_not_count_as_quiet() -> None:
    quality = watching()
    for second in range(10):
        quality.check(after(second * SECOND), after(second * SECOND))
    (stall,) = quality.stalls()
    assert stall.reason == "quote too old"

    back = quality.book(book("95", "95.10"), after(400 * SECOND), after(400 * SECOND))

    (doubt,) = doubts(back)
    assert doubt is None, "what moved within 400 s did not move within a minute"


def test_a_lone_bid_that_fell_is_doubted_too() -> None:
    quality = watching()

    told = quality.book(book("80", None), after(SECOND), after(SECOND))

    (moved,) = [each for each in told if isinstance(each, BidMoved)]
    assert moved.doubt is not None
    assert moved.doubt.is_open


def test_frames_about_others_are_none_of_its_business() -> None:
    quality = watching()

    assert quality.traded((evolve(a_trade(), product=ETH),)) == ()
    quality.bars(ETH, ())
    assert quality.book(BookChanged(BTC, (), ()), after(1), after(1)) == ()
