"""In which settings two configurations differ, and which of them the shadow acts on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from config.effective import Config
from domain.model.bounds import Path

NOT_ACTED_ON = (
    ("policy", "quality"),
    ("app",),
    ("policy", "loop"),
    ("policy", "supervision"),
    ("universe", "stability"),
    ("universe", "regime"),
)
"""Cycles, products and the regime are the primary's: both decide on the same."""
SELECTION = ("min_volume", "max_spread_bps", "min_depth")
"""Members of a tier by which the primary's universe chooses."""


def differing(primary: Config, shadow: Config) -> Iterator[dict[str, Any]]:
    """Yield each setting that is not the same, as records and reports have it.

    A value is None where the configuration has no such key.
    """
    theirs, ours = ({entry.path: entry for entry in each.effective()} for each in (primary, shadow))
    for path in sorted({*theirs, *ours}, key=lambda each: tuple(map(str, each))):
        left, right = theirs.get(path), ours.get(path)
        values = [None if each is None else each.value for each in (left, right)]
        if left is None or right is None or left.value != right.value:
            named = left or right
            assert named is not None
            yield {
                "name": named.name,
                "primary": values[0],
                "shadow": values[1],
                "is_acted_on": is_acted_on(path),
            }


def is_acted_on(path: Path) -> bool:
    """Tell whether a shadow decides by the setting at `path`."""
    if path[:2] == ("universe", "tiers") and path[-1] in SELECTION:
        return False
    return not any(path[: len(each)] == each for each in NOT_ACTED_ON)
