"""A JSON object read member by member: what is missing, damaged or strange is not there.

The document may be of another version, cut, or written by somebody else; showing it never fails.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from domain.model.errors import InvalidNumber
from domain.model.instants import Nanos, parse_iso
from domain.model.money import parse_decimal

TEXT_MAX = 400
NUMBER_MAX = 400
COUNT_MAX = 10**15
"""Characters of a text or a number that are looked at; more is of no use to a reader."""


class Members:
    """The members of a JSON object; of anything else: none."""

    def __init__(self, value: object) -> None:
        self._members: Mapping[str, Any] = value if isinstance(value, Mapping) else {}

    def __bool__(self) -> bool:
        return bool(self._members)

    def text(self, name: str) -> str:
        """Return a text or a whole number as one clean line, "" where there is none."""
        return clean(self._members.get(name))

    def number(self, name: str) -> Decimal | None:
        """Return a number, exactly as it was written."""
        value = self._members.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        try:
            return parse_decimal(str(value)[:NUMBER_MAX])
        except ValueError:  # an InvalidNumber, or a whole number too long to be written
            return None

    def count(self, name: str) -> int:
        """Return a whole number that is not negative; 0 where there is none."""
        value = self._members.get(name)
        return min(max(0, value), COUNT_MAX) if isinstance(value, int) else 0

    def moment(self, name: str) -> Nanos | None:
        """Return an instant."""
        try:
            return parse_iso(self.text(name))
        except (InvalidNumber, OverflowError):
            return None

    def flag(self, name: str) -> bool:
        """Tell whether a member is true; one that is missing is not."""
        return self._members.get(name) is True

    def part(self, name: str) -> Members:
        """Return an object within this one."""
        return Members(self._members.get(name))

    def parts(self, name: str) -> tuple[Members, ...]:
        """Return the objects of a list."""
        found = self._members.get(name)
        rows = found if isinstance(found, list | tuple) else ()
        return tuple(Members(each) for each in rows if isinstance(each, Mapping))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a list; of an object, those of its members with their names."""
        found = self._members.get(name)
        if isinstance(found, Mapping):
            return tuple(f"{clean(key)}: {clean(value)}" for key, value in found.items())
        rows = found if isinstance(found, list | tuple) else ()
        return tuple(each for each in map(clean, rows) if each)


def clean(value: object) -> str:
    """Return `value` as one line without anything that steers a terminal; "" if it is no text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        text = str(value)
    except ValueError:  # a whole number too long to be written
        return ""
    cut = text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"
    # "C": control and format characters, halves of surrogates, what is in no table.
    return " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in cut).split())
