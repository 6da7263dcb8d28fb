"""A rule that can't answer refuses, and somebody is told until it answers again."""

from __future__ import annotations

import pytest

from actors.trading.rule_failures import FAILED
from domain.model.approval import Refusal
from domain.model.breakers import Effect, Scope
from domain.risk import reasons
from domain.risk.rule import Candidate
from domain.risk.rules.total_cap import TotalCap
from domain.risk.view import RiskView
from tests.builders.harness import deliver
from tests.builders.messages import BTC, ETH
from tests.unit.actors.trading.test_risk_gate import a_gate, a_round, entry, orders
from tests.unit.actors.trading.test_risk_gate import reasons as refused

SCOPE = Scope.of_product(BTC)


def broken(_rule: TotalCap, wanted: Candidate, _view: RiskView) -> Refusal | None:
    if wanted.product == BTC:
        raise ZeroDivisionError("of no interest to anybody")
    return None


@pytest.mark.req("E1", "SUP1")
@pytest.mark.way_out("rule_failed")
def test_a_rule_that_raises_refuses_and_stops_its_product_until_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness, actor = a_gate()
    with monkeypatch.context() as broke:
        broke.setattr(TotalCap, "judge", broken)
        said = deliver(actor, a_round(entry(), entry(ETH)))

        assert refused(said) == ["rule_failed"]
        assert [order.product for order in orders(said)] == [ETH]
        (breaker,) = harness.trips()
        assert (breaker.name, breaker.scope, breaker.effect) == (FAILED, SCOPE, Effect.BLOCK)
        assert breaker.reason == "BTC-USD can't be judged: total_cap: ZeroDivisionError"
        assert refused(deliver(actor, a_round(entry()))) == ["blocked", "rule_failed"]

    assert refused(deliver(actor, a_round(entry()))) == ["blocked"]
    assert not harness.trips()
    assert len(orders(deliver(actor, a_round(entry())))) == 1


def test_the_breaker_is_named_as_its_refusals() -> None:
    assert FAILED == reasons.RULE_FAILED
