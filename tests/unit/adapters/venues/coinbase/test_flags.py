"""Flags as the venue writes them: known, missing, odd and new ones (EX1)."""

from __future__ import annotations

import io
import json
from typing import Any

import msgspec
import pytest
import zstandard

from adapters.venues.coinbase.answers import products_in, read_products
from adapters.venues.coinbase.codec import decode_market
from adapters.venues.coinbase.flags import COSMETIC, LONGEST_NAME, MOST_UNKNOWN, flags_of
from domain.messages.market import MarketFrame, ProductStatusSeen
from domain.model.product import ALLOWED_BY_FLAG, Action, Product, ProductFlags, ProductId
from tests.builders.recorded import RAW, shared_data

pytestmark = pytest.mark.req("EX1")
DOCUMENTED: dict[str, Any] = {
    "product_type": "SPOT",
    "id": "BTC-USD",
    "base_currency": "BTC",
    "quote_currency": "USD",
    "base_increment": "0.00000001",
    "quote_increment": "0.01",
    "display_name": "BTC/USD",
    "status": "online",
    "status_message": "",
    "min_market_funds": "1",
}
"""A product of the status channel, as Coinbase documents it."""


def a_frame(*products: Any) -> bytes:
    events = [{"type": "snapshot", "products": list(products)}]
    stamp = "2026-11-28T12:00:00.5Z"
    frame = {"channel": "status", "client_id": "", "timestamp": stamp, "sequence_num": 3}
    return msgspec.json.encode(frame | {"events": events})


def heard(*products: Any) -> MarketFrame:
    found = decode_market(a_frame(*products), 1)
    assert isinstance(found, MarketFrame)
    return found


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    """Return Coinbase's own answer about its products, as it was recorded."""
    with (shared_data() / RAW).open("rb") as file:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file))
        for line in lines:
            record = json.loads(line)
            if record["t"] == "http":
                return dict(json.loads(record["data"]))
    raise AssertionError("the recording has no list of products")


def read(answer: dict[str, Any]) -> dict[str, Product]:
    entries = products_in(read_products(msgspec.json.encode(answer)).products)
    return {each.product.id: each.product for each in entries.read}


def test_products_as_they_were_recorded_have_no_flag_that_we_do_not_know(
    recorded: dict[str, Any],
) -> None:
    found = read(recorded)

    assert found["BTC-USD"].flags == found["ETH-USD"].flags == ProductFlags()
    assert {each.flags for each in found.values()} == {
        ProductFlags(),
        ProductFlags(limit_only=True),
        ProductFlags(status="delisted", trading_disabled=True),
    }


@pytest.mark.parametrize("name", ALLOWED_BY_FLAG)
def test_each_flag_of_a_recorded_product_is_read(recorded: dict[str, Any], name: str) -> None:
    products = [dict(each) for each in recorded["products"]]
    assert products[0][name] is False
    products[0][name] = True

    found = read(recorded | {"products": products})

    assert found[products[0]["product_id"]].flags == ProductFlags.of("online", (name,))
    assert found[products[1]["product_id"]].flags == ProductFlags()


def test_a_flag_that_is_new_is_unknown_and_a_cosmetic_one_is_none(recorded: dict[str, Any]) -> None:
    products = [dict(each) for each in recorded["products"]]
    products[0] |= dict.fromkeys(COSMETIC, True)
    products[1] |= {"halted_by_regulator": True, "reviewed": False}

    found = read(recorded | {"products": products})

    assert found[products[0]["product_id"]].flags == ProductFlags()
    odd = found[products[1]["product_id"]].flags
    assert odd.unknown == ("unknown flag halted_by_regulator",)
    assert not any(odd.allows(action) for action in Action)


def test_the_status_channel_says_status_and_what_flags_it_has() -> None:
    closed = DOCUMENTED | {"id": "ETH-USD", "status": "offline", "cancel_only": True}

    assert heard(DOCUMENTED, closed).events == (
        ProductStatusSeen(ProductId("BTC-USD"), ProductFlags()),
        ProductStatusSeen(ProductId("ETH-USD"), ProductFlags.of("offline", ("cancel_only",))),
    )


@pytest.mark.parametrize("odd", [None, 1, "true", [], {}])
def test_a_known_flag_that_is_no_boolean_is_unknown(odd: object) -> None:
    flags = flags_of(DOCUMENTED | {"trading_disabled": odd})

    assert flags.unknown == ("unknown flag trading_disabled",)


@pytest.mark.parametrize("odd", [None, 1, [], {}, ...])
def test_a_status_that_is_no_text_is_unknown(odd: object) -> None:
    said = {name: each for name, each in DOCUMENTED.items() if name != "status"}
    flags = flags_of(said if odd is ... else said | {"status": odd})

    assert flags.unknown == ("unknown flag status",)


def test_an_entry_without_a_name_costs_only_itself() -> None:
    frame = heard({"status": "online"}, DOCUMENTED, 7, {"id": None})

    assert len(frame.events) == 1
    assert len(frame.unread) == 3


def test_of_what_a_stranger_names_little_is_kept() -> None:
    flags = flags_of(DOCUMENTED | {f"{number}" * 200: True for number in range(10, 99)})

    assert len(flags.unknown) == MOST_UNKNOWN
    assert all(len(each) <= LONGEST_NAME + len("unknown flag ") for each in flags.unknown)
