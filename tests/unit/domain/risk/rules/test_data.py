"""Rules about what we know: fresh quotes and bars, a known value, a target that pays its costs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.approval import Reason
from domain.model.instants import SECOND
from domain.model.money import Rate
from domain.risk.rules.data import fresh_bar, fresh_quote, known_value, pays_for_costs
from tests.builders.messages import BTC, NOW, a_portfolio, a_quote, a_view, an_entry

LIMIT = 5 * SECOND
BAR_LIMIT = 90 * SECOND


@pytest.mark.req("ST1")
def test_a_quote_passes_at_the_limit_and_is_refused_one_nanosecond_older() -> None:
    at_limit = a_view(quotes={BTC: a_quote(at_ns=NOW - LIMIT)})
    older = a_view(quotes={BTC: a_quote(at_ns=NOW - LIMIT - 1)})

    assert fresh_quote(an_entry(), None, at_limit) is None
    refusal = fresh_quote(an_entry(), None, older)
    assert refusal is not None
    assert refusal.reason is Reason.STALE_QUOTE
    assert refusal.limit == "5000 ms"


@pytest.mark.req("ST1")
def test_a_quote_from_the_future_is_no_fresher() -> None:
    view = a_view(quotes={BTC: a_quote(at_ns=NOW + LIMIT + 1)})

    assert fresh_quote(an_entry(), None, view) is not None


@pytest.mark.req("ST1")
def test_a_stalled_or_missing_quote_is_refused() -> None:
    stalled = fresh_quote(an_entry(), None, a_view(stalled={BTC: "sequence gap"}))
    missing = fresh_quote(an_entry(), None, a_view(quotes={}))

    assert stalled is not None
    assert "sequence gap" in stalled.observed
    assert missing is not None


@pytest.mark.parametrize(("bid", "ask"), [("100", "100"), ("100.1", "100"), ("0", "1")])
def test_a_quote_that_makes_no_sense_is_none(bid: str, ask: str) -> None:
    refusal = fresh_quote(an_entry(), None, a_view(quotes={BTC: a_quote(bid, ask)}))

    assert refusal is not None
    assert refusal.reason is Reason.STALE_QUOTE


@pytest.mark.req("ST1")
def test_a_bar_passes_at_the_limit_and_is_refused_one_nanosecond_older() -> None:
    assert fresh_bar(an_entry(), None, a_view(bar_ends={BTC: NOW - BAR_LIMIT})) is None
    for ends in ({BTC: NOW - BAR_LIMIT - 1}, {BTC: NOW + BAR_LIMIT + 1}, {}):
        refusal = fresh_bar(an_entry(), None, a_view(bar_ends=ends))
        assert refusal is not None
        assert refusal.reason is Reason.STALE_BAR


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_an_older_quote_is_never_judged_more_kindly(age: int, more: int) -> None:
    def passes(age_ns: int) -> bool:
        view = a_view(quotes={BTC: a_quote(at_ns=NOW - age_ns)})
        return fresh_quote(an_entry(), None, view) is None

    assert passes(age) >= passes(age + more)


@pytest.mark.req("E1", "E2")
def test_an_unknown_value_blocks() -> None:
    for portfolio in (None, a_portfolio(nlv=None), a_portfolio("0"), a_portfolio("-1")):
        refusal = known_value(an_entry(), None, a_view(portfolio=portfolio))
        assert refusal is not None
        assert refusal.reason is Reason.NLV_UNKNOWN
    assert known_value(an_entry(), None, a_view()) is None


# Maker 0.6 % in, taker 1.2 % out, spread 0.2 of 100 = 0.2 %: three times 2 % is needed.
TIGHT = a_quote("99.80", "100")


@pytest.mark.req("COST")
def test_a_target_passes_at_three_times_its_costs_and_is_refused_below() -> None:
    view = a_view(quotes={BTC: TIGHT})
    enough, short = (an_entry(take_profit_pct=Decimal(pct)) for pct in ("6", "5.9999"))

    assert pays_for_costs(enough, None, view) is None
    refusal = pays_for_costs(short, None, view)
    assert refusal is not None
    assert refusal.reason is Reason.TARGET_BELOW_COST
    assert (refusal.observed, refusal.limit) == ("target 5.9999 %", "at least 6.0000 %")


@pytest.mark.req("COST")
@pytest.mark.parametrize("missing", ["maker", "taker"])
def test_unknown_fees_block(missing: str) -> None:
    refusal = pays_for_costs(an_entry(), None, a_view(**{missing: None}))

    assert refusal is not None
    assert refusal.reason is Reason.FEES_UNKNOWN


@pytest.mark.req("COST")
@given(
    st.decimals("0", "0.02", places=4),
    st.decimals("0", "0.02", places=4),
    st.decimals("1", "12", places=3),
)
def test_higher_fees_are_never_judged_more_kindly(
    fee: Decimal, more: Decimal, target: Decimal
) -> None:
    def passes(rate: Decimal) -> bool:
        view = a_view(quotes={BTC: TIGHT}, taker=Rate(rate))
        return pays_for_costs(an_entry(take_profit_pct=target), None, view) is None

    assert passes(fee) >= passes(fee + more)
