from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.market_data.source import Step
from domain.model.instants import SECOND, Nanos
from tests.builders.messages import a_level
from tests.builders.numbers import decimals
from tests.builders.simulator import Client, frames
from tests.builders.steps import ASKS, BIDS, BTC, START, step, trade
from tests.fakes.markets import Script


def test_a_print_at_the_limit_does_not_fill() -> None:
    client = Client(Script(step(2, ("98.50", "5"))))
    order_id = client.rest("BUY", "98.50", "1")
    assert client.to(3).order(order_id)["filled_size"] == "0"


def test_a_print_through_the_limit_fills_at_the_limit_with_the_makers_fee() -> None:
    client = Client(Script(step(2, ("98.49", "5"))))
    order_id = client.rest("BUY", "98.50", "1")
    order = client.to(3).order(order_id)
    assert order["status"] == "FILLED"
    assert order["average_filled_price"] == "98.5"
    assert order["total_fees"] == "0.591"
    assert client.fills()[0]["liquidity_indicator"] == "MAKER"
    assert client.balance("USD") == decimals(10_000 - Decimal("99.091"), 0)


def test_a_sale_fills_by_prints_above_its_limit_only() -> None:
    client = Client(Script(step(2, ("101.50", "5")), step(4, ("101.51", "0.25"))))
    order_id = client.rest("SELL", "101.50", "1")
    assert client.to(3).order(order_id)["filled_size"] == "0"
    assert client.to(4).order(order_id)["filled_size"] == "0.25"
    assert client.balance("BTC") == (Decimal(9), Decimal("0.75"))


def test_all_our_orders_together_get_at_most_the_trade() -> None:
    client = Client(Script(step(2, ("90", "1.5"))))
    late = client.rest("BUY", "98.50", "1")
    best = client.rest("BUY", "98.60", "1")
    later = client.rest("BUY", "98.50", "1")
    client.to(3)
    filled = [client.order(order_id)["filled_size"] for order_id in (best, late, later)]
    assert filled == ["1", "0.5", "0"]


def test_the_public_trade_prints_all_the_same() -> None:
    client = Client(Script(step(2, ("90", "1.5"))))
    client.rest("BUY", "98.50", "1")
    trades = client.to(3).get("/products/BTC-USD/ticker", limit=10)["trades"]
    assert [(trade["price"], trade["size"]) for trade in trades] == [("90", "1.5")]


def test_an_order_gets_nothing_of_trades_before_it() -> None:
    client = Client(Script(step(2, ("90", "1"))))
    client.to(2)
    order_id = client.rest("BUY", "98.50", "1")
    assert client.to(10).order(order_id)["filled_size"] == "0"


def test_a_gtd_order_expires_at_its_end_in_market_time() -> None:
    client = Client(Script(step(2, ("90", "1")), step(1.5)))
    order_id = client.rest("BUY", "98.50", "1", end_s=2)
    assert client.to(1.9).order(order_id)["status"] == "OPEN"
    order = client.to(60).order(order_id)
    assert order["status"] == "EXPIRED"
    assert order["filled_size"] == "0"
    assert order["last_update_time"] == "2023-11-14T22:14:02Z"
    assert client.balance("USD") == decimals(10_000, 0)


def test_levels_that_cross_our_order_are_hidden() -> None:
    lower = (a_level("98.00", "1"), a_level("99.00", "1"), a_level("100.00", "1"))
    client = Client(Script(step(2, bids=(a_level("97.00", "1"),), asks=lower)))
    client.rest("BUY", "99.00", "2")
    client.to(3)
    book = client.get("/product_book", product_id="BTC-USD")["pricebook"]
    assert book["bids"][0] == {"price": "99", "size": "2"}
    assert book["asks"] == [{"price": "100", "size": "1"}]


def test_a_level_at_our_own_price_is_hidden_on_the_other_side() -> None:
    client = Client(Script(step(2, bids=(a_level("101.00", "1"), a_level("100.00", "1")), asks=())))
    client.rest("SELL", "101.00", "2")
    client.to(3)
    book = client.get("/product_book", product_id="BTC-USD")["pricebook"]
    assert book["bids"] == [{"price": "100", "size": "1"}]
    assert book["asks"] == [{"price": "101", "size": "2"}]


def test_a_trade_that_a_step_reports_late_does_not_fill_a_younger_order() -> None:
    earlier = Step(BTC, Nanos(START + 2 * SECOND), (trade(1, "90", "1"),), BIDS, ASKS)
    client = Client(Script(earlier))
    old = client.to(0.5).rest("BUY", "98.50", "0.1")
    young = client.to(1.5).rest("BUY", "98.60", "0.1")
    client.to(3)
    assert [client.order(one)["filled_size"] for one in (young, old)] == ["0", "0.1"]


def test_our_quantity_is_part_of_the_shown_level() -> None:
    client = Client()
    client.rest("BUY", "99.00", "0.5")
    book = client.get("/product_book", product_id="BTC-USD")["pricebook"]
    assert book["bids"][0] == {"price": "99", "size": "1.5"}


def test_the_user_channel_tells_every_state() -> None:
    client = Client(Script(step(2, ("98", "0.4")), step(4, ("98", "9"))))
    connection = client.subscribe("user")
    frames(connection)
    client.rest("BUY", "98.50", "1")
    client.to(5)
    states = [
        (order["status"], order["cumulative_quantity"], order["leaves_quantity"])
        for frame in frames(connection, "user")
        for order in frame["events"][0]["orders"]
    ]
    assert states == [
        ("PENDING", "0", "1"),
        ("OPEN", "0", "1"),
        ("OPEN", "0.4", "0.6"),
        ("FILLED", "1", "0"),
    ]


trades = st.lists(st.tuples(st.integers(9000, 11000), st.integers(1, 300)), min_size=1, max_size=30)


@given(
    trades,
    st.lists(st.tuples(st.integers(9000, 9890), st.integers(2, 500)), min_size=1, max_size=6),
)
def test_fills_follow_price_and_time_and_stay_within_what_traded_through(
    printed: list[tuple[int, int]], orders: list[tuple[int, int]]
) -> None:
    steps = [
        step(2 + 2 * number, (str(Decimal(price) / 100), str(Decimal(size) / 100)))
        for number, (price, size) in enumerate(printed)
    ]
    client = Client(Script(*steps), opening={"USD": "100000"})
    placed = [
        (
            Decimal(price) / 100,
            Decimal(size) / 100,
            client.rest("BUY", f"{price / 100:.2f}", f"{size / 100}"),
        )
        for price, size in orders
    ]
    left = [size for _, size, _ in placed]
    ranked = sorted(range(len(placed)), key=lambda index: (-placed[index][0], index))
    for price, size in printed:
        share = Decimal(size) / 100
        for index in ranked:
            if placed[index][0] > Decimal(price) / 100:
                take = min(share, left[index])
                left[index] -= take
                share -= take
    client.to(120)
    for (_, wanted, order_id), rest in zip(placed, left, strict=True):
        assert Decimal(client.order(order_id)["filled_size"]) == wanted - rest
    assert client.engine.now_ns == START + 120 * 10**9
