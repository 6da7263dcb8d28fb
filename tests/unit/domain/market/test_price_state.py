"""What is known of one product's prices, and what follows from a doubt that came later."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.market.doubts import NoWatch
from domain.market.price_state import (
    ANSWER_WITHIN_NS,
    PriceState,
    is_awaited,
    is_same_price,
    judged,
    liquidity_of,
)
from domain.messages.market import QuoteMoved
from domain.model.instants import Nanos
from domain.model.market import Doubt, DoubtKind
from tests.builders.messages import BTC, NOW, a_quote

pytestmark = pytest.mark.req("O1", "ST1")
DOUBT = Doubt(DoubtKind.BAR, "12 %", "10 %", NOW)


def a_state() -> PriceState:
    return PriceState(BTC, NoWatch(), quote=a_quote())


def test_a_doubt_about_a_price_that_has_not_moved_is_told_once() -> None:
    state = a_state()

    (told,) = judged(state, DOUBT)

    assert told == QuoteMoved(evolve(a_quote(), doubt=DOUBT))
    assert judged(state, DOUBT) == ()
    assert judged(state, None) == (QuoteMoved(a_quote()),)


def test_while_a_product_is_stalled_a_doubt_is_only_kept() -> None:
    state = a_state()
    state.stalled = "quote too old"

    assert judged(state, DOUBT) == ()
    assert state.quote is not None
    assert state.quote.doubt is DOUBT


def test_without_a_quote_there_is_nothing_to_doubt() -> None:
    assert judged(PriceState(BTC, NoWatch()), DOUBT) == ()


def test_an_answer_is_awaited_for_a_moment_and_not_after_it_came() -> None:
    state = a_state()
    assert not is_awaited(state, NOW)

    state.asked_machine_ns = NOW
    assert is_awaited(state, Nanos(NOW + ANSWER_WITHIN_NS))
    assert not is_awaited(state, Nanos(NOW + ANSWER_WITHIN_NS + 1))

    state.is_unconfirmed = True
    assert not is_awaited(state, NOW)


def test_the_same_price_has_both_sides_the_same() -> None:
    assert is_same_price(a_quote("100", "101"), a_quote("100", "101", at_ns=NOW + 1))
    assert not is_same_price(a_quote("100", "101"), a_quote("100", "102"))


def test_a_product_without_a_book_has_no_measure() -> None:
    found = liquidity_of(a_state())

    assert (found.product, found.spread_bps) == (BTC, None)
