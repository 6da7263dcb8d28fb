"""What a strategy is asked about in a cycle: products that triggered and that it does not hold."""

from __future__ import annotations

from collections.abc import Set
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from attrs import evolve, frozen

from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from domain.model.context import Context
from domain.model.errors import TradingError
from domain.model.product import ProductId

if TYPE_CHECKING:
    from domain.model.bars import Bools

TRUTH = "?"
"""numpy's letter of truth values; comparing types takes longer than many a trigger."""


class TriggerInvalid(TradingError):
    """A strategy's trigger or leave is no column; the text says what it was."""


@frozen(kw_only=True)
class Terms:
    """How a strategy is asked: may it buy what it holds, and about how many products at once."""

    pyramids: bool = False
    max_triggers_per_cycle: int = 10


@frozen
class Triggered:
    """What `strategy` is asked: about the products of `bars`, on which it shall decide.

    `whole` is the picture of all. `beyond` are products that triggered too, in a cycle with more of
    them than the terms allow.
    """

    strategy: Strategy
    whole: Context
    bars: tuple[Bars, ...]
    beyond: tuple[ProductId, ...] = ()

    @property
    def products(self) -> frozenset[ProductId]:
        """Return what it is asked about."""
        return frozenset(each.product for each in self.bars)

    @property
    def context(self) -> Context:
        """Return the picture of these products alone."""
        names, whole, strategy = self.products, self.whole, self.strategy
        return evolve(
            whole,
            bars=self.bars,
            quotes=tuple(quote for quote in whole.quotes if quote.product in names),
            hours=_cut(whole.hours, names, strategy.hours),
            days=_cut(whole.days, names, strategy.days),
        )


def triggered(
    owner: str,
    strategy: Strategy,
    context: Context,
    terms: Terms,
    may_fire: frozenset[ProductId] | None = None,
) -> Triggered:
    """Return what `strategy`, whose entry is called `owner`, has to decide on; only about products
    that `may_fire` its trigger is asked (None: all).

    Where more products triggered than it may be asked about, those of the largest turnover over
    its look-back are kept: the choice must not depend on names.

    Raises:
        TriggerInvalid: its trigger is no column of truth values.
    """
    held = frozenset() if terms.pyramids else held_by(owner, context)
    lookback = strategy.lookback
    fired = []
    for bars in context.bars_of(strategy.timeframe):
        may_be = may_fire is None or bars.product in may_fire
        if may_be and bars.product not in held and len(bars) >= lookback:
            window = bars.last(lookback)
            if _newest(strategy.trigger(window), window, "trigger"):
                fired.append(window)
    kept = _largest(fired, terms.max_triggers_per_cycle)
    beyond = tuple(bars.product for bars in fired if bars.product not in kept)
    asked = tuple(bars for bars in fired if bars.product in kept)
    return Triggered(strategy, context, asked, beyond)


def left(owner: str, strategy: Strategy, context: Context) -> tuple[ProductId, ...]:
    """Return the products that `strategy` holds, as `owner`, and wants to sell.

    Raises:
        TriggerInvalid: its leave is no column of truth values.
    """
    held, lookback = held_by(owner, context), strategy.lookback
    found = []
    for bars in context.bars_of(strategy.timeframe) if held else ():
        if bars.product in held and len(bars) >= lookback:
            window = bars.last(lookback)
            column = strategy.leave(window)
            if column is not None and _newest(column, window, "leave"):
                found.append(bars.product)
    return tuple(found)


def held_by(strategy: str, context: Context) -> frozenset[ProductId]:
    """Return the products of which `strategy` owns a lot."""
    return frozenset(lot.product for lot in context.portfolio.lots if lot.strategy == strategy)


def _newest(column: object, bars: Bars, name: str) -> bool:
    """Return the last truth value of what a strategy's code returned."""
    rows = len(bars)
    kind, shape = getattr(column, "dtype", None), getattr(column, "shape", None)
    if getattr(kind, "char", None) != TRUTH or shape != (rows,):
        found = type(column).__name__ if kind is None else f"{shape} of {kind}"
        raise TriggerInvalid(f"{name}: expected {rows} truth values, was {found}")
    return bool(cast("Bools", column)[-1])


def _largest(fired: list[Bars], limit: int) -> frozenset[ProductId]:
    if len(fired) > limit:
        fired = sorted(fired, key=lambda bars: (-_turnover(bars), bars.product))[:limit]
    return frozenset(bars.product for bars in fired)


def _turnover(bars: Bars) -> Decimal:
    return int(bars.volume.sum()) * bars.step * bars.price(bars.close[-1])


def _cut(known: tuple[Bars, ...], names: Set[ProductId], rows: int) -> tuple[Bars, ...]:
    if not rows:
        return ()
    return tuple(bars.last(rows) for bars in known if bars.product in names)
