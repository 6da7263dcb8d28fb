"""What may become a lot: free, foreign, sellable coins, and no more of them than there are."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.portfolio import AccountBalance
from domain.model.product import Side
from domain.portfolio.adoption import Adoption, AdoptionInvalid, adoption_of, hindrance
from tests.builders.messages import BTC, ETH, a_lot, a_product
from tests.builders.numbers import quantity

pytestmark = pytest.mark.req("REC1", "R1")

PRODUCTS = (a_product(BTC), a_product(ETH))
WANTED = adoption_of("ETH-USD 0.01 34.5 3200")


def held(available: str, hold: str = "0", currency: str = "ETH") -> AccountBalance:
    return AccountBalance(currency, Decimal(available), Decimal(hold))


def test_what_is_written_is_read_again() -> None:
    assert adoption_of(str(WANTED)) == WANTED
    assert (WANTED.product, WANTED.quantity, WANTED.cost) == (ETH, Decimal("0.01"), Decimal("34.5"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ETH-USD 1 2",
        "ETH-USD 1 2 3 4",
        "ETH-USD 0 2 3",
        "ETH-USD 1 -2 3",
        "ETH-USD 1 2 NaN",
        "ETH-USD 1 2 Infinity",
        "ETH-USD one 2 3",
    ],
)
def test_what_is_no_adoption_is_refused(text: str) -> None:
    with pytest.raises(AdoptionInvalid):
        adoption_of(text)


def test_free_foreign_coins_may_be_adopted() -> None:
    assert hindrance(WANTED, PRODUCTS, [held("0.01")], (), ()) == ""


@pytest.mark.parametrize(
    ("wanted", "accounts", "told"),
    [
        ("ETH-USD 0.01 34 3200", [held("0.009")], "0.009 ETH at the venue are free and not ours"),
        ("ETH-USD 0.01 34 3200", [held("0.009", "9")], "0.009 ETH at the venue are free"),
        ("ETH-USD 0.01 34 3200", [held("5", currency="BTC")], "0 ETH at the venue"),
        ("ETHUSD 0.01 34 3200", [held("1")], "no ETHUSD; did you mean ETH-USD?"),
        ("ETH-USD 0.000000001 34 3200", [held("1")], "sold in steps of 0.00000001"),
        ("ETH-USD 0.0001 34 3200", [held("1")], "at its stop it could not be sold"),
    ],
)
def test_what_is_not_there_or_could_not_be_sold_is_refused(
    wanted: str, accounts: list[AccountBalance], told: str
) -> None:
    assert told in hindrance(adoption_of(wanted), PRODUCTS, accounts, (), ())


def test_while_an_order_of_ours_may_move_the_coin_nothing_is_adopted() -> None:
    told = hindrance(WANTED, PRODUCTS, [held("1")], (), ((ETH, Side.BUY),))

    assert "not settled yet" in told
    assert hindrance(WANTED, PRODUCTS, [held("1")], (), ((BTC, Side.BUY),)) == ""


def test_without_a_catalogue_nothing_is_adopted() -> None:
    assert "catalogue is not known" in hindrance(WANTED, (), [held("1")], (), ())


@given(
    st.decimals("0", "5", places=8),
    st.decimals("0", "5", places=8),
    st.decimals("0.01", "5", places=8),
)
def test_what_lots_own_is_never_adopted(there: Decimal, owned: Decimal, asked: Decimal) -> None:
    lots = (a_lot(id="l", product=ETH, quantity=str(owned)),) if owned else ()
    wanted = Adoption(ETH, quantity(asked), WANTED.cost, WANTED.stop)

    may = hindrance(wanted, PRODUCTS, [held(str(there))], lots, ()) == ""

    assert may == (asked + owned <= there)
