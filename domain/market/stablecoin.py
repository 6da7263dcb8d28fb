"""What a stablecoin is worth, and whether entries that are paid in it may begin.

Deterministic and without a clock: every method takes the market time. A price that may be wrong is
no price, and no price lets nobody buy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.model.figures import span
from domain.model.instants import SECOND, Nanos
from domain.model.market import Quote
from domain.model.money import ONE
from domain.model.product import Action, Product, ProductId
from domain.model.settings import number

FIAT = "USD"
BRIDGES = ("USDT", "EURC")
"""Coins with markets of their own in dollars and in stablecoins at the venue, the busiest first."""
PRICE_LIMIT_NS, AHEAD_NS = 30 * SECOND, 5 * SECOND
"""Market time: a quote that is older, or stamped so far ahead, is none."""
UNKNOWN_AFTER_NS = 15 * SECOND
"""Market time without a price after which it counts as unknown."""
BPS = Decimal(10_000)
LEAST, MOST = Decimal("0.000001"), Decimal(1_000_000)
"""No market that could price a dollar quotes anything beyond."""
_DIGITS = Decimal("0.000001")
Ends = tuple[Decimal, Decimal]
"""The lowest and the highest that a price may be, in dollars."""


@frozen(kw_only=True)
class StablecoinLimits:
    """How far the currency that pays may be off one dollar; used where that is a stablecoin."""

    ASCENDING: ClassVar[tuple[tuple[str, ...], ...]] = (("max_off_bps", "far_off_bps"),)

    max_off_bps: Decimal = number(
        "50",
        "Most that the stablecoin that pays for entries may be off 1 USD for long",
        low="1",
        high="50",
        unit="bps",
        tighter="lower",
    )
    off_seconds: int = number(
        300,
        "Market time that it may be off for; and within, before entries go on",
        low=0,
        high=300,
        unit="s",
        tighter="lower",
    )
    far_off_bps: Decimal = number(
        "200",
        "Off by more, entries are blocked at once, with a CRITICAL alert",
        low="1",
        high="200",
        unit="bps",
        tighter="lower",
    )


@frozen
class PriceRoute:
    """The products whose quotes give the price: one in dollars, or two over a coin between."""

    dollar: ProductId
    coin: ProductId | None = None

    @property
    def products(self) -> tuple[ProductId, ...]:
        """Return whose quotes it takes."""
        return (self.dollar,) if self.coin is None else (self.dollar, self.coin)

    def ends(self, quotes: Mapping[ProductId, Quote], now_ns: int) -> Ends | None:
        """Return between what the price in dollars is, None if a quote is no good."""
        found = [_sound(quotes.get(each), now_ns) for each in self.products]
        if None in found:
            return None
        ends = [each for each in found if each is not None]
        bid, ask = ends[0]
        if self.coin is None:
            return bid, ask
        return bid / ends[1][1], ask / ends[1][0]


def routes(currency: str, products: Iterable[Product]) -> tuple[PriceRoute, ...]:
    """Return the ways to the price of `currency` that a catalogue offers, the most direct first.

    A market that is another's under a second name says nothing, nor does one that does not trade.
    """
    open_now = {each.id for each in products if not each.alias and each.flags.allows(Action.LIMIT)}
    own = ProductId(f"{currency}-{FIAT}")
    ways = [PriceRoute(own)] if own in open_now else []
    for bridge in BRIDGES:
        dollar, coin = ProductId(f"{bridge}-{FIAT}"), ProductId(f"{bridge}-{currency}")
        if dollar in open_now and coin in open_now:
            ways.append(PriceRoute(dollar, coin))
    return tuple(ways)


def price_of(
    ways: Iterable[PriceRoute], quotes: Iterable[Quote], now_ns: int, widest_bps: Decimal
) -> Decimal | None:
    """Return the price in dollars by the first of `ways` that gives one, None if none does.

    Bid and ask may be `widest_bps` apart at most: between wider ones the price may be anything.
    """
    by_product = {each.product: each for each in quotes}
    for way in ways:
        ends = way.ends(by_product, now_ns)
        if ends is not None:
            low, high = ends
            middle = (low + high) / 2
            if (high - low) / middle * BPS <= widest_bps:
                return middle
    return None


def _sound(quote: Quote | None, now_ns: int) -> Ends | None:
    """Return bid and ask of a quote that can be believed."""
    if quote is None or not now_ns - PRICE_LIMIT_NS <= quote.at_ns <= now_ns + AHEAD_NS:
        return None
    bid, ask = quote.bid, quote.ask
    if not (bid.is_finite() and ask.is_finite()):
        return None
    return (bid, ask) if LEAST <= bid <= ask <= MOST else None


@frozen(kw_only=True)
class PegVerdict:
    """What holds now: each sentence is why entries are blocked, "" where that one does not."""

    unknown: str = ""
    off: str = ""
    far: str = ""
    price: Decimal | None = None
    is_known: bool = False
    """Whether anything is known at all: a price, or that there is none to be had."""

    @property
    def said(self) -> str:
        """Return the newest price in words."""
        return "no price" if self.price is None else f"{_shown(self.price)} USD"


class StablecoinGuard:
    """Judges one stablecoin by the prices that are read of it.

    Who has not watched can't say that a coin that is off has only just gone: found off at the first
    price, or at the first after a time without one, it blocks at once.
    """

    def __init__(self, currency: str, limits: StablecoinLimits, now_ns: int) -> None:
        """Begin to watch at market time `now_ns`."""
        self._currency, self._limits = currency, limits
        self._price: Decimal | None = None
        self._priced_ns = now_ns
        self._is_priced = self._is_off = self._is_far = False
        self._off_ns: int | None = None
        self._near_ns: int | None = None

    @property
    def _patience_ns(self) -> int:
        return self._limits.off_seconds * SECOND

    def see(self, price: Decimal | None, now_ns: Nanos) -> PegVerdict:
        """Take in what was read at `now_ns`: a price in dollars, None where none could be had."""
        if price is None or not (price.is_finite() and price > 0):
            self._near_ns = None  # it proves nothing, and ends no doubt
            if now_ns - self._priced_ns >= UNKNOWN_AFTER_NS:
                self._price = None
        else:
            self._take(price, now_ns)
        return self._verdict(now_ns)

    def _take(self, price: Decimal, now_ns: int) -> None:
        is_first, self._is_priced = self._price is None, True
        self._price, self._priced_ns = price, now_ns
        off = _off_bps(price)
        if off <= self._limits.max_off_bps:
            self._off_ns = None
            self._near_ns = now_ns if self._near_ns is None else self._near_ns
            if now_ns - self._near_ns >= self._patience_ns:
                self._is_off = self._is_far = False
            return
        self._near_ns = None
        self._off_ns = now_ns if self._off_ns is None else self._off_ns
        if is_first or now_ns - self._off_ns >= self._patience_ns:
            self._is_off = True
        if off > self._limits.far_off_bps:
            self._is_off = self._is_far = True

    def _verdict(self, now_ns: int) -> PegVerdict:
        limits, coin, price = self._limits, self._currency, self._price
        unknown = off = far = ""
        if price is None and now_ns - self._priced_ns >= UNKNOWN_AFTER_NS:
            unknown = f"what {coin} is worth can't be told: no market of the venue prices it now"
        seen = "no price now" if price is None else f"1 {coin} is {_shown(price)} USD"
        if self._is_off:
            off = (
                f"{seen}: entries paid in {coin} wait until it is within"
                f" {limits.max_off_bps:f} bps of 1 for {span(self._patience_ns)}"
            )
        if self._is_far:
            far = f"{seen}: {coin} has been more than {limits.far_off_bps:f} bps off 1"
        known = self._is_priced or bool(unknown)
        return PegVerdict(unknown=unknown, off=off, far=far, price=price, is_known=known)


def _off_bps(price: Decimal) -> Decimal:
    return abs(price - ONE) * BPS


def _shown(price: Decimal) -> str:
    return f"{price.quantize(_DIGITS):f}"
