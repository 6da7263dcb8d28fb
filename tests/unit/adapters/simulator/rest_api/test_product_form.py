"""A product as Coinbase lists it: numbers as texts, blanks where there is nothing."""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve

from adapters.simulator.engine.history import NO_DAY
from adapters.simulator.rest_api.product_form import product_form
from domain.model.product import ALLOWED_BY_FLAG, ProductFlags
from tests.builders.recorded import BTC_FORM
from tests.builders.steps import product

DAY = evolve(
    NO_DAY,
    first=Decimal(100),
    high=Decimal(120),
    low=Decimal(90),
    volume=Decimal(30),
    volume_before=Decimal(20),
    quote_volume=Decimal("3000.126"),
)


def test_every_field_that_the_trader_reads_is_there_as_text() -> None:
    form = product_form(product(), ProductFlags(), DAY, Decimal(110))

    assert set(BTC_FORM) <= set(form)
    assert all(isinstance(form[name], str) for name in BTC_FORM)
    assert (form["base_min_size"], form["price_increment"]) == ("0.00001", "0.01")


def test_the_day_is_told_in_percent_of_what_was_before() -> None:
    form = product_form(product(), ProductFlags(), DAY, Decimal(110))

    assert form["price_percentage_change_24h"] == "10"
    assert form["volume_percentage_change_24h"] == "50"
    assert (form["high_24h"], form["low_24h"]) == ("120", "90")
    assert form["approximate_quote_24h_volume"] == "3000.13"


def test_a_product_that_never_traded_has_no_price_and_no_change() -> None:
    form = product_form(product(), ProductFlags(), NO_DAY, None)

    assert (form["price"], form["price_percentage_change_24h"]) == ("", "0")


def test_the_flags_are_those_of_now_and_not_those_of_the_product() -> None:
    now = ProductFlags(cancel_only=True, status="offline")

    form = product_form(product(), now, NO_DAY, None)

    assert form["status"] == "offline"
    assert {name for name in ALLOWED_BY_FLAG if form[name]} == {"cancel_only"}
