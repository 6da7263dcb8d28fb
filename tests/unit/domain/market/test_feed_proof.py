"""A fresh feed is believed after five whole seconds and where REST says the same."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.market.feed_proof import AGREE_WITHIN_BPS, UNBROKEN_NS, farthest_bps, is_settled
from tests.builders.messages import BTC, ETH, a_quote

pytestmark = pytest.mark.req("SUP1")

QUOTES = {BTC: a_quote(), ETH: a_quote("10", "10.02", product=ETH)}
CENTS = st.integers(1, 10**9).map(lambda cents: Decimal(cents) / 100)


def test_a_feed_is_settled_after_five_seconds_on_one_connection() -> None:
    assert is_settled(QUOTES, {}, UNBROKEN_NS)
    assert not is_settled(QUOTES, {}, UNBROKEN_NS - 1)


def test_without_quotes_or_with_a_stalled_one_it_is_not_settled() -> None:
    assert not is_settled({}, {}, 10 * UNBROKEN_NS)
    assert not is_settled(QUOTES, {ETH: "no heartbeat"}, 10 * UNBROKEN_NS)


def test_the_product_that_is_farthest_away_decides() -> None:
    theirs = (a_quote(), a_quote("9.90", "9.92", product=ETH))

    assert farthest_bps(QUOTES, theirs) == Decimal("100.91")


def test_agreement_is_measured_to_both_sides() -> None:
    low = farthest_bps({BTC: a_quote("99.50", "99.50")}, (a_quote("100", "100"),))
    high = farthest_bps({BTC: a_quote("100.50", "100.50")}, (a_quote("100", "100"),))

    assert low == high == AGREE_WITHIN_BPS


@given(CENTS, CENTS)
def test_equal_books_are_no_distance_apart(bid: Decimal, ask: Decimal) -> None:
    quote = a_quote(str(bid), str(ask))

    assert farthest_bps({BTC: quote}, (quote,)) == 0


def test_a_reading_of_a_product_without_a_quote_can_not_be_compared() -> None:
    assert farthest_bps({BTC: a_quote()}, (a_quote(), a_quote(product=ETH))) is None


def test_a_reading_without_a_price_can_not_be_compared() -> None:
    assert farthest_bps(QUOTES, (a_quote("0", "0"),)) is None
