"""The three modes of trading and their order."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """How far orders may go; each mode may do what the ones before it may."""

    DRY_RUN = "dry-run"
    """Decides and journals, sends nothing."""
    PAPER = "paper"
    """Trades on a venue without real money."""
    LIVE = "live"
    """Trades real money."""

    @property
    def rank(self) -> int:
        """0 for dry-run, 1 for paper, 2 for live."""
        return list(Mode).index(self)

    @classmethod
    def parse(cls, text: str) -> Mode:
        """Return the mode written in `text`, in any case, with `_` for `-`.

        Raises:
            ValueError: `text` names no mode.
        """
        try:
            return cls(text.strip().lower().replace("_", "-"))
        except ValueError:
            raise ValueError(f"expected one of {', '.join(cls)}, was {text!r}") from None
