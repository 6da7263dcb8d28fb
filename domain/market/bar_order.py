"""Closed bars in order, although the stream is faster than an answer about an earlier minute."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from domain.model.product import ProductId


@frozen
class Asked:
    """Candles of `width_ns` from `start_ns` to before `end_ns` that the venue is asked for."""

    product: ProductId
    start_ns: Nanos
    end_ns: Nanos
    is_backfill: bool
    width_ns: Nanos = Nanos(MINUTE)


class BarOrder:
    """Holds bars back while the venue still owes an answer about the same or an earlier minute.

    Readers append: a bar that comes too early would make them drop the older ones.
    """

    def __init__(self) -> None:
        # One a question on its way; each is answered in the end, or asked again every few seconds.
        self._owed: list[Asked] = []
        self._held: dict[ProductId, list[Bar]] = {}

    def owe(self, asked: Asked) -> None:
        """Hold bars back from now on until `settle`."""
        self._owed.append(asked)

    def settle(self, asked: Asked) -> None:
        """The answer is here; it no longer holds anything back."""
        self._owed.remove(asked)

    def release(self, product: ProductId, bars: Iterable[Bar] = ()) -> tuple[Bar, ...]:
        """Add `bars` and return, oldest first, those of the product that nothing holds back."""
        known = sorted([*self._held.pop(product, ()), *bars], key=lambda bar: bar.start_ns)
        owed = [each.start_ns for each in self._owed if each.product == product]
        free = tuple(bar for bar in known if not owed or bar.start_ns < min(owed))
        if len(free) < len(known):
            self._held[product] = known[len(free) :]
        return free
