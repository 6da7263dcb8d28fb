"""Which products may be bought now: tiers by what catalogue and books show, with hysteresis.

Whatever is not known excludes. A product that meets or misses limits has to do so for a while
before that counts; what a person or the venue's flags say counts at once. Deterministic and
without a clock: every method takes the market time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from attrs import define, frozen

from domain.model.figures import span
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.money import plain
from domain.model.product import Action, Product, ProductId
from domain.model.universe import DEPTH_WITHIN_BPS, BookMeasure, Exclusion, Standing
from domain.universe.limits import Stability, TierLimits, Tiers, strictest_first

CATALOGUE_LIMIT_NS = 60 * MINUTE
"""Market time after which the volumes of a catalogue that could not be read again are unknown."""
BOOK_LIMIT_NS = 30 * SECOND
"""Market time after which the book of a product that could not be looked at again is unknown."""
HUNDRED = Decimal(100)
Banned = Callable[[str], str | None]
"""Says in words until when and why an asset is banned, None if it is not."""


@frozen(kw_only=True)
class UniversePlan:
    """What of the configuration decides about products."""

    tiers: Tiers
    stability: Stability
    never_trade: frozenset[str]


@frozen
class Failing:
    """The first limit that a product misses, and what was found instead."""

    reason: Exclusion
    observed: str
    limit: str


@define
class _Track:
    """What is known of one product; `place` is that of its tier, one past the last if in none."""

    product: Product
    spread: Decimal | None = None
    """What its newest whole book has shown, in bps; None: nobody has looked at one."""
    depth: Decimal | None = None
    looked_ns: int = 0
    place: int | None = None
    leaning: int = 0
    """Whether what is measured is better (-1) or worse (+1) than the present tier."""
    since_ns: int = 0


class Selection:
    """Every product of the catalogue, judged one by one as its book is looked at."""

    def __init__(self, plan: UniversePlan) -> None:
        self._plan = plan
        tiers = strictest_first(plan.tiers)
        self._names, self._limits = tuple(tiers), tuple(tiers.values())
        self._tracks: dict[ProductId, _Track] = {}
        self._read_ns = 0

    def list(self, products: Iterable[Product], now_ns: Nanos) -> None:
        """Take in the catalogue as it was read at `now_ns`; what is known of its books stays."""
        self._read_ns = now_ns
        known = self._tracks
        self._tracks = {}
        for product in products:
            track = known.get(product.id) or _Track(product)
            track.product = product
            self._tracks[product.id] = track

    def measure(self, measures: Iterable[BookMeasure], now_ns: Nanos) -> bool:
        """Take in what some books show now; tell whether one of them was not known, or too old."""
        is_news = False
        for liquidity in measures:
            track = self._tracks.get(liquidity.product)
            spread, depth = _figures(liquidity)
            if track is not None and spread is not None and depth is not None:
                is_news |= _is_unseen(track, now_ns)
                track.spread, track.depth, track.looked_ns = spread, depth, now_ns
                self._move(track, now_ns)
        return is_news

    @property
    def is_looked_at(self) -> bool:
        """Tell whether any book was looked at yet."""
        return any(each.depth is not None for each in self._tracks.values())

    def standings(self, now_ns: Nanos, banned: Banned) -> tuple[Standing, ...]:
        """Return where every product stands, by name."""
        is_old = now_ns - self._read_ns > CATALOGUE_LIMIT_NS
        tracks = (self._tracks[name] for name in sorted(self._tracks))
        return tuple(self._standing(each, now_ns, banned, is_old=is_old) for each in tracks)

    # Tiers, slowly.

    def _move(self, track: _Track, now_ns: Nanos) -> None:
        if track.product.volume_24h is None:
            return  # it is excluded meanwhile, and its tier waits
        place = self._place(track)
        if track.place is None:  # nobody has held it to anything yet
            track.place = place
            return
        leaning = (place > track.place) - (place < track.place)
        if leaning != track.leaning:
            track.leaning, track.since_ns = leaning, now_ns
        stability = self._plan.stability
        patience_ns = stability.leave_after if leaning > 0 else stability.enter_after
        if leaning and now_ns - track.since_ns >= patience_ns:
            track.place, track.leaning = place, 0

    def _place(self, track: _Track) -> int:
        """Return the first tier whose limits hold; what is in one is held to it less strictly."""
        for place, limits in enumerate(self._limits):
            is_kept = track.place is not None and track.place <= place
            if next(self._failing(track, limits, is_kept=is_kept), None) is None:
                return place
        return len(self._limits)

    def _failing(self, track: _Track, limits: TierLimits, *, is_kept: bool) -> Iterator[Failing]:
        """Yield the limits that a product, of which all is known, misses."""
        share = self._plan.stability.keep_pct / HUNDRED if is_kept else Decimal(1)
        volume, spread, depth = track.product.volume_24h, track.spread, track.depth
        if volume is None or spread is None or depth is None:
            return
        least = limits.min_volume * share
        if volume < least:
            yield Failing(Exclusion.VOLUME, _in(track, volume), _in(track, least))
        if spread * share > limits.max_spread_bps:
            widest = f"{plain(limits.max_spread_bps)} bps"
            yield Failing(Exclusion.SPREAD, f"{spread:.1f} bps", widest)
        least = limits.min_depth * share
        if depth < least:
            within = f"{_in(track, depth)} within {DEPTH_WITHIN_BPS} bps"
            yield Failing(Exclusion.DEPTH, within, _in(track, least))

    # What is told.

    def _standing(self, track: _Track, now_ns: Nanos, banned: Banned, *, is_old: bool) -> Standing:
        failing = self._refusal(track, now_ns, banned, is_old=is_old)
        if failing is None and track.place == len(self._limits):
            failing = self._missed(track, now_ns)
        tier = "" if track.place is None else (*self._names, self._names[-1])[track.place]
        return Standing(
            product=track.product.id,
            tier=tier,
            exclusion_reason=None if failing is None else failing.reason,
            observed="" if failing is None else failing.observed,
            limit="" if failing is None else failing.limit,
            volume=track.product.volume_24h,
            spread_bps=track.spread,
            depth=track.depth,
        )

    def _refusal(
        self, track: _Track, now_ns: Nanos, banned: Banned, *, is_old: bool
    ) -> Failing | None:
        """Return what excludes a product at once, whatever its market looks like."""
        product = track.product
        if product.base in self._plan.never_trade:
            return Failing(Exclusion.NEVER_TRADE, product.base, "universe.never_trade")
        ban = banned(product.base)
        if ban is not None:
            return Failing(Exclusion.BANNED, ban, "no ban")
        if not product.flags.allows(Action.REST):
            return Failing(Exclusion.DISABLED, product.flags.described, "open for entries")
        if is_old:
            limit = span(CATALOGUE_LIMIT_NS)
            return Failing(Exclusion.CATALOGUE_OLD, "not read again", f"younger than {limit}")
        return _unknown(track, now_ns)

    def _missed(self, track: _Track, now_ns: Nanos) -> Failing:
        """Return which limit of the last tier keeps a product out of it."""
        failing = next(self._failing(track, self._limits[-1], is_kept=False), None)
        if failing is not None:
            return failing
        waited, wanted = span(now_ns - track.since_ns), span(self._plan.stability.enter_after)
        return Failing(Exclusion.WAITING, f"meets the limits for {waited}", wanted)


def changed(
    before: Mapping[ProductId, Standing], after: Iterable[Standing]
) -> tuple[Standing, ...]:
    """Return those of `after` whose tier or exclusion is another than `before`."""
    return tuple(each for each in after if _kind(before.get(each.product)) != _kind(each))


def _kind(standing: Standing | None) -> tuple[str, Exclusion | None] | None:
    return None if standing is None else (standing.tier, standing.exclusion_reason)


def _unknown(track: _Track, now_ns: Nanos) -> Failing | None:
    if track.product.volume_24h is None:
        return Failing(Exclusion.VOLUME_UNKNOWN, "no volume that can be", "a 24 h volume")
    if _is_unseen(track, now_ns):
        return Failing(Exclusion.BOOK_UNKNOWN, "no whole book", "bids and offers")
    return None


def _is_unseen(track: _Track, now_ns: Nanos) -> bool:
    """Tell whether nobody knows its book: never looked at, or too long ago."""
    return track.depth is None or now_ns - track.looked_ns > BOOK_LIMIT_NS


def _figures(liquidity: BookMeasure) -> tuple[Decimal | None, Decimal | None]:
    """Return spread and the depth of the thinner side, to the digits that matter."""
    spread, bids, asks = liquidity.spread_bps, liquidity.bid_depth, liquidity.ask_depth
    depth = None if bids is None or asks is None else Decimal(f"{min(bids, asks):.2f}")
    return None if spread is None else Decimal(f"{spread:.4f}"), depth


def _in(track: _Track, amount: Decimal) -> str:
    return f"{amount:,.0f} {track.product.quote}"
