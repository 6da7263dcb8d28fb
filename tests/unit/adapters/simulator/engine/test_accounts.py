"""Money of the venue: nothing is made or lost, and nobody holds what he has not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.engine.accounts import FEES, MARKET, OWN, VenueAccounts
from domain.model.errors import InvariantBroken
from domain.model.product import Side
from tests.builders.numbers import decimals

DOLLARS = st.decimals("0.01", "1000", places=2)
FILLS = st.lists(st.tuples(st.sampled_from(Side), DOLLARS, DOLLARS, DOLLARS), max_size=12)


def accounts(usd: str = "10000", btc: str = "10") -> VenueAccounts:
    return VenueAccounts({(OWN, "USD"): Decimal(usd), (OWN, "BTC"): Decimal(btc)})


def paid_in(books: VenueAccounts, currency: str) -> Decimal:
    rows = books.totals().items()
    return sum((total for (_, name), total in rows if name == currency), Decimal(0))


@pytest.mark.req("X4")
@given(FILLS)
def test_fills_move_money_between_owners_and_keep_the_sum(
    fills: list[tuple[Side, Decimal, Decimal, Decimal]],
) -> None:
    books = accounts("100000", "100000")

    for side, quantity, value, fee in fills:
        books.settle(side, "BTC", "USD", quantity, value, fee)

    assert paid_in(books, "USD") == paid_in(books, "BTC") == 100_000
    assert books.total("USD", FEES) == sum(fee for *_, fee in fills)
    assert books.total("BTC") == -books.total("BTC", MARKET) + 100_000


def test_a_buy_costs_value_and_fee_and_a_sale_brings_value_less_fee() -> None:
    books = accounts()

    books.settle(Side.BUY, "BTC", "USD", Decimal(2), Decimal(200), Decimal("1.2"))
    books.settle(Side.SELL, "BTC", "USD", Decimal(1), Decimal(110), Decimal("0.6"))

    assert books.total("BTC") == 11
    assert books.total("USD") == Decimal("9908.2")


def test_what_an_order_holds_is_there_and_not_available_until_it_is_released() -> None:
    books = accounts()

    books.hold("o-1", "USD", Decimal(4000))
    books.hold("o-2", "USD", Decimal(6000))
    assert (books.total("USD"), books.available("USD")) == decimals(10_000, 0)
    books.hold("o-1", "USD", Decimal(1000))
    books.hold("o-2", "USD", Decimal(0))

    assert (books.held("USD"), books.available("USD")) == decimals(1000, 9000)


@pytest.mark.parametrize("amount", ["10000.01", "-1"])
def test_nobody_holds_more_than_he_has_nor_less_than_nothing(amount: str) -> None:
    with pytest.raises(InvariantBroken, match="order o-1 holds"):
        accounts().hold("o-1", "USD", Decimal(amount))


def test_our_account_never_goes_below_zero_and_the_market_may() -> None:
    books = accounts(usd="100")
    books.settle(Side.BUY, "BTC", "USD", Decimal(1), Decimal(100), Decimal(0))

    assert books.total("BTC", MARKET) == -1
    with pytest.raises(InvariantBroken, match="our account would have -1 USD"):
        books.deposit("USD", Decimal(-1))


def test_only_what_changed_is_saved_and_only_once() -> None:
    books = accounts()
    books.deposit("EUR", Decimal(5))

    assert books.drain() == {(OWN, "EUR"): Decimal(5)}
    assert books.drain() == {}
    assert books.currencies() == ["BTC", "EUR", "USD"]
