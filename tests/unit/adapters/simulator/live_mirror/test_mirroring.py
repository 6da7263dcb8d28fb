"""Which venue is mirrored, and which of its products."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator.live_mirror.mirroring import (
    MirrorUnreachable,
    candles_request,
    chosen,
    is_mirror,
    open_mirror,
)
from adapters.simulator.world import WorldError
from domain.model.instants import MINUTE
from tests.builders.simulator import Client
from tests.builders.steps import BTC, START, product
from tests.fakes.markets import Script

REST = "https://venue.example"


def a_catalogue(**turnovers: float) -> bytes:
    """Return a catalogue as a venue sends it, with these products and turnovers."""
    origin = Client(Script(products=tuple(product(f"{base}-USD") for base in turnovers)))
    listing = origin.get("/market/products")
    for item in listing["products"]:
        base = item["product_id"].partition("-")[0]
        item["approximate_quote_24h_volume"] = str(turnovers.get(base, 0))
    return json.dumps(listing).encode()


def changed(body: bytes, name: str, **fields: Any) -> bytes:
    listing = json.loads(body)
    for item in listing["products"]:
        if item["product_id"] == name:
            item.update(fields)
    return json.dumps(listing).encode()


def names(found: list[Any]) -> list[str]:
    return [each.id for each in found]


def test_only_addresses_behind_the_word_are_mirrors() -> None:
    assert is_mirror("mirror:http://127.0.0.1:1")
    assert not is_mirror("generated")
    assert not is_mirror("mirrors.csv")


@pytest.mark.parametrize(
    "source", ["mirror:", "mirror:nowhere", "mirror:ftp://x", "mirror:http://"]
)
def test_refuses_what_is_no_address(source: str) -> None:
    with pytest.raises(WorldError, match="expected an address like mirror:http") as refused:
        open_mirror(source, 0)
    assert refused.value.exit_code == 2


def test_products_asked_for_come_in_their_order_with_the_venues_increments() -> None:
    found = chosen(REST, a_catalogue(BTC=1, ETH=2, SOL=3), "SOL-USD,BTC-USD")
    assert names(found) == ["SOL-USD", "BTC-USD"]
    assert found[0].price_increment == Decimal("0.01")


def test_without_a_wish_those_with_the_largest_turnover_are_mirrored() -> None:
    body = a_catalogue(**{f"P{number}": number for number in range(14)})
    assert names(chosen(REST, body, "")) == [f"P{number}-USD" for number in range(13, 3, -1)]


def test_what_is_not_traded_there_is_named_and_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    body = changed(a_catalogue(BTC=1, ETH=2), "ETH-USD", trading_disabled=True)
    assert names(chosen(REST, body, "BTC-USD,ETH-USD,NOPE-USD")) == ["BTC-USD"]
    assert "not traded at https://venue.example: ETH-USD" in (told := capsys.readouterr().err)
    assert "NOPE-USD\n" in told


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"products":[{}]}', b"<html>"])
def test_an_answer_that_is_no_catalogue_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(MirrorUnreachable, match=r"venue\.example") as refused:
        chosen(REST, body, "")
    assert refused.value.exit_code == 1


@pytest.mark.parametrize(
    "odd", [{"base_increment": "0"}, {"base_increment": ""}, {"cancel_only": None}], ids=str
)
def test_a_product_that_cannot_be_read_is_named_and_the_others_are_mirrored(
    odd: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    body = changed(a_catalogue(BTC=1, ETH=2), "ETH-USD", **odd)

    assert names(chosen(REST, body, "")) == ["BTC-USD"]
    assert "1 product is left out (ETH-USD): " in capsys.readouterr().err


def test_a_turnover_that_cannot_be_read_comes_last() -> None:
    body = changed(a_catalogue(BTC=1, ETH=2, SOL=3), "SOL-USD", approximate_quote_24h_volume="much")
    assert names(chosen(REST, body, "")) == ["ETH-USD", "BTC-USD", "SOL-USD"]


def test_no_product_left_is_refused() -> None:
    with pytest.raises(MirrorUnreachable, match="none of the products asked for"):
        chosen(REST, a_catalogue(BTC=1), "NOPE-USD")


def test_candles_are_asked_for_by_their_first_and_last_minute() -> None:
    path, query = candles_request(BTC, START, START + 2 * MINUTE)
    assert path == "/market/products/BTC-USD/candles"
    assert query == {"start": "1700000040", "end": "1700000160", "granularity": "ONE_MINUTE"}
