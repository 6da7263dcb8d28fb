"""The venue's balances against ours: cash to the last digit, coins at least what we own."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.messages.portfolio import LedgerReported
from domain.model.money import Amount, Quantity
from domain.model.portfolio import AccountBalance
from domain.model.product import ProductId
from domain.portfolio.reconcile import balance_problems, differences

OURS = LedgerReported(
    actor="portfolio",
    token=1,
    is_open=True,
    cash=Amount(Decimal("100.5")),
    owned=(
        (ProductId("BTC-USD"), Quantity(Decimal(1))),
        (ProductId("BTC-USDC"), Quantity(Decimal("0.5"))),
    ),
)


def problems(usd: str, btc: str, hold: str = "0") -> tuple[str, ...]:
    accounts = [
        AccountBalance("USD", Decimal(usd) - Decimal(hold), Decimal(hold)),
        AccountBalance("BTC", Decimal(btc), Decimal(0)),
        AccountBalance("DOGE", Decimal(9), Decimal(0)),
    ]
    return balance_problems("USD", accounts, OURS)


@pytest.mark.req("REC1")
@pytest.mark.parametrize(("btc", "hold"), [("1.5", "0"), ("1.5", "60"), ("70", "0")])
def test_equal_cash_and_enough_coins_agree(btc: str, hold: str) -> None:
    assert problems("100.5", btc, hold) == ()


@pytest.mark.req("REC1")
@pytest.mark.parametrize("usd", ["100.50000001", "100.49999999"])
def test_the_last_digit_of_cash_matters(usd: str) -> None:
    (problem,) = problems(usd, "1.5")

    assert f"the venue has {usd}, the ledger 100.5" in problem


@pytest.mark.req("REC1")
def test_a_coin_too_few_is_named_over_all_products_of_the_asset() -> None:
    assert problems("100.5", "1.49999999") == (
        "BTC: the venue has 1.49999999, we own 1.5: 0.00000001 is not there and can't be sold",
    )


@pytest.mark.req("REC1")
def test_an_account_that_is_not_there_holds_nothing() -> None:
    assert len(balance_problems("USD", [], OURS)) == 2


def test_books_of_ours_that_differ_are_told_before_what_the_venue_says() -> None:
    accounts = [AccountBalance("USD", Decimal(1), Decimal(0))]
    gate = evolve(OURS, actor="risk_gate", cash=Amount(Decimal(7)))

    found = differences("USD", accounts, OURS, gate)

    assert "portfolio" in found[0]
    assert "risk_gate" in found[0]
    assert found[1].startswith("USD")


def test_books_that_are_not_open_contradict_nobody() -> None:
    closed = evolve(OURS, is_open=False)
    gate = evolve(closed, actor="risk_gate")

    assert differences("USD", [], closed, gate) == ()
