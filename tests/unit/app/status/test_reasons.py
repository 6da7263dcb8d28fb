"""The last decision with each reason once; open orders with what they ask for."""

from __future__ import annotations

from typing import Any

import pytest

from app.status.signs import InstanceState
from tests.builders.status import DOCUMENT, some_signs, text_of


def decided(**members: Any) -> str:
    made = {"cycle": 3, "at": "2026-11-28T21:40:00Z", "approved": [], "refused": [], **members}
    return text_of({**DOCUMENT, "last_decision": made}, some_signs())


def refused(product: str, reason: str) -> dict[str, str]:
    return {"product": product, "reason": reason}


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"approved": ["BTC-USD", "ETH-USD"]}, "entering BTC-USD, ETH-USD"),
        (
            {"refused": [refused("A-USD", "total_cap"), refused("B-USD", "total_cap")]},
            "refused A-USD, B-USD: the cap on all positions is reached",
        ),
        ({"late": ["breakout"]}, "no answer in time from breakout"),
        ({}, "no entry: no product gives a signal"),
        ({"refused": [refused("A-USD", "quite_new")]}, "refused A-USD: quite new"),
    ],
)
def test_a_decision_is_told_with_its_reasons(members: dict[str, Any], words: str) -> None:
    told = decided(**members)

    assert "Last decision: cycle 3 at 2026-11-28 21:40:00" in told
    assert words in told


def test_orders_of_a_run_that_is_over_are_called_what_they_are() -> None:
    words = "what became of them is read from the venue at a start"

    assert words not in text_of(DOCUMENT, some_signs())
    assert words in text_of(DOCUMENT, some_signs(InstanceState.DIED))
