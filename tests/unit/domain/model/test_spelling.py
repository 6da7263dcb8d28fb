"""Whatever way somebody writes a product, it is answered by the venue's name of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.model.spelling import asset_meant, product_meant

WAYS = ["BTC/USD", "btcusd", "BTCUSD", "btc-usd", "btc", "BTC_USD", "btc/usd", "BTC USD", "btc:usd"]


@pytest.mark.parametrize("text", WAYS)
def test_every_way_to_write_it_is_understood(text: str) -> None:
    assert product_meant(text) == "; did you mean BTC-USD?"
    assert product_meant(text, ["BTC-USD", "ETH-USD"]) == "; did you mean BTC-USD?"
    assert asset_meant(text) == "; did you mean BTC?"


@pytest.mark.parametrize(
    ("text", "product"), [("ethusdt", "ETH-USDT"), ("SOL/EUR", "SOL-EUR"), ("usdc", "USDC-USD")]
)
def test_the_quote_is_the_one_that_was_written(text: str, product: str) -> None:
    assert product_meant(text) == f"; did you mean {product}?"


def test_what_is_not_there_leads_to_the_nearest_that_is() -> None:
    assert product_meant("btc/eur", ["BTC-USD", "DOGE-USD"]) == "; did you mean BTC-USD?"
    assert product_meant("BCT-USD", ["BTC-USD"]) == "; did you mean BTC-USD?"
    assert product_meant("XYZABC", ["BTC-USD"]) == ""


@pytest.mark.parametrize("text", ["", "BTC-USD", "BTC-USD-PERP", "価格", "-", "x" * 99, "a\nb"])
def test_where_nothing_is_wrong_or_to_be_understood_there_is_no_hint(text: str) -> None:
    assert product_meant(text) == ""


@given(some.text(max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    assert (product_meant(text) + asset_meant(text)).isprintable()
