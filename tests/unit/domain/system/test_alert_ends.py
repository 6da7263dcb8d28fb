"""What is over ends the alerts about it, and no others."""

from __future__ import annotations

import pytest

from domain.messages.portfolio import START, LotsListed
from domain.messages.supervision import BY_OPERATOR, ActorDown, BreakerReset
from domain.model.breakers import Effect, Scope, Severity
from domain.system.alert_ends import RESOLVED, of_protected, of_reset
from domain.system.alerts import of_breaker, of_down, of_given_up, of_lots, of_shortage
from tests.builders.messages import a_breaker

pytestmark = pytest.mark.req("AL1")


@pytest.mark.parametrize("scope", ["global", "venue", "product:BTC-USD", "strategy:breakout"])
def test_a_reset_ends_the_alert_of_its_breaker_and_scope(scope: str) -> None:
    end = of_reset(BreakerReset("staleness", Scope(scope), BY_OPERATOR, "looked at it"))

    assert (end.code, end.severity) == (RESOLVED, Severity.INFO)
    assert "operator: looked at it" in end.what
    topics = {
        each: of_breaker(a_breaker(Effect.BLOCK, each, name="staleness")).topic
        for each in ("global", "venue", "product:BTC-USD", "strategy:breakout", "product:ETH-USD")
    }
    assert [each for each, topic in topics.items() if topic == end.topic] == [scope]


def test_the_reset_of_an_actors_breaker_ends_whatever_was_told_of_its_life() -> None:
    end = of_reset(BreakerReset("exits", Scope("actor"), "proof", "it is back"))

    told = (
        of_down(ActorDown("exits", 1, "ValueError")),
        of_given_up("exits", "the same bug twice"),
        of_shortage("exits", "no threads"),
    )
    assert {each.topic for each in told} == {end.topic}
    assert of_down(ActorDown("feed", 1, "ValueError")).topic != end.topic


def test_lots_that_are_watched_again_end_what_the_stop_said() -> None:
    stop = of_lots(LotsListed("stop", (), ("BTC-USD 1",)))
    end = of_protected(LotsListed(START, ("BTC-USD 1",), ()))

    assert stop is not None
    assert (stop.topic, end.what) == (end.topic, "1 lot owned, stops and targets are watched")
