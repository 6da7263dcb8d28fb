"""Whole sessions: random markets and random clients, and what must hold after every step."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.simulator.engine.event_queue import NEVER
from adapters.simulator.engine.store import SqliteStore
from adapters.simulator.engine.wire import encode
from adapters.simulator.market_data.source import Step
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.market import Bar, Level
from domain.model.money import Price, Quantity
from tests.builders.numbers import decimals, price, quantity
from tests.builders.simulator import Client, frames
from tests.builders.steps import BTC, START, step
from tests.fakes.markets import Script

CENTS = Decimal("0.01")
OPENING = {"USD": "10000", "BTC": "10"}


@st.composite
def markets(draw: st.DrawFn) -> list[Step]:
    """Draw some two-second steps of a market that moves and jumps."""
    steps = []
    middle = 10_000
    for number in range(draw(st.integers(5, 25))):
        middle += draw(st.integers(-60, 60))
        prices = draw(st.lists(st.integers(middle - 40, middle + 40), max_size=3))
        trades = [(str(price * CENTS), str(draw(st.integers(1, 99)) * CENTS)) for price in prices]
        steps.append(
            step(2 * number, *trades, bids=_side(draw, middle, -1), asks=_side(draw, middle, 1))
        )
    return steps


def _side(draw: st.DrawFn, middle: int, sign: int) -> tuple[Level, ...]:
    gaps = draw(st.lists(st.integers(1, 30), max_size=4))
    price, levels = middle, []
    for gap in gaps:
        price += sign * gap
        quantity = draw(st.integers(1, 300)) * CENTS
        levels.append(Level(Price(price * CENTS), Quantity(quantity)))
    return tuple(levels)


prices = st.integers(9_700, 10_300).map(lambda cents: str(cents * CENTS))
sizes = st.integers(2, 300).map(lambda cents: str(cents * CENTS))
actions = st.one_of(
    st.tuples(st.just("limit_limit_gtc"), st.sampled_from(["BUY", "SELL"]), prices, sizes),
    st.tuples(st.just("post_only"), st.sampled_from(["BUY", "SELL"]), prices, sizes),
    st.tuples(st.just("limit_limit_gtd"), st.sampled_from(["BUY", "SELL"]), prices, sizes),
    st.tuples(st.just("sor_limit_ioc"), st.sampled_from(["BUY", "SELL"]), prices, sizes),
    st.tuples(st.just("market"), st.sampled_from(["BUY", "SELL"]), st.none(), sizes),
    st.tuples(
        st.just("quote"),
        st.just("BUY"),
        st.none(),
        sizes.map(lambda size: f"{Decimal(size) * 100}"),
    ),
    st.tuples(st.just("cancel"), st.none(), st.none(), st.integers(0, 9)),
)
sessions = st.lists(st.lists(actions, max_size=3), min_size=25, max_size=25)


def act(client: Client, action: tuple[Any, ...], at_s: float) -> None:
    kind, side, price, size = action
    limit = {"base_size": size, "limit_price": price}
    if kind == "cancel":
        listed = client.get("/orders/historical/batch", order_status=["OPEN"])["orders"]
        client.post(
            "/orders/batch_cancel", {"order_ids": [one["order_id"] for one in listed[size:]]}
        )
    elif kind == "market":
        client.create("market_market_ioc", side, base_size=size)
    elif kind == "quote":
        client.create("market_market_ioc", side, quote_size=size)
    elif kind == "post_only":
        client.create("limit_limit_gtc", side, post_only=True, **limit)
    elif kind == "limit_limit_gtd":
        client.create(kind, side, end_time=f"2023-11-14T22:14:{int(at_s) % 60:02d}.5Z", **limit)
    else:
        client.create(kind, side, **limit)


class Mirror:
    """A client's book, kept from level2 frames alone."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[Decimal, Decimal]] = {"bid": {}, "offer": {}}
        self.sequence = -1

    def apply(self, taken: list[Any]) -> None:
        for frame in taken:
            assert frame["sequence_num"] == self.sequence + 1
            self.sequence += 1
            if frame["channel"] != "l2_data":
                continue
            for event in frame["events"]:
                if event["type"] == "snapshot":
                    self.sides = {"bid": {}, "offer": {}}
                for update in event["updates"]:
                    self._update(update, is_change=event["type"] == "update")

    def _update(self, update: Any, *, is_change: bool) -> None:
        side = self.sides[update["side"]]
        price, quantity = Decimal(update["price_level"]), Decimal(update["new_quantity"])
        assert not is_change or side.get(price, Decimal(0)) != quantity, "nothing changed"
        if quantity:
            side[price] = quantity
        else:
            del side[price]

    def book(self) -> tuple[list[Any], list[Any]]:
        bids, offers = self.sides["bid"], self.sides["offer"]
        return sorted(bids.items(), reverse=True), sorted(offers.items())


def shown(client: Client) -> tuple[list[Any], list[Any]]:
    book = client.get("/product_book", product_id="BTC-USD")["pricebook"]

    def side(levels: Any) -> list[Any]:
        return [(Decimal(one["price"]), Decimal(one["size"])) for one in levels]

    return side(book["bids"]), side(book["asks"])


def check_world(client: Client) -> None:
    """Check money and book as the venue's own statements show them."""
    assert client.sums() == {name: Decimal(amount) for name, amount in OPENING.items()}
    orders = client.get("/orders/historical/batch")["orders"]
    fills = client.fills(limit=3000)
    for currency, side in (("USD", "BUY"), ("BTC", "SELL")):
        available, held = client.balance(currency)
        holds = [Decimal(one["outstanding_hold_amount"]) for one in orders if one["side"] == side]
        assert available >= 0
        assert held == sum(holds) >= 0
    for order in orders:
        own = [fill for fill in fills if fill["order_id"] == order["order_id"]]
        fees = sum((Decimal(fill["commission"]) for fill in own), Decimal(0))
        assert Decimal(order["total_fees"]) == fees
        assert len(own) == int(order["number_of_fills"])
    bids, asks = shown(client)
    if bids and asks:
        assert bids[0][0] < asks[0][0], "crossed"


@pytest.mark.req("X2")
@settings(max_examples=60, deadline=None)
@given(markets(), sessions)
def test_money_is_conserved_and_the_stream_shows_the_book(
    steps: list[Step], session: list[list[tuple[Any, ...]]]
) -> None:
    client = Client(Script(*steps), opening=OPENING)
    connection = client.subscribe("level2", "BTC-USD")
    mirror = Mirror()
    for number, doings in enumerate(session[: len(steps)]):
        client.to(2 * number)
        for action in doings:
            act(client, action, 2 * number + 5)
            mirror.apply(frames(connection))
            assert mirror.book() == shown(client)
        mirror.apply(frames(connection))
        assert mirror.book() == shown(client)
        check_world(client)


def statements(client: Client) -> list[bytes]:
    engine = client.engine
    paths = ("/accounts", "/products", "/best_bid_ask", "/time", "/transaction_summary")
    answers = [client.send("GET", path).body for path in paths]
    answers.append(client.send("GET", "/product_book", product_id="BTC-USD").body)
    answers.append(client.send("GET", "/products/BTC-USD/ticker").body)
    candles = client.send("GET", "/products/BTC-USD/candles", granularity="ONE_MINUTE").body
    return [*answers, candles, encode(engine.books())]


@settings(max_examples=40, deadline=None)
@given(markets(), sessions, st.integers(1, 20))
def test_a_restart_anywhere_changes_nothing(
    steps: list[Step], session: list[list[tuple[Any, ...]]], stop: int
) -> None:
    whole, first = Client(Script(*steps), opening=OPENING), Client(Script(*steps), opening=OPENING)
    resumed = first
    for number, doings in enumerate(session[: len(steps)]):
        for client in (whole, resumed):
            client.to(2 * number)
            for action in doings:
                act(client, action, 2 * number + 5)
        if number == stop:
            resumed = Client(Script(*steps), store=first.store, opening=OPENING)
            resumed._orders = first._orders
            assert statements(resumed) == statements(whole)
    assert statements(resumed) == statements(whole)


def test_a_killed_venue_has_everything_it_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite"
    client = Client(store=SqliteStore(path))
    client.rest("BUY", "98", "1")
    client.place("market_market_ioc", base_size="0.5")
    # A second reader sees what a successor of a killed process would see.
    seen = Client(store=SqliteStore(path))
    assert seen.engine.books() == client.engine.books()
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_market_time_never_goes_back(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite"
    Client(store=SqliteStore(path)).to(100)
    again = Client(store=SqliteStore(path), start_ns=START)
    assert again.engine.now_ns == START + 100 * SECOND


def test_opening_money_is_paid_in_once(tmp_path: Path) -> None:
    path = tmp_path / "world.sqlite"
    Client(store=SqliteStore(path))
    again = Client(store=SqliteStore(path), opening={"USD": "5"})
    assert again.balance("USD") == decimals(10_000, 0)


def gap_market() -> Script:
    return Script(
        step(70, ("98.00", "0.3")),
        step(130, ("97.00", "0.4")),
        step(185, ("99.40", "0.1")),
        step(200, ("96.00", "2")),
    )


def test_while_it_was_off_orders_fill_by_what_traded_through_them() -> None:
    first = Client(gap_market())
    near = first.rest("BUY", "98.50", "0.5")
    far = first.rest("BUY", "96.50", "0.5")
    first.to(10)
    later = Client(gap_market(), store=first.store, start_ns=Nanos(START + 190 * SECOND))
    assert later.order(near)["filled_size"] == "0.5"
    assert later.order(near)["average_filled_price"] == "98.5"
    assert later.order(far)["filled_size"] == "0"
    assert later.to(201).order(far)["filled_size"] == "0.5"
    assert sum(later.sums().values()) == 10_010


def test_while_it_was_off_a_minute_fills_no_more_than_its_volume() -> None:
    first = Client(gap_market())
    orders = [first.rest("BUY", "98.50", "0.25") for _ in range(2)]
    first.to(10)
    later = Client(gap_market(), store=first.store, start_ns=Nanos(START + 120 * SECOND))
    assert [later.order(one)["filled_size"] for one in orders] == ["0.25", "0.05"]


def test_while_it_was_off_orders_expire_at_their_end() -> None:
    first = Client(gap_market())
    order_id = first.rest("BUY", "98.50", "0.5", end_s=90)
    first.to(10)
    later = Client(gap_market(), store=first.store, start_ns=Nanos(START + 600 * SECOND))
    order = later.order(order_id)
    assert order["status"] == "EXPIRED"
    assert order["last_update_time"] == "2023-11-14T22:15:30Z"
    assert later.balance("USD") == decimals(10_000, 0)


def test_a_coarse_pass_and_a_played_one_fill_the_same() -> None:
    played, off = Client(gap_market()), Client(gap_market())
    ids = [one.rest("BUY", "98.50", "0.5") for one in (played, off)]
    played.to(10).to(240)
    off.to(10)
    later = Client(gap_market(), store=off.store, start_ns=Nanos(START + 240 * SECOND))
    progress = [
        one.order(name)["filled_size"] for one, name in zip((played, later), ids, strict=True)
    ]
    assert progress == ["0.5", "0.5"]
    assert played.balance("USD") == later.balance("USD")


def test_nothing_is_due_after_the_market_ends() -> None:
    client = Client(Script(minutes=2))
    assert client.engine.next_due_ns() < NEVER
    client.to(120)
    assert client.engine.ended
    assert client.engine.next_due_ns() == NEVER
    assert client.get("/best_bid_ask")["pricebooks"][0]["bids"] == []
    assert client.get("/products/BTC-USD")["trading_disabled"] is True


def test_a_product_has_no_book_outside_its_rows() -> None:
    covered = {BTC: (START + MINUTE, START + 2 * MINUTE)}
    client = Client(Script(step(62), covered=covered))
    connection = client.subscribe("level2", "BTC-USD")
    bests = [client.to(at).get("/best_bid_ask")["pricebooks"][0]["bids"] for at in (30, 63, 121)]
    assert [len(side) for side in bests] == [0, 1, 0]
    mirror = Mirror()
    mirror.apply(frames(connection))
    assert mirror.book() == ([], [])


def test_two_runs_give_the_same_bytes() -> None:
    def run() -> list[bytes]:
        client = Client(gap_market())
        connection = client.subscribe("level2", "BTC-USD")
        for channel in ("user", "heartbeats", "market_trades"):
            connection.receive(json.dumps({"type": "subscribe", "channel": channel}))
        client.rest("BUY", "98.50", "1")
        client.to(300)
        return [*connection.take(), *statements(client)]

    assert run() == run()


def test_the_next_due_instant_is_never_late() -> None:
    stepwise, at_once = Client(gap_market()), Client(gap_market())
    for client in (stepwise, at_once):
        client.rest("BUY", "98.50", "1", end_s=150)
    while (due := stepwise.engine.next_due_ns()) <= START + 300 * SECOND:
        assert due > stepwise.engine.now_ns
        stepwise.engine.advance(due)
    stepwise.to(300)
    at_once.to(300)
    assert statements(stepwise) == statements(at_once)


def test_history_before_the_start_is_served() -> None:
    row = Bar(BTC, Nanos(START - MINUTE), price(5), price(7), price(4), price(6), quantity(3))
    client = Client(Script(history=(row,)))
    assert client.get("/products/BTC-USD")["price"] == "6"
