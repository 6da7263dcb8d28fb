"""One word says how far the data of a product can be trusted."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.market.data_state import obstacle_of, state_of
from domain.messages.market import FeedStalled
from domain.model.breakers import GLOBAL, Effect, Scope
from domain.model.instants import SECOND, Nanos
from domain.model.market import DataState, Doubt, DoubtKind
from tests.builders.messages import BTC, ETH, NOW, a_breaker, a_product

LIMIT = Nanos(5 * SECOND)
pytestmark = pytest.mark.req("ST1")


@pytest.mark.parametrize("state", [DataState.STALE, DataState.SUSPECT])
def test_a_stall_has_the_last_word(state: DataState) -> None:
    stall = FeedStalled(BTC, "why", Nanos(0), state)

    assert state_of(NOW, stall, "the venue says no", NOW, LIMIT) == (state, "why")


def test_without_a_price_it_is_warming() -> None:
    assert state_of(None, None, None, NOW, LIMIT)[0] is DataState.WARMING


def test_a_price_is_live_up_to_the_limit_and_stale_beyond_it_as_the_gate_has_it() -> None:
    assert state_of(NOW, None, None, Nanos(NOW + LIMIT), LIMIT) == (DataState.LIVE, "")
    state, why = state_of(NOW, None, None, Nanos(NOW + LIMIT + 1), LIMIT)
    assert state is DataState.STALE
    assert why == "last price 5000 ms old, limit 5000 ms"


def test_what_stops_entries_of_a_product_with_fresh_prices_blocks_it() -> None:
    assert state_of(NOW, None, "view only", NOW, LIMIT) == (DataState.BLOCKED, "view only")


def test_obstacles_are_the_venues_flags_and_breakers_of_the_product_alone() -> None:
    product = a_product(BTC)
    own = a_breaker(name="own", scope=Scope.of_product(BTC), effect=Effect.BLOCK)
    others = (
        a_breaker(scope=GLOBAL, effect=Effect.BLOCK),
        a_breaker(scope=Scope.of_product(ETH), effect=Effect.BLOCK),
    )

    assert obstacle_of(product, others) is None
    assert obstacle_of(product, (*others, own)) == f"own: {own.reason}"
    closed = evolve(product, flags=evolve(product.flags, view_only=True))
    assert obstacle_of(closed, ()) == "the venue says online, view_only"


@pytest.mark.req("O1")
@pytest.mark.parametrize("kind", list(DoubtKind))
def test_a_doubted_price_is_suspect_and_one_without_a_past_is_warming(kind: DoubtKind) -> None:
    doubt = Doubt(kind, "seen", "allowed", NOW)
    wanted = DataState.WARMING if kind is DoubtKind.HISTORY else DataState.SUSPECT

    found = state_of(NOW, None, "view only", NOW, LIMIT, doubt)

    assert found == (wanted, f"{kind.value}: seen, limit allowed")
    stale = state_of(NOW, None, None, Nanos(NOW + LIMIT + 1), LIMIT, doubt)
    assert stale[0] is DataState.STALE
