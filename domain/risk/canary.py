"""What may be lost while live trading is young: caps that no configuration can raise.

They bind together with the policy's own; the stricter value counts.
"""

from __future__ import annotations

from decimal import Decimal

CANARY_TOTAL_PCT = Decimal("7.5")
"""Of equity, everything at risk."""
CANARY_POSITION_PCT = Decimal("1.5")
"""Of equity, one position."""
CANARY_ASSET_PCT = Decimal("2.5")
"""Of equity, one asset."""
CANARY_ORDER = Decimal(100)
"""Of the quote currency, one order with its fees."""
CANARY_DAILY_LOSS = Decimal(50)
"""Of the quote currency, lost in a day: then trading halts."""
