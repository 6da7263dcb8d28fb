"""Items 43 to 46 of the checklist: what the SDK meets when the venue is made to misbehave."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from coinbase.rest import RESTClient
from venues import BTC, Stream, Venue, decimal, running, wait_until

NewId = Callable[[], str]
FAR = ("0.01", "1000")
"""Quantity and price of an order that rests."""


def orders_of(venue: Venue, client_order_id: str) -> list[dict[str, Any]]:
    return [one for one in venue.books()["orders"] if one["client_order_id"] == client_order_id]


@pytest.mark.parametrize(
    ("kind", "orders"),
    [("reset_before", 0), ("unanswered", 0), ("reset_after", 1), ("lost_response", 1)],
)
def test_item_43_a_request_is_dropped_before_or_after_it_is_carried_out(
    faulty: Venue, new_id: NewId, kind: str, orders: int
) -> None:
    client = faulty.client()
    client.timeout = 1
    faulty.fault(kind, endpoint="place")
    key = new_id()

    with pytest.raises(requests.RequestException):
        client.limit_order_gtc_buy(key, BTC, *FAR)

    assert len(orders_of(faulty, key)) == orders
    assert client.limit_order_gtc_buy(new_id(), BTC, *FAR).success


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("http_401", 401, "Unauthorized"),
        ("http_429", 429, "rate_limit_exceeded"),
        ("http_500", 500, "INTERNAL"),
        ("http_502_html", 502, "<html>"),
        ("http_503_html", 503, "<html>"),
        ("http_503_text", 503, "go/sg"),
    ],
)
def test_item_43_a_status_comes_instead_of_the_answer(
    faulty: Venue, kind: str, status: int, body: str
) -> None:
    client = faulty.client()
    faulty.fault(kind, endpoint="accounts")

    with pytest.raises(requests.HTTPError) as caught:
        client.get_accounts()

    assert caught.value.response.status_code == status
    assert body in caught.value.response.text
    assert client.get_accounts().accounts


def test_item_43_an_answer_is_late_broken_or_the_request_comes_twice(
    faulty: Venue, new_id: NewId
) -> None:
    client = faulty.client()
    faulty.fault("slow", endpoint="time", delay="700ms")
    begun = time.monotonic()
    assert client.get_unix_time()
    assert time.monotonic() - begun >= 0.7
    for kind in ("truncated_json", "garbage_json"):
        faulty.fault(kind, endpoint="accounts")
        with pytest.raises(requests.exceptions.JSONDecodeError):
            client.get_accounts()
    faulty.fault("duplicate_request", endpoint="place")
    key = new_id()
    made = client.limit_order_gtc_buy(key, BTC, *FAR).success_response
    assert [one["order_id"] for one in orders_of(faulty, key)] == [made["order_id"]]


def beats(stream: Stream, count: int) -> list[int]:
    """Return the numbers of the next heartbeats."""
    found = []
    while len(found) < count:
        frame = stream.next()
        if frame["channel"] == "heartbeats":
            found.append(frame["sequence_num"])
    return found


def test_item_44_frames_are_lost_doubled_and_late_and_nobody_asked_for_some(
    faulty: Venue,
) -> None:
    def heard(kind: str, count: int, **members: Any) -> list[int]:
        with faulty.stream(signed=False) as stream:
            stream.subscribe("heartbeats")
            found = beats(stream, 1)
            number = faulty.fault(kind, channel="heartbeats", **members)
            while len(found) < count or not faulty.struck(number):
                found.append(stream.next()["sequence_num"])
            return found + beats(stream, count)

    def steps(numbers: list[int]) -> set[int]:
        return {later - sooner for sooner, later in itertools.pairwise(numbers)}

    assert steps(heard("seq_gap", 2, size=3)) == {1, 4}
    assert steps(heard("drop_frame", 2)) == {1, 2}
    assert steps(heard("duplicate_frame", 2)) == {0, 1}
    assert steps(heard("late_frame", 4, behind=2)) == {1, 2, -2, 3} - {0}
    with faulty.stream(signed=False) as stream:
        stream.subscribe("heartbeats")
        faulty.fault("unknown_channel")
        assert stream.until(lambda frame: frame["channel"] == "mystery")["events"]


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011])
def test_item_44_a_connection_is_closed_with_a_code_or_breaks_off(faulty: Venue, code: int) -> None:
    with faulty.stream(signed=False) as stream:
        stream.subscribe("heartbeats")
        beats(stream, 1)
        faulty.fault("disconnect", code=code)
        wait_until(lambda: stream.client.websocket.close_code is not None)
        assert stream.client.websocket.close_code == code


def test_item_44_a_frame_is_huge_and_another_is_garbage(faulty: Venue) -> None:
    with faulty.stream(signed=False) as stream:
        stream.subscribe("level2", BTC)
        faulty.fault("oversize_frame", mebibytes=9)
        huge = stream.until(lambda f: len((f.get("events") or [{}])[0].get("updates", ())) > 50_000)
        assert len(json.dumps(huge)) > 8 * 2**20
        faulty.fault("garbage_frame")  # no UTF-8: the SDK's library has to give up
        wait_until(lambda: not stream.client._is_websocket_open())


def test_item_44_a_stream_stalls_silently(faulty: Venue) -> None:
    with faulty.stream(signed=False) as stream:
        stream.subscribe("heartbeats")
        beats(stream, 1)
        number = faulty.fault("silent_stream", for_="15s")
        wait_until(lambda: faulty.struck(number) > 5)
        assert stream.client._is_websocket_open()
        numbers = beats(stream, 20)
        assert numbers == list(range(numbers[0], numbers[0] + 20))


def test_item_44_a_subscription_is_refused_and_updates_are_told_again(
    faulty: Venue, new_id: NewId
) -> None:
    with faulty.stream() as stream:
        faulty.fault("stream_auth_error")
        stream.subscribe("user")
        assert stream.next() == {"type": "error", "message": "authentication failure"}
        stream.subscribe("user")
        stream.data("user", "snapshot")
        made = faulty.client().limit_order_gtc_buy(new_id(), BTC, *FAR).success_response
        stream.order(made["order_id"], "OPEN")
        faulty.fault("user_replay", updates=1)
        assert stream.order(made["order_id"], "OPEN")


def test_item_45_clock_flags_fees_balances_and_foreign_orders(faulty: Venue) -> None:
    client = faulty.client()

    def milliseconds() -> int:
        return int(client.get_unix_time()["epoch_millis"])

    before = milliseconds()
    number = faulty.fault("clock_skew", by="-1h", for_="1h")
    wait_until(lambda: faulty.struck(number))
    assert before - 3_600_000 <= milliseconds() < before
    for flag in ("cancel_only", "trading_disabled"):
        faulty.fault("product_flag", product="ETH-USD", flag=flag, for_="1h")
        wait_until(lambda flag=flag: client.get_product("ETH-USD")[flag])
    faulty.fault("fee_tier", maker="0.0005", taker="0.001", for_="1h")
    wait_until(lambda: client.get_transaction_summary().fee_tier["taker_fee_rate"] == "0.001")

    def owned(currency: str) -> Decimal:
        accounts = client.get_accounts(limit=250).accounts
        (found,) = (one for one in accounts if one.currency == currency)
        return decimal(found.available_balance["value"])

    coins = owned("ETH")
    faulty.fault("balance_change", currency="ETH", amount="1.25")
    wait_until(lambda: owned("ETH") == coins + Decimal("1.25"))
    bought = owned("BTC")
    faulty.fault("foreign_order", product=BTC, side="BUY", quantity="0.01")
    wait_until(lambda: owned("BTC") == bought + Decimal("0.01"))
    (order,) = (
        one for one in client.list_orders().orders if one.client_order_id.startswith("foreign")
    )
    assert order.status == "FILLED"


def written(folder: Path) -> tuple[Path, Path]:
    """Write three minutes of a market, and what happens on our account meanwhile."""
    market, script = folder / "market.csv", folder / "faults.jsonl"
    rows = ["ts,symbol,open,high,low,close,volume"]
    for minute in range(33):
        low = 100 + minute % 5
        rows.append(f"{1_700_000_040 + 60 * minute},{BTC},{low},{low + 2},{low - 1},{low + 1},50")
    market.write_text("\n".join(rows))
    lines: list[dict[str, Any]] = [
        {"kind": "foreign_order", "at": "5s", "product": BTC, "side": "BUY", "quantity": "0.5"},
        {
            "kind": "foreign_order",
            "at": "9s",
            "product": BTC,
            "side": "BUY",
            "quantity": "2",
            "price": "100",
        },
        {"kind": "fee_tier", "at": "60s", "maker": "0.001", "taker": "0.002"},
        {"kind": "partial_fills", "at": "0s", "share": "0.3"},
        {"kind": "foreign_order", "at": "90s", "product": BTC, "side": "SELL", "quantity": "0.4"},
    ]
    script.write_text("\n".join(map(json.dumps, lines)))
    return market, script


def test_item_46_the_same_seed_and_the_same_actions_give_the_same_answers(tmp_path: Path) -> None:
    market, script = written(tmp_path)
    options = ("--market", str(market), "--lookback", "30m", "--seed", "7", "--speed", "60")

    def without_ids(answer: Any) -> Any:
        """Return an answer without what is drawn anew for every world."""
        random = {"order_id", "entry_id", "trade_id", "user_id", "retail_portfolio_id"}
        if isinstance(answer, dict):
            return {k: without_ids(v) for k, v in answer.items() if k not in random}
        return [without_ids(each) for each in answer] if isinstance(answer, list) else answer

    def seen(name: str) -> list[Any]:
        with running(tmp_path / name, *options, "--faults", str(script)) as venue:
            client: RESTClient = venue.client()
            wait_until(lambda: client.get_product(BTC)["trading_disabled"])  # the market is over
            answers = [
                client.get_candles(BTC, "1700001840", "1700002019", "ONE_MINUTE"),
                client.get_market_trades(BTC, 100),
                client.list_orders(),
                client.get_fills(),
                client.get_transaction_summary(),
            ]
            return [without_ids(answer.to_dict()) for answer in answers]

    first = seen("first")

    assert len(first[2]["orders"]) == 3
    assert len(first[3]["fills"]) > 3
    assert seen("second") == first
