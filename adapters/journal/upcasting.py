"""Records as older versions wrote them, told in today's shape: the one place that knows the past.

A record is known by its type and its shape, not by a version number. Only the reading changes: the
hash chain is proven on the bytes as they were written, and nothing is ever written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from adapters.journal.codec import TAG

Data = Mapping[str, Any]


@frozen
class Upcaster:
    """One change of a shape: what `is_old` knows, `change` tells as it would be written today.

    `at` is the path to the member that has changed. What is neither old nor new stays as it is,
    and the codec refuses it.
    """

    at: tuple[str, ...]
    is_old: Callable[[Any], bool]
    change: Callable[[Any], Any]

    def __call__(self, data: Data) -> Data:
        """Return `data`, changed if it has the old shape."""
        changed: Data = self._within(data, self.at)
        return changed

    def _within(self, data: Any, path: tuple[str, ...]) -> Any:
        if not path:
            return self.change(data) if self.is_old(data) else data
        if not isinstance(data, Mapping) or path[0] not in data:
            return data
        return {**data, path[0]: self._within(data[path[0]], path[1:])}


# One class for entries and exits, with a price or none (until December 2026).

_FLAT = frozenset(
    {
        *("approval", "purpose", "strategy", "product", "side", "quantity", "limit_price"),
        *("post_only", "lifetime_ns", "worst_case", "stop_loss_pct", "take_profit_pct"),
        *("max_hold_ns", "lot", "reason", "bar_ns", "approved_ns"),
    }
)
_DROPPED = ("purpose", "side", "limit_price", "post_only", "lifetime_ns")
_OF_EXITS_NOT = ("worst_case", "stop_loss_pct", "take_profit_pct", "max_hold_ns", "bar_ns")
_KINDS = {("entry", "BUY"): "ApprovedEntry", ("exit", "SELL"): "ApprovedExit"}


def _is_flat_order(order: Any) -> bool:
    return (
        isinstance(order, Mapping)
        and order.keys() == _FLAT
        and (order["purpose"], order["side"]) in _KINDS
    )


def _typed_order(flat: Data) -> Data:
    kind = _KINDS[flat["purpose"], flat["side"]]
    without = (*_DROPPED, *(_OF_EXITS_NOT if kind == "ApprovedExit" else ("lot",)))
    kept = {name: value for name, value in flat.items() if name not in without}
    return {TAG: kind, "order_type": _order_type(flat), **kept}


def _order_type(flat: Data) -> Data:
    if flat["limit_price"] is None:
        return {TAG: "Market"}
    limit = {name: flat[name] for name in ("post_only", "lifetime_ns")}
    return {TAG: "Limit", "price": flat["limit_price"], **limit}


def _order_at(*path: str) -> Upcaster:
    return Upcaster(path, _is_flat_order, _typed_order)


UPCASTERS: Mapping[str, tuple[Upcaster, ...]] = {
    "OrderApproved": (_order_at("order"),),
    "IntentRaised": (_order_at("intent", "order"),),
    "WouldPlace": (_order_at("intent", "order"),),
    "FillBooked": (_order_at("order"),),
}
"""By record type, in the order of the changes: a record of any age passes all of them."""


def upcast(name: str, data: Data) -> Data:
    """Return the record `name` in today's shape."""
    for change in UPCASTERS.get(name, ()):
        data = change(data)
    return data
