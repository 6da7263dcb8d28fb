from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.journal.codec import Codec, CodecError
from domain.messages.supervision import BreakerReset
from domain.model.breakers import (
    ACTOR,
    GLOBAL,
    VENUE,
    Effect,
    Scope,
    covering,
    strongest,
)
from domain.model.product import ProductId
from tests.builders.messages import a_breaker

BTC, ETH = ProductId("BTC-USD"), ProductId("ETH-USD")
NAMES = some.text("abcXYZ-0:", min_size=1, max_size=6).filter(lambda text: text[-1] != ":")


@pytest.mark.parametrize("scope", [GLOBAL, VENUE])
@given(product=NAMES, strategy=some.none() | NAMES)
def test_global_and_venue_cover_every_order(
    scope: Scope, product: str, strategy: str | None
) -> None:
    assert scope.is_everywhere
    assert scope.covers(ProductId(product), strategy)


@given(product=NAMES, strategy=some.none() | NAMES)
def test_a_breaker_of_an_actor_covers_no_order(product: str, strategy: str | None) -> None:
    assert not ACTOR.covers(ProductId(product), strategy)


@given(mine=NAMES, product=NAMES, strategy=some.none() | NAMES)
def test_a_product_or_strategy_covers_its_own_and_no_other(
    mine: str, product: str, strategy: str | None
) -> None:
    of_product, of_strategy = Scope.of_product(ProductId(mine)), Scope.of_strategy(mine)

    assert of_product.covers(ProductId(product), strategy) is (mine == product)
    assert of_strategy.covers(ProductId(product), strategy) is (mine == strategy)
    assert not of_product.is_everywhere
    assert not of_strategy.is_everywhere


@pytest.mark.parametrize("text", ["", "globl", "product", "product:", "strategy:", "actor:feed"])
def test_a_scope_that_would_cover_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected global, venue, actor"):
        Scope(text)


@pytest.mark.parametrize("text", ["global", "venue", "actor", "product:BTC-USD", "strategy:x"])
def test_the_journal_keeps_a_scope_as_the_text_that_it_was(text: str) -> None:
    codec = Codec({"BreakerReset": BreakerReset})
    reset = BreakerReset("drill", Scope(text), "proof", "all is well")

    data = codec.encode(reset)
    again = codec.decode("BreakerReset", data)

    assert type(data["scope"]) is str
    assert data["scope"] == text
    assert type(again.scope) is Scope
    assert again == reset


def test_a_journal_with_an_unknown_scope_is_refused() -> None:
    data = {"name": "drill", "scope": "everything", "by": "proof", "evidence": ""}

    with pytest.raises(CodecError, match="expected global"):
        Codec({"BreakerReset": BreakerReset}).decode("BreakerReset", data)


def test_of_the_covering_breakers_the_strongest_counts_and_of_equals_the_first() -> None:
    first = a_breaker(Effect.BLOCK, "venue", name="first")
    second = a_breaker(Effect.BLOCK, "product:BTC-USD", name="second")
    other = a_breaker(Effect.HALT, "product:ETH-USD", name="other")
    nothing = a_breaker(Effect.NONE, "global", name="nothing")

    assert strongest(covering((nothing, first, second, other), BTC, "x")) == first
    assert strongest(covering((first, other), ETH)) == other
    assert strongest(covering((second, other, nothing), ProductId("SOL-USD"))) is None
