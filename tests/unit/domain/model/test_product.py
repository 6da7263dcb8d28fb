"""Products: legal steps, and what the venue's flags allow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from domain.model.product import ALLOWED_BY_FLAG, Action, ProductFlags, ProductId, base_of, quote_of
from tests.builders.messages import a_product


@given(st.decimals("0.001", "99999", places=6))
def test_steps_are_legal_and_go_to_their_side(value: Decimal) -> None:
    product = a_product(price_increment=Decimal("0.05"), base_increment=Decimal("0.001"))

    assert product.price_down(value) <= value <= product.price_up(value)
    assert product.quantity_down(value) <= value <= product.quantity_up(value)
    assert product.price_down(value) % Decimal("0.05") == 0
    assert product.quantity_up(value) % Decimal("0.001") == 0


ALLOWED = {
    "limit_only": {Action.REST, Action.LIMIT},
    "post_only": {Action.REST},
}
OTHERS = ("status", "unknown")
FLAGS = [each.name for each in fields(ProductFlags) if each.name not in OTHERS]


@pytest.mark.req("EX1")
def test_an_open_product_takes_everything() -> None:
    assert all(ProductFlags().allows(action) for action in Action)


@pytest.mark.req("EX1")
@pytest.mark.parametrize("name", FLAGS)
def test_each_flag_allows_what_it_leaves_and_unlisted_ones_nothing(name: str) -> None:
    only: dict[str, Any] = {name: True}
    flags = ProductFlags(**only)

    assert {action for action in Action if flags.allows(action)} == ALLOWED.get(name, set())


@pytest.mark.req("EX1")
def test_the_table_has_a_row_for_every_flag() -> None:
    assert list(ALLOWED_BY_FLAG) == FLAGS


@pytest.mark.req("EX1")
def test_what_is_unknown_allows_no_entry_and_keeps_no_sale_from_being_tried() -> None:
    for flags in (ProductFlags(unknown=("a flag",)), ProductFlags(status="new")):
        assert not any(flags.allows(action) for action in Action)
        assert all(flags.allows_exit(action) for action in Action)


@pytest.mark.req("EX1")
def test_flags_are_described_with_what_is_unknown() -> None:
    flags = ProductFlags.of("", ("cancel_only",), ("unknown flag halted",))

    assert flags.described == "no status, cancel_only, unknown flag halted"


@pytest.mark.req("EX1")
@pytest.mark.parametrize("status", ["offline", "delisted", "", "ONLINE", "something new"])
def test_a_status_that_is_not_online_allows_nothing(status: str) -> None:
    assert not any(ProductFlags(status=status).allows(action) for action in Action)


def test_a_product_buys_an_asset_and_is_paid_in_a_currency() -> None:
    names = [ProductId(each) for each in ("BTC-USD", "A-B-USDC")]

    assert [(base_of(each), quote_of(each)) for each in names] == [("BTC", "USD"), ("A-B", "USDC")]
