"""What an entry may cost above the price that it was decided at."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.money import Price
from domain.model.universe import Exclusion
from domain.risk.rule import Candidate
from domain.risk.rules.slippage_budget import SlippageBudget
from domain.risk.view import RiskView
from tests.builders.messages import (
    BTC,
    a_candidate,
    a_mandate,
    a_quote,
    a_sized,
    a_standing,
    a_tier,
    a_view,
    an_entry,
    approved,
)
from tests.unit.domain.risk.test_chains import a_chain

pytestmark = pytest.mark.req("COST", "X5")
RULE = SlippageBudget()


def view(ask: str = "100.10") -> RiskView:
    quotes = {BTC: a_quote("100", ask)}
    return a_view(quotes=quotes, mandate=a_mandate(tiers={"T1": a_tier(slippage_bps=Decimal(20))}))


def a_rest(price: str, *, rests: bool = True) -> Candidate:
    """Return the rest of an entry that may cost 100.20 at most."""
    chain = a_chain(approved(highest_price=Price(Decimal("100.20"))))
    sized = a_sized(limit_price=Price(Decimal(price)), post_only=rests)
    return Candidate(an_entry(), sized, chain)


@pytest.mark.parametrize(("price", "is_refused"), [("100.20", False), ("100.21", True)])
def test_a_rest_may_cost_as_much_as_the_first_price_allows(price: str, is_refused: bool) -> None:
    assert (RULE.judge(a_rest(price), view()) is not None) is is_refused


def test_a_rest_that_takes_is_refused_where_nothing_is_offered_within_its_price() -> None:
    taking = a_rest("100.20", rests=False)

    assert RULE.judge(taking, view("100.20")) is None
    refusal = RULE.judge(taking, view("100.21"))
    assert refusal is not None
    assert (refusal.observed, refusal.limit) == ("a price of 100.21", "at most 100.2")


@pytest.mark.parametrize(("price", "is_refused"), [("100.31", False), ("100.32", True)])
def test_a_new_entry_crosses_the_ask_by_no_more_than_its_tier_allows(
    price: str, is_refused: bool
) -> None:
    sized = a_sized(limit_price=Price(Decimal(price)), post_only=False)

    assert (RULE.judge(a_candidate(sized=sized), view()) is not None) is is_refused


def test_what_is_in_no_tier_is_left_to_the_rule_on_the_universe() -> None:
    outside = a_standing(BTC, "", exclusion_reason=Exclusion.NEVER_TRADE)
    sized = a_sized(limit_price=Price(Decimal(900)))

    assert RULE.judge(a_candidate(sized=sized), a_view(standings={BTC: outside})) is None


def test_what_rests_is_judged_by_its_price_wherever_the_ask_is() -> None:
    assert RULE.judge(a_rest("100.20"), view("100.90")) is None


def test_what_is_not_in_the_catalogue_is_left_to_the_rule_on_it() -> None:
    sized = a_sized(limit_price=Price(Decimal(900)))

    assert RULE.judge(a_candidate(sized=sized), a_view(products={})) is None
