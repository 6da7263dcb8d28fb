"""What a row says about one kind of message: who says it, who hears it, and how it travels."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from enum import IntEnum
from typing import Any

from attrs import frozen

from actors.kernel.timers import InTurn, Timer

GROUP = "*"
"""Ends the name of a group: "strategy.*" is every strategy, "*" every actor."""


class Lane(IntEnum):
    """How messages wait in an inbox; the lower goes first."""

    CONTROL = 0
    """Overtakes everything; unbounded."""
    EVENT = 1
    """In order, bounded, never dropped."""
    MARKET = 2
    """Only the newest of a key is kept."""


Key = Callable[[Any], Hashable]


@frozen(kw_only=True)
class Route:
    """One row. `hears` are all who get what is published, in this order.

    `one` are those to whom it may also be sent by name, `asker` those who may have asked for it.
    `key` tells what a newer message on the market lane replaces. `is_durable`: its record is
    forced to disk at once, not within a quarter of a second.
    """

    says: tuple[str, ...]
    hears: tuple[str, ...] = ()
    one: tuple[str, ...] = ()
    asker: tuple[str, ...] = ()
    lane: Lane = Lane.EVENT
    key: Key | None = None
    is_durable: bool = False

    @property
    def receivers(self) -> tuple[str, ...]:
        """Return everybody who may get it, by whatever way."""
        return tuple(dict.fromkeys((*self.hears, *self.one, *self.asker)))

    def allows(self, sender: str, receiver: str) -> bool:
        """Tell whether `sender` may say such a message to `receiver`."""
        return matches(self.says, sender) and matches(self.receivers, receiver)


Routes = Mapping[type, Route]


def matches(patterns: tuple[str, ...], name: str) -> bool:
    """Tell whether one of `patterns` is `name` or a group that it belongs to."""
    return any(
        name.startswith(pattern[:-1]) if pattern.endswith(GROUP) else name == pattern
        for pattern in patterns
    )


class Places(dict[type, tuple[Lane, Key | None]]):
    """Lane and key of each kind, learned when it is first seen.

    Timers are control unless they wait their turn; a kind without a row is an event.
    """

    def __init__(self, routes: Routes) -> None:
        super().__init__({kind: (row.lane, row.key) for kind, row in routes.items()})

    def __missing__(self, kind: type) -> tuple[Lane, Key | None]:
        is_control = issubclass(kind, Timer) and not issubclass(kind, InTurn)
        place = Lane.CONTROL if is_control else Lane.EVENT, None
        self[kind] = place
        return place
