"""An alert of a conversion in doubt says what may have moved, that it is not sent again, and how
to find out.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.conversion import Conversion
from domain.model.money import Amount
from domain.system.conversion_alerts import of_doubt


@pytest.mark.req("RB5", "AL1")
def test_the_alert_names_amount_trade_and_command() -> None:
    alert = of_doubt(Conversion("t-7", "USD", "USDC", Amount(Decimal(9000))), "connection lost")

    assert alert.what == "it is not known whether 9,000.00 USD became USDC: connection lost"
    assert alert.done == "the venue is asked about trade t-7; it is not sent again"
    assert alert.command == "python run.py liquidate --emergency"
