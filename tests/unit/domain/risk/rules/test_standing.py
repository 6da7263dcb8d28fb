"""Rules about the state of the system: what is open, what is ready, what was approved before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.approval import Reason
from domain.model.breakers import Effect
from domain.model.instants import MINUTE
from domain.model.product import Side
from domain.risk.rules.standing import is_ready, no_open_breaker, once_a_bar
from tests.builders.messages import BTC, ETH, NOW, a_breaker, a_view, an_entry

EFFECTS = st.sampled_from([Effect.BLOCK, Effect.REDUCE_ONLY, Effect.HALT, Effect.KILL])


@pytest.mark.req("K1", "SUP1")
@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (Effect.BLOCK, Reason.BLOCKED),
        (Effect.REDUCE_ONLY, Reason.BLOCKED),
        (Effect.HALT, Reason.HALTED),
        (Effect.KILL, Reason.KILLED),
    ],
)
def test_an_open_breaker_refuses_by_its_effect(effect: Effect, reason: Reason) -> None:
    refusal = no_open_breaker(an_entry(), None, a_view(breakers=(a_breaker(effect),)))

    assert refusal is not None
    assert refusal.reason is reason
    assert "drill: the test says so" in refusal.observed


@pytest.mark.parametrize("scope", [f"product:{ETH}", "strategy:other", "actor:feed"])
def test_a_breaker_of_another_scope_lets_pass(scope: str) -> None:
    view = a_view(breakers=(a_breaker(Effect.KILL, scope),))

    assert no_open_breaker(an_entry(), None, view) is None


@pytest.mark.parametrize("scope", ["global", "venue", f"product:{BTC}", "strategy:breakout"])
def test_a_breaker_of_a_covering_scope_refuses(scope: str) -> None:
    view = a_view(breakers=(a_breaker(Effect.BLOCK, scope),))

    assert no_open_breaker(an_entry(), None, view) is not None


def test_a_breaker_without_effect_lets_pass() -> None:
    assert no_open_breaker(an_entry(), None, a_view(breakers=(a_breaker(Effect.NONE),))) is None


@given(st.lists(EFFECTS, min_size=1), st.lists(EFFECTS))
def test_more_breakers_never_make_it_milder(some: list[Effect], more: list[Effect]) -> None:
    severity = [Reason.BLOCKED, Reason.HALTED, Reason.KILLED]

    def judged(effects: list[Effect]) -> int:
        view = a_view(breakers=tuple(a_breaker(each) for each in effects))
        refusal = no_open_breaker(an_entry(), None, view)
        assert refusal is not None
        return severity.index(refusal.reason)

    assert judged(some + more) >= judged(some)


@pytest.mark.req("BOOT1")
def test_refuses_until_recovery_is_done() -> None:
    refusal = is_ready(an_entry(), None, a_view(is_ready=False))

    assert refusal is not None
    assert refusal.reason is Reason.NOT_READY
    assert is_ready(an_entry(), None, a_view()) is None


def test_the_same_bar_is_approved_once() -> None:
    entry = an_entry()
    view = a_view(approved={("breakout", BTC, Side.BUY, entry.bar_ns)})

    refusal = once_a_bar(entry, None, view)

    assert refusal is not None
    assert refusal.reason is Reason.ALREADY_APPROVED


@pytest.mark.parametrize(
    "other",
    [
        ("other", BTC, Side.BUY, NOW - MINUTE),
        ("breakout", ETH, Side.BUY, NOW - MINUTE),
        ("breakout", BTC, Side.SELL, NOW - MINUTE),
        ("breakout", BTC, Side.BUY, NOW - 2 * MINUTE),
    ],
)
def test_another_strategy_product_side_or_bar_is_another_matter(other: tuple[object, ...]) -> None:
    assert once_a_bar(an_entry(), None, a_view(approved={other})) is None
