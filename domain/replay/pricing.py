"""The money between two trades that are the same trade, cut into its parts; exact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from attrs import frozen

from domain.model.approval import ExitReason
from domain.model.instants import SECOND
from domain.model.money import ZERO, floor_to
from domain.model.portfolio import COST_STEP
from domain.model.product import ProductId, Side
from domain.replay.hindrances import Hindrances
from domain.replay.pairing import Chunk, TripPair, chunks, cut
from domain.replay.parts import Cause, Piece, PnlPart, Touch, cause_of, cause_of_flow
from domain.replay.session import PlayedFill, PlayedTrip

BY_YOU = Cause(part=PnlPart.PERSON, why="you sold it")
ADOPTED = Cause(part=PnlPart.PERSON, why="you handed it over with `adopt`")
LATE_NS = SECOND
"""An order of which the venue says its first word so late has missed the market it was for."""
Worth = Mapping[ProductId, Decimal]
"""What one unit of a product counts as at the end, in both: its bid less the fee of selling it."""


def earned(product: ProductId, one: PlayedFill, worth: Worth) -> Decimal:
    """Return what a fill has brought by the end, in quote currency, after its fee.

    The profits of all fills and of what was owned at the beginning are the profit of the account.
    """
    end = worth.get(product, ZERO)
    sign = 1 if one.side is Side.BUY else -1
    return sign * one.quantity * (end - one.price) - one.fee


@frozen(kw_only=True)
class Pricing:
    """Cuts pairs into pieces by what both have decided, what stood between, and the tape."""

    worth: Worth
    touch: Touch
    hindrances: Hindrances

    def pieces(self, pair: TripPair, alone: Cause | None) -> Iterator[Piece]:
        """Yield the pieces of a pair; `alone` is why only one of them has the trade at all."""
        run, replay = pair.run, pair.replay
        if run is None or replay is None:
            yield from self._whole(pair.trip, is_run=run is not None, cause=alone)
            return
        left: list[tuple[Decimal, Cause]] = []
        sized = abs(run.quantity - replay.quantity)
        for chunk in chunks(run.buys, replay.buys):
            if chunk.run is not None and chunk.replay is not None:
                yield from self._same(pair, chunk)
                continue
            for one, cause in self._unlike(pair, chunk, sized):
                sized -= min(sized, one.quantity)
                left.append((one.quantity, cause))
                yield self._alone(pair, chunk, one, cause)
        for chunk in chunks(run.sales, replay.sales):
            if chunk.run is not None and chunk.replay is not None:
                yield from self._same(pair, chunk)
            else:
                yield from self._unsold(pair, chunk, left)

    def _whole(self, trip: PlayedTrip, *, is_run: bool, cause: Cause | None) -> Iterator[Piece]:
        for one in (*trip.buys, *trip.sales):
            why = ADOPTED if trip.is_adopted else cause
            amount = earned(trip.key.product, one, self.worth)
            yield Piece(
                cause=why or Cause(part=None, why="only one of them has it"),
                amount=amount if is_run else -amount,
                product=trip.key.product,
                at_ns=one.at_ns,
            )

    # What both have traded.

    def _same(self, pair: TripPair, chunk: Chunk) -> Iterator[Piece]:
        one, other = chunk.run, chunk.replay
        assert one is not None  # they are told apart before
        assert other is not None
        product, worth = pair.trip.key.product, self.worth
        whole = self._override(pair, one, other)
        if whole is not None:
            amount = earned(product, one, worth) - earned(product, other, worth)
            yield Piece(cause=whole, amount=amount, product=product, at_ns=one.at_ns)
            return
        sign = one.quantity if one.side is Side.BUY else -one.quantity
        fair = floor_to(other.fee * one.price / other.price, COST_STEP) if other.price else ZERO
        timing = sign * (other.decided - one.decided) - (fair - other.fee)
        paid = (other.price - other.decided) - (one.price - one.decided)
        latency = self._latency(product, one, other)
        for cause, amount in (
            (self._timed(pair, one, other), timing),
            (Cause(part=PnlPart.LATENCY, why=_late(one)), sign * latency),
            (Cause(part=PnlPart.PRICE, why="filled at another price"), sign * (paid - latency)),
            (Cause(part=PnlPart.FEES, why=_rate(one)), fair - one.fee),
        ):
            if amount:
                yield Piece(cause=cause, amount=amount, product=product, at_ns=one.at_ns)

    def _override(self, pair: TripPair, one: PlayedFill, other: PlayedFill) -> Cause | None:
        """Return what makes all of the difference, None if it has parts."""
        by_you = ExitReason.OPERATOR in (one.reason, other.reason)
        if by_you and one.reason is not other.reason:
            return BY_YOU
        if one.reason is not other.reason:
            return self._between(pair, one, other) or Cause(
                part=PnlPart.TIMING, why=f"sold for {one.reason}, in the replay for {other.reason}"
            )
        return None

    def _timed(self, pair: TripPair, one: PlayedFill, other: PlayedFill) -> Cause:
        if pair.is_shifted:
            return Cause(part=PnlPart.TIMING, why="decided on another bar")
        known = self._between(pair, one, other)
        return known or Cause(part=PnlPart.TIMING, why="decided at another price")

    def _between(self, pair: TripPair, one: PlayedFill, other: PlayedFill) -> Cause | None:
        """Return what held the run back between the two decisions of a sale, None: nothing did."""
        if one.side is Side.BUY or one.decided_ns <= other.decided_ns:
            return None
        key = pair.trip.key
        found = self.hindrances.between(other.decided_ns, one.decided_ns, key.product, key.strategy)
        return None if found is None else cause_of(found)

    def _latency(self, product: ProductId, one: PlayedFill, other: PlayedFill) -> Decimal:
        """Return how much better the price had become by the fills, for who takes it at once."""
        if one.waits or other.waits:
            return ZERO
        mine = self.touch(product, one.side, one.at_ns)
        theirs = self.touch(product, other.side, other.at_ns)
        if mine is None or theirs is None:
            return ZERO
        return (theirs - other.decided) - (mine - one.decided)

    # What only one of them has traded.

    def _alone(self, pair: TripPair, chunk: Chunk, one: PlayedFill, cause: Cause) -> Piece:
        product = pair.trip.key.product
        amount = earned(product, one, self.worth)
        amount = amount if chunk.run is not None else -amount
        return Piece(cause=cause, amount=amount, product=product, at_ns=one.at_ns)

    def _unlike(
        self, pair: TripPair, chunk: Chunk, sized: Decimal
    ) -> Iterator[tuple[PlayedFill, Cause]]:
        """Yield what only one has bought: first what the other has not ordered, then the rest.

        `sized` is how much of it the other has not ordered.
        """
        run, replay, rest = pair.run, pair.replay, chunk.execution
        assert run is not None  # both have the trade
        assert replay is not None
        is_larger = (run.quantity > replay.quantity) is (chunk.run is not None)
        if is_larger and sized:
            part, left = cut(rest, sized)
            yield part, self._sized(pair)
            if left is None:
                return
            rest = left
        yield rest, self._unfilled(pair, chunk)

    def _sized(self, pair: TripPair) -> Cause:
        key, at_ns = pair.trip.key, pair.trip.at_ns
        found = self.hindrances.between(at_ns, at_ns, key.product, key.strategy)
        if found is not None:
            return cause_of(found)
        flow = self.hindrances.funded(at_ns)
        if flow is not None:
            return cause_of_flow(flow)
        return Cause(part=PnlPart.SIZE, why="ordered in another size")

    def _unfilled(self, pair: TripPair, chunk: Chunk) -> Cause:
        run = pair.run
        assert run is not None  # both have the trade
        if chunk.run is not None:
            return Cause(part=PnlPart.EXTRA, why="filled, not so in the replay")
        key, at_ns = run.key, run.at_ns
        found = self.hindrances.between(at_ns, chunk.execution.at_ns, key.product, key.strategy)
        if found is not None:
            return cause_of(found)
        told = f"not taken: {run.lost}" if run.lost else "not filled"
        if run.in_doubt:
            return Cause(part=PnlPart.SYSTEM, why=f"for a while the order was in doubt, and {told}")
        took_ns = run.answered_ns or 0
        if took_ns >= LATE_NS:
            why = f"the order came {took_ns / SECOND:.1f} s late and was {told}"
            return Cause(part=PnlPart.LATENCY, why=why)
        if run.lost:
            return Cause(part=PnlPart.SYSTEM, why=f"the order was {told}")
        return Cause(part=PnlPart.MISSED, why="not filled, filled in the replay")

    def _unsold(
        self, pair: TripPair, chunk: Chunk, left: list[tuple[Decimal, Cause]]
    ) -> Iterator[Piece]:
        """Yield what only one has sold: first of what only it had bought, for the same cause."""
        rest: PlayedFill | None = chunk.execution
        while rest is not None and left:
            quantity, cause = left.pop(0)
            if quantity > rest.quantity:
                left.insert(0, (quantity - rest.quantity, cause))
            part, rest = cut(rest, quantity)
            yield self._alone(pair, chunk, part, cause)
        if rest is not None:
            yield self._alone(pair, chunk, rest, self._why_unsold(pair, chunk))

    def _why_unsold(self, pair: TripPair, chunk: Chunk) -> Cause:
        run, replay, one = pair.run, pair.replay, chunk.execution
        assert run is not None  # both have the trade
        assert replay is not None
        if one.reason is ExitReason.OPERATOR:
            return BY_YOU
        key = run.key
        found = self.hindrances.between(one.decided_ns, one.at_ns, key.product, key.strategy)
        if found is not None and chunk.run is None:
            return cause_of(found)
        if run.stop != replay.stop:
            return Cause(part=PnlPart.TIMING, why="the stop was at another price")
        if chunk.run is not None:
            return Cause(part=PnlPart.EXTRA, why="sold, not so in the replay")
        return Cause(part=PnlPart.MISSED, why="not sold, sold in the replay")


def _late(one: PlayedFill) -> str:
    return f"filled {(one.at_ns - one.decided_ns) / SECOND:.1f} s after it was decided"


def _rate(one: PlayedFill) -> str:
    worth = one.price * one.quantity
    return f"paid {100 * one.fee / worth:.2f} % in fees" if worth else "paid other fees"
