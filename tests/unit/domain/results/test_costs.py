"""The same trades at other costs: exact, and only where every cost is known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.money import Amount
from domain.results.costs import costs
from tests.builders.numbers import decimals

pytestmark = pytest.mark.req("BT2")
AMOUNTS = st.decimals("0", "99999", places=12).map(Amount)
PROFITS = st.decimals("-99999", "99999", places=12).map(Amount)


def amounts(*values: int) -> list[Amount]:
    return [Amount(value) for value in decimals(*values)]


def test_half_and_twice_the_costs_by_hand() -> None:
    found = costs(*amounts(8, 2, 5, 100))

    assert [each.multiple for each in found.cases] == [Decimal("0.5"), Decimal(1), Decimal(2)]
    assert [each.profit for each in found.cases] == [Decimal(10), Decimal(5), Decimal(-5)]
    assert [each.profit_pct for each in found.cases] == [Decimal(10), Decimal(5), Decimal(-5)]
    assert found.bearable == Decimal("1.5")


@given(AMOUNTS, AMOUNTS, PROFITS)
def test_once_the_costs_is_what_was_and_the_bearable_multiple_leaves_nothing(
    fees: Amount, spread: Amount, profit: Amount
) -> None:
    found = costs(fees, spread, profit, Amount(Decimal(1000)))

    half, once, twice = found.cases
    assert once.profit == profit
    assert once.profit - twice.profit == fees + spread == 2 * (half.profit - once.profit)
    if found.bearable is not None:
        left = once.profit + once.costs - found.bearable * once.costs
        assert abs(left) < Decimal("1e-30")


def test_what_bore_no_cost_and_what_lost_before_it_have_no_bearable_multiple() -> None:
    assert costs(*amounts(0, 0, 5, 100)).bearable is None
    assert costs(*amounts(3, 0, -5, 100)).bearable is None
    assert costs(*amounts(3, 0, -5, 0)).cases[0].profit_pct == 0


def test_where_a_fill_had_no_book_nothing_is_made_up() -> None:
    (fees, profit, opening) = amounts(3, 5, 100)
    found = costs(fees, None, profit, opening)

    assert (found.fees, found.spread, found.cases, found.bearable) == (fees, None, (), None)
