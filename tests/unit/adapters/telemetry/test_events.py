"""What is written of a value is exact and bounded."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from attrs import field, frozen

from adapters.telemetry.events import DEPTH_MAX, ITEMS_MAX, TEXT_MAX, exact, name_of, product_of
from domain.messages.market import QuoteMoved
from domain.messages.orders import IntentRaised
from tests.builders.messages import BTC, a_quote, an_intent, approved, booked

INTENT = an_intent(approved())


@frozen
class Nested:
    inner: object


def test_what_is_written_of_a_value_is_bounded() -> None:
    deep: object = 1
    for _ in range(2 * DEPTH_MAX):
        deep = Nested(deep)

    assert len(exact(tuple(range(10 * ITEMS_MAX)))) == ITEMS_MAX + 1
    assert len(exact("x" * 10 * TEXT_MAX)) == TEXT_MAX
    assert json.dumps(exact(deep)).count("inner") == DEPTH_MAX
    assert exact(Decimal("NaN")) == "NaN"
    assert exact((float("nan"), float("-inf"), 0.5)) == ["nan", "-inf", 0.5]
    assert exact(Nested(object())) == {"inner": "object"}


@pytest.mark.parametrize("message", [booked(INTENT), IntentRaised(INTENT), QuoteMoved(a_quote())])
def test_the_product_of_a_message_is_found(message: object) -> None:
    assert product_of(message) == BTC


@frozen
class Aside:
    kept: int
    left: object = field(eq=False)


def test_what_does_not_make_a_value_what_it_is_is_left_out() -> None:
    assert exact(Aside(1, object())) == {"kept": 1}


def test_a_text_makes_a_name() -> None:
    assert name_of("Actor is up again!") == "actor_is_up_again"
