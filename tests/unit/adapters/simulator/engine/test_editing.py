"""Claims about edits, queued cancels, FOK and what shows late."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator.engine.quirks import VenueQuirks, parse_quirks
from adapters.simulator.engine.store import SqliteStore
from domain.model.errors import InvalidNumber
from domain.model.instants import MILLISECOND, SECOND, Nanos
from tests.builders.simulator import Client, frames
from tests.builders.steps import START, step
from tests.fakes.markets import Script

SLOW = VenueQuirks(cancel_delay_ns=2 * SECOND, edit_delay_ns=2 * SECOND)


def edit(client: Client, order_id: str, **fields: str) -> Any:
    return client.post("/orders/edit", {"order_id": order_id, **fields})


def cancel(client: Client, *order_ids: str) -> list[str]:
    answer = client.post("/orders/batch_cancel", {"order_ids": list(order_ids)})
    return [result["failure_reason"] for result in answer["results"]]


def statuses(taken: list[Any]) -> list[str]:
    return [order["status"] for frame in taken for order in frame["events"][0]["orders"]]


def test_an_edit_changes_price_and_size_and_is_remembered() -> None:
    client = Client()
    order_id = client.rest("BUY", "98.00", "2")
    assert edit(client, order_id, price="98.50", size="3") == {"success": True, "errors": []}
    order = client.order(order_id)
    assert order["status"] == "OPEN"
    assert order["order_configuration"]["limit_limit_gtc"] == {
        "base_size": "3",
        "limit_price": "98.50",
        "post_only": True,
    }
    assert order["edit_history"] == [
        {"price": "98.5", "size": "3", "replace_accept_timestamp": "2023-11-14T22:14:00Z"}
    ]
    assert client.balance("USD")[1] == Decimal("98.50") * 3 * Decimal("1.012")
    bids = client.get("/product_book", product_id="BTC-USD")["pricebook"]["bids"]
    assert bids[0] == {"price": "99", "size": "1"}
    assert bids[1:3] == [{"price": "98.5", "size": "3"}, {"price": "98", "size": "2"}]


def test_an_edit_that_crosses_takes() -> None:
    client = Client()
    order_id = client.place("limit_limit_gtc", base_size="2", limit_price="98.00")
    edit(client, order_id, price="101.00", size="2")
    order = client.order(order_id)
    assert (order["status"], order["filled_size"]) == ("OPEN", "1")
    assert client.fills()[0]["liquidity_indicator"] == "TAKER"


def test_the_place_in_the_queue_survives_only_a_smaller_size() -> None:
    client = Client(Script(step(4, ("90", "1"))))
    first, second = client.rest("BUY", "98.00", "1"), client.rest("BUY", "98.00", "1")
    client.to(1)
    edit(client, first, price="98.00", size="0.5")
    client.to(2)
    edit(client, second, price="98.00", size="1.5")
    client.to(4)
    assert client.order(first)["filled_size"] == "0.5"
    assert client.order(second)["filled_size"] == "0.5"

    other = Client(Script(step(4, ("90", "1"))))
    first, second = other.rest("BUY", "98.00", "1"), other.rest("BUY", "98.00", "1")
    other.to(1)
    edit(other, first, price="98.00", size="1.5")
    other.to(4)
    assert (other.order(first)["filled_size"], other.order(second)["filled_size"]) == ("0", "1")


@pytest.mark.parametrize(
    ("fields", "reason", "preview"),
    [
        ({"price": "98.00"}, "INVALID_EDITED_SIZE", ""),
        ({"price": "98.00", "size": "x"}, "INVALID_EDITED_SIZE", ""),
        ({"size": "1"}, "INVALID_EDITED_PRICE", ""),
        ({"price": "98.001", "size": "1"}, "INVALID_EDITED_PRICE", ""),
        ({"price": "98.00", "size": "2"}, "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST", ""),
        ({"price": "98.00", "size": "0.5"}, "CANNOT_EDIT_TO_BELOW_FILLED_SIZE", ""),
        (
            {"price": "98.00", "size": "500"},
            "UNKNOWN_EDIT_ORDER_FAILURE_REASON",
            "PREVIEW_INSUFFICIENT_FUND",
        ),
        (
            {"price": "101.00", "size": "2"},
            "INVALID_EDITED_PRICE",
            "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
        ),
        ({"price": "98.00", "size": "3", "stop_price": "99"}, "INVALID_EDITED_PRICE", None),
    ],
)
def test_refuses_an_edit_with_the_venues_reason_and_changes_nothing(
    fields: dict[str, str], reason: str, preview: str | None
) -> None:
    client = Client(Script(step(1, ("97", "0.5"))))
    order_id = client.rest("BUY", "98.00", "2")
    client.to(1)
    before = client.engine.books()

    answer = edit(client, order_id, **fields)

    assert answer["success"] is False
    (error,) = answer["errors"]
    assert error["edit_failure_reason"] == reason
    if preview is not None:
        assert error["preview_failure_reason"] == (preview or "UNKNOWN_PREVIEW_FAILURE_REASON")
    previewed = client.post("/orders/edit_preview", {"order_id": order_id, **fields})
    assert previewed["errors"] == answer["errors"]
    assert client.engine.books() == before


def test_only_open_gtc_orders_are_edited() -> None:
    client = Client()
    gtd = client.rest("BUY", "98.00", "2", end_s=60)
    gone = client.rest("BUY", "98.00", "2")
    cancel(client, gone)

    def reason(order_id: str) -> str:
        answer = edit(client, order_id, price="97.00", size="2")
        return str(answer["errors"][0]["edit_failure_reason"])

    assert reason(gtd) == "ONLY_LIMIT_ORDER_EDITS_SUPPORTED"
    assert reason(gone) == "ONLY_OPEN_ORDERS_CAN_BE_EDITED"
    assert reason("nope") == "ORDER_NOT_FOUND"


def test_an_edit_preview_says_what_would_be_taken() -> None:
    client = Client()
    order_id = client.place("limit_limit_gtc", base_size="2", limit_price="98.00")
    body = {"order_id": order_id, "price": "101.00", "size": "2"}
    found = client.post("/orders/edit_preview", body)
    assert found["errors"] == []
    assert (found["base_size"], found["average_filled_price"]) == ("1", "101")
    assert client.order(order_id)["edit_history"] == []


def test_a_queued_edit_is_pending_until_it_is_done() -> None:
    client = Client(quirks=SLOW)
    order_id = client.rest("BUY", "98.00", "2")
    edit(client, order_id, price="97.00", size="2")
    order = client.to(1).order(order_id)
    assert order["status"] == "EDIT_QUEUED"
    assert order["current_pending_replace"]["price"] == "97"
    again = edit(client, order_id, price="96.00", size="2")
    assert again["errors"][0]["edit_failure_reason"] == "ORDER_IS_ALREADY_BEING_REPLACED"
    assert cancel(client, order_id) == ["ORDER_IS_BEING_REPLACED"]
    order = client.to(2).order(order_id)
    assert order["status"] == "OPEN"
    assert "current_pending_replace" not in order
    assert order["edit_history"][0]["replace_accept_timestamp"] == "2023-11-14T22:14:02Z"


def test_a_queued_edit_is_dropped_when_the_order_fills_beyond_it() -> None:
    client = Client(Script(step(1, ("97", "1.5"))), quirks=SLOW)
    order_id = client.rest("BUY", "98.00", "2")
    edit(client, order_id, price="98.00", size="1")
    order = client.to(3).order(order_id)
    assert (order["status"], order["filled_size"]) == ("OPEN", "1.5")
    assert order["edit_history"] == []


def test_a_cancel_is_queued_first() -> None:
    client = Client()
    order_id = client.rest("BUY", "98.00", "2")
    listener = client.subscribe("user")
    frames(listener)
    cancel(client, order_id)
    assert statuses(frames(listener, "user")) == ["CANCEL_QUEUED", "CANCELLED"]


def test_a_fill_may_win_against_a_queued_cancel() -> None:
    client = Client(Script(step(1, ("97", "5"))), quirks=SLOW)
    filled, gone = client.rest("BUY", "98.00", "2"), client.rest("BUY", "90.00", "1")
    assert cancel(client, filled, gone) == ["UNKNOWN_CANCEL_FAILURE_REASON"] * 2
    assert client.order(gone)["pending_cancel"] is True
    assert cancel(client, gone) == ["DUPLICATE_CANCEL_REQUEST"]
    client.to(3)
    assert client.order(filled)["status"] == "FILLED"
    assert client.order(gone)["status"] == "CANCELLED"
    assert client.order(gone)["pending_cancel"] is False
    assert client.balance("USD")[1] == 0


def test_a_queued_cancel_survives_a_restart() -> None:
    store, script = SqliteStore(), Script(step(120, ("80", "5")))
    client = Client(script, store=store, quirks=SLOW)
    order_id = client.rest("BUY", "98.00", "2")
    cancel(client, order_id)

    again = Client(script, store=store, start_ns=Nanos(START + 200 * SECOND), quirks=SLOW)

    order = again.order(order_id)
    assert (order["status"], order["filled_size"]) == ("CANCELLED", "0")


def test_a_fok_order_fills_whole_or_not_at_all() -> None:
    client = Client()
    whole = client.place("limit_limit_fok", base_size="3", limit_price="102.00")
    assert client.order(whole)["status"] == "FILLED"
    client = Client()
    before = client.get("/product_book", product_id="BTC-USD")
    order = client.order(client.place("limit_limit_fok", base_size="3.1", limit_price="102.00"))
    assert (order["status"], order["filled_size"]) == ("CANCELLED", "0")
    assert order["cancel_message"] == "FOK not fillable"
    assert order["time_in_force"] == "FILL_OR_KILL"
    assert client.get("/product_book", product_id="BTC-USD") == before
    answer = client.create("limit_limit_fok", base_size="1", limit_price="102.00", post_only=True)
    assert client.reason(answer)[0] == "POST_ONLY_NOT_ALLOWED_WITH_FOK"


def test_new_orders_and_fills_show_after_the_lag_only() -> None:
    client = Client(quirks=VenueQuirks(lag_ns=3 * SECOND))
    order_id = client.place("market_market_ioc", base_size="1")
    client.to(2)
    assert client.send("GET", f"/orders/historical/{order_id}").status == 404
    assert client.get("/orders/historical/batch")["orders"] == []
    assert client.fills() == []
    client.to(3.1)
    assert client.order(order_id)["status"] == "FILLED"
    assert [fill["order_id"] for fill in client.fills()] == [order_id]
    assert len(client.get("/orders/historical/batch")["orders"]) == 1


def test_quirks_are_chosen_by_name() -> None:
    chosen = parse_quirks(("cancel-delay=300ms", "client-id=off", "limit-only=BTC-USD,ETH-USD"))
    assert chosen.cancel_delay_ns == 300 * MILLISECOND
    assert chosen.client_id is False
    assert chosen.limit_only == ("BTC-USD", "ETH-USD")
    shown = [parse_quirks((f"clock={clock}",)).shows_wall_time for clock in ("market", "wall")]
    assert shown == [False, True]


@pytest.mark.parametrize(
    "text", ["lag=6s", "lag", "nope=1", "client-id=maybe", "lag=x", "clock=on"]
)
def test_a_quirk_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidNumber, match="expected"):
        parse_quirks((text,))


def test_duplicates_and_envelopes_follow_the_quirks() -> None:
    client = Client(quirks=parse_quirks(("refuse-duplicates=on", "legacy-envelope=on")))
    first = client.create("market_market_ioc", base_size="1", key="same")
    assert first["order_id"] == first["success_response"]["order_id"]
    assert first["failure_reason"] == "UNKNOWN_FAILURE_REASON"
    again = client.create("market_market_ioc", base_size="1", key="same")
    assert again["error_response"]["new_order_failure_reason"] == "DUPLICATE_CLIENT_ORDER_ID"
    assert len(client.fills()) == 1


def test_a_limit_only_product_takes_no_market_orders() -> None:
    client = Client(quirks=VenueQuirks(limit_only=("BTC-USD",)))
    assert client.get("/products/BTC-USD")["limit_only"] is True
    answer = client.create("market_market_ioc", base_size="1")
    assert client.reason(answer)[0] == "ORDER_ENTRY_DISABLED"
    assert client.create("limit_limit_gtc", base_size="1", limit_price="90.00")["success"]
