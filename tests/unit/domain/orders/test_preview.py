"""What the venue says to an entry that it is only asked about keeps it here, or not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.venue import OrderPreviewed
from domain.model.money import Amount
from domain.orders.preview import ERRORS_TOLD, objection
from tests.builders.messages import approved

pytestmark = pytest.mark.req("X2", "X5")
ENTRY = approved()
"""2 at 100, at worst 202.4: fees of 2.4."""


def answer(total: str = "202.4", commission: str = "2.4", **changes: Any) -> OrderPreviewed:
    values: dict[str, Any] = {"token": 1, "errors": (), "failure": None}
    costs = {"total": Amount(Decimal(total)), "commission": Amount(Decimal(commission))}
    return OrderPreviewed(**{**values, **costs, **changes})


@pytest.mark.parametrize(
    "said",
    [answer(), answer("0", "0"), answer("202.42", "2.42"), answer("202.42024", "2.42024")],
    ids=["whole", "rests", "cents", "rounded up as far as may be"],
)
def test_an_entry_leaves_that_costs_no_more_than_was_approved(said: OrderPreviewed) -> None:
    assert objection(ENTRY, said) is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (answer("202.5"), "it would cost 202.5, approved are 202.4 at most"),
        (answer("200", "2.5"), "its fees would be 2.5, approved are 2.4 at most"),
        (answer("202.42025"), "it would cost 202.42025, approved are 202.4 at most"),
        (answer("200", "2.42025"), "its fees would be 2.42025, approved are 2.4 at most"),
        (answer(errors=("NO_FUNDS", "TOO_SMALL")), "the venue would not take it: NO_FUNDS, TOO_S"),
        (answer(failure="HTTP 500"), "its preview failed: HTTP 500"),
    ],
)
def test_anything_against_it_keeps_it_here_with_the_figures(said: OrderPreviewed, why: str) -> None:
    assert str(objection(ENTRY, said)).startswith(why)


def test_a_flood_of_words_is_cut() -> None:
    told = objection(ENTRY, answer(errors=("x" * 10_000,) * 1_000))

    assert told is not None
    assert len(told) < 130 * (ERRORS_TOLD + 1)


@given(st.decimals("0", "1000", places=4), st.decimals("0", "1000", places=4))
def test_nothing_dearer_than_its_worst_case_ever_passes(total: Decimal, fees: Decimal) -> None:
    if objection(ENTRY, answer(str(total), str(fees))) is None:
        assert total <= ENTRY.worst_case * Decimal("1.0001")
        assert fees <= Decimal("2.4") + ENTRY.worst_case * Decimal("0.0001")
