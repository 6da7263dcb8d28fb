"""What the gate said in a run and in its replay, decision by decision, and why it differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.product import ProductId
from domain.replay.hindrances import Hindrances
from domain.replay.pairing import NEAR_NS, TripPair
from domain.replay.parts import UNEXPLAINED, Cause, PnlPart, cause_of, cause_of_flow
from domain.replay.session import DecisionKey, EntryVerdict, PlayedSession

AGAIN = "already_approved"
OF_THE_ACCOUNT = frozenset(
    {
        "already_held",
        "asset_cap",
        "cooldown",
        "insufficient_cash",
        "losing_streak",
        "nothing_left",
        "open_positions",
        "order_cap",
        "position_cap",
        "strategy_cap",
        "theme_cap",
        "tier_cap",
        "total_cap",
        "trade_cap",
    }
)
"""Refusals by what the account holds or has done: another verdict follows from another account.
Any other refusal is by what was known of market and venue, or because of a halt."""
OF_THE_ROUND = frozenset({"less_convinced", "max_trades_per_cycle", "opposite_sides", "spacing"})
"""Refusals by what else was wanted at that moment: at another moment, another verdict."""

INTERVENED = frozenset({PnlPart.PERSON, PnlPart.SYSTEM})
"""Parts of somebody who came between."""


@frozen(kw_only=True)
class VerdictDifference:
    """A decision with another verdict, or none; None: the strategy did not propose it there."""

    key: DecisionKey
    run: EntryVerdict | None
    replay: EntryVerdict | None
    cause: Cause

    @property
    def at_ns(self) -> Nanos:
        """Return the beginning of the minute of the decision."""
        return Nanos(self.key.bar_ns + MINUTE)


@frozen(kw_only=True)
class Divergence:
    """From here on the two own something else of a product, or did it at another time."""

    at_ns: Nanos
    product: ProductId
    cause: Cause


@frozen(kw_only=True)
class Verdicts:
    """Decisions of both: `same`, of those `exact` with the same numbers, and the others."""

    same: int
    exact: int
    differences: tuple[VerdictDifference, ...]

    def cause(self, key: DecisionKey) -> Cause | None:
        """Return why a decision differs, None if it does not."""
        return next((each.cause for each in self.differences if each.key == key), None)


def compare(
    run: PlayedSession,
    replay: PlayedSession,
    pairs: Iterable[TripPair],
    hindrances: Hindrances,
    diverged: Iterable[Divergence],
) -> Verdicts:
    """Compare the verdicts of both; `diverged` is where what they own differs already."""
    mine, theirs = _by_key(run.verdicts), _by_key(replay.verdicts)
    # What the gate of one has judged may have been left out before the gate of the other.
    unseen, untaken = _by_key(run.left_out), _by_key(replay.left_out)
    judge = _Judge(run, hindrances, pairs, diverged)
    same = exact = 0
    differences = []
    for key in sorted(mine.keys() | theirs.keys(), key=lambda each: each.bar_ns):
        one = mine.get(key) or unseen.get(key)
        other = theirs.get(key) or untaken.get(key)
        if one is not None and other is not None and one.reason == other.reason:
            same += 1
            exact += one.numbers == other.numbers
            continue
        found = judge.difference(key, one, other)
        differences.append(found)
    return Verdicts(same=same, exact=exact, differences=tuple(differences))


def _by_key(verdicts: Iterable[EntryVerdict]) -> Mapping[DecisionKey, EntryVerdict]:
    """Return one verdict a decision.

    A strategy that asks again about a bar on which it was let buy has proposed nothing new.
    """
    found: dict[DecisionKey, EntryVerdict] = {}
    for each in verdicts:
        known = found.get(each.key)
        if each.reason == AGAIN:
            continue
        if known is None or (each.is_approved and not known.is_approved):
            found[each.key] = each
    return found


class _Judge:
    """Says why verdicts differ, in order of time: what differs first makes what follows."""

    def __init__(
        self,
        run: PlayedSession,
        hindrances: Hindrances,
        pairs: Iterable[TripPair],
        diverged: Iterable[Divergence],
    ) -> None:
        self._rounds, self._hindrances = run.rounds, hindrances
        self._diverged = sorted(diverged, key=lambda each: each.at_ns)
        shifted = [each for each in pairs if each.is_shifted]
        self._shifted = {
            trip.key for pair in shifted for trip in (pair.run, pair.replay) if trip is not None
        }

    def difference(
        self, key: DecisionKey, run: EntryVerdict | None, replay: EntryVerdict | None
    ) -> VerdictDifference:
        found = next(self._causes(key, run, replay), UNEXPLAINED)
        difference = VerdictDifference(key=key, run=run, replay=replay, cause=found)
        if (run is not None and run.is_approved) or (replay is not None and replay.is_approved):
            at_ns = difference.at_ns
            self._diverged.append(Divergence(at_ns=at_ns, product=key.product, cause=found))
        return difference

    def _causes(
        self, key: DecisionKey, run: EntryVerdict | None, replay: EntryVerdict | None
    ) -> Iterator[Cause]:
        begun_ns = key.bar_ns + MINUTE
        if run is None or not run.is_approved:
            held = self._hindrances.between(
                begun_ns, begun_ns + MINUTE - 1, key.product, key.strategy
            )
            if held is not None:
                yield cause_of(held)
        if key in self._shifted:
            yield Cause(part=PnlPart.TIMING, why="decided on another bar")
        if run is None and self._rounds and begun_ns > max(self._rounds):
            yield Cause(part=PnlPart.TIMING, why="the run ended before it decided")
        if run is None and begun_ns not in self._rounds:
            yield Cause(part=PnlPart.SYSTEM, why="the run made no decision in that minute")
        for verdict, who in ((run, "the run"), (replay, "the replay")):
            is_seen = verdict is not None and verdict.reason not in (
                "",
                *OF_THE_ACCOUNT,
                *OF_THE_ROUND,
            )
            if verdict is not None and is_seen:
                why = f"{who} refused it as {verdict.reason}: {verdict.told}"
                yield Cause(part=PnlPart.SYSTEM, why=why)
        yield from self._following(key, run, replay)
        yield from self._at_another_moment(begun_ns, run, replay)

    def _at_another_moment(
        self, begun_ns: int, run: EntryVerdict | None, replay: EntryVerdict | None
    ) -> Iterator[Cause]:
        """Yield that the verdict is another one because it was another moment of the minute.

        A run may decide many times a minute (`loop.interval_seconds`), its replay does so once.
        """
        first_ns = self._rounds.get(Nanos(begun_ns))
        if run is not None and first_ns is not None and run.at_ns > first_ns:
            after = f"{(run.at_ns - begun_ns) / SECOND:.0f} s after the minute"
            yield Cause(part=PnlPart.TIMING, why=f"decided {after}, the replay decides once")
        for verdict, who in ((run, "the run"), (replay, "the replay")):
            if verdict is not None and verdict.reason in OF_THE_ROUND:
                yield Cause(part=PnlPart.TIMING, why=f"another entry came first in {who}")

    def _following(
        self, key: DecisionKey, run: EntryVerdict | None, replay: EntryVerdict | None
    ) -> Iterator[Cause]:
        """Yield of what earlier difference this one follows: of the product's, else of any."""
        end_ns = key.bar_ns + 2 * MINUTE
        earlier = [each for each in reversed(self._diverged) if each.at_ns < end_ns]
        reasons = {each.reason for each in (run, replay) if each is not None and each.reason}
        for each in earlier:
            if each.product == key.product:
                yield each.cause
        if reasons & OF_THE_ACCOUNT:
            flow = self._hindrances.funded(end_ns)
            yield from () if flow is None else (cause_of_flow(flow),)
            yield from (each.cause for each in earlier)
        if reasons & OF_THE_ROUND:
            near = (each for each in earlier if each.at_ns >= key.bar_ns - NEAR_NS)
            yield from (each.cause for each in near if each.cause.part in INTERVENED)
