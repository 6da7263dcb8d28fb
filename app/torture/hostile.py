"""Strategies that do harm as fast as they are asked: in virtual time, on the actors' one thread.

None of them could be loaded: their text breaks what a strategy may do. They stand for what that
reading misses, so they are put behind it, and everything from the strategy's actor on is the
product's own.
"""

from __future__ import annotations

import contextlib
import decimal
import functools
import random
import time
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from attrs import evolve, frozen

from app.torture import told
from app.torture.honest import HONEST
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from domain.model.context import Context
from domain.model.product import ProductId, Side
from domain.model.proposal import TradeProposal

if TYPE_CHECKING:
    from domain.model.bars import Bools

BIGGEST, FARTHEST, LEAST_TARGET = Decimal(3), Decimal(15), Decimal(40)
"""The most that shipped policy lets a strategy ask for: size, stop and target in percent."""


def a_wish(product: ProductId, **members: Any) -> TradeProposal:
    """Return the largest purchase that policy lets through, with the farthest stop."""
    usual: dict[str, Any] = {
        "product": product,
        "side": Side.BUY,
        "notional_pct": BIGGEST,
        "stop_loss_pct": FARTHEST,
        "take_profit_pct": LEAST_TARGET,
        "conviction": Decimal(1),
        "signal": "hostile",
    }
    return TradeProposal(**(usual | members))


@frozen(kw_only=True)
class Hostile(Strategy):
    """Triggers on everything, always. `DOES` says for people what it does."""

    DOES: ClassVar[str]
    id: str

    @property
    def lookback(self) -> int:
        """Return how many closed bars it sees."""
        return 2

    def trigger(self, bars: Bars) -> Bools:
        """Return that every bar is worth a look."""
        told.asked(self.id, bars.start_ns[-1])
        return np.ones(len(bars), dtype=np.bool_)

    def told(self, wishes: Iterable[TradeProposal]) -> tuple[TradeProposal, ...]:
        """Return `wishes`, counted."""
        found = tuple(wishes)
        told.PROPOSALS[self.id] += len(found)
        return found


def _products(context: Context) -> list[ProductId]:
    return [each.product for each in context.bars]


@frozen(kw_only=True)
class Spammer(Hostile):
    """As many proposals as there is room for, in some minutes without an end."""

    DOES: ClassVar[str] = "a thousand of the largest orders a decision, at times without an end"

    def decide(self, context: Context) -> Any:
        """Return a thousand wishes, or in each seventh cycle an endless row of them."""
        products = _products(context)
        if context.cycle % 7 == 6:
            return self._endless(products)
        return self.told(a_wish(products[n % len(products)]) for n in range(1000))

    def _endless(self, products: list[ProductId]) -> Iterator[TradeProposal]:
        while True:
            told.PROPOSALS[self.id] += 1
            yield a_wish(products[0])


_NUMBERS = [
    Decimal(text)
    for text in ("NaN", "sNaN", "-NaN", "Infinity", "-Infinity", "1e40", "-3", "0", "-0", "1e-40")
]


@frozen(kw_only=True)
class Numbers(Hostile):
    """Sizes, stops, targets and convictions that are no numbers, or not such numbers."""

    DOES: ClassVar[str] = "sizes and stops that are NaN, endless, huge, negative or no Decimal"

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return one odd member a cycle; each third cycle the largest that passes."""
        products, cycle = _products(context), context.cycle
        if cycle % 3 == 2:
            return self.told(a_wish(each) for each in products)
        odd: Any = _NUMBERS[cycle % len(_NUMBERS)]
        if cycle % 11 == 7:
            odd = float("nan")  # no Decimal at all: the value refuses to be built
        names = ("notional_pct", "stop_loss_pct", "take_profit_pct", "conviction")
        turns = ((names[(cycle + n) % len(names)], each) for n, each in enumerate(products))
        return self.told(a_wish(each, **{name: odd}) for name, each in turns)


@frozen(kw_only=True)
class FlipFlopper(Hostile):
    """Buys everything and leaves it again at once, for the fees of both."""

    DOES: ClassVar[str] = "buys everything and leaves it in the next decision, both sides at once"

    def leave(self, bars: Bars) -> Bools:
        """Return that everything is to be sold."""
        return np.ones(len(bars), dtype=np.bool_)

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return purchases, in every fourth cycle with a sale of the same beside each."""
        wishes = [a_wish(each) for each in _products(context)]
        if context.cycle % 4 == 3:
            wishes += [a_wish(each, side=Side.SELL) for each in _products(context)]
        return self.told(wishes)


class Unspeakable(Exception):
    """An error that fails while somebody reads it."""

    def __str__(self) -> str:
        raise SystemExit("no words")

    __repr__ = __str__


def _deep(depth: int) -> int:
    return _deep(depth + 1) + 1


_ERRORS = (Unspeakable, SystemExit, KeyboardInterrupt, MemoryError, GeneratorExit, ValueError)


@frozen(kw_only=True)
class Crasher(Hostile):
    """Dies of everything that Python can raise, wherever it is asked."""

    DOES: ClassVar[str] = "raises whatever Python has, SystemExit and errors without words included"

    def trigger(self, bars: Bars) -> Bools:
        """Return a column, raise, or return what is none."""
        minute = int(bars.start_ns[-1] // 60_000_000_000)
        if minute % 5 == 3:
            raise _ERRORS[minute % len(_ERRORS)]
        column: Any = super().trigger(bars)
        return column if minute % 7 != 4 else list(column)  # type: ignore[return-value] # hostile

    @functools.lru_cache(maxsize=1)  # noqa: B019 - a method without code of its own is the point
    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return wishes, or raise in every second cycle."""
        cycle = context.cycle
        if cycle % 2:
            raise _ERRORS[cycle // 2 % len(_ERRORS)]
        if cycle % 8 == 6:
            _deep(0)
        return self.told(a_wish(each) for each in _products(context))


@frozen(kw_only=True)
class ClockAbuser(Hostile):
    """Asks the wall clock and chance, and changes how everybody on its thread calculates."""

    DOES: ClassVar[str] = "decides by wall clock and chance, changes rounding for the whole thread"

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return wishes by the second of the wall; leave three digits for all who come after."""
        time.sleep(0.02)
        random.seed(time.time_ns())
        decimal.getcontext().prec = 3
        decimal.getcontext().rounding = decimal.ROUND_UP
        decimal.getcontext().traps = dict.fromkeys(decimal.getcontext().traps, False)
        np.seterr(all="raise")
        return self.told(a_wish(each) for each in _products(context) if random.random() < 0.8)


@frozen(kw_only=True)
class Liar(Hostile):
    """Says that it is somebody else: holds nothing, and leaves what the honest one owns."""

    DOES: ClassVar[str] = "speaks under the name of another, denies what it holds, sells its lots"
    id: str = ""

    def __getattribute__(self, name: str) -> Any:
        """Return the name of another once it is asked in a decision."""
        if name == "id" and object.__getattribute__(self, "_is_begun")():
            return HONEST
        return super().__getattribute__(name)

    def _is_begun(self) -> bool:
        return _LIES[0] > 0

    @property
    def lookback(self) -> int:
        """Return another length each time."""
        return 2 - _LIES[0] % 2

    def trigger(self, bars: Bars) -> Bools:
        """Return that every bar is worth a look; from now on its name is another."""
        _LIES[0] += 1
        return np.ones(len(bars), dtype=np.bool_)

    def leave(self, bars: Bars) -> Bools:
        """Return that whatever it seems to hold is to be sold."""
        return np.ones(len(bars), dtype=np.bool_)

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return wishes that ought to be another's."""
        found = tuple(a_wish(each) for each in _products(context))
        told.PROPOSALS["liar"] += len(found)
        return found


_LIES = [0]


def forget() -> None:
    """Begin anew: another case follows in the same process."""
    _LIES[0] = 0


@frozen(kw_only=True)
class Mutator(Hostile):
    """Changes the picture that it was handed: prices, lots, stops, columns."""

    DOES: ClassVar[str] = "rewrites prices, lots, stops and bars in the picture that it is handed"

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return wishes after making everything look cheap, rich and without stops."""
        for quote in context.quotes:
            _force(quote, bid=quote.bid / 1000, ask=quote.ask / 1000)
        for lot in context.portfolio.lots:
            _force(lot, stop_price=Decimal(0), target_price=None, expires_ns=None, strategy="x")
            _force(lot, quantity=lot.quantity / 1000, cost=Decimal(0))
        _force(context.portfolio, nlv=Decimal(10**9), lots=(), cash=Decimal(10**9))
        for bars in context.bars:
            for name in ("close", "high", "low"):
                column = getattr(bars, name)
                with contextlib.suppress(ValueError):
                    column.flags.writeable = True
                    column[:] = column // 2
        _force(context, at_ns=0, portfolio=evolve(context.portfolio))
        return self.told(a_wish(each.product) for each in context.bars)


def _force(value: object, **members: Any) -> None:
    """Change members of a value that can't be changed."""
    for name, member in members.items():
        object.__setattr__(value, name, member)
