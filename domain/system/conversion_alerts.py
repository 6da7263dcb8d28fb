"""Alerts about money that is changed between the wallets that pay."""

from __future__ import annotations

from domain.messages.control import AlertRaised
from domain.model.breakers import Severity
from domain.model.conversion import Conversion
from domain.portfolio.proceeds import told

LIQUIDATE = "python run.py liquidate --emergency"


def of_doubt(conversion: Conversion, reason: str) -> AlertRaised:
    """Return the alert of a conversion that was sent and of which nobody knows what became."""
    return AlertRaised(
        severity=Severity.WARNING,
        code="CONVERSION",
        what=f"it is not known whether {told(conversion)}: {reason}",
        done=f"the venue is asked about trade {conversion.trade_id}; it is not sent again",
        owned="unchanged: the money is in one of the two wallets",
        worst="none by itself; what has moved is booked as a flow, neither profit nor loss",
        command=LIQUIDATE,
    )
