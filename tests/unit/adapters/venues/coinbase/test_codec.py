"""Claims about reading stream frames."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from adapters.venues.coinbase.codec import ErrorFrame, decode_market, decode_user
from adapters.venues.coinbase.values import instant
from domain.messages.market import (
    BookChanged,
    BookLost,
    BookSnapshotSeen,
    HeartbeatSeen,
    MarketFrame,
    OtherFrameSeen,
    SubscriptionsSeen,
    TradesPrinted,
)
from domain.messages.venue import UserFrame
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND, iso, parse_iso
from domain.model.market import Level
from domain.model.orders import VenueStatus
from domain.model.product import Side
from tests.builders.numbers import price, quantity
from tests.builders.recorded import RAW, shared_data

AT = "2026-04-07T14:30:00.123456789Z"


def frame(channel: str, *events: object, sequence: int = 4, **more: object) -> bytes:
    document = {"channel": channel, "timestamp": AT, "sequence_num": sequence, "events": events}
    return json.dumps(document | more).encode()


def market(data: bytes) -> MarketFrame:
    decoded = decode_market(data, 3)
    assert isinstance(decoded, MarketFrame)
    return decoded


def user(data: bytes) -> UserFrame:
    decoded = decode_user(data, 3)
    assert isinstance(decoded, UserFrame)
    return decoded


def update(side: str, price: str, quantity: str) -> dict[str, str]:
    at = "1970-01-01T00:00:00Z"
    return {"side": side, "event_time": at, "price_level": price, "new_quantity": quantity}


def recorded() -> Iterator[str]:
    with (shared_data() / RAW).open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(file)
        for line in io.TextIOWrapper(reader, encoding="utf-8"):
            record = json.loads(line)
            if record["t"] == "recv":
                yield record["data"]


# The recording.


def test_every_recorded_frame_is_read_and_the_counts_are_those_of_the_text() -> None:
    ours: Counter[str] = Counter()
    for number, text in enumerate(recorded()):
        seen = market(text.encode())
        assert seen.sequence == number
        document = json.loads(text)
        assert iso(seen.sent_ns) == document["timestamp"]
        kinds = {type(event) for event in seen.events}
        if kinds <= {BookSnapshotSeen, BookChanged}:
            ours["l2_data"] += 1
            ours["snapshot"] += BookSnapshotSeen in kinds
        elif kinds == {OtherFrameSeen}:
            other = seen.events[0]
            assert isinstance(other, OtherFrameSeen)
            ours[other.channel] += 1
        else:
            names = {
                TradesPrinted: "market_trades",
                HeartbeatSeen: "heartbeats",
                SubscriptionsSeen: "subscriptions",
            }
            ours[names[kinds.pop()]] += 1
    assert ours == {
        "l2_data": 775,
        "snapshot": 2,
        "ticker": 160,
        "market_trades": 59,
        "heartbeats": 25,
        "candles": 6,
        "subscriptions": 5,
    }


def test_no_level_and_no_trade_of_the_recording_is_lost_or_changed() -> None:
    levels = trades = 0
    for text in recorded():
        document = json.loads(text)
        seen = market(text.encode())
        for event, theirs in zip(seen.events, document["events"], strict=True):
            if isinstance(event, BookSnapshotSeen | BookChanged):
                bids, asks = iter(event.bids), iter(event.asks)
                for line in theirs["updates"]:
                    level = next(bids if line["side"] == "bid" else asks)
                    expected = (Decimal(line["price_level"]), Decimal(line["new_quantity"]))
                    assert (level.price, level.quantity) == expected
                    levels += 1
                assert next(bids, None) is next(asks, None) is None
            elif isinstance(event, TradesPrinted):
                assert [trade.trade_id for trade in event.trades] == [
                    line["trade_id"] for line in reversed(theirs["trades"])
                ]
                trades += len(event.trades)
    assert levels > 40_000
    assert trades > 100


# The market stream.


def test_a_snapshot_and_a_change_of_the_book() -> None:
    updates = [update("bid", "68900.00", "1.5"), update("offer", "68901.00", "0.00000000")]
    seen = market(
        frame(
            "l2_data",
            {"type": "snapshot", "product_id": "BTC-USD", "updates": updates},
            {"type": "update", "product_id": "ETH-USD", "updates": []},
        )
    )
    assert (seen.connection, seen.sequence) == (3, 4)
    assert seen.sent_ns == parse_iso(AT)
    snapshot, change = seen.events
    assert isinstance(snapshot, BookSnapshotSeen)
    assert snapshot.bids == (Level(price("68900.00"), quantity("1.5")),)
    assert snapshot.asks[0].quantity == 0
    assert isinstance(change, BookChanged)


def test_trades_come_oldest_first_with_the_makers_side() -> None:
    trades = [
        {"trade_id": str(n), "product_id": "ETH-USDT", "price": "2375.56", "size": "0.5"}
        | {"side": "BUY", "time": "2024-10-04T07:13:31.088388Z"}
        for n in (9, 8, 7)
    ]
    (event,) = market(frame("market_trades", {"type": "update", "trades": trades})).events
    assert isinstance(event, TradesPrinted)
    assert [trade.trade_id for trade in event.trades] == ["7", "8", "9"]
    assert event.trades[0].maker_side is Side.BUY
    assert not event.is_snapshot


@pytest.mark.parametrize("counter", [66987, "66987"])
def test_a_heartbeat_counts_as_number_or_text(counter: object) -> None:
    beat = {"current_time": "2024-10-04 07:04:40.8 +0000 UTC m=+6.6", "heartbeat_counter": counter}
    assert market(frame("heartbeats", beat)).events == (HeartbeatSeen(66987),)


def test_the_acknowledgement_lists_all_channels() -> None:
    channels = {"level2": ["BTC-USD"], "heartbeats": ["heartbeats"]}
    (event,) = market(frame("subscriptions", {"subscriptions": channels})).events
    expected = (("level2", ("BTC-USD",)), ("heartbeats", ("heartbeats",)))
    assert event == SubscriptionsSeen(expected)


def test_channels_and_members_that_we_do_not_know_are_tolerated() -> None:
    assert market(frame("ticker", {"tickers": [1]})).events == (OtherFrameSeen("ticker"),)
    event = {"type": "update", "product_id": "BTC-USD", "updates": [], "new": {"x": [1]}}
    assert isinstance(market(frame("l2_data", event, client_id="")).events[0], BookChanged)


def test_an_error_frame_is_its_text() -> None:
    data = b'{"type":"error","message":"authentication failure"}'
    assert decode_market(data, 1) == ErrorFrame("authentication failure")
    assert decode_user(data, 1) == ErrorFrame("authentication failure")


BAD_LEVELS = [
    update("ask", "1", "1"),
    update("bid", "0", "1"),
    update("bid", "-1", "1"),
    update("bid", "1", "-1"),
    update("bid", "NaN", "1"),
    update("bid", "1", "Infinity"),
    update("bid", "1,5", "1"),
    update("bid", "", "1"),
]


@pytest.mark.parametrize("level", BAD_LEVELS, ids=repr)
def test_a_level_that_makes_no_sense_costs_its_book_and_no_other(level: dict[str, str]) -> None:
    odd = {"type": "update", "product_id": "BTC-USD", "updates": [level]}
    other = {"type": "update", "product_id": "ETH-USD", "updates": []}
    seen = market(frame("l2_data", odd, other))
    good, lost = seen.events
    assert isinstance(good, BookChanged)
    assert isinstance(lost, BookLost)
    assert (good.product, lost.product) == ("ETH-USD", "BTC-USD")
    assert [each.name for each in seen.unread] == ["BTC-USD"]


def test_a_change_of_nobody_knows_which_book_breaks_the_protocol() -> None:
    with pytest.raises(ProtocolBroken):
        decode_market(frame("l2_data", {"type": "update", "updates": []}), 1)


BROKEN = [
    b"",
    b"go/sg/1",
    b"[]",
    b"{}",
    b'{"channel":"heartbeats"}',
    b'\xff{"channel":1}',
    frame("heartbeats", sequence=-2),
    frame("heartbeats", timestamp="yesterday"),
    frame("heartbeats", timestamp="2026-04-07T14:30:00.12345678901234Zx"),
    frame("l2_data", {"type": "update"}),
    b"[" * 100_000,
]


@pytest.mark.parametrize("data", BROKEN, ids=lambda data: data[:40].decode("latin-1"))
def test_what_is_not_the_protocol_is_refused_and_nothing_else(data: bytes) -> None:
    for decode in (decode_market, decode_user):
        try:
            decode(data, 1)
        except ProtocolBroken:
            continue
        assert b"user" in data or decode is decode_user


@given(st.binary(max_size=80))
def test_noise_never_raises_anything_else(data: bytes) -> None:
    for decode in (decode_market, decode_user):
        with pytest.raises(ProtocolBroken):
            decode(data, 1)


# The user stream.


ORDER = {
    "avg_price": "50000",
    "client_order_id": "c-1",
    "cumulative_quantity": "0.5",
    "order_id": "o-1",
    "order_side": "SELL",
    "product_id": "BTC-USD",
    "status": "CANCEL_QUEUED",
    "creation_time": "2026-04-07T14:29:00.5Z",
    "number_of_fills": "2",
    "reject_Reason": "",
}


def test_an_order_of_the_user_stream() -> None:
    seen = user(frame("user", {"type": "update", "orders": [ORDER], "positions": {}}))
    (order,) = seen.orders
    assert (order.order_id, order.client_order_id) == ("o-1", "c-1")
    assert (order.side, order.status) == (Side.SELL, VenueStatus.CANCEL_QUEUED)
    assert order.filled == Decimal("0.5")
    assert order.created_ns == parse_iso("2026-04-07T14:29:00.5Z")
    assert not seen.is_snapshot


def test_a_reduced_order_and_an_unknown_status_are_tolerated() -> None:
    names = ("order_id", "client_order_id", "product_id", "order_side", "cumulative_quantity")
    order = {name: ORDER[name] for name in names} | {"status": "HALF_DONE"}
    (seen,) = user(frame("user", {"type": "snapshot", "orders": [order]})).orders
    assert seen.status is VenueStatus.UNKNOWN
    assert seen.created_ns is None


def test_every_frame_of_the_user_stream_counts() -> None:
    snapshot = user(frame("user", {"type": "snapshot", "orders": []}))
    assert snapshot.is_snapshot
    ack = user(frame("subscriptions", {"subscriptions": {"user": ["3e625b74"]}}))
    assert (ack.orders, ack.is_snapshot) == ((), False)
    beat = user(frame("heartbeats", {"heartbeat_counter": 1}, sequence=9))
    assert (beat.sequence, beat.orders, beat.is_snapshot) == (9, (), False)


# Time stamps.


@given(st.integers(0, 4 * 10**18), st.integers(0, 9))
def test_time_stamps_have_up_to_nine_digits(at_ns: int, digits: int) -> None:
    whole, rest = divmod(at_ns, SECOND)
    fraction = f"{rest:09d}"[:digits]
    text = iso(whole * SECOND).removesuffix("Z") + (f".{fraction}" if fraction else "") + "Z"
    assert instant(text) == whole * SECOND + int(fraction.ljust(9, "0") or 0)


def test_time_stamps_that_are_longer_or_have_a_zone_are_read_too() -> None:
    assert instant("2026-04-07T14:30:00.1234567891Z") == instant("2026-04-07T14:30:00.123456789Z")
    assert instant("2026-04-07T16:30:00+02:00") == instant("2026-04-07T14:30:00Z")
