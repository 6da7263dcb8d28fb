"""Only products that take orders of this kind now, and that policy trades at all."""

from __future__ import annotations

from typing import Any

import pytest

from domain.model.product import ProductFlags
from domain.risk.rules.product_disabled import ProductDisabled
from tests.builders.messages import BTC, a_candidate, a_mandate, a_product, a_sized, a_view

RULE = ProductDisabled()
CLOSED: list[dict[str, Any]] = [
    {"is_disabled": True},
    {"trading_disabled": True},
    {"cancel_only": True},
    {"auction_mode": True},
    {"view_only": True},
    {"status": "delisted"},
]


@pytest.mark.req("EX1")
@pytest.mark.parametrize("flag", CLOSED)
def test_a_flag_that_closes_the_product_refuses(flag: dict[str, Any]) -> None:
    product = a_product(flags=ProductFlags(**flag))

    refusal = RULE.judge(a_candidate(), a_view(products={BTC: product}))

    assert refusal is not None
    assert refusal.reason == "product_disabled"


@pytest.mark.req("EX1")
def test_post_only_products_take_resting_orders_and_nothing_else() -> None:
    view = a_view(products={BTC: a_product(flags=ProductFlags(post_only=True))})
    resting, crossing = (a_candidate(sized=a_sized(post_only=each)) for each in (True, False))

    assert RULE.judge(resting, view) is None
    assert RULE.judge(crossing, view) is not None


@pytest.mark.req("EX1")
def test_limit_only_products_take_limit_orders() -> None:
    view = a_view(products={BTC: a_product(flags=ProductFlags(limit_only=True))})

    assert RULE.judge(a_candidate(sized=a_sized(post_only=False)), view) is None


def test_what_policy_never_trades_is_refused() -> None:
    banned = a_view(mandate=a_mandate(never_trade=frozenset({"BTC"})))
    foreign = a_view(mandate=a_mandate(quote_currency="USDC"))
    unknown = a_view(products={})

    for view in (banned, foreign, unknown):
        refusal = RULE.judge(a_candidate(), view)
        assert refusal is not None
        assert refusal.reason == "product_disabled"
