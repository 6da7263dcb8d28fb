"""The settings that strategies share whose entries have a fixed size, stop and target."""

from __future__ import annotations

from typing import Any

from domain.model.settings import REQUIRED, number


def size_of_entry() -> Any:
    """Declare the size of an entry, in percent of equity."""
    return number(
        REQUIRED, "Size of an entry", low="0.01", high="5", unit="% of equity", tighter="lower"
    )


def stop_distance() -> Any:
    """Declare how far below an entry its stop is, in percent of its price."""
    return number(
        REQUIRED, "Distance of the stop", low="0.1", high="25", unit="% of entry", tighter="lower"
    )


def target_distance() -> Any:
    """Declare how far above an entry its target is, in percent of its price."""
    return number(REQUIRED, "Distance of the target", low="0.1", high="100", unit="% of entry")
