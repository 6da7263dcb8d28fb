"""What the status says of refused entries is what a stop writes into the journal."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from actors.reporting.foregone_rows import foregone_in, foregone_rows
from domain.model.foregone import ForegoneTrades
from domain.model.money import Amount

AMOUNTS = st.decimals("-1000", "1000", places=8)


@given(AMOUNTS, AMOUNTS, st.integers(0, 99))
def test_a_status_gives_back_what_was_put_into_it(
    earned: Decimal, unrealised: Decimal, count: int
) -> None:
    known = (
        ForegoneTrades(
            rule="total_cap",
            closed=count,
            earned=Amount(earned),
            open=count,
            unrealised=Amount(unrealised),
            unfilled=count,
        ),
    )
    rows = foregone_rows(known)

    assert foregone_in({"foregone": rows}) == known
    assert Decimal(str(rows[0]["profit"])) == earned + unrealised


def test_a_status_without_them_has_none() -> None:
    assert foregone_in({}) == foregone_in({"foregone": None}) == ()
