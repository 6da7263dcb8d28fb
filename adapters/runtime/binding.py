"""Bind an abstract actor class to a runtime, late: the class is written once, for both."""

from __future__ import annotations

from typing import TypeVar

import pykka

from actors.kernel.base import Actor

A = TypeVar("A", bound=Actor)
_BOUND: dict[tuple[type, type], type] = {}


def bind(kind: type[A], mixin: type[pykka.Actor]) -> type[A]:
    """Return `kind` completed by the hooks of `mixin` (one class per pair).

    Raises:
        TypeError: the actor has a name that the mixin needs, and would hide it.
    """
    key = (kind, mixin)
    if key not in _BOUND:
        hidden = sorted(
            name
            for name in vars(mixin)
            if not name.startswith(("__", "_abc_"))
            and any(name in vars(base) for base in kind.__mro__ if issubclass(base, Actor))
        )
        if hidden:
            raise TypeError(f"{kind.__name__} hides {', '.join(hidden)} of {mixin.__name__}")
        _BOUND[key] = type(kind.__name__, (kind, mixin), {"__module__": kind.__module__})
    return _BOUND[key]
