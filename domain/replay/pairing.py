"""Which trade of a run is which of its replay, and which part of a fill stands against which."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from decimal import Decimal

from attrs import evolve, frozen

from domain.model.instants import MINUTE
from domain.model.money import floor_to
from domain.model.portfolio import COST_STEP
from domain.replay.session import DecisionKey, PlayedFill, PlayedTrip

NEAR_NS = 10 * MINUTE
"""A trade without a counterpart on its own bar may have one on a bar that is no farther away."""


@frozen(kw_only=True)
class TripPair:
    """The same trade in both; None where one of them has none. `is_shifted`: on another bar."""

    run: PlayedTrip | None
    replay: PlayedTrip | None
    is_shifted: bool = False

    @property
    def trip(self) -> PlayedTrip:
        """Return the run's trade, or the replay's where the run has none."""
        found = self.run or self.replay
        assert found is not None  # nothing is no pair
        return found


def pairs_of(run: Iterable[PlayedTrip], replay: Iterable[PlayedTrip]) -> tuple[TripPair, ...]:
    """Pair by lot what was owned before, by strategy, product and bar all else, then by nearness.

    Every trade of both is in exactly one pair.
    """
    left = list(replay)
    pairs, alone = [], []
    for trip in run:
        found = next((each for each in left if _is_same(trip, each)), None)
        if found is None:
            alone.append(trip)
        else:
            left.remove(found)
            pairs.append(TripPair(run=trip, replay=found))
    for trip in alone:
        near = min(_near(trip, left), key=lambda each: _distance(trip.key, each.key), default=None)
        if near is not None:
            left.remove(near)
        pairs.append(TripPair(run=trip, replay=near, is_shifted=near is not None))
    pairs += [TripPair(run=None, replay=trip) for trip in left]
    return tuple(sorted(pairs, key=lambda pair: pair.trip.at_ns))


def _is_same(one: PlayedTrip, other: PlayedTrip) -> bool:
    if one.is_carried or other.is_carried:
        return one.is_carried and other.is_carried and one.lot == other.lot
    return one.key == other.key and not one.is_adopted


def _near(trip: PlayedTrip, others: Iterable[PlayedTrip]) -> Iterator[PlayedTrip]:
    if trip.is_carried or trip.is_adopted:
        return
    for other in others:
        key, own = other.key, trip.key
        is_like = (key.strategy, key.product) == (own.strategy, own.product)
        if is_like and not other.is_carried and _distance(key, own) <= NEAR_NS:
            yield other


def _distance(one: DecisionKey, other: DecisionKey) -> int:
    return abs(one.bar_ns - other.bar_ns)


@frozen(kw_only=True)
class Chunk:
    """The same quantity in both, each at its own price; None where only one of them traded it."""

    run: PlayedFill | None
    replay: PlayedFill | None

    @property
    def execution(self) -> PlayedFill:
        """Return the run's part, or the replay's where the run has none."""
        found = self.run or self.replay
        assert found is not None  # nothing is no chunk
        return found


def chunks(run: Iterable[PlayedFill], replay: Iterable[PlayedFill]) -> Iterator[Chunk]:
    """Cut the fills of both, in their order, into parts of equal quantities; the rest stays alone.

    Quantities and fees of the parts add up to those of the fills, to the last digit.
    """
    mine, others = deque(run), deque(replay)
    while mine and others:
        one, other = mine.popleft(), others.popleft()
        quantity = min(one.quantity, other.quantity)
        one, rest = cut(one, quantity)
        other, left = cut(other, quantity)
        yield Chunk(run=one, replay=other)
        mine.extendleft([rest] if rest is not None else [])
        others.extendleft([left] if left is not None else [])
    yield from (Chunk(run=each, replay=None) for each in mine)
    yield from (Chunk(run=None, replay=each) for each in others)


def cut(fill: PlayedFill, quantity: Decimal) -> tuple[PlayedFill, PlayedFill | None]:
    """Return `quantity` of a fill with its part of the fee, and the rest, None if that is all."""
    if quantity >= fill.quantity:
        return fill, None
    fee = floor_to(fill.fee * quantity / fill.quantity, COST_STEP)
    rest = evolve(fill, quantity=fill.quantity - quantity, fee=fill.fee - fee)
    return evolve(fill, quantity=quantity, fee=fee), rest
