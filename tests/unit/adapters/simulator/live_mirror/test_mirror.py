"""A mirrored market is what was heard: no more, no earlier, and nothing once it is silent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.event_queue import NEVER
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.store import SqliteStore
from adapters.simulator.live_mirror.mirror import MirrorBroken, MirrorMarket
from adapters.simulator.live_mirror.mirroring import read_bars
from adapters.simulator.market_data.raw import open_raw
from adapters.simulator.market_data.source import Step
from adapters.simulator.recordings.recorded import RecordedMarket
from domain.model.instants import MINUTE, SECOND, Nanos, bucket_start, iso
from domain.model.market import Bar
from tests.builders.messages import a_level
from tests.builders.numbers import decimals, price, quantity
from tests.builders.recorded import shared_data
from tests.builders.simulator import Client, frames
from tests.builders.steps import BTC, ETH, START, product, step
from tests.fakes.markets import Script

CHANNELS = ("heartbeats", "market_trades", "level2")


class Wire:
    """Makes frames as the other venue sends them, numbered from 0."""

    def __init__(self, market: MirrorMarket) -> None:
        self._market = market
        self._number = -1

    def send(self, channel: str, *events: dict[str, Any], skip: int = 0) -> None:
        self._number += 1 + skip
        frame = {"channel": channel, "sequence_num": self._number, "events": events}
        self._market.hear(json.dumps(frame))

    def book(self, kind: str, *updates: tuple[str, str, str], name: str = BTC) -> None:
        levels = [
            {"side": side, "price_level": price, "new_quantity": quantity}
            for side, price, quantity in updates
        ]
        self.send("l2_data", {"type": kind, "product_id": name, "updates": levels})

    def trade(self, at_s: float, price: str, size: str, number: int = 1) -> None:
        item = {
            "product_id": BTC,
            "trade_id": str(number),
            "price": price,
            "size": size,
            "side": "SELL",
            "time": iso(START + round(at_s * SECOND)),
        }
        self.send("market_trades", {"type": "update", "trades": [item]})


def a_market() -> tuple[MirrorMarket, Wire]:
    market = MirrorMarket("test", [product()], START)
    market.begin(START)
    return market, Wire(market)


def at(seconds: float) -> Nanos:
    return Nanos(START + round(seconds * SECOND))


def steps(market: MirrorMarket, seconds: float) -> list[Step]:
    market.flush(at(seconds))
    return list(market.steps_at(at(seconds)))


SNAPSHOT = (("bid", "99", "2"), ("bid", "98", "1"), ("offer", "101", "3"), ("offer", "102", "4"))


def test_a_snapshot_and_its_updates_are_the_book() -> None:
    market, wire = a_market()
    wire.book("snapshot", *SNAPSHOT)
    (first,) = steps(market, 1)
    assert first.bids == (a_level("99", "2"), a_level("98", "1"))
    wire.book("update", ("bid", "99", "0"), ("bid", "98.5", "7"), ("offer", "101", "1"))
    (second,) = steps(market, 2)
    assert second.bids == (a_level("98.5", "7"), a_level("98", "1"))
    assert second.asks == (a_level("101", "1"), a_level("102", "4"))
    wire.book("snapshot", ("bid", "5", "1"), ("offer", "6", "1"))
    assert steps(market, 3)[0].bids == (a_level("5", "1"),)


def test_nothing_heard_is_no_step() -> None:
    market, wire = a_market()
    wire.send("heartbeats", {"current_time": "", "heartbeat_counter": "1"})
    assert not market.flush(at(1))
    assert market.next_ns() == NEVER
    assert market.steps(BTC, START) == ()


def test_half_of_a_change_waits_for_the_other_half() -> None:
    market, wire = a_market()
    wire.book("snapshot", *SNAPSHOT)
    wire.book("update", ("bid", "101.5", "1"))
    assert steps(market, 1) == []
    wire.book("update", ("offer", "101", "0"))
    (found,) = steps(market, 2)
    assert (found.bids[0].price, found.asks[0].price) == decimals("101.5", 102)


def test_a_book_that_stays_crossed_breaks_the_connection() -> None:
    market, wire = a_market()
    wire.book("snapshot", *SNAPSHOT)
    wire.book("update", ("bid", "101.5", "1"))
    assert steps(market, 1) == []
    assert steps(market, 6) == []
    with pytest.raises(MirrorBroken, match="BTC-USD stays crossed"):
        market.flush(at(6.5))


def test_trades_are_printed_oldest_first_with_their_own_times() -> None:
    market, wire = a_market()
    wire.book("snapshot", *SNAPSHOT)
    wire.trade(0.25, "100", "1", 1)
    wire.trade(0.5, "100.5", "2", 2)
    (found,) = steps(market, 1)
    assert [(t.trade_id, t.at_ns) for t in found.trades] == [("1", at(0.25)), ("2", at(0.5))]


def test_a_missing_frame_breaks_the_connection() -> None:
    _, wire = a_market()
    wire.book("snapshot", *SNAPSHOT)
    with pytest.raises(MirrorBroken, match="expected frame 1, got 2"):
        wire.send("heartbeats", skip=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"type":"error","message":"authentication failure"}',
        '{"channel":"l2_data","sequence_num":0,"events":[{"type":"update"}]}',
        '{"channel":"market_trades","sequence_num":0,"events":{"type":"update"}}',
    ],
)
def test_junk_breaks_the_connection(text: str) -> None:
    market, _ = a_market()
    with pytest.raises(MirrorBroken):
        market.hear(text)


def test_a_change_that_cannot_be_read_costs_its_own_book_until_the_next_snapshot() -> None:
    market = MirrorMarket("test", [product(), product(ETH)], START)
    market.begin(START)
    wire = Wire(market)
    wire.book("snapshot", *SNAPSHOT)
    wire.book("snapshot", *SNAPSHOT, name=ETH)
    steps(market, 1)

    wire.book("update", ("bid", "", "1"))
    wire.book("update", ("bid", "99.5", "1"))
    wire.book("update", ("bid", "99.5", "1"), name=ETH)

    shown = {each.product: each.bids for each in steps(market, 2)}
    assert (shown[BTC], shown[ETH][0].price) == ((), Decimal("99.5"))
    assert market.lost() == (BTC,)
    said = "1 change of a book is left out (BTC-USD): price_level: expected a text"
    assert market.news() == [said]

    wire.book("update", ("bid", "", "1"))
    wire.book("snapshot", *SNAPSHOT)
    assert (market.lost(), market.news()) == ((), [])
    assert steps(market, 3)[0].bids[0].price == 99


def test_a_trade_that_cannot_be_read_costs_no_other() -> None:
    market, wire = a_market()
    wire.book("snapshot", *SNAPSHOT)
    wire.trade(0.25, "100", "1", 1)
    wire.trade(0.5, "NaN", "2", 2)
    wire.trade(0.75, "100", "1", 3)

    (found,) = steps(market, 1)

    assert [trade.trade_id for trade in found.trades] == ["1", "3"]
    assert len(market.news()) == 1


def test_books_are_empty_once_nothing_is_heard() -> None:
    market, wire = a_market()
    wire.book("snapshot", *SNAPSHOT)
    steps(market, 1)
    market.lose(at(2))
    assert [(s.bids, s.asks) for s in market.steps_at(at(2))] == [((), ())]
    market.begin(at(3))
    Wire(market).book("snapshot", *SNAPSHOT)
    assert steps(market, 4)[0].bids[0].price == 99


def test_a_minute_heard_from_its_start_is_a_candle_until_the_other_venue_tells_its_own() -> None:
    market, wire = a_market()
    wire.trade(10, "100", "1", 1)
    wire.trade(20, "103", "2", 2)
    bar = market.candle(BTC, START)
    assert bar is not None
    assert (bar.open, bar.high, bar.close, bar.volume) == decimals(100, 103, 103, 3)
    told = Bar(BTC, START, price(100), price(104), price(99), price(103), quantity(9))
    market.tell(BTC, [told])
    assert market.candles(BTC, START, at(60)) == [told]
    assert market.last_before(BTC, at(60)) == told


def test_a_minute_heard_in_part_is_no_candle() -> None:
    market, _ = a_market()
    market.begin(at(5))
    Wire(market).trade(10, "100", "1")
    assert market.candle(BTC, START) is None
    assert market.candles(BTC, START, at(60)) == []


def test_the_other_venues_candles_are_read_exactly() -> None:
    item = {"start": str(START // SECOND), "low": "0.1", "high": "0.3", "open": "0.1"}
    body = json.dumps({"candles": [{**item, "close": "0.3", "volume": "0.00000007"}]})
    (bar,) = read_bars(BTC, body).read
    assert (bar.start_ns, bar.low, bar.volume) == (START, Decimal("0.1"), Decimal("7E-8"))
    with pytest.raises(MirrorBroken, match="candles of BTC-USD"):
        read_bars(BTC, '{"candles":{"start":"x"}}')


def mirrored(origin: Client) -> tuple[Engine, MirrorMarket, Any]:
    """Return an engine that mirrors `origin`, and the function that carries what is waiting."""
    listing = origin.script.products
    market = MirrorMarket("origin", listing, START)
    engine = Engine(
        market=market,
        expander=market,
        store=SqliteStore(),
        start_ns=START,
        opening={"USD": Decimal(10_000)},
        fees=FeeRates(),
        ids=Ids("mirror"),
        timeline=market,
    )
    market.begin(START)
    stream = origin.engine.connect()
    for channel in CHANNELS:
        names = [each.id for each in listing]
        stream.receive(json.dumps({"type": "subscribe", "channel": channel, "product_ids": names}))

    def carry(to_s: float) -> None:
        origin.to(to_s)
        for frame in stream.take():
            market.hear(frame)
        market.flush(at(to_s))
        engine.advance(at(to_s))

    return engine, market, carry


def shown(engine: Engine, name: str) -> Any:
    client = Client.__new__(Client)
    client.engine = engine
    book = client.get("/product_book", product_id=name)["pricebook"]
    return book["bids"], book["asks"]


prices = st.integers(9_000, 9_900)


@given(st.lists(st.tuples(st.sampled_from((BTC, ETH)), prices, st.integers(1, 90)), max_size=20))
def test_the_mirror_shows_the_books_of_the_other_venue(moves: list[tuple[Any, int, int]]) -> None:
    made = [
        step(
            1 + number,
            (str(Decimal(cents + 50) / 100), "1"),
            bids=(a_level(f"{cents / 100:.2f}", f"{size}"),),
            asks=(a_level(f"{cents / 100 + 1:.2f}", f"{size}"), a_level("200", "1")),
            name=name,
        )
        for number, (name, cents, size) in enumerate(moves)
    ]
    origin = Client(Script(*made, products=(product(), product("ETH-USD"))))
    engine, _, carry = mirrored(origin)
    for second in range(len(moves) + 2):
        carry(second)
        for name in (BTC, ETH):
            assert shown(engine, name) == shown(origin.engine, name)
            trades = [trade.trade_id for trade in engine._tape.recent(name)]
            assert trades == [trade.trade_id for trade in origin.engine._tape.recent(name)]


def test_orders_at_the_mirror_fill_by_the_other_venues_trades_and_are_unknown_there() -> None:
    origin = Client(Script(step(2, ("98.50", "1")), step(4, ("98.49", "0.4"))))
    engine, _, carry = mirrored(origin)
    carry(1)
    client = Client.__new__(Client)
    client.engine, client._orders = engine, 0
    order_id = client.rest("BUY", "98.50", "1")
    carry(3)
    assert client.order(order_id)["filled_size"] == "0"
    carry(5)
    assert client.order(order_id)["filled_size"] == "0.4"
    assert origin.engine.books()["orders"] == []
    assert frames(origin.subscribe("level2", BTC), "l2_data")  # the origin goes on as ever


def test_a_minute_that_was_not_heard_fills_nothing() -> None:
    market = MirrorMarket("test", [product()], Nanos(START - 10 * MINUTE))
    assert market.covers(BTC, START)
    assert not market.covers(ETH, START)
    assert market.steps(BTC, START) == ()


def test_a_recording_of_coinbase_itself_is_mirrored_to_the_same_books() -> None:
    """Full books of 46,000 and 23,000 levels, then 773 updates: as the playback rebuilds them."""
    data = shared_data()
    file = "coinbase_advanced_trade_v3_BTC-ETH_2026-08-09.jsonl.zst"
    recording = open_raw(data / "raw" / file)
    market = MirrorMarket("coinbase", recording.products, recording.first_ns)
    market.begin(recording.first_ns)
    for number, frame in enumerate(recording.frames):
        head = f'{{"channel":"{frame.channel}","sequence_num":{number},"events":'
        market.hear(head + frame.events + "}")
        market.flush(frame.at_ns)
    end_ns = recording.frames[-1].at_ns
    seen = market.steps_at(end_ns)
    crossed = sum(
        bool(s.bids) and bool(s.asks) and s.bids[0].price >= s.asks[0].price for s in seen
    )
    assert crossed == 0
    assert len(seen) > 700

    played = RecordedMarket("coinbase", recording.products, recording.frames)
    for each in recording.products:
        last = played.steps(each.id, bucket_start(end_ns, MINUTE))[-1]
        mine = [step for step in seen if step.product == each.id][-1]
        assert (mine.bids, mine.asks) == (last.bids, last.asks)
        trades = [trade for step in seen if step.product == each.id for trade in step.trades]
        steps_of = [
            step
            for minute in range(played.first_ns, end_ns, MINUTE)
            for step in played.steps(each.id, Nanos(minute))
        ]
        assert trades == [trade for step in steps_of for trade in step.trades]
