"""No entry on a price that is not known to be true now."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.approval import Refusal
from domain.model.instants import SECOND
from domain.risk.rules.stale_quote import StaleQuote
from domain.risk.view import RiskView
from tests.builders.messages import BTC, NOW, a_candidate, a_quote, a_view

LIMIT = 5 * SECOND


def judged(view: RiskView, rule: StaleQuote | None = None) -> Refusal | None:
    return (rule or StaleQuote()).judge(a_candidate(), view)


@pytest.mark.req("ST1")
def test_a_quote_passes_at_the_limit_and_is_refused_one_nanosecond_older() -> None:
    assert judged(a_view(quotes={BTC: a_quote(at_ns=NOW - LIMIT)})) is None
    refusal = judged(a_view(quotes={BTC: a_quote(at_ns=NOW - LIMIT - 1)}))

    assert refusal is not None
    assert refusal.reason == "stale_quote"
    assert refusal.limit == "5000 ms"


@pytest.mark.req("ST1")
def test_the_limit_is_the_one_that_policy_says() -> None:
    rule = StaleQuote(quote_seconds=Decimal("0.5"))

    assert rule.limit_ns == SECOND // 2
    assert judged(a_view(quotes={BTC: a_quote(at_ns=NOW - SECOND // 2)}), rule) is None
    assert judged(a_view(quotes={BTC: a_quote(at_ns=NOW - SECOND // 2 - 1)}), rule) is not None


@pytest.mark.req("ST1")
def test_a_quote_from_the_future_is_no_fresher() -> None:
    assert judged(a_view(quotes={BTC: a_quote(at_ns=NOW + LIMIT + 1)})) is not None


@pytest.mark.req("ST1")
def test_a_stalled_or_missing_quote_is_refused() -> None:
    stalled, missing = judged(a_view(stalled={BTC: "sequence gap"})), judged(a_view(quotes={}))

    assert stalled is not None
    assert "sequence gap" in stalled.observed
    assert missing is not None


@pytest.mark.parametrize(("bid", "ask"), [("100", "100"), ("100.1", "100"), ("0", "1")])
def test_a_quote_that_makes_no_sense_is_none(bid: str, ask: str) -> None:
    refusal = judged(a_view(quotes={BTC: a_quote(bid, ask)}))

    assert refusal is not None
    assert refusal.reason == "stale_quote"


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_an_older_quote_is_never_judged_more_kindly(age: int, more: int) -> None:
    def passes(age_ns: int) -> bool:
        return judged(a_view(quotes={BTC: a_quote(at_ns=NOW - age_ns)})) is None

    assert passes(age) >= passes(age + more)
