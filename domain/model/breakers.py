"""Breakers: what they stop, for whom, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum, StrEnum
from typing import Final, Self

from attrs import field, frozen

from domain.model.instants import Nanos
from domain.model.product import ProductId

_PRODUCT, _STRATEGY = "product:", "strategy:"


class Scope(str):
    """What a breaker or a sweep covers: everything, one product, or one strategy.

    It is the text that journal, status and command line show: "global", "venue",
    "product:BTC-USD", "strategy:NAME", or "actor", which covers no order and only says that the
    actor of the breaker's name is down.

    Raises:
        ValueError: the text is none of these; a scope that covers nothing would stop nothing.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Return the scope that `text` names."""
        is_named = text.startswith((_PRODUCT, _STRATEGY)) and not text.endswith(":")
        if not (text in ("global", "venue", "actor") or is_named):
            raise ValueError(
                "expected global, venue, actor, product:NAME or strategy:NAME as a scope, "
                f"found {text!r}"
            )
        return super().__new__(cls, text)

    @classmethod
    def of_product(cls, product: ProductId) -> Self:
        """Return the scope of all orders of one product."""
        return cls(_PRODUCT + product)

    @classmethod
    def of_strategy(cls, name: str) -> Self:
        """Return the scope of all orders of one strategy."""
        return cls(_STRATEGY + name)

    @property
    def is_everywhere(self) -> bool:
        """Tell whether it covers every order."""
        return self in (GLOBAL, VENUE)

    def covers(self, product: ProductId, strategy: str | None = None) -> bool:
        """Tell whether orders of `product` and `strategy` are covered; None: of no strategy."""
        return (
            self.is_everywhere
            or self == _PRODUCT + product
            or (strategy is not None and self == _STRATEGY + strategy)
        )


GLOBAL: Final = Scope("global")
VENUE: Final = Scope("venue")
ACTOR: Final = Scope("actor")


class Effect(IntEnum):
    """What an open breaker does; the stronger includes the weaker."""

    NONE = 0
    BLOCK = 1
    REDUCE_ONLY = 2
    HALT = 3
    KILL = 4


class Severity(StrEnum):
    """How loud an alert is."""

    INFO = "INFO"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


@frozen(kw_only=True)
class Breaker:
    """One open breaker.

    A latched one needs the operator's `resume`. `at_ns` is market time.
    """

    name: str
    scope: Scope = field(converter=Scope)
    effect: Effect
    reason: str
    is_latched: bool
    at_ns: Nanos


def covering(
    breakers: Iterable[Breaker], product: ProductId, strategy: str | None = None
) -> Iterator[Breaker]:
    """Yield the breakers that cover orders of `product` and `strategy` and do something."""
    for breaker in breakers:
        if breaker.effect is not Effect.NONE and breaker.scope.covers(product, strategy):
            yield breaker


def strongest(breakers: Iterable[Breaker]) -> Breaker | None:
    """Return the breaker with the strongest effect, of equals the first; None if there is none."""
    return max(breakers, key=lambda each: each.effect, default=None)


class DrillKind(StrEnum):
    """How a drill breaks an actor."""

    CRASH = "crash"
    HANG = "hang"
    EXIT = "exit"
