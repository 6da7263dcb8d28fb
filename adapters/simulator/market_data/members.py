"""Members of an entry that another venue has written: what each must be, or it is left out."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from domain.model.errors import InvalidNumber, ProtocolBroken
from domain.model.money import parse_decimal

LARGEST, SMALLEST = Decimal(10) ** 40, Decimal(10) ** -40
"""Beyond them nothing is a price, and calculating with it overflows."""


def above_zero(item: Mapping[str, Any], name: str) -> Decimal:
    """Return the number above zero in a member; raises ProtocolBroken: there is none."""
    value = _number(item, name)
    if not SMALLEST <= value <= LARGEST:
        raise ProtocolBroken(f"{name}: expected a number above zero")
    return value


def from_zero(item: Mapping[str, Any], name: str) -> Decimal:
    """Return the number from zero in a member; raises ProtocolBroken: there is none."""
    value = _number(item, name)
    return value if value == 0 else above_zero(item, name)


def word(item: Mapping[str, Any], name: str) -> str:
    """Return the text in a member; raises ProtocolBroken: there is none."""
    value = item.get(name)
    if not isinstance(value, str) or not value:
        raise ProtocolBroken(f"{name}: expected a text")
    return value


def named(item: Any) -> dict[str, str]:
    """Return what an entry that can't be read says of itself: its product, if it names one."""
    name = item.get("product_id")
    return {"name": name} if isinstance(name, str) else {}


def _number(item: Mapping[str, Any], name: str) -> Decimal:
    try:
        return parse_decimal(word(item, name))
    except InvalidNumber as error:
        raise ProtocolBroken(f"{name}: expected a number") from error
