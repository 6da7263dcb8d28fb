"""A strategy's host: what it proposes is answered, and what is no proposal is its own error."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from attrs import define

from actors.kernel.base import ActorCrashed
from actors.kernel.topology import ALLOCATOR
from actors.trading.strategy import StrategyHost
from domain.messages.decisions import Decide, Proposed
from domain.messages.supervision import ActorProven
from domain.model.context import Context
from domain.model.proposal import TradeProposal
from tests.builders.bars import a_context, some_bars
from tests.builders.harness import Harness, Sent, deliver, of_kind
from tests.builders.messages import a_proposal

NAME = "strategy.scripted"


@define
class Scripted:
    """A strategy that proposes what the test says."""

    proposals: Any
    id: str = "scripted"
    seen: Context | None = None

    def decide(self, context: Context) -> Any:
        self.seen = context
        return self.proposals


@pytest.mark.req("STR1")
def test_a_picture_in_proposals_out() -> None:
    harness, strategy = Harness(), Scripted((a_proposal(),))
    host = harness.start(StrategyHost, NAME, strategy)
    context = a_context(some_bars([1.0, 2.0]))

    deliver(host, Decide(7, context))

    assert strategy.seen is context
    assert harness.sent == [Sent((ALLOCATOR,), Proposed(7, "scripted", (a_proposal(),)))]


@pytest.mark.req("STR1")
def test_any_iterable_of_proposals_is_answered_as_a_tuple() -> None:
    host = Harness().start(StrategyHost, NAME, Scripted(iter([a_proposal(), a_proposal()])))

    (answer,) = deliver(host, Decide(1, a_context()))

    assert isinstance(answer, Proposed)
    assert answer.proposals == (a_proposal(), a_proposal())


@pytest.mark.req("SUP1")
@pytest.mark.parametrize("proposals", [[None], ["BUY"], [a_proposal(), 7]])
def test_what_is_no_proposal_ends_the_strategy_and_nobody_else(proposals: list[object]) -> None:
    harness = Harness()
    host = harness.start(StrategyHost, NAME, Scripted(proposals))

    with pytest.raises(ActorCrashed, match="expected TradeProposals"):
        deliver(host, Decide(1, a_context()))

    assert harness.bodies(Proposed) == []
    scopes = {each.scope for each in harness.trips()}
    assert "strategy:scripted" in scopes
    assert "global" not in scopes


@pytest.mark.req("R2", "SUP1")
@pytest.mark.parametrize("name", [each.name for each in attrs.fields(TradeProposal)])
@pytest.mark.parametrize("value", [["BTC-USD"], None, 7])
def test_a_member_of_another_type_trips_the_strategy_alone_and_is_named(
    name: str, value: object
) -> None:
    harness, nonsense = Harness(), a_proposal()
    object.__setattr__(nonsense, name, value)
    host = harness.start(StrategyHost, NAME, Scripted([nonsense]))

    with pytest.raises(ActorCrashed, match=f"{name}: expected"):
        deliver(host, Decide(1, a_context()))

    assert harness.bodies(Proposed) == []
    assert {each.scope for each in harness.trips()} == {"strategy:scripted", "actor"}
    assert any(f"{name}: expected" in each.reason for each in harness.trips())


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_has_proven_itself_by_one_decision() -> None:
    harness = Harness()
    host = harness.start(StrategyHost, NAME, Scripted(()), epoch=2)

    said = deliver(host, Decide(1, a_context()), Decide(2, a_context()))

    assert len(of_kind(said, ActorProven)) == 1
