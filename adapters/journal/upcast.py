"""Records as earlier versions wrote them, told in the form that today's messages have.

A record is never rewritten: whoever reads it brings it up to date. A record of today passes
unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

TAG = "_type"
"""Member that holds the name of a class where a type allows several."""

Members = Mapping[str, Any]
Upcaster = Callable[[Members], Members]


def _sweep_finished(data: Members) -> Members:
    """The breakers and requests that a sweep answered stood in one text, commas between."""
    if "reason" not in data or "reasons" in data:
        return data
    newer = dict(data)
    reason = newer.pop("reason")
    newer["reasons"] = reason.split(", ") if isinstance(reason, str) else reason
    return newer


def _reconcile_finished(data: Members) -> Members:
    """`products` was always empty."""
    return {name: value for name, value in data.items() if name != "products"}


_FLAT_ORDER = frozenset(
    {
        *("approval", "purpose", "strategy", "product", "side", "quantity", "limit_price"),
        *("post_only", "lifetime_ns", "worst_case", "stop_loss_pct", "take_profit_pct"),
        *("max_hold_ns", "lot", "reason", "bar_ns", "approved_ns"),
    }
)
_KINDS = {("entry", "BUY"): "ApprovedEntry", ("exit", "SELL"): "ApprovedExit"}
_OF_TYPE = ("purpose", "side", "limit_price", "post_only", "lifetime_ns")
_DUMMIES = {
    "ApprovedEntry": ("lot",),
    "ApprovedExit": ("worst_case", "stop_loss_pct", "take_profit_pct", "max_hold_ns", "bar_ns"),
}


def _order_at(*path: str) -> Upcaster:
    """One class stood for entries and exits, with a price or none. Anything else stays as it is."""

    def within(data: Any, path: tuple[str, ...]) -> Any:
        if not path:
            return _typed_order(data) if _is_flat_order(data) else data
        if not isinstance(data, Mapping) or path[0] not in data:
            return data
        return {**data, path[0]: within(data[path[0]], path[1:])}

    return lambda data: within(data, path)


def _is_flat_order(order: Any) -> bool:
    is_whole = isinstance(order, Mapping) and order.keys() == _FLAT_ORDER
    return is_whole and (order["purpose"], order["side"]) in _KINDS


def _typed_order(flat: Members) -> Members:
    kind = _KINDS[flat["purpose"], flat["side"]]
    dropped = (*_OF_TYPE, *_DUMMIES[kind])
    kept = {name: value for name, value in flat.items() if name not in dropped}
    return {TAG: kind, "order_type": _order_type(flat), **kept}


def _order_type(flat: Members) -> Members:
    if flat["limit_price"] is None:
        return {TAG: "Market"}
    limit = {name: flat[name] for name in ("post_only", "lifetime_ns")}
    return {TAG: "Limit", "price": flat["limit_price"], **limit}


UPCASTERS: Mapping[str, Upcaster] = {
    "SweepFinished": _sweep_finished,
    "ReconcileFinished": _reconcile_finished,
    "OrderApproved": _order_at("order"),
    "IntentRaised": _order_at("intent", "order"),
    "WouldPlace": _order_at("intent", "order"),
    "FillBooked": _order_at("order"),
}
