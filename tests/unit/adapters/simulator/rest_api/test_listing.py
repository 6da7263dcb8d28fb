from __future__ import annotations

from typing import Any

from tests.builders.simulator import Client
from tests.builders.steps import product
from tests.fakes.markets import Script

TWO = (product("BTC-USD"), product("ETH-USD"))


def busy() -> tuple[Client, list[str]]:
    """Place five orders, a second apart."""
    client = Client(Script(products=TWO), opening={"USD": "10000", "BTC": "5"})
    orders = []
    wanted = (
        ("BUY", "99.50", "BTC-USD"),
        ("BUY", "99.50", "ETH-USD"),
        ("SELL", "120", "BTC-USD"),
        ("BUY", "99.50", "BTC-USD"),
    )
    for number, (side, price, name) in enumerate(wanted):
        client.to(number)
        orders.append(client.rest(side, price, "1", name))
    client.to(4)
    orders.append(client.place("market_market_ioc", "BUY", "ETH-USD", base_size="1.5"))
    return client, orders


def listed(client: Client, **query: Any) -> list[str]:
    return [one["order_id"] for one in client.get("/orders/historical/batch", **query)["orders"]]


def test_orders_are_listed_newest_first() -> None:
    client, orders = busy()
    assert listed(client) == orders[::-1]


def test_each_filter_narrows_the_list() -> None:
    client, orders = busy()
    first, second, third, fourth, fifth = orders
    assert listed(client, product_ids=["ETH-USD"]) == [fifth, second]
    assert listed(client, product_ids=["ETH-USD", "BTC-USD"], order_side="SELL") == [third]
    assert listed(client, order_status=["FILLED"]) == [fifth]
    assert listed(client, order_types=["MARKET"]) == [fifth]
    assert listed(client, time_in_forces=["GOOD_UNTIL_CANCELLED"]) == [fourth, third, second, first]
    assert listed(client, order_ids=[second, third]) == [third, second]
    assert listed(client, order_placement_source="RETAIL_SIMPLE") == []
    assert listed(client, product_type="FUTURE") == []


def test_a_singular_product_id_is_ignored() -> None:
    client, orders = busy()
    assert listed(client, product_id="ETH-USD") == orders[::-1]


def test_the_window_includes_its_start_and_excludes_its_end() -> None:
    client, orders = busy()
    window = {"start_date": "2023-11-14T22:14:01Z", "end_date": "2023-11-14T22:14:03Z"}
    assert listed(client, **window) == [orders[2], orders[1]]


def test_far_dates_are_no_failure() -> None:
    client, orders = busy()
    window = {"start_date": "0001-01-01T00:00:00Z", "end_date": "9999-12-31T23:59:59Z"}
    assert listed(client, **window) == orders[::-1]


def test_pages_stay_whole_while_orders_arrive() -> None:
    client, orders = busy()
    page = client.get("/orders/historical/batch", limit=2)
    found = [one["order_id"] for one in page["orders"]]
    client.rest("BUY", "50", "1")
    while page["has_next"]:
        page = client.get("/orders/historical/batch", limit=2, cursor=page["cursor"])
        found += [one["order_id"] for one in page["orders"]]
    assert found == orders[::-1]
    assert page["cursor"] == ""


def test_fills_are_listed_newest_first_in_pages() -> None:
    client, orders = busy()
    client.place("market_market_ioc", "SELL", "BTC-USD", base_size="0.5")
    every = client.fills()
    assert [(one["product_id"], one["price"]) for one in every] == [
        ("ETH-USD", "102"),
        ("ETH-USD", "101"),
    ]
    assert client.fills(order_ids=[orders[4]]) == every
    assert client.fills(product_ids=["BTC-USD"]) == []
    assert client.fills(trade_ids=[every[1]["trade_id"]]) == every[1:]
    assert client.fills(start_sequence_timestamp="2023-11-14T22:15:00Z") == []
    first = client.get("/orders/historical/fills", limit=1)
    second = client.get("/orders/historical/fills", limit=1, cursor=first["cursor"])
    assert first["fills"] + second["fills"] == every
    assert second["cursor"] == ""


def test_ids_never_repeat() -> None:
    client, orders = busy()
    fills = client.fills()
    ids = [*orders, *(one["trade_id"] for one in fills), *(one["entry_id"] for one in fills)]
    assert len(set(ids)) == len(ids)
