"""No entry while a breaker that covers it is open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.breakers import Effect
from domain.risk.rules.blocked import Blocked
from tests.builders.messages import BTC, ETH, a_breaker, a_candidate, a_view

EFFECTS = st.sampled_from([Effect.BLOCK, Effect.REDUCE_ONLY, Effect.HALT, Effect.KILL])


@pytest.mark.req("K1", "SUP1")
@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (Effect.BLOCK, "blocked"),
        (Effect.REDUCE_ONLY, "blocked"),
        (Effect.HALT, "halted"),
        (Effect.KILL, "killed"),
    ],
)
def test_an_open_breaker_refuses_by_its_effect(effect: Effect, reason: str) -> None:
    refusal = Blocked().judge(a_candidate(), a_view(breakers=(a_breaker(effect),)))

    assert refusal is not None
    assert refusal.reason == reason
    assert "drill: the test says so" in refusal.observed


@pytest.mark.parametrize("scope", [f"product:{ETH}", "strategy:other", "actor"])
def test_a_breaker_of_another_scope_lets_pass(scope: str) -> None:
    view = a_view(breakers=(a_breaker(Effect.KILL, scope),))

    assert Blocked().judge(a_candidate(), view) is None


@pytest.mark.parametrize("scope", ["global", "venue", f"product:{BTC}", "strategy:breakout"])
def test_a_breaker_of_a_covering_scope_refuses(scope: str) -> None:
    view = a_view(breakers=(a_breaker(Effect.BLOCK, scope),))

    assert Blocked().judge(a_candidate(), view) is not None


def test_a_breaker_without_effect_lets_pass() -> None:
    view = a_view(breakers=(a_breaker(Effect.NONE),))

    assert Blocked().judge(a_candidate(), view) is None


@given(st.lists(EFFECTS, min_size=1), st.lists(EFFECTS))
def test_more_breakers_never_make_it_milder(some: list[Effect], more: list[Effect]) -> None:
    severity = ["blocked", "halted", "killed"]

    def judged(effects: list[Effect]) -> int:
        view = a_view(breakers=tuple(a_breaker(each) for each in effects))
        refusal = Blocked().judge(a_candidate(), view)
        assert refusal is not None
        return severity.index(refusal.reason)

    assert judged(some + more) >= judged(some)
