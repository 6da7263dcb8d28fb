"""Details of cycles are no money, no order and no halt: no state is made of old ones."""

from __future__ import annotations

import pytest

from domain.messages.catalogue import CATALOGUE
from domain.messages.journal import RunStarted
from domain.system.details import DETAILS
from domain.system.recovery import JournalFold
from tests.builders.messages import NOW
from tests.builders.rehearsals import a_round

pytestmark = pytest.mark.req("RET1")

KEPT = (
    *("FillBooked", "IntentRaised", "OrderAdvanced", "OrderApproved", "EquityMarked"),
    *("StatementTaken", "CashFlowSeen", "LotAdopted", "LotReleased", "BreakerTripped"),
    *("BreakerReset", "RunStarted", "RunStopped", "OperatorActed", "DetailsRemoved"),
)


def test_they_are_records_and_what_money_hangs_on_is_none_of_them() -> None:
    assert set(KEPT) | DETAILS <= set(CATALOGUE)
    assert not DETAILS & set(KEPT)


def test_of_those_of_a_run_before_no_state_is_made() -> None:
    started = RunStarted("paper", "embedded", "w", "c", "p", 1)
    whole, emptied = JournalFold("USD"), JournalFold("USD")
    for fold, messages in (
        (whole, (started, a_round(cycle=7), started)),
        (emptied, (started,) * 2),
    ):
        for message in messages:
            fold.take(NOW, message)

    assert whole.result() == emptied.result()
