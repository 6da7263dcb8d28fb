"""Sums of the portfolio; what is unknown stays unknown."""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.model.portfolio import AccountBalance
from tests.builders.messages import a_portfolio
from tests.builders.numbers import amount

MONEY = st.decimals("0", "1000000", places=8)


@given(MONEY, MONEY)
def test_a_balance_is_what_is_available_and_what_is_held(available: Decimal, hold: Decimal) -> None:
    assert AccountBalance("USD", available, hold).total == available + hold


def test_a_gain_is_against_the_opening_value() -> None:
    view = evolve(a_portfolio(), nlv=amount("10012.5"), opening_nlv=amount(10_000))

    assert view.pnl_net == Decimal("12.5")


def test_without_a_value_there_is_no_gain_either() -> None:
    assert evolve(a_portfolio(), nlv=None).pnl_net is None
