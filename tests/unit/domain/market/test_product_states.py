"""What a product is open for, by two sources of which the stricter counts for entries (EX1)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.market.product_states import ProductStates
from domain.model.product import (
    ALLOWED_BY_FLAG,
    DELISTED,
    NOT_LISTED,
    NOT_READ,
    Action,
    Product,
    ProductFlags,
)
from tests.builders.messages import BTC, ETH, a_product

pytestmark = pytest.mark.req("EX1")
OPEN = ProductFlags()


def begun(*products: Product) -> ProductStates:
    catalogue = ProductStates()
    catalogue.begin(products or (a_product(BTC), a_product(ETH)))
    return catalogue


def a_listed(name: str = BTC, flags: ProductFlags = OPEN) -> Product:
    return a_product(name, flags=flags)


def takes_entries(catalogue: ProductStates) -> list[str]:
    return [each.id for each in catalogue.products if each.flags.allows(Action.REST)]


def takes_sales(catalogue: ProductStates) -> list[str]:
    return [each.id for each in catalogue.products if each.flags.allows_exit(Action.MARKET)]


@pytest.mark.parametrize("name", ALLOWED_BY_FLAG)
def test_a_flag_of_the_list_holds_from_its_reading_on(name: str) -> None:
    catalogue = begun()
    stopped = a_listed(flags=ProductFlags.of("online", (name,)))

    assert catalogue.listed((stopped, a_product(ETH))) == (stopped, a_product(ETH))
    assert catalogue.listed((a_product(BTC), a_product(ETH))) == begun().products


@pytest.mark.parametrize("name", ALLOWED_BY_FLAG)
def test_a_flag_of_the_channel_blocks_entries_at_once_and_sales_only_once_the_list_has_it(
    name: str,
) -> None:
    catalogue, flags = begun(), ProductFlags.of("online", (name,))

    assert catalogue.heard(BTC, flags) != ()
    assert takes_entries(catalogue) == [ETH]
    assert takes_sales(catalogue) == [BTC, ETH]
    assert catalogue.is_contradicted

    catalogue.listed((a_listed(flags=flags), a_product(ETH)))
    assert not catalogue.is_contradicted
    assert takes_sales(catalogue) == [ETH]
    assert catalogue.products[0].flags == flags


@pytest.mark.parametrize("status", ["offline", "delisted", "internal", "", "halted_for_review"])
def test_a_status_of_the_channel_that_is_not_online_blocks_entries(status: str) -> None:
    catalogue = begun()

    (news, _) = catalogue.heard(BTC, ProductFlags(status=status))

    assert not news.flags.allows(Action.REST)
    assert "by the status channel" in news.flags.described
    assert catalogue.heard(BTC, ProductFlags(status=status)) == (), "it is no news"
    assert catalogue.heard(BTC, OPEN) == begun().products


def test_a_list_that_is_stricter_than_the_channel_stands_and_is_read_again() -> None:
    catalogue = begun()
    catalogue.heard(BTC, OPEN)

    catalogue.listed((a_listed(flags=ProductFlags(status="offline")), a_product(ETH)))

    assert catalogue.is_contradicted
    assert takes_entries(catalogue) == takes_sales(catalogue) == [ETH]


def test_a_product_that_the_list_lacks_is_not_bought_and_can_be_sold() -> None:
    catalogue = begun()

    catalogue.listed((a_product(ETH),))

    assert takes_entries(catalogue) == [ETH]
    assert takes_sales(catalogue) == [BTC, ETH]
    assert catalogue.products[0].flags.unknown == (NOT_LISTED,)
    catalogue.listed((a_product(BTC), a_product(ETH)))
    assert takes_entries(catalogue) == [BTC, ETH]


def test_a_list_that_can_not_be_read_stops_entries_of_all_until_one_can() -> None:
    catalogue = begun()

    assert [each.flags.unknown for each in catalogue.unread()] == [(NOT_READ,), (NOT_READ,)]
    assert catalogue.unread() == (), "it is told once"
    assert takes_entries(catalogue) == []
    assert takes_sales(catalogue) == [BTC, ETH]

    catalogue.listed((a_product(BTC), a_product(ETH)))
    assert takes_entries(catalogue) == [BTC, ETH]


def test_what_is_delisted_does_not_have_to_be_listed() -> None:
    gone = a_listed(flags=ProductFlags(status=DELISTED))
    catalogue = begun(gone, a_product(ETH))

    assert catalogue.listed((a_product(ETH),)) == (gone, a_product(ETH))


def test_what_is_listed_later_or_told_of_others_is_nothing() -> None:
    catalogue = begun(a_product(ETH))

    assert catalogue.heard(BTC, ProductFlags(status="offline")) == ()
    assert catalogue.listed((a_product(ETH), a_product(BTC))) == (a_product(ETH),)


def test_steps_follow_the_list() -> None:
    catalogue = begun(a_product(ETH))
    finer = evolve(a_product(ETH), base_min=Decimal(7))

    assert catalogue.listed((finer,)) == (finer,)


def test_a_channel_that_begins_anew_opens_nothing_by_itself() -> None:
    catalogue = begun()
    catalogue.heard(BTC, ProductFlags(status="offline"))

    catalogue.deaf()

    assert catalogue.heard(ETH, OPEN) == begun().products, "it opens by what is said from then on"
