"""From what a listing or the `status` channel says of a product to its flags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.model.product import ALLOWED_BY_FLAG, ProductFlags

COSMETIC = frozenset({"watched", "new", "is_alpha_testing"})
"""Booleans of a product that say nothing about its trading. Source: List Products, read 2026-11."""
MOST_UNKNOWN, LONGEST_NAME = 5, 40
"""How much of what a stranger names is kept."""


def flags_of(said: Mapping[str, Any]) -> ProductFlags:
    """Return the flags among the members of a product; one that is missing counts as not set.

    Any other boolean that is true, and a known one that is no boolean, is unknown.
    """
    odd = [
        name
        for name, value in said.items()
        if (name in ALLOWED_BY_FLAG and not isinstance(value, bool))
        or (value is True and name not in ALLOWED_BY_FLAG and name not in COSMETIC)
    ]
    status = said.get("status")
    if not isinstance(status, str):
        odd, status = [*odd, "status"], ""
    switched = (name for name in ALLOWED_BY_FLAG if said.get(name) is True)
    return ProductFlags.of(status[:LONGEST_NAME], switched, _named(odd))


def _named(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"unknown flag {name[:LONGEST_NAME]}" for name in sorted(names)[:MOST_UNKNOWN])
