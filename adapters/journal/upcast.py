"""Records as earlier versions wrote them, told in the form that today's messages have.

A record is never rewritten: whoever reads it brings it up to date. A record of today passes
unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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


UPCASTERS: Mapping[str, Upcaster] = {
    "SweepFinished": _sweep_finished,
    "ReconcileFinished": _reconcile_finished,
}
