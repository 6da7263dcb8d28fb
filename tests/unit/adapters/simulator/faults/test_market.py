"""Faults of the market: streams, REST and matching all see the same changed market."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.instants import MINUTE, SECOND
from domain.model.product import ProductId
from tests.builders.simulator import Client, fault, frames
from tests.builders.steps import ETH, START, product, step
from tests.fakes.markets import Script

TWO = (product("BTC-USD"), product("ETH-USD"))
Sides = tuple[list[tuple[str, str]], list[tuple[str, str]]]


def client_of(*faults: Mapping[str, Any], seconds: int = 60) -> Client:
    """Two products that stand at 99 to 101 and print 0.5 at 100 every second."""
    steps = []
    for second in range(1, seconds):
        steps.append(step(second, ("100", "0.5")))
        steps.append(step(second, ("100", "0.5"), name=ETH))
    return Client(Script(*steps, products=TWO), faults=faults)


def book(client: Client, name: str = "BTC-USD") -> Sides:
    found = client.get("/product_book", product_id=name)["pricebook"]
    bids, asks = (
        [(level["price"], level["size"]) for level in found[side]] for side in ("bids", "asks")
    )
    return bids, asks


def tops(client: Client, name: str = "BTC-USD") -> tuple[str, str]:
    bids, asks = book(client, name)
    return bids[0][0], asks[0][0]


def printed(client: Client, name: str = "BTC-USD") -> list[str]:
    """Prices of the latest trades, newest first."""
    return [trade["price"] for trade in client.get(f"/products/{name}/ticker", limit=9)["trades"]]


def candle(client: Client, name: str = "BTC-USD") -> dict[str, str]:
    """The candle of the first minute."""
    window = {"start": START // SECOND, "end": (START + MINUTE) // SECOND - 1}
    answer = client.get(f"/products/{name}/candles", granularity="ONE_MINUTE", **window)
    return dict(answer["candles"][0])


def streamed(client: Client, *seconds: float) -> dict[str, dict[str, str]]:
    """The sides of the BTC book as a listener has them who applied every frame."""
    connection = client.subscribe("level2", "BTC-USD")
    sides: dict[str, dict[str, str]] = {"bid": {}, "offer": {}}
    for at_s in seconds:
        client.to(at_s)
    for frame in frames(connection, "l2_data"):
        for event in frame["events"]:
            if event["type"] == "snapshot":
                sides = {"bid": {}, "offer": {}}
            for update in event["updates"]:
                side = sides[update["side"]]
                if Decimal(update["new_quantity"]):
                    side[update["price_level"]] = update["new_quantity"]
                else:
                    side.pop(update["price_level"], None)
    return sides


def test_prices_jump_at_once_and_come_back_at_the_end() -> None:
    client = client_of(fault("price_jump", at="5.5s", for_="10s", product="BTC-USD", percent=-5))

    assert tops(client.to(5.4)) == ("99", "101")
    assert tops(client.to(5.5)) == ("94.05", "95.95")
    assert printed(client.to(6))[:2] == ["95", "100"]
    assert tops(client, "ETH-USD") == ("99", "101")
    assert tops(client.to(15.5)) == ("99", "101")


def test_orders_meet_the_prices_after_a_jump() -> None:
    client = client_of(fault("price_jump", at="5.5s", percent=-5))
    bid = client.rest("BUY", "96", "0.1")

    assert client.to(5.4).order(bid)["status"] == "OPEN"

    filled = client.to(6).order(bid)
    assert (filled["status"], filled["average_filled_price"]) == ("FILLED", "96")
    sale = client.place("market_market_ioc", "SELL", base_size="0.5")
    assert client.order(sale)["average_filled_price"] == "94.05"


def test_candles_are_those_of_what_was_printed() -> None:
    client = client_of(fault("price_jump", at="10.5s", for_="5s", product="BTC-USD", percent=20))

    client.to(61)

    names = ("open", "high", "low", "close", "volume")
    assert [candle(client)[name] for name in names] == ["100", "120", "100", "100", "29.5"]
    assert [candle(client, "ETH-USD")[name] for name in names[:4]] == ["100"] * 4


def test_a_gap_has_no_market_and_then_goes_on_elsewhere_for_good() -> None:
    client = client_of(fault("gap", at="5.5s", for_="10s", product="BTC-USD", percent=-10))
    stop = client.to(1).place(
        "stop_limit_stop_limit_gtc",
        "SELL",
        base_size="0.1",
        stop_price="97",
        limit_price="80",
        stop_direction="STOP_DIRECTION_STOP_DOWN",
    )

    assert book(client.to(5.5)) == ([], [])
    before = printed(client)
    assert printed(client.to(15.4)) == before
    refused = client.create("market_market_ioc", "BUY", base_size="0.1")
    assert not refused["success"] or client.fills() == []

    assert tops(client.to(15.5)) == ("89.1", "90.9")
    assert printed(client.to(16))[0] == "90"
    assert client.order(stop)["average_filled_price"] == "89.1"
    assert tops(client.to(59)) == ("89.1", "90.9")


def test_a_frozen_product_stands_by_stream_and_by_rest_and_fills_nothing() -> None:
    client = client_of(fault("freeze_product", at="5.5s", for_="10s", product="BTC-USD"))
    client.to(5.5)
    connection = client.subscribe("level2", "BTC-USD", "ETH-USD")
    frames(connection)
    shown, before = book(client), printed(client)
    bid = client.rest("BUY", "100.50", "0.1")

    client.to(15)

    assert book(client) == ([("100.5", "0.1"), *shown[0]], shown[1])
    assert printed(client) == before
    assert client.order(bid)["status"] == "OPEN"
    assert client.to(17).order(bid)["status"] == "FILLED"


def test_a_spread_widens_on_both_sides() -> None:
    client = client_of(fault("wide_spread", at="5.5s", for_="5s", percent=2))

    assert tops(client.to(6)) == ("97.02", "103.02")
    bought = client.place("market_market_ioc", "BUY", base_size="0.5")
    assert client.order(bought)["average_filled_price"] == "103.02"
    assert tops(client.to(11)) == ("99", "101")


@pytest.mark.parametrize(("side", "bids", "asks"), [("bid", 0, 3), ("offer", 3, 0), ("both", 0, 0)])
def test_a_side_of_the_book_empties_and_trades_go_on(side: str, bids: int, asks: int) -> None:
    client = client_of(fault("empty_book", at="5.5s", for_="5s", side=side, product="BTC-USD"))

    found = book(client.to(6.1))

    assert (len(found[0]), len(found[1])) == (bids, asks)
    assert len(printed(client)) == 6
    assert [len(levels) for levels in book(client.to(10.5))] == [3, 3]


def test_a_thin_book_pays_for_depth() -> None:
    client = client_of(fault("thin_book", at="5.5s", for_="5s", share=0.1))

    assert book(client.to(6))[1] == [("101", "0.1"), ("102", "0.2"), ("103", "0.3")]
    bought = client.place("market_market_ioc", "BUY", base_size="0.3")
    order = client.order(bought)
    assert order["filled_value"] == "30.5"  # 0.1 at 101, 0.2 at 102


def test_several_faults_of_one_product_work_together() -> None:
    client = client_of(
        fault("price_jump", at="1.5s", for_="8s", percent=100),
        fault("thin_book", at="1.5s", for_="8s", share=0.5),
        fault("wide_spread", at="1.5s", for_="8s", percent=1),
    )

    bids, asks = book(client.to(2))

    assert (bids[0], asks[0]) == (("196.02", "0.5"), ("204.02", "0.5"))


SHAPING = st.sampled_from(
    [
        fault("price_jump", percent=7),
        fault("price_jump", percent=-60),
        fault("gap", percent=3),
        fault("freeze_product"),
        fault("wide_spread", percent="0.5"),
        fault("empty_book", side="bid"),
        fault("empty_book"),
        fault("thin_book", share="0.02"),
    ]
)
TIMES = st.integers(0, 150).map(lambda tenths: tenths / 10)


@given(st.lists(st.tuples(SHAPING, TIMES, TIMES.filter(bool)), max_size=4))
def test_whatever_is_scripted_stream_and_rest_show_one_uncrossed_book(
    chosen: list[tuple[dict[str, Any], float, float]],
) -> None:
    client = client_of(
        *({**line, "at": f"{at_s}s", "for": f"{for_s}s"} for line, at_s, for_s in chosen),
        seconds=35,
    )
    listener = streamed(client, 3.0, 9.5, 17.0, 31.0)

    bids, asks = book(client)

    assert {Decimal(p): Decimal(q) for p, q in listener["bid"].items()} == {
        Decimal(p): Decimal(q) for p, q in bids
    }
    assert {Decimal(p): Decimal(q) for p, q in listener["offer"].items()} == {
        Decimal(p): Decimal(q) for p, q in asks
    }
    assert not bids or not asks or Decimal(bids[0][0]) < Decimal(asks[0][0])


def standing(names: tuple[str, ...], *faults: Mapping[str, Any]) -> Client:
    """Products that stand at 99 to 101, with a step every second."""
    steps = [step(second, name=ProductId(name)) for second in range(1, 30) for name in names]
    return Client(Script(*steps, products=tuple(map(product, names))), faults=faults)


@pytest.mark.req("CASH1")
def test_a_stablecoin_that_is_off_moves_what_is_paid_in_it_and_nothing_else() -> None:
    names = ("BTC-USD", "USDC-USD", "USDT-USDC")
    client = standing(names, fault("depeg", at="10s", for_="10s", price="0.5"))

    before = {each: tops(client.to(5), each) for each in names}
    during = {each: tops(client.to(15), each) for each in names}
    after = {each: tops(client.to(25), each) for each in names}

    assert before == after == dict.fromkeys(before, ("99", "101"))
    assert during == {
        "BTC-USD": ("99", "101"),
        "USDC-USD": ("49.5", "50.5"),
        "USDT-USDC": ("198", "202"),
    }


@pytest.mark.req("CASH1")
def test_a_depeg_of_another_coin_or_of_one_product_alone_leaves_the_others() -> None:
    client = standing(
        ("USDC-USD", "USDT-USDC"),
        fault("depeg", price="0.5", currency="EURC"),
        fault("depeg", price="0.5", product="USDC-USD"),
    )

    assert tops(client.to(5), "USDC-USD") == ("49.5", "50.5")
    assert tops(client.to(5), "USDT-USDC") == ("99", "101")
