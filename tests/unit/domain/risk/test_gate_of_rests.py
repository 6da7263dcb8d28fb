"""The gate and the rest of an entry: asked anew at the price of now, never beyond the first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.decisions import OrderApproved, ProposalRefused
from domain.model.approval import ApprovedEntry, Limit, Purpose, Reason, Refusal
from domain.model.breakers import Effect
from domain.model.context import Regime
from domain.model.instants import SECOND, Nanos
from domain.model.money import ZERO, Price, Quantity
from domain.model.product import Side
from domain.risk.chains import EntryChain
from domain.risk.gate import judge_rest
from domain.risk.view import RiskView, approved_key
from domain.risk.working import Working
from tests.builders.messages import (
    BTC,
    NOW,
    TAKER,
    a_breaker,
    a_lot,
    a_mandate,
    a_portfolio,
    a_quote,
    a_view,
    an_entry,
    approved,
    the_rules,
)


def a_rest(filled: str = "0.5", **changes: Any) -> EntryChain:
    """Return an entry of 2 at 100, up to 100.20, whose first order has bought `filled`."""
    order = approved(highest_price=Price(Decimal("100.20")), **changes)
    chain = EntryChain(
        entry=an_entry(), order=order, quantity=order.quantity, ends_ns=Nanos(NOW + 30 * SECOND)
    )
    return chain.after("first", Quantity(Decimal(filled)))


def rest_view(bid: str = "100.10", ask: str = "100.15", **changes: Any) -> RiskView:
    working = Working(max_reprices=2, takes_rest=True)
    quotes = {BTC: a_quote(bid, ask)}
    return a_view(mandate=a_mandate(working=working), quotes=quotes, **changes)


def rest_of(verdict: Any) -> ApprovedEntry:
    assert isinstance(verdict, OrderApproved), verdict
    assert isinstance(verdict.order, ApprovedEntry)
    return verdict.order


def refused_by(verdict: Any) -> list[str]:
    assert isinstance(verdict, ProposalRefused), verdict
    return [each.reason for each in verdict.refusals]


@pytest.mark.req("X5", "X3")
def test_a_rest_is_what_is_left_at_the_price_of_now_within_the_first_life() -> None:
    view = rest_view(at_ns=NOW)
    order = rest_of(judge_rest(a_rest(), view, 9, the_rules(), takes=False))

    assert order.quantity == Decimal("1.5")
    assert order.order_type == Limit(
        price=Price(Decimal("100.10")), post_only=True, lifetime_ns=Nanos(30 * SECOND)
    )
    assert order.worst_case == Decimal("1.5") * Decimal("100.10") * (1 + TAKER)
    assert (order.approval, order.approved_ns) == (9, view.machine_ns)
    assert (order.replaces, order.first) == ("first", "first")
    assert order.highest_price == Decimal("100.20")


@pytest.mark.req("X5", "COST")
def test_a_rest_is_taken_up_to_its_highest_price_and_is_gone() -> None:
    order = rest_of(judge_rest(a_rest(), rest_view(), 9, the_rules(), takes=True))

    assert order.order_type == Limit(
        price=Price(Decimal("100.20")), post_only=False, lifetime_ns=None
    )


@pytest.mark.req("X5", "E1", "COST")
@pytest.mark.parametrize(
    ("view", "chain", "takes", "reason"),
    [
        (rest_view(at_ns=Nanos(NOW + 30 * SECOND)), a_rest(), False, "nothing_left"),
        (rest_view(), a_rest().after("2", Quantity(ZERO)).after("3", Quantity(ZERO)), False, ""),
        (a_view(), a_rest(), False, "nothing_left"),
        (a_view(), a_rest(), True, "nothing_left"),
        (rest_view("100.21", "100.30"), a_rest(), False, "slippage_budget"),
        (rest_view("100.10", "100.21"), a_rest(), True, "slippage_budget"),
        (rest_view(), a_rest("1.999"), False, "below_minimum"),
        (rest_view(), a_rest("2"), False, "below_minimum"),
        (rest_view(breakers=(a_breaker(Effect.BLOCK),)), a_rest(), False, "blocked"),
        (rest_view(breakers=(a_breaker(Effect.KILL),)), a_rest(), True, "killed"),
        (rest_view(regime=Regime.CRASH), a_rest(), False, "crash_regime"),
        (rest_view(bar_ends={}), a_rest(), False, "stale_bar"),
        (rest_view(portfolio=a_portfolio("4000")), a_rest(), False, "position_cap"),
        (rest_view(taker=None), a_rest(), False, "fees_unknown"),
    ],
)
def test_a_rest_is_judged_by_every_rule_and_its_own_limits(
    view: RiskView, chain: EntryChain, takes: bool, reason: str
) -> None:
    found = refused_by(judge_rest(chain, view, 9, the_rules(), takes=takes))

    assert (reason or "nothing_left") in found


@pytest.mark.req("X5")
def test_a_rest_is_no_second_decision_and_its_own_lot_keeps_nobody_from_it() -> None:
    chain = a_rest()
    lot = a_lot("0.5", id="first")
    view = rest_view(
        approved=frozenset({approved_key(chain.entry)}), portfolio=a_portfolio("10000", lot)
    )

    assert rest_of(judge_rest(chain, view, 9, the_rules(), takes=False)).quantity == Decimal("1.5")
    other = rest_view(portfolio=a_portfolio("10000", a_lot("0.5", id="another")))
    assert refused_by(judge_rest(chain, other, 9, the_rules(), takes=False)) == ["already_held"]


@pytest.mark.req("X5", "E1", "X3")
@given(
    filled=st.decimals("0", "2", places=8),
    bid=st.decimals("50", "150", places=2),
    spread=st.decimals("0.01", "1", places=2),
    takes=st.booleans(),
)
def test_a_rest_never_passes_quantity_price_or_life(
    filled: Decimal, bid: Decimal, spread: Decimal, takes: bool
) -> None:
    chain = a_rest(str(filled))
    view = rest_view(str(bid), str(bid + spread))
    verdict = judge_rest(chain, view, 9, the_rules(), takes=takes)

    if isinstance(verdict, OrderApproved):
        order = rest_of(verdict)
        limit = order.order_type
        assert isinstance(limit, Limit)
        assert order.quantity <= chain.quantity - filled
        assert limit.price <= Decimal("100.20")
        assert limit.post_only is not takes
        assert limit.lifetime_ns is None or view.at_ns + limit.lifetime_ns <= chain.ends_ns
        assert order.worst_case >= order.quantity * limit.price


MISSING = Refusal(
    reason=Reason("not_ready"),
    observed="product, quote, fees or highest price missing",
    limit="all known",
)


def over(observed: str, limit: str) -> Refusal:
    return Refusal(reason=Reason("nothing_left"), observed=observed, limit=limit)


@pytest.mark.req("X5", "E2")
@pytest.mark.parametrize(
    ("view", "chain", "takes", "why"),
    [
        (rest_view(products={}), a_rest(), False, MISSING),
        (evolve(rest_view(), quotes={}), a_rest(), False, MISSING),
        (rest_view(taker=None), a_rest(), True, MISSING),
        (rest_view(), evolve(a_rest(), order=approved()), True, MISSING),
        (a_view(), a_rest(), True, over("to be taken", "policy.execution.taker_fallback")),
        (a_view(), a_rest(), False, over("1 reprices", "0")),
        (
            rest_view(at_ns=Nanos(NOW + 30 * SECOND)),
            a_rest(),
            False,
            over("its time is over", "within its life"),
        ),
        (
            rest_view(),
            evolve(a_rest(), quantity=Quantity(Decimal("NaN"))),
            False,
            Refusal(
                reason=Reason("rule_failed"),
                observed="sizing: InvalidOperation",
                limit="an answer",
            ),
        ),
    ],
    ids=["product", "quote", "fees", "highest", "taken", "reprices", "life", "failure"],
)
def test_what_keeps_a_rest_from_a_size_is_told_with_what_would_be_right(
    view: RiskView, chain: EntryChain, takes: bool, why: Refusal
) -> None:
    found = judge_rest(chain, view, 9, (), takes=takes)

    assert found == ProposalRefused(Purpose.ENTRY, "breakout", BTC, Side.BUY, (why,), "first")


@pytest.mark.req("X5")
def test_a_rest_without_a_size_fails_no_rule() -> None:
    found = refused_by(judge_rest(a_rest(), a_view(), 9, the_rules(), takes=True))

    assert found == ["nothing_left"]


@pytest.mark.req("X5", "COST")
def test_a_rest_is_placed_anew_as_often_as_the_policy_says() -> None:
    chain = a_rest().after("second", Quantity(ZERO))

    order = rest_of(judge_rest(chain, rest_view(), 9, the_rules(), takes=False))

    assert (order.replaces, order.first) == ("second", "first")
