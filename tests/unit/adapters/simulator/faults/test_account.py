"""Faults of account, catalogue and clock: what comes from outside the protocol shows through it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator.faults.script import FaultsInvalid
from domain.model.instants import SECOND
from tests.builders.numbers import decimals
from tests.builders.simulator import Client, fault, frames
from tests.builders.steps import START, product, step
from tests.fakes.markets import Script

TWO = (product("BTC-USD"), product("ETH-USD"))
FLAGS = (
    "is_disabled",
    "trading_disabled",
    "cancel_only",
    "limit_only",
    "post_only",
    "auction_mode",
    "view_only",
)


def client_of(*faults: dict[str, Any]) -> Client:
    steps = [step(second, ("100", "5"), name=each.id) for second in (1, 9) for each in TWO]
    return Client(Script(*steps, products=TWO), faults=faults)


def buy(client: Client, size: str = "0.1") -> Any:
    answer = client.create("market_market_ioc", "BUY", base_size=size)
    return client.order(answer["success_response"]["order_id"]) if answer["success"] else answer


def owned(client: Client) -> list[Any]:
    return [order["client_order_id"] for order in client.get("/orders/historical/batch")["orders"]]


def test_another_fee_tier_holds_for_new_orders_while_it_lasts() -> None:
    client = client_of(fault("fee_tier", at="2s", for_="5s", maker="0.001", taker="0.002"))
    resting = client.to(1).rest("BUY", "90", "0.1")

    usual = buy(client)["total_fees"]
    other = buy(client.to(2))["total_fees"]
    shown = client.get("/transaction_summary")["fee_tier"]
    again = buy(client.to(7))["total_fees"]

    assert usual == again != other
    assert Decimal(other) == Decimal("101") * Decimal("0.1") * Decimal("0.002")
    assert (shown["maker_fee_rate"], shown["taker_fee_rate"]) == ("0.001", "0.002")
    assert client.order(resting)["status"] == "OPEN"


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_of_a_product_is_set_while_it_lasts(flag: str) -> None:
    client = client_of(fault("product_flag", at="2s", for_="5s", product="BTC-USD", flag=flag))

    def shown(name: str = "BTC-USD") -> bool:
        return bool(client.get(f"/products/{name}")[flag])

    assert not shown()
    client.to(2)
    assert (shown(), shown("ETH-USD")) == (True, False)
    assert buy(client)["success"] is False
    client.to(7)
    assert not shown()
    assert buy(client)["status"] == "FILLED"


def test_a_status_of_a_product_changes_and_flags_add_up() -> None:
    client = client_of(
        fault("product_flag", at="2s", for_="5s", product="BTC-USD", status="offline"),
        fault("product_flag", at="4s", for_="5s", product="BTC-USD", flag="cancel_only"),
    )

    def shown() -> tuple[str, bool]:
        found = client.get("/products/BTC-USD")
        return found["status"], found["cancel_only"]

    seen = [(client.to(at_s), shown())[1] for at_s in (1, 2, 4, 7, 9)]

    assert seen == [
        ("online", False),
        ("offline", False),
        ("offline", True),
        ("online", True),
        ("online", False),
    ]


def test_a_delisting_ends_orders_and_market_for_good() -> None:
    client = client_of(fault("delisting", at="5s", product="BTC-USD"))
    connection = client.to(1).subscribe("user")
    resting, other = client.rest("BUY", "90", "1"), client.rest("BUY", "90", "1", "ETH-USD")
    frames(connection)

    client.to(12)

    found = client.get("/products/BTC-USD")
    assert (found["status"], found["is_disabled"]) == ("delisted", True)
    assert client.get("/product_book", product_id="BTC-USD")["pricebook"]["bids"] == []
    assert client.order(resting)["status"] == "CANCELLED"
    assert client.order(other)["status"] == "OPEN"
    assert buy(client)["success"] is False
    (told,) = frames(connection, "user")
    assert told["events"][0]["orders"][0]["status"] == "CANCELLED"


def test_a_delisted_product_stays_so_when_a_flag_of_it_ends() -> None:
    client = client_of(
        fault("product_flag", at="2s", for_="8s", product="BTC-USD", flag="cancel_only"),
        fault("delisting", at="5s", product="BTC-USD"),
    )
    assert client.to(12).get("/products/BTC-USD")["status"] == "delisted"


def test_money_comes_and_leaves_but_never_more_than_is_available() -> None:
    client = client_of(
        fault("balance_change", at="2s", currency="USD", amount="250.75"),
        fault("balance_change", at="4s", currency="BTC", amount="-0.5"),
        fault("balance_change", at="6s", currency="USD", amount="-99999"),
    )
    client.rest("BUY", "90", "1")
    held = client.balance("USD")[1]

    assert client.to(2).balance("USD") == (Decimal("10250.75") - held, held)
    assert client.to(4).balance("BTC") == decimals("9.5", 0)
    assert client.to(6).balance("USD") == decimals(0, held)
    assert client.sums() == {"USD": held, "BTC": Decimal("9.5")}
    (note,) = client.faults.documents()[2]["notes"]
    assert note.startswith("only -")


def test_somebody_else_places_orders_on_our_account() -> None:
    client = client_of(
        fault("foreign_order", at="2s", product="BTC-USD", side="BUY", quantity="0.2"),
        fault("foreign_order", at="3s", product="BTC-USD", side="SELL", quantity="1", price="120"),
        fault("foreign_order", at="4s", product="BTC-USD", side="BUY", quantity="5000"),
    )
    connection = client.to(1).subscribe("user")
    frames(connection)

    client.to(4)

    listed = client.get("/orders/historical/batch")["orders"]
    assert {order["client_order_id"][:8] for order in listed} == {"foreign-"}
    assert sorted((order["side"], order["status"]) for order in listed) == [
        ("BUY", "FILLED"),
        ("SELL", "OPEN"),
    ]
    assert client.balance("BTC") == decimals("9.2", 1)
    assert client.fills()[0]["size"] == "0.2"
    told = {frame["events"][0]["orders"][0]["order_side"] for frame in frames(connection, "user")}
    assert told == {"BUY", "SELL"}
    notes = [document["notes"][0] for document in client.faults.documents()]
    assert [note.startswith("order ") for note in notes] == [True, True, False]


def test_the_venues_clock_is_wrong_where_it_tells_the_time_and_nowhere_else() -> None:
    client = client_of(
        fault("clock_skew", at="2s", for_="3s", by="1.5s"),
        fault("clock_skew", at="10s", for_="3s", by="-40s"),
    )
    connection = client.subscribe("heartbeats")

    def ahead_s(at_s: float) -> float:
        client.to(at_s)
        told = int(client.get("/time")["epochMillis"]) - START // 1_000_000
        return round(told / 1000 - at_s, 3)

    assert [ahead_s(at_s) for at_s in (1, 2, 5, 11, 13)] == [0, 1.5, 0, -40, 0]
    stamps = [frame["timestamp"][17:19] for frame in frames(connection, "heartbeats")]
    assert stamps[:6] == ["01", "03", "04", "05", "05", "06"]
    assert stamps[9:13] == ["30", "31", "32", "13"]
    created = client.order(client.rest("BUY", "90", "1"))["created_time"]
    assert created.startswith("2023-11-14T22:14:13")


def test_a_venue_that_shows_the_walls_time_does_so_wherever_its_market_stands() -> None:
    skew = fault("clock_skew", at="2s", for_="3s", by="1.5s")
    client = Client(wall_ns=lambda: START + 100 * SECOND, faults=(skew,))
    connection = client.subscribe("heartbeats")

    def shown_s(at_s: float) -> float:
        client.to(at_s)
        return (int(client.get("/time")["epochMillis"]) - START // 1_000_000) / 1000

    assert [shown_s(at_s) for at_s in (1, 3, 6)] == [100, 101.5, 100]
    stamps = [frame["timestamp"][14:19] for frame in frames(connection, "heartbeats")]
    assert set(stamps) == {"15:40", "15:41"}
    created = client.order(client.rest("BUY", "90", "1"))["created_time"]
    assert created.startswith("2023-11-14T22:14:06")  # orders are of the market's time


def test_what_the_market_does_not_have_is_refused_by_name() -> None:
    client = client_of()

    with pytest.raises(FaultsInvalid, match=r"no product DOGE-USD; it has BTC-USD, ETH-USD"):
        client.add("delisting", product="DOGE-USD")
    with pytest.raises(FaultsInvalid, match=r"no DOGE; it has BTC, ETH, USD"):
        client.add("balance_change", currency="DOGE", amount="1")
    assert client.faults.documents() == []


def test_one_more_fault_counts_from_the_request() -> None:
    client = client_of()
    client.to(5).add("balance_change", at="2s", currency="USD", amount="1")

    assert client.to(6.9).balance("USD")[0] == 10_000
    assert client.to(7).balance("USD")[0] == 10_001
    (document,) = client.faults.documents()
    assert (document["phase"], document["struck"], document["where"]) == ("over", 1, "added")
    assert client.engine.now_ns == START + 7 * SECOND
