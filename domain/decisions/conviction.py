"""From how sure a strategy is to how much it buys."""

from __future__ import annotations

from decimal import Decimal

from domain.model.money import ZERO

_ONE = Decimal(1)
_STEP = Decimal("0.0001")


def conviction_of(strength: float) -> Decimal:
    """Return `strength` within 0 and 1 with four digits, as proposals carry it."""
    return Decimal(f"{min(1.0, max(0.0, strength)):.4f}")


def size_pct(full_pct: Decimal, conviction: Decimal, calm: Decimal = _ONE) -> Decimal:
    """Return the size of an entry in percent: all of `full_pct` at full conviction, half at none.

    `calm` (0 to 1) makes it smaller where the market moves more than usual.
    """
    part = (_ONE + min(_ONE, max(ZERO, conviction))) / 2 * min(_ONE, calm)
    return max(_STEP, (full_pct * part).quantize(_STEP))


def calm_of(range_pct: float, usual_pct: Decimal) -> Decimal:
    """Return the usual range over the present one, 1 where it is no wider."""
    return _ONE if range_pct <= 0 else min(_ONE, usual_pct / Decimal(f"{range_pct:.4f}"))
