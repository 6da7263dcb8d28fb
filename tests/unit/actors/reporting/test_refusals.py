"""Every reason of a refusal has words; numbers are cut to what people read."""

from __future__ import annotations

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from actors.reporting.refusals import BRIEF, brief, is_told, rounded
from config.plugins import rules
from domain.model.approval import Reason
from domain.risk import reasons


def test_every_reason_that_the_gate_gives_has_words() -> None:
    constants = [vars(reasons), *(vars(rule) for rule in rules())]
    codes = {
        value
        for each in constants
        for name, value in each.items()
        if name.isupper() and isinstance(value, str)
    }

    assert {"killed", "position_cap", "fees_unknown", "halted"} <= codes
    assert [code for code in codes if not is_told(Reason(code))] == []


@given(st.decimals("1e-12", "1e12", allow_nan=False, allow_infinity=False))
def test_texts_of_others_lose_their_long_numbers_only(number: Decimal) -> None:
    told = rounded(f"lost {number:f} USD at 2026-01-05T00:03:00.419Z of 127.0.0.1:4000")

    assert told.endswith("at 2026-01-05T00:03:00.419Z of 127.0.0.1:4000")
    assert len(re.findall(r"\d", told.partition(" USD")[0])) <= 24


def test_a_reason_that_comes_again_and_again_is_short() -> None:
    long = "reconcile: " + "BTC: the venue has 0, we own 0.00271887; " * 5

    assert len(brief(long)) == BRIEF
    assert brief(long).endswith("…")
    assert brief("drawdown 10.0212 % reached") == "drawdown 10.02 % reached"
