"""A run against its replay: verdicts, trades, and the difference of what they earned by parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from attrs import frozen

from domain.model.approval import ExitReason, Purpose
from domain.model.instants import MINUTE, Nanos
from domain.model.money import ZERO
from domain.replay.hindrances import Hindrances
from domain.replay.pairing import TripPair, pairs_of
from domain.replay.parts import UNEXPLAINED, Cause, Piece, PnlPart, Touch, cause_of, sums
from domain.replay.pricing import BY_YOU, Pricing, Worth
from domain.replay.session import ExitVerdict, PlayedSession, PlayedTrip
from domain.replay.verdicts import Divergence, Verdicts, compare

PROTECTED = "stop order at the venue"


@frozen(kw_only=True)
class Earned:
    """What both earned up to the same instant, in quote currency.

    `told` is the profit that the run recorded; `run` and `replay` are those of the books of both,
    with what is owned valued by the same prices; `coins`: what of the run's came from coins that
    came into its books or left them by no order. `bound`: how far `told` may lie from `run`
    because what is owned has moved within the last minute.
    """

    told: Decimal
    run: Decimal
    replay: Decimal
    coins: Decimal
    bound: Decimal


@frozen(kw_only=True)
class ExitDifference:
    """A sale that became due in only one of the two; `kind` is its reason, or `PROTECTED`."""

    pair: TripPair
    kind: str
    at_ns: Nanos
    is_in_run: bool
    cause: Cause


@frozen(kw_only=True)
class ReplayComparison:
    """All of it. `parts` and `residual` add up to `difference`, to the last digit."""

    earned: Earned
    verdicts: Verdicts
    exits_same: int
    exits: tuple[ExitDifference, ...]
    pairs: tuple[TripPair, ...]
    pieces: tuple[Piece, ...]
    hindrances: Hindrances

    @property
    def difference(self) -> Decimal:
        """Return what the run earned more than its replay."""
        return self.earned.told - self.earned.replay

    @property
    def parts(self) -> Mapping[PnlPart, Decimal]:
        """Return the difference by part, what no part explains left out."""
        found = sums(self.pieces)
        found[PnlPart.PERSON] += self.earned.coins
        return found

    @property
    def residual(self) -> Decimal:
        """Return what no part explains."""
        return self.difference - sum(self.parts.values(), ZERO)

    @property
    def agrees(self) -> bool:
        """Tell whether every proposal had the same verdict, and every sale became due alike."""
        return not self.verdicts.differences and not self.exits

    @property
    def is_explained(self) -> bool:
        """Tell whether every difference has a cause and the rest is within its bound."""
        causes = [each.cause for each in self.verdicts.differences]
        causes += [each.cause for each in self.exits]
        is_known = all(each.part is not None for each in causes)
        return is_known and abs(self.residual) <= self.earned.bound


def compared(
    run: PlayedSession,
    replay: PlayedSession,
    hindrances: Hindrances,
    *,
    worth: Worth,
    touch: Touch,
    earned: Earned,
    end_ns: Nanos,
) -> ReplayComparison:
    """Compare both up to `end_ns`, market time."""
    pairs = pairs_of(run.trips, replay.trips)
    pricing = Pricing(worth=worth, touch=touch, hindrances=hindrances)
    both = [each for each in pairs if each.run is not None and each.replay is not None]
    of_both = [(pair, tuple(pricing.pieces(pair, None))) for pair in both]
    exits_same, exits = _exits(run, replay, of_both, hindrances, end_ns)
    diverged = [*_divergences(of_both), *_diverged(exits)]
    verdicts = compare(run, replay, pairs, hindrances, diverged)
    pieces = [piece for _, found in of_both for piece in found]
    for pair in pairs:
        if pair.run is None or pair.replay is None:
            pieces += pricing.pieces(pair, verdicts.cause(pair.trip.key))
    return ReplayComparison(
        earned=earned,
        verdicts=verdicts,
        exits_same=exits_same,
        exits=tuple(exits),
        pairs=pairs,
        pieces=tuple(pieces),
        hindrances=hindrances,
    )


def _divergences(found: Iterable[tuple[TripPair, tuple[Piece, ...]]]) -> Iterator[Divergence]:
    """Yield where trades of both differ, by what makes most of it."""
    for pair, pieces in found:
        if pieces:
            most = max(pieces, key=lambda each: abs(each.amount))
            at_ns = min(each.at_ns for each in pieces)
            yield Divergence(at_ns=at_ns, product=pair.trip.key.product, cause=most.cause)


def _diverged(exits: Iterable[ExitDifference]) -> Iterator[Divergence]:
    for each in exits:
        product = each.pair.trip.key.product
        yield Divergence(at_ns=each.at_ns, product=product, cause=each.cause)


def _exits(
    run: PlayedSession,
    replay: PlayedSession,
    found: Iterable[tuple[TripPair, tuple[Piece, ...]]],
    hindrances: Hindrances,
    end_ns: Nanos,
) -> tuple[int, list[ExitDifference]]:
    """Return how many sales became due in both, and those that did in one of them.

    What became due within the last minute is cut off by the end in one of them, and no difference.
    """
    same, differences = 0, []
    mine, theirs = _by_lot(run.exits), _by_lot(replay.exits)
    for pair, pieces in found:
        one, other = _due(pair.run, mine), _due(pair.replay, theirs)
        if pair.trip.is_carried:  # what waited for its stop before is not placed again
            one.pop(PROTECTED, None)
            other.pop(PROTECTED, None)
        same += len(one.keys() & other.keys())
        for kind in sorted(one.keys() ^ other.keys()):
            at_ns = one[kind] if kind in one else other[kind]
            if at_ns > end_ns - MINUTE:
                continue
            cause = _why(pair, kind, at_ns, pieces, hindrances)
            is_in_run = kind in one
            differences.append(
                ExitDifference(pair=pair, kind=kind, at_ns=at_ns, is_in_run=is_in_run, cause=cause)
            )
    return same, differences


def _by_lot(exits: Iterable[ExitVerdict]) -> Mapping[str, list[ExitVerdict]]:
    found: dict[str, list[ExitVerdict]] = {}
    for each in exits:
        found.setdefault(each.lot, []).append(each)
    return found


def _due(trip: PlayedTrip | None, by_lot: Mapping[str, list[ExitVerdict]]) -> dict[str, Nanos]:
    """Return why the lot was to be sold, and since when; its stop may be sold by either order."""
    if trip is None:
        return {}
    found: dict[str, Nanos] = {}
    for each in by_lot.get(trip.lot, ()):
        is_order = each.purpose is Purpose.PROTECTION
        found.setdefault(PROTECTED if is_order else each.reason.value, each.at_ns)
    for sale in trip.sales:
        if sale.reason is not None:
            found.setdefault(sale.reason.value, sale.at_ns)
    return found


def _why(
    pair: TripPair,
    kind: str,
    at_ns: Nanos,
    pieces: tuple[Piece, ...],
    hindrances: Hindrances,
) -> Cause:
    """Return why a sale became due in one of them only: a person, or what was bought before."""
    if kind == ExitReason.OPERATOR.value:
        return BY_YOU
    key = pair.trip.key
    held = hindrances.between(at_ns, at_ns, key.product, key.strategy)
    if held is not None:
        return cause_of(held)
    most = max(pieces, key=lambda each: abs(each.amount), default=None)
    return UNEXPLAINED if most is None else most.cause
