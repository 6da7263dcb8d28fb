"""What came between a run and what it would have done alone: persons, faults, halts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Any

from attrs import evolve, frozen

from domain.messages.control import LIQUIDATION, OperatorActed
from domain.messages.portfolio import CashFlowSeen, LotAdopted, LotReleased, LotsMissing
from domain.messages.supervision import BreakerReset, BreakerTripped, GapSeen
from domain.messages.universe import AssetBanned, BanCleared, RegimeCleared, RegimeSet
from domain.model.breakers import Breaker, Effect
from domain.model.instants import Nanos
from domain.model.money import ZERO, plain
from domain.model.product import ProductId, base_of
from domain.system.pause import PAUSE

KILL = "kill"
OF_PERSONS = frozenset({PAUSE, KILL, LIQUIDATION})
"""Breakers that a person opens."""
FOREVER = Nanos(2**62)
LEAST_FLOW = Decimal("0.01")
"""Of the cash at the beginning: less than that moves no cap and no size that people would see."""


class Hinderer(StrEnum):
    """Who came between."""

    PERSON = "person"
    SYSTEM = "system"


@frozen(kw_only=True)
class Hindrance:
    """Something that held from `since_ns` to `until_ns`, market time. None: for all products."""

    by: Hinderer
    why: str
    since_ns: Nanos
    until_ns: Nanos = FOREVER
    breaker: Breaker | None = None
    asset: str | None = None

    def covers(self, product: ProductId, strategy: str) -> bool:
        """Tell whether orders of the product and strategy are concerned."""
        if self.breaker is not None:
            return self.breaker.scope.covers(product, strategy)
        return self.asset is None or base_of(product) == self.asset


@frozen(kw_only=True)
class Flow:
    """Money of the account's currency that came or went at `at_ns`, market time, by no order."""

    at_ns: Nanos
    amount: Decimal
    why: str


@frozen(kw_only=True)
class Hindrances:
    """All of one session. `deeds` are what persons ordered, for people to read.

    `own` are the names of breakers that opened; `coins_moved`: coins came into the books or left
    them by no order. `flows` are in order of time; less than `least_flow` in sum moves no cap and
    no size.
    """

    held: tuple[Hindrance, ...] = ()
    flows: tuple[Flow, ...] = ()
    least_flow: Decimal = ZERO
    deeds: tuple[tuple[Nanos, str], ...] = ()
    own: frozenset[str] = frozenset()
    coins_moved: bool = False

    def between(
        self, since_ns: int, until_ns: int, product: ProductId, strategy: str
    ) -> Hindrance | None:
        """Return what held at any time of the span, a person's deed first; None: nothing did."""
        found = [
            each
            for each in self.held
            if each.since_ns <= until_ns
            and since_ns < each.until_ns
            and each.covers(product, strategy)
        ]
        return min(found, key=lambda each: each.by is not Hinderer.PERSON, default=None)

    def funded(self, until_ns: int) -> Flow | None:
        """Return the newest flow by `until_ns` since which caps and sizes are others, else None."""
        known = [each for each in self.flows if each.at_ns <= until_ns]
        total = abs(sum((each.amount for each in known), ZERO))
        return known[-1] if known and total and total >= self.least_flow else None

    def without(self, names: Iterable[str]) -> Hindrances:
        """Return them without the breakers of these names: those opened in the replay as well."""
        left = frozenset(names)
        kept = (e for e in self.held if e.breaker is None or e.breaker.name not in left)
        return evolve(self, held=tuple(kept))


class HindrancesFold:
    """Takes the records of a session; `breakers` are open at its beginning."""

    def __init__(
        self, breakers: Iterable[Breaker], begun_ns: Nanos, quote: str = "", cash: Decimal = ZERO
    ) -> None:
        """`cash` is what the account has of `quote`, its currency, when the session begins."""
        self._quote, self._least_flow = quote, cash * LEAST_FLOW
        self._flows: list[Flow] = []
        self._open: dict[tuple[str, str], Hindrance] = {}
        self._done: list[Hindrance] = []
        self._deeds: list[tuple[Nanos, str]] = []
        self._own: set[str] = set()
        self._coins = False
        for breaker in breakers:
            self._trip(breaker, begun_ns)

    def take(self, at_ns: Nanos, message: Any) -> None:
        """Take the next record, of that market time."""
        match message:
            case BreakerTripped(breaker):
                self._own.add(breaker.name)
                self._trip(breaker, at_ns)
            case BreakerReset(name=name, scope=scope):
                self._end((name, str(scope)), at_ns)
            case GapSeen(length_ns=length):
                self._done.append(
                    Hindrance(
                        by=Hinderer.SYSTEM,
                        why="the process did not run",
                        since_ns=Nanos(at_ns - length),
                        until_ns=at_ns,
                    )
                )
            case OperatorActed(verb=verb, reason=reason):
                self._deeds.append((at_ns, f"{verb}: {reason}"))
            case LotAdopted() | LotReleased() | LotsMissing():
                self._coins = True
            case CashFlowSeen():
                self._flowed(at_ns, message)
            case _:
                self._ordered(at_ns, message)

    def result(self) -> Hindrances:
        """Return what is known so far."""
        return Hindrances(
            held=(*self._done, *self._open.values()),
            deeds=tuple(self._deeds),
            flows=tuple(self._flows),
            least_flow=self._least_flow,
            own=frozenset(self._own),
            coins_moved=self._coins,
        )

    def _flowed(self, at_ns: Nanos, seen: CashFlowSeen) -> None:
        why = f"{seen.kind} of {plain(abs(seen.amount))} {seen.currency}, by no order of ours"
        self._deeds.append((at_ns, why))
        if seen.currency == self._quote:
            self._flows.append(Flow(at_ns=at_ns, amount=seen.amount, why=why))

    def _ordered(self, at_ns: Nanos, message: Any) -> None:
        match message:
            case AssetBanned(asset=asset, reason=reason, until_ns=until_ns):
                why = f"you banned {asset}: {reason}"
                self._begin(("ban", asset), at_ns, until_ns, why, asset)
            case BanCleared(asset=asset):
                self._end(("ban", asset), at_ns)
            case RegimeSet(regime=regime, reason=reason, until_ns=until_ns):
                why = f"you set the regime to {regime}: {reason}"
                self._begin(("regime", ""), at_ns, until_ns, why, None)
            case RegimeCleared():
                self._end(("regime", ""), at_ns)
            case _:
                pass

    def _begin(
        self, key: tuple[str, str], at_ns: Nanos, until_ns: Nanos, why: str, asset: str | None
    ) -> None:
        self._end(key, at_ns)
        self._deeds.append((at_ns, why))
        self._open[key] = Hindrance(
            by=Hinderer.PERSON, why=why, since_ns=at_ns, until_ns=until_ns, asset=asset
        )

    def _trip(self, breaker: Breaker, at_ns: Nanos) -> None:
        if breaker.effect < Effect.BLOCK:
            return
        key = breaker.name, str(breaker.scope)
        known = self._open.get(key)
        is_person = breaker.name in OF_PERSONS
        self._open[key] = Hindrance(
            by=Hinderer.PERSON if is_person else Hinderer.SYSTEM,
            why=f"{breaker.name}: {breaker.reason}",
            since_ns=at_ns if known is None else known.since_ns,
            breaker=breaker,
        )

    def _end(self, key: tuple[str, str], at_ns: Nanos) -> None:
        known = self._open.pop(key, None)
        if known is not None:
            self._done.append(evolve(known, until_ns=min(known.until_ns, at_ns)))
