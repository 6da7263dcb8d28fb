"""Client order ids: one for each intent of a lineage, for ever."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.orders.identity import client_order_id, is_of_a_lineage
from tests.builders.messages import LINEAGE

NUMBERS = st.integers(min_value=1, max_value=10**9)


@pytest.mark.req("X1")
def test_the_id_follows_from_lineage_and_number_alone() -> None:
    # Computed once and written down: a change would orphan every order of every journal.
    assert client_order_id(LINEAGE, 1) == "2bb28c74-3668-5e67-b896-94fe3712f904"


@pytest.mark.req("X1")
@given(NUMBERS, NUMBERS)
def test_two_intents_never_share_an_id(one: int, other: int) -> None:
    assert (client_order_id(LINEAGE, one) == client_order_id(LINEAGE, other)) == (one == other)


@pytest.mark.req("X1")
@given(NUMBERS)
def test_another_lineage_has_other_ids(number: int) -> None:
    assert client_order_id(LINEAGE, number) != client_order_id("f" * 32, number)


def test_the_id_is_a_uuid_of_version_five() -> None:
    assert UUID(client_order_id(LINEAGE, 7)).version == 5


@pytest.mark.parametrize("text", ["", "x", "0b8f3cf5-6a40-4f3c-9c1f-3a1d3f0e2a55", "1" * 36])
def test_ids_that_others_draw_are_of_no_lineage(text: str) -> None:
    assert not is_of_a_lineage(text)
    assert is_of_a_lineage(client_order_id("0" * 32, 1))
