"""Items 17 to 31 of the checklist: orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from coinbase.rest import RESTClient
from venues import BTC, Venue, decimal, wait_until

NewId = Callable[[], str]
Away = Callable[[str], str]
DOWN, UP = "STOP_DIRECTION_STOP_DOWN", "STOP_DIRECTION_STOP_UP"
UNKNOWN = "UNKNOWN_FAILURE_REASON"


def later(client: RESTClient, seconds: int) -> str:
    """Return market time in so many seconds, as the SDK wants it."""
    now = int(client.get_unix_time()["epoch_seconds"])
    return datetime.fromtimestamp(now + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def accepted(answer: Any) -> str:
    assert answer.success, answer.to_dict()
    return str(answer.success_response["order_id"])


def reasons(answer: Any) -> tuple[str, str]:
    assert answer.success is False
    error = answer.to_dict()["error_response"]
    assert set(error) == {
        "error",
        "message",
        "error_details",
        "preview_failure_reason",
        "new_order_failure_reason",
    }
    return error["error"], error["preview_failure_reason"]


def money(client: RESTClient) -> list[Any]:
    return [account.to_dict() for account in client.get_accounts(limit=250).accounts]


def cancel(client: RESTClient, *order_ids: str) -> list[str]:
    results = client.cancel_orders(list(order_ids)).results
    assert [result.order_id for result in results] == list(order_ids)
    return [result.failure_reason for result in results]


def test_item_17_takes_every_configuration_of_the_sdk(
    client: RESTClient, new_id: NewId, away: Away
) -> None:
    end, low, lower, high = later(client, 3600), away("0.6"), away("0.5"), away("1.5")
    resting = [
        client.limit_order_gtc_buy(new_id(), BTC, "0.001", low),
        client.limit_order_gtd_buy(new_id(), BTC, "0.001", low, end),
        client.stop_limit_order_gtc_sell(new_id(), BTC, "0.001", lower, low, DOWN),
        client.stop_limit_order_gtd_buy(new_id(), BTC, "0.001", away("1.6"), high, end, UP),
        client.trigger_bracket_order_gtc_sell(new_id(), BTC, "0.001", high, low),
        client.trigger_bracket_order_gtd_sell(new_id(), BTC, "0.001", high, low, end),
    ]
    taking = [
        client.market_order_buy(new_id(), BTC, quote_size="20"),
        client.market_order_sell(new_id(), BTC, base_size="0.0001"),
        client.limit_order_ioc_buy(new_id(), BTC, "0.0001", away("1.02")),
        client.limit_order_fok_sell(new_id(), BTC, "0.0001", away("0.98")),
    ]
    types = [client.get_order(accepted(answer)).order.order_type for answer in resting + taking]
    ends = ["MARKET", "MARKET", "LIMIT", "LIMIT"]
    assert types == ["LIMIT", "LIMIT", "STOP_LIMIT", "STOP_LIMIT", "BRACKET", "BRACKET", *ends]
    assert set(cancel(client, *map(accepted, resting))) == {"UNKNOWN_CANCEL_FAILURE_REASON"}
    fok = client.create_order(new_id(), BTC, "BUY", {"market_market_fok": {"quote_size": "20"}})
    assert reasons(fok)[0] == "UNSUPPORTED_ORDER_CONFIGURATION"
    with pytest.raises(requests.HTTPError, match="400"):
        client.create_order(new_id(), BTC, "BUY", {})


def test_item_18_success_has_the_present_form_and_on_request_that_of_2023(
    client: RESTClient, strict: Venue, new_id: NewId, away: Away
) -> None:
    answer = client.limit_order_gtc_buy(new_id(), BTC, "0.001", away("0.5"), post_only=True)
    whole = answer.to_dict()
    assert set(whole["success_response"]) == {
        "order_id",
        "product_id",
        "side",
        "client_order_id",
        "attached_order_id",
    }
    echo = whole["order_configuration"]["limit_limit_gtc"]
    assert echo == {"base_size": "0.001", "limit_price": away("0.5"), "post_only": True} or (
        decimal(echo["limit_price"]) > 0
    )
    cancel(client, accepted(answer))
    old = strict.client().limit_order_gtc_buy(new_id(), BTC, "0.001", "1000").to_dict()
    assert old["order_id"] == old["success_response"]["order_id"]
    assert old["failure_reason"] == UNKNOWN


def test_item_19_a_refusal_is_http_200_with_all_reasons_and_an_echo(
    client: RESTClient, new_id: NewId
) -> None:
    answer = client.limit_order_gtc_buy(new_id(), BTC, "0.001", "0.001")
    assert reasons(answer)[0] == "INVALID_PRICE_PRECISION"
    whole = answer.to_dict()
    assert whole["order_configuration"]["limit_limit_gtc"]["limit_price"] == "0.001"
    assert (whole["order_id"], whole["failure_reason"]) == ("", UNKNOWN)


def test_item_20_checks_come_in_a_fixed_order_with_the_venues_reasons(
    client: RESTClient, new_id: NewId, away: Away
) -> None:
    before = money(client)

    def limit(size: str, price: str, product: str = BTC) -> tuple[str, str]:
        return reasons(client.limit_order_gtc_buy(new_id(), product, size, price))

    assert limit("1", "1", "NOPE-USD")[0] == "INVALID_PRODUCT_ID"
    assert limit("x", "1")[1] == "PREVIEW_NON_NUMERIC_ORDER_SIZE"
    assert limit("0.0000000001", "0.001")[0] == "INVALID_PRICE_PRECISION"
    assert limit("0.0000000001", "1")[0] == "INVALID_SIZE_PRECISION"
    assert limit("0.001", "1")[1] == "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL"
    assert limit("1", "99999999999")[1] == "PREVIEW_INVALID_QUOTE_SIZE_TOO_LARGE"
    assert limit("9", away("0.9"))[0] == "INSUFFICIENT_FUND"
    past = "2020-01-01T00:00:00Z"
    gtd = client.limit_order_gtd_buy(new_id(), BTC, "0.001", away("0.5"), past)
    assert reasons(gtd)[0] == "END_TIME_IS_IN_THE_PAST"
    assert money(client) == before


def test_item_21_a_used_client_id_answers_with_its_first_order(
    client: RESTClient, strict: Venue, new_id: NewId, away: Away
) -> None:
    same = new_id()
    first = accepted(client.limit_order_gtc_buy(same, BTC, "0.001", away("0.5")))
    before = money(client)
    assert accepted(client.market_order_sell(same, BTC, base_size="0.01")) == first
    assert money(client) == before
    cancel(client, first)
    refusing = strict.client()
    accepted(refusing.limit_order_gtc_buy(same, BTC, "0.001", "1000"))
    again = refusing.limit_order_gtc_buy(same, BTC, "0.001", "1000")
    assert reasons(again)[0] == "DUPLICATE_CLIENT_ORDER_ID"


def test_item_22_a_post_only_order_that_would_take_is_refused(
    client: RESTClient, new_id: NewId, away: Away
) -> None:
    answer = client.limit_order_gtc_buy(new_id(), BTC, "0.001", away("1.05"), post_only=True)
    assert reasons(answer) == (
        "INVALID_LIMIT_PRICE_POST_ONLY",
        "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
    )


def test_item_23_a_quote_size_includes_the_fee_and_holds_the_takers_rate(
    client: RESTClient, new_id: NewId, away: Away
) -> None:
    order_id = accepted(client.market_order_buy(new_id(), BTC, quote_size="50"))
    order = client.get_order(order_id).order
    value, fees = decimal(order.filled_value), decimal(order.total_fees)
    assert fees == value * Decimal("0.012")
    assert decimal(order.total_value_after_fees) == value + fees <= 50
    assert 50 - (value + fees) < Decimal("0.01")
    assert (order.size_in_quote, order.size_inclusive_of_fees) == (True, True)
    price = away("0.5")
    resting = accepted(client.limit_order_gtc_buy(new_id(), BTC, "0.002", price))
    hold = decimal(client.get_order(resting).order.outstanding_hold_amount)
    assert hold == Decimal(price) * Decimal("0.002") * Decimal("1.012")
    cancel(client, resting)


def test_item_24_fills_add_up_to_the_last_digit(
    venue: Venue, client: RESTClient, new_id: NewId
) -> None:
    order_id = accepted(client.market_order_sell(new_id(), BTC, base_size="0.05"))
    order = client.get_order(order_id).order
    fills = client.get_fills(order_ids=[order_id]).fills
    assert order.number_of_fills == str(len(fills))
    assert sum(decimal(fill.size) for fill in fills) == decimal(order.filled_size)
    assert sum(decimal(fill.commission) for fill in fills) == decimal(order.total_fees)
    for fill in fills:
        rate = Decimal("0.012") if fill.liquidity_indicator == "TAKER" else Decimal("0.006")
        assert decimal(fill.commission) == decimal(fill.price) * decimal(fill.size) * rate
    paid_in: dict[str, Decimal] = {}
    for account in venue.books()["accounts"]:
        name = account["currency"]
        paid_in[name] = paid_in.get(name, Decimal(0)) + Decimal(account["total"])
    assert {name: total for name, total in paid_in.items() if total} == {
        "USD": 100_000,
        "USDC": 5000,
        "BTC": 2,
    }


def test_item_25_cancels_are_answered_one_by_one_queued_and_then_done(
    client: RESTClient, strict: Venue, new_id: NewId, away: Away
) -> None:
    filled = accepted(client.market_order_buy(new_id(), BTC, quote_size="20"))
    resting = accepted(client.limit_order_gtc_buy(new_id(), BTC, "0.001", away("0.5")))
    assert cancel(client, filled, "nope", resting) == [
        "ORDER_IS_FULLY_FILLED",
        "UNKNOWN_CANCEL_ORDER",
        "UNKNOWN_CANCEL_FAILURE_REASON",
    ]
    with pytest.raises(requests.HTTPError, match="Too many orderIDs entered, limit is 100"):
        client.cancel_orders(["x"] * 101)
    slow = strict.client()
    order_id = accepted(slow.limit_order_gtc_buy(new_id(), BTC, "0.001", "1000"))
    assert cancel(slow, order_id, order_id) == [
        "UNKNOWN_CANCEL_FAILURE_REASON",
        "DUPLICATE_CANCEL_REQUEST",
    ]
    (known,) = [one for one in strict.books()["orders"] if one["order_id"] == order_id]
    assert (known["status"], known["pending_cancel"]) == ("CANCEL_QUEUED", True)
    wait_until(lambda: slow.list_orders(order_ids=[order_id], order_status="CANCELLED").orders)


def test_item_26_edits_need_both_members_and_are_remembered(
    client: RESTClient, new_id: NewId, away: Away
) -> None:
    order_id = accepted(client.limit_order_gtc_buy(new_id(), BTC, "0.001", away("0.5")))
    price = away("0.51")
    assert client.preview_edit_order(order_id, size="0.002", price=price).errors == []
    assert client.edit_order(order_id, size="0.002", price=price).success is True
    order = client.get_order(order_id).order
    (edit,) = order.edit_history
    assert (decimal(edit.price), edit.size) == (Decimal(price), "0.002")
    assert decimal(order.order_configuration.limit_limit_gtc["base_size"]) == Decimal("0.002")
    half = client.edit_order(order_id, price=price)
    assert [error.edit_failure_reason for error in half.errors] == ["INVALID_EDITED_SIZE"]
    cancel(client, order_id)
    late = client.edit_order(order_id, size="0.003", price=price)
    assert late.errors[0].edit_failure_reason == "ONLY_OPEN_ORDERS_CAN_BE_EDITED"


def test_item_27_previews_judge_and_change_nothing(client: RESTClient, away: Away) -> None:
    before = money(client)
    good = client.preview_market_order_buy(BTC, quote_size="50")
    assert (good.errs, good.warning, good.is_max) == ([], [], False)
    assert good.preview_id
    assert decimal(good.order_total) <= 50
    poor = client.preview_limit_order_gtc_buy(BTC, "50", away("0.9"))
    assert poor.errs == ["PREVIEW_INSUFFICIENT_FUND"]
    stop = client.preview_stop_limit_order_gtc_sell(BTC, "0.001", away("1.1"), away("1.2"), DOWN)
    assert stop.errs == ["PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE"]
    assert money(client) == before


def test_item_28_lists_by_every_filter_with_pages_that_inserts_do_not_shift(
    client: RESTClient, new_id: NewId, away: Away
) -> None:
    since = later(client, -1)
    ids = [accepted(client.limit_order_gtc_buy(new_id(), BTC, "0.001", away("0.5"))) for _ in "abc"]
    first = client.list_orders(start_date=since, limit=2)
    assert [order.order_id for order in first.orders] == ids[:0:-1]
    assert first.has_next is True
    extra = accepted(client.limit_order_gtc_buy(new_id(), BTC, "0.001", away("0.5")))
    second = client.list_orders(start_date=since, limit=2, cursor=first.cursor)
    assert second.orders[0].order_id == ids[0]
    by = {
        "order_status": ["OPEN"],
        "order_types": ["LIMIT"],
        "time_in_forces": ["GOOD_UNTIL_CANCELLED"],
        "order_side": "BUY",
        "product_ids": [BTC],
    }
    for name, value in by.items():
        found = client.list_orders(start_date=since, **{name: value}).orders
        assert {order.order_id for order in found} >= {*ids, extra}
    assert client.list_orders(order_ids=[extra], order_side="SELL").orders == []
    assert client.list_orders(order_ids=[extra], product_id="ETH-USD").orders
    assert (
        client.list_orders(order_ids=[extra], order_placement_source="RETAIL_SIMPLE").orders == []
    )
    created = client.get_order(extra).order.created_time
    assert client.list_orders(order_ids=[extra], start_date=created).orders
    assert client.list_orders(order_ids=[extra], end_date=created).orders == []
    cancel(client, *ids, extra)


def test_item_29_unknown_orders_are_not_found_and_new_ones_may_show_late(
    client: RESTClient, strict: Venue, new_id: NewId
) -> None:
    with pytest.raises(requests.HTTPError, match="order with this orderID was not found"):
        client.get_order("nope")
    late = strict.client()
    order_id = accepted(late.market_order_buy(new_id(), BTC, quote_size="20"))
    assert late.get_fills(order_ids=[order_id]).fills == []
    assert late.list_orders(order_ids=[order_id]).orders == []
    with pytest.raises(requests.HTTPError, match="404"):
        late.get_order(order_id)
    wait_until(lambda: late.list_orders(order_ids=[order_id]).orders)
    assert late.get_order(order_id).order.status == "FILLED"
    assert late.get_fills(order_ids=[order_id]).fills


def test_item_30_fills_have_ids_times_sizes_and_a_cursor(client: RESTClient, new_id: NewId) -> None:
    ids = [accepted(client.market_order_buy(new_id(), BTC, quote_size="20")) for _ in "ab"]
    page = client.get_fills(limit=1)
    assert page.cursor
    fills = client.get_fills(order_ids=ids).to_dict()
    assert fills["cursor"] == ""
    assert len({fill["entry_id"] for fill in fills["fills"]}) == len(fills["fills"])
    for fill in fills["fills"]:
        assert len(fill["trade_id"]) == 36
        assert fill["size_in_quote"] is True
        assert decimal(fill["size"]) <= 20
        assert fill["trade_type"] == "FILL"
        fraction = fill["sequence_timestamp"].partition(".")[2].removesuffix("Z")
        assert len(fraction) <= 6
    by_trade = client.get_fills(trade_ids=[fills["fills"][0]["trade_id"]]).fills
    assert len(by_trade) == 1


def test_item_31_gtd_expires_ioc_and_fok_end_and_stops_trigger_on_trades(
    client: RESTClient, new_id: NewId, away: Away
) -> None:
    end = later(client, 5)
    gtd = accepted(client.limit_order_gtd_buy(new_id(), BTC, "0.001", away("0.5"), end))
    ioc = accepted(client.limit_order_ioc_buy(new_id(), BTC, "0.001", away("0.5")))
    fok = accepted(client.limit_order_fok_buy(new_id(), BTC, "0.001", away("0.5")))
    assert client.get_order(ioc).order.status == "CANCELLED"
    assert client.get_order(fok).order.cancel_message == "FOK not fillable"
    near = Decimal(client.get_market_trades(BTC, 1).trades[0].price)
    step = Decimal(client.get_product(BTC)["price_increment"])
    stops = []
    for size, direction, shift in (("0.001", DOWN, -1), ("0.001", UP, 1)):
        price = str(near + shift * step)
        stops.append(
            client.stop_limit_order_gtc_sell(new_id(), BTC, size, away("0.5"), price, direction)
        )
    waiting = [accepted(answer) for answer in stops if answer.success]
    assert waiting, "the market moved past both stops before they arrived"
    wait_until(
        lambda: any(
            client.get_order(order_id).order.trigger_status == "STOP_TRIGGERED"
            for order_id in waiting
        )
    )
    cancel(client, *waiting)
    wait_until(lambda: client.get_order(gtd).order.status == "EXPIRED")
