"""What each signal of each strategy has earned: round trips, fees, realised and unrealised PnL."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from domain.model.money import ZERO, Amount


@frozen(order=True)
class Origin:
    """Where a lot comes from: a strategy, and the signal on which it bought; "" where not known."""

    strategy: str
    signal: str


NOBODY = Origin("", "")


@frozen(kw_only=True)
class OriginPnl:
    """The PnL of one origin, or of several together, in quote currency.

    `trips` are lots of which nothing is left, `won` those of them that earned something after
    fees. `fees` are all that were paid; `realised` is after fees and holds parts that were sold;
    `unrealised` is what the open `lots` would earn if they were sold now, after fees. None: a bid
    is not known.
    """

    origin: Origin
    trips: int = 0
    won: int = 0
    fees: Amount = Amount(ZERO)
    realised: Amount = Amount(ZERO)
    unrealised: Amount | None = Amount(ZERO)
    lots: int = 0

    def __add__(self, other: OriginPnl) -> OriginPnl:
        """Return both together, as of the origin of this one."""
        mine, others = self.unrealised, other.unrealised
        return evolve(
            self,
            trips=self.trips + other.trips,
            won=self.won + other.won,
            fees=Amount(self.fees + other.fees),
            realised=Amount(self.realised + other.realised),
            unrealised=None if mine is None or others is None else Amount(mine + others),
            lots=self.lots + other.lots,
        )


@frozen
class OpenPnl:
    """What the open lots of one origin would earn if they were sold now, after fees."""

    origin: Origin
    unrealised: Amount


def open_of(rows: Iterable[OriginPnl]) -> tuple[OpenPnl, ...]:
    """Return what is not realised of `rows`, where lots are open and it is known."""
    return tuple(
        OpenPnl(row.origin, row.unrealised)
        for row in rows
        if row.lots and row.unrealised is not None
    )


@frozen
class StrategyPnl:
    """A strategy with its signals; `total` is what they come to."""

    total: OriginPnl
    signals: tuple[OriginPnl, ...]

    @property
    def name(self) -> str:
        """Return the name of the strategy; "" stands for what belongs to none."""
        return self.total.origin.strategy


def by_strategy(rows: Iterable[OriginPnl]) -> tuple[StrategyPnl, ...]:
    """Return the rows by strategy in the order of names, what belongs to none last."""
    grouped: dict[str, list[OriginPnl]] = {}
    for row in sorted(rows, key=lambda each: each.origin):
        grouped.setdefault(row.origin.strategy, []).append(row)
    names = sorted(grouped, key=lambda name: (not name, name))
    return tuple(
        StrategyPnl(total(grouped[name], Origin(name, "")), tuple(grouped[name])) for name in names
    )


def total(rows: Iterable[OriginPnl], origin: Origin = NOBODY) -> OriginPnl:
    """Return what `rows` come to together."""
    return sum(rows, OriginPnl(origin=origin))
