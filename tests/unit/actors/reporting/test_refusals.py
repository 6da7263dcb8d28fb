"""Every reason of a refusal has words; numbers are cut to what people read."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.reporting.refusals import BRIEF, brief, is_told, refused, rounded
from config.plugins import rules
from domain.messages.decisions import ProposalRefused
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.product import Side
from domain.risk import reasons
from tests.builders.messages import BTC


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


@pytest.mark.parametrize(
    ("reason", "purpose", "setting"),
    [
        ("total_cap", Purpose.ENTRY, "setting: policy.caps.total_pct"),
        ("strategy_cap", Purpose.ENTRY, "setting: strategies.breakout.max_at_risk_pct"),
        ("below_minimum", Purpose.ENTRY, "setting: strategies.breakout.notional_pct"),
        ("stale_quote", Purpose.ENTRY, ""),
        ("below_minimum", Purpose.EXIT, ""),
    ],
)
def test_a_refused_entry_names_the_setting_that_decides_about_it(
    reason: str, purpose: Purpose, setting: str
) -> None:
    refusal = Refusal(reason=Reason(reason), observed="1", limit="2")

    line = refused(ProposalRefused(purpose, "breakout", BTC, Side.BUY, (refusal,)))

    assert line.startswith(f"{BTC} not ")
    assert line.partition("setting: ")[2] == setting.removeprefix("setting: ")


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
