"""Raw recordings: every frame is kept to the byte, and bad recordings are refused by line."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zstandard

from adapters.simulator.market_data.raw import RawRecording, open_raw
from adapters.simulator.market_data.source import MarketError
from domain.market.book import Book
from domain.model.instants import SECOND, parse_iso
from domain.model.market import Level
from domain.model.money import Price, Quantity
from tests.builders.recorded import BTC_FORM, shared_data

PRODUCT = {
    **BTC_FORM,
    "product_type": "SPOT",
    "status": "online",
    "limit_only": True,
}
BEATS = '[ {"heartbeat_counter" : 7,"current_time":"\\u00e9 \\"events\\": []"} ]'


def message(channel: str, events: str, second: int = 0) -> str:
    return (
        f'{{"channel":"{channel}","client_id":"","timestamp":"2026-01-05T10:00:{second:02}.5Z",'
        f'"sequence_num":{second},"events":{events}}}'
    )


def level2(kind: str, updates: list[dict[str, str]]) -> str:
    return json.dumps([{"type": kind, "product_id": "BTC-USD", "updates": updates}])


def entries(*messages: str, catalogue: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    products = [PRODUCT] if catalogue is None else catalogue
    http = {"t": "http", "data": json.dumps({"products": products})}
    return [{"t": "header", "format": 2}, http, *({"t": "recv", "data": m} for m in messages)]


def recording(file: Path, *messages: str, catalogue: list[dict[str, Any]] | None = None) -> Path:
    lines = [json.dumps(entry) + "\n" for entry in entries(*messages, catalogue=catalogue)]
    data = "".join(lines).encode()
    if file.suffix == ".gz":
        data = gzip.compress(data)
    elif file.suffix == ".zst":
        half = len(lines) // 2
        parts = "".join(lines[:half]).encode(), "".join(lines[half:]).encode()
        data = b"".join(map(zstandard.ZstdCompressor().compress, parts))
    file.write_bytes(data)
    return file


@pytest.mark.parametrize("suffix", ["zst", "gz"])
def test_events_are_kept_to_the_byte(tmp_path: Path, suffix: str) -> None:
    book = level2("snapshot", [{"side": "bid", "price_level": "1.10", "new_quantity": "2"}])
    messages = message("heartbeats", BEATS), message("l2_data", book, 1)
    found = open_raw(recording(tmp_path / f"r.jsonl.{suffix}", *messages))
    assert [frame.events for frame in found.frames] == [BEATS, book]
    assert [frame.products for frame in found.frames] == [(), ("BTC-USD",)]
    assert found.first_ns == parse_iso("2026-01-05T10:00:00.5Z")
    assert found.end_ns == parse_iso("2026-01-05T10:00:01.5Z") + SECOND


def test_other_frames_in_a_file_of_the_same_name_are_another_market(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    one = open_raw(recording(file, message("heartbeats", BEATS))).description
    assert open_raw(recording(file, message("heartbeats", BEATS))).description == one
    assert open_raw(recording(file, message("heartbeats", "[]"))).description != one


def test_the_recorded_catalogue_gives_steps_limits_and_flags(tmp_path: Path) -> None:
    frame = message("l2_data", level2("update", []))
    future = {"product_id": "BIT-30JAN26-CDE", "product_type": "FUTURE"}
    file = recording(tmp_path / "r.jsonl", frame, catalogue=[PRODUCT, future])
    (product,) = open_raw(file).products
    assert (product.id, product.base, product.quote) == ("BTC-USD", "BTC", "USD")
    assert product.price_increment == Decimal("0.01")
    assert product.base_max == 3400
    assert product.flags.limit_only
    assert not product.flags.post_only


def test_acknowledgements_are_not_market(tmp_path: Path) -> None:
    frames = message("subscriptions", '[{"subscriptions":{}}]'), message("heartbeats", BEATS)
    found = open_raw(recording(tmp_path / "r.jsonl", *frames))
    assert found.counts() == {"heartbeats": 1}


def test_products_are_those_that_frames_speak_of(tmp_path: Path) -> None:
    other = PRODUCT | {"product_id": "ETH-USD", "base_currency_id": "ETH"}
    third = PRODUCT | {"product_id": "SOL-USD", "base_currency_id": "SOL"}
    trades = '[{"type":"update","trades":[{"product_id":"ETH-USD"},{"product_id":"BTC-USD"}]}]'
    file = recording(
        tmp_path / "r.jsonl", message("market_trades", trades), catalogue=[other, third, PRODUCT]
    )
    found = open_raw(file)
    assert [product.id for product in found.products] == ["BTC-USD", "ETH-USD"]
    assert found.frames[0].products == ("BTC-USD", "ETH-USD")


def test_a_frame_of_five_megabytes_is_read(tmp_path: Path) -> None:
    updates = [
        {
            "side": "bid",
            "event_time": "2026-01-05T10:00:00.123456Z",
            "price_level": f"{tick}.01",
            "new_quantity": "0.00000001",
        }
        for tick in range(46_000)
    ]
    events = level2("snapshot", updates)
    assert len(events) > 5_000_000
    found = open_raw(recording(tmp_path / "r.jsonl.zst", message("l2_data", events)))
    assert found.frames[0].events == events


NO_MESSAGES = (
    "{",
    "[1]",
    "7",
    '{"t":"recv"}',
    '{"t":"recv","data":"{}"}',
    '{"t":"recv","data":"junk"}',
    '{"t":"http","data":"{\\"products\\":7}"}',
    json.dumps({"t": "recv", "data": message("l2_data", "7")}),
    json.dumps({"t": "recv", "data": message("l2_data", "{}")}),
    json.dumps({"t": "recv", "data": message("l2_data", "[]").replace("2026", "soon")}),
)


@pytest.mark.parametrize("line", NO_MESSAGES)
def test_refuses_a_line_that_is_no_message_and_says_which(tmp_path: Path, line: str) -> None:
    beat = message("heartbeats", BEATS)
    file = recording(tmp_path / "r.jsonl", beat)
    file.write_text(file.read_text() + line + "\n" + json.dumps({"t": "recv", "data": beat}))
    with pytest.raises(MarketError, match=r"r\.jsonl: line 4: expected a recorded v3 message"):
        open_raw(file)


@pytest.mark.parametrize("line", NO_MESSAGES)
def test_a_last_line_that_was_cut_off_is_left_out_and_told(tmp_path: Path, line: str) -> None:
    file = recording(tmp_path / "r.jsonl", message("heartbeats", BEATS))
    file.write_text(file.read_text() + line)
    found = open_raw(file)
    assert [frame.events for frame in found.frames] == [BEATS]
    (remark,) = found.remarks
    assert "r.jsonl: line 4: expected a recorded v3 message" in remark
    assert "the last line is left out" in remark


@pytest.mark.parametrize(
    "events", ["[7]", "[null]", '[{"product_id":7}]', '[{"trades":7}]', '[{"trades":[7,{}]}]']
)
def test_an_odd_entry_of_a_frame_is_played_as_it_is(tmp_path: Path, events: str) -> None:
    file = recording(tmp_path / "r.jsonl", message("l2_data", events))
    (frame,) = open_raw(file).frames
    assert (frame.events, frame.products) == (events, ())


def test_a_product_that_the_catalogue_lacks_is_named_and_the_others_are_played(
    tmp_path: Path,
) -> None:
    other = level2("update", []).replace("BTC-USD", "ETH-USD")
    odd = PRODUCT | {"product_id": "ETH-USD", "base_increment": "0"}
    frames = message("l2_data", level2("update", [])), message("l2_data", other)
    found = open_raw(recording(tmp_path / "r.jsonl", *frames, catalogue=[PRODUCT, odd]))
    assert [product.id for product in found.products] == ["BTC-USD"]
    (remark,) = found.remarks
    assert "the recorded catalogue lacks ETH-USD (base_increment: expected" in remark


def test_refuses_a_recording_without_frames(tmp_path: Path) -> None:
    with pytest.raises(MarketError, match=r"expected recorded v3 frames.*found none"):
        open_raw(recording(tmp_path / "r.jsonl"))


def test_refuses_frames_of_a_product_that_the_catalogue_lacks(tmp_path: Path) -> None:
    file = recording(tmp_path / "r.jsonl", message("l2_data", level2("update", [])), catalogue=[])
    with pytest.raises(MarketError, match="catalogue lacks BTC-USD"):
        open_raw(file)


@pytest.mark.parametrize("suffix", ["zst", "gz"])
def test_refuses_a_file_that_was_cut_or_is_not_compressed(tmp_path: Path, suffix: str) -> None:
    whole = recording(tmp_path / f"r.jsonl.{suffix}", *[message("heartbeats", BEATS)] * 50)
    whole.write_bytes(whole.read_bytes()[:-30])
    with pytest.raises(MarketError, match=r"could not be read: .*end"):
        open_raw(whole)
    whole.write_text("plain")
    with pytest.raises(MarketError, match="could not be read"):
        open_raw(whole)


# The recording of the venue itself.


def path() -> Path:
    folder = shared_data()
    return folder / "raw" / "coinbase_advanced_trade_v3_BTC-ETH_2026-08-09.jsonl.zst"


@pytest.fixture(scope="module")
def recorded() -> RawRecording:
    return open_raw(path())


@pytest.fixture(scope="module")
def received() -> list[str]:
    """Return the text of each received message, read without the code under test."""
    with path().open("rb") as file:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8")
        found = [json.loads(line) for line in text]
    return [entry["data"] for entry in found if entry["t"] == "recv"]


def test_every_recorded_frame_is_there(recorded: RawRecording, received: list[str]) -> None:
    heads = [json.loads(text) for text in received]
    expected = Counter(head["channel"] for head in heads if head["channel"] != "subscriptions")
    assert recorded.counts() == expected
    assert expected["l2_data"] == 775
    assert min(expected[name] for name in ("market_trades", "heartbeats")) > 0


def test_recorded_events_are_those_received(recorded: RawRecording, received: list[str]) -> None:
    texts = [text for text in received if not text.startswith('{"channel":"subscriptions"')]
    for frame, text in zip(recorded.frames, texts, strict=True):
        assert f'"events":{frame.events}}}' in text
        head = json.loads(text)
        assert (frame.channel, frame.at_ns) == (head["channel"], parse_iso(head["timestamp"]))


def test_recorded_time_never_goes_back(recorded: RawRecording) -> None:
    times = [frame.at_ns for frame in recorded.frames]
    assert times == sorted(times)
    assert [product.id for product in recorded.products] == ["BTC-USD", "ETH-USD"]


def test_both_recorded_books_are_rebuilt_and_never_crossed(recorded: RawRecording) -> None:
    books: dict[str, Book] = {}
    updates = 0
    for frame in recorded.frames:
        if frame.channel != "l2_data":
            continue
        for event in json.loads(frame.events):
            sides: dict[str, list[Level]] = {"bid": [], "offer": []}
            for change in event["updates"]:
                price = Price(Decimal(change["price_level"]))
                quantity = Quantity(Decimal(change["new_quantity"]))
                sides[change["side"]].append(Level(price, quantity))
            book = books.setdefault(event["product_id"], Book())
            (book.replace if event["type"] == "snapshot" else book.apply)(
                sides["bid"], sides["offer"]
            )
            updates += event["type"] == "update"
            top = book.top()
            assert top is not None
            assert top[0].price < top[1].price
    assert updates == 773
    assert {name: len(book) > 20_000 for name, book in books.items()} == {
        "BTC-USD": True,
        "ETH-USD": True,
    }
