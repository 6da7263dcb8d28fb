"""A start knows whose key it has, and trades only what is quoted in its currency."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.messages.venue import AccountsListed, FeesRead, PermissionsRead, ProductsListed
from domain.model.money import ZERO
from domain.model.portfolio import AccountBalance
from domain.model.product import DELISTED, ProductFlags
from domain.system.boot import (
    boot_of,
    foreign_portfolio,
    listed_anew,
    no_wallet,
    nothing_to_trade,
    wrong_rights,
)
from tests.builders.messages import BTC, ETH, MAKER, TAKER, a_product

KEY = PermissionsRead(1, True, True, False, "ours", None)


@pytest.mark.req("M1")
@pytest.mark.parametrize(("wanted", "is_foreign"), [("ours", False), ("x", True), (None, False)])
def test_a_key_of_another_portfolio_is_named(wanted: str | None, is_foreign: bool) -> None:
    assert (foreign_portfolio(KEY, wanted) is not None) is is_foreign


@pytest.mark.req("M1")
def test_a_portfolio_is_the_same_however_it_is_written_and_no_name_is_another() -> None:
    assert foreign_portfolio(evolve(KEY, portfolio_uuid="OURS"), "ours") is None
    assert "does not name" in (foreign_portfolio(evolve(KEY, portfolio_uuid=""), "ours") or "")


@pytest.mark.req("M1")
@pytest.mark.parametrize("view", [True, False])
@pytest.mark.parametrize("trade", [True, False])
@pytest.mark.parametrize("transfer", [True, False])
@pytest.mark.parametrize("portfolio", ["ours", ""])
def test_only_a_key_that_may_view_and_trade_and_nothing_else_is_right(
    view: bool, trade: bool, transfer: bool, portfolio: str
) -> None:
    key = PermissionsRead(1, view, trade, transfer, portfolio, None)

    told = wrong_rights(key) or ""

    assert bool(told) is not (view and trade and not transfer and portfolio == "ours")
    assert ("may not view" in told) is not view
    assert ("may not trade" in told) is not trade
    assert ("may move money out" in told) is transfer
    assert ("no portfolio" in told) is (portfolio == "")
    assert not told or told.endswith("create one that may view and trade, and not transfer")


@pytest.mark.req("M1")
def test_an_account_with_its_money_in_another_wallet_is_named() -> None:
    def told(**totals: int) -> str | None:
        rows = (AccountBalance(name, Decimal(each), ZERO) for name, each in totals.items())
        return no_wallet(AccountsListed(1, tuple(rows), True, None), "USD")

    assert told(EUR=5, USDC=7, BTC=0) == "the account has no USD wallet, but EUR, USDC"
    assert told(EUR=5, USD=0) is None
    assert told(EUR=0) is None
    assert told() is None


@pytest.mark.req("BOOT1")
def test_products_are_those_in_our_currency_by_name() -> None:
    names = ("ETH-USD", "BTC-EUR", "BTC-USD")
    products = ProductsListed(1, tuple(a_product(name) for name in names), True, None)

    boot = boot_of(products, FeesRead(1, MAKER, TAKER, None), "USD")

    assert [product.id for product in boot.products] == ["BTC-USD", "ETH-USD"]
    assert (boot.maker_rate, boot.taker_rate, boot.is_clean) == (MAKER, TAKER, False)


@pytest.mark.req("CASH1")
def test_a_catalogue_without_a_product_in_our_currency_is_named() -> None:
    gone = a_product("OLD-USD", flags=ProductFlags(status=DELISTED))
    tether = a_product("ETH-USDT")
    listed = ProductsListed(1, (tether, gone), True, None)

    assert nothing_to_trade(listed, "USD") == "1 product, none quoted in USD: ETH-USDT"
    small = ProductsListed(1, (a_product("eth-usd"),), True, None)
    assert (nothing_to_trade(small, "USD") or "").endswith("eth-usd; did you mean ETH-USD?")
    assert nothing_to_trade(listed, "USDT") is None
    nothing = ProductsListed(1, (), True, None)
    assert nothing_to_trade(nothing, "USD") == ("0 products, none quoted in USD: there is none")


@pytest.mark.req("EX1")
def test_only_living_products_of_our_currency_are_listed_anew() -> None:
    eth, euro = a_product(ETH), a_product("ETH-EUR")
    gone = a_product("OLD-USD", flags=ProductFlags(status=DELISTED))

    assert listed_anew((a_product(BTC),), (eth, euro, gone, a_product(BTC))) == ("ETH-USD",)
