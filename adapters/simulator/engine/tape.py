"""The market as it is played: steps in time order, latest trades, the minute that still forms."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

from adapters.simulator.engine.event_queue import NEVER
from adapters.simulator.market_data.source import Expander, PlayedMarket, Step
from domain.model.instants import MINUTE, Nanos, bucket_start
from domain.model.market import Trade
from domain.model.product import ProductId

RECENT = 100


class Steps(Protocol):
    """What happens on the market and when: known ahead, or only once it has happened."""

    def next_ns(self) -> Nanos:
        """Return when the next step or minute begins; NEVER if nothing is known to come."""

    def steps_at(self, at_ns: int) -> Sequence[Step]:
        """Remove and return the steps up to that instant."""


class Timeline:
    """All products' steps after an instant, one minute at a time, oldest first.

    Steps of one instant come in the order of the products' ids.
    """

    def __init__(self, market: PlayedMarket, expander: Expander, after_ns: Nanos) -> None:
        self._market = market
        self._expander = expander
        self._products = tuple(product.id for product in market.products)
        self._minute = bucket_start(after_ns, MINUTE)
        self._position = 0
        steps = expand(expander, self._products, self._minute)
        self._steps = [step for step in steps if step.at_ns > after_ns]

    def next_ns(self) -> Nanos:
        """Return when the next step or minute begins; NEVER after the market's end."""
        if self._position < len(self._steps):
            return self._steps[self._position].at_ns
        end = self._market.end_ns
        return NEVER if end is not None and self._minute >= end else Nanos(self._minute + MINUTE)

    def steps_at(self, at_ns: int) -> Sequence[Step]:
        """Remove and return the steps of that instant; a new minute is expanded when it begins."""
        if self._position >= len(self._steps) and at_ns >= self._minute + MINUTE:
            self._minute = bucket_start(at_ns, MINUTE)
            self._position = 0
            self._steps = expand(self._expander, self._products, self._minute)
        steps, first = self._steps, self._position
        last = first
        while last < len(steps) and steps[last].at_ns <= at_ns:
            last += 1
        self._position = last
        return steps[first:last]


def expand(expander: Expander, products: Sequence[ProductId], minute_ns: Nanos) -> list[Step]:
    """Return one minute's steps of several products, oldest first."""
    steps: list[Step] = []
    for product in products:
        steps += expander.steps(product, minute_ns)
    steps.sort(key=_at)
    return steps


def _at(step: Step) -> int:
    return step.at_ns


class Tape:
    """The public trades of every product that were printed last."""

    def __init__(self, products: Sequence[ProductId]) -> None:
        self._recent: dict[ProductId, deque[Trade]] = {
            product: deque(maxlen=RECENT) for product in products
        }
        self._minute: dict[ProductId, Nanos] = dict.fromkeys(products, Nanos(-1))
        self._forming: dict[ProductId, list[Trade]] = {product: [] for product in products}
        self._altered: dict[ProductId, dict[Nanos, list[Trade]]] = {}

    def add(self, step: Step) -> None:
        """Print the trades of a step."""
        product = step.product
        self._recent[product].extend(step.trades)
        self._begin(product, bucket_start(step.at_ns, MINUTE))
        self._forming[product].extend(step.trades)

    def alter(self, product: ProductId, at_ns: int) -> None:
        """Note that in the minute of `at_ns` other trades are printed than the market has."""
        minute = bucket_start(at_ns, MINUTE)
        self._begin(product, minute)
        self._altered.setdefault(product, {})[minute] = self._forming[product]

    def altered(self, product: ProductId) -> Mapping[Nanos, Sequence[Trade]]:
        """Return the minutes that were altered, with what was printed in them."""
        return self._altered.get(product, {})

    def _begin(self, product: ProductId, minute: Nanos) -> None:
        if minute != self._minute[product]:
            self._minute[product] = minute
            self._forming[product] = []

    def recent(self, product: ProductId) -> list[Trade]:
        """Return up to 100 latest trades, newest first."""
        return list(reversed(self._recent[product]))

    def forming(self, product: ProductId, minute_ns: Nanos) -> Sequence[Trade]:
        """Return the trades printed so far in that minute, oldest first."""
        return self._forming[product] if self._minute[product] == minute_ns else ()
