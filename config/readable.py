"""Which types of a setting can be read strictly."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from domain.model.instants import Nanos

PLAIN = (str, bool, int, Decimal, Nanos)


def is_optional(kind: Any) -> bool:
    """Tell whether `kind` is a type or None."""
    is_union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return is_union and types.NoneType in typing.get_args(kind)


def is_tuple(kind: Any) -> bool:
    """Tell whether `kind` is a list in the file."""
    return typing.get_origin(kind) is tuple


def is_mapping(kind: Any) -> bool:
    """Tell whether `kind` is a mapping of names to values."""
    return typing.get_origin(kind) is Mapping


def is_readable(kind: Any) -> bool:
    """Tell whether a setting of type `kind` can be read from a file without guessing."""
    if kind in PLAIN:
        return True
    inner = [one for one in typing.get_args(kind) if one not in (types.NoneType, Ellipsis)]
    if is_optional(kind) or is_tuple(kind):
        return len(inner) == 1 and is_readable(inner[0])
    return is_mapping(kind) and inner[0] is str and is_readable(inner[1])


def readable_kinds() -> str:
    """Return the types as a sentence of an error names them."""
    return "str, bool, int, Decimal, Nanos, and tuples, mappings and `| None` of them"
