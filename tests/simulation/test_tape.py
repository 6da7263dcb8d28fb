"""Orders on a recorded tape: the three days of December 2023, minute by minute, and what fills.

The market knows nothing of our orders, so what may fill follows from the candles alone.
"""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from adapters.simulator.market_data.candles import CandleMarket, open_candles
from domain.model.instants import MINUTE, SECOND, Nanos, bucket_start, parse_iso
from domain.model.market import Bar
from domain.model.product import Product
from tests.builders.recorded import shared_data
from tests.builders.simulator import Client
from tests.builders.tape import Tape

HALF_HOUR = 30
PLACES = 40
"""Places on the tape (product and minute) that a claim is tried at."""
RICH = {"USD": "100000000000"}
SECONDS_IN = 4


@pytest.fixture(scope="module")
def market() -> CandleMarket:
    folder = shared_data()
    return open_candles(folder / "demo" / "coinbase_1m_2023-12-10_2023-12-12.parquet")


def places(market: CandleMarket, seed: int) -> list[tuple[Product, Nanos]]:
    """Return products and whole minutes drawn from the tape, with room on both sides."""
    draw = random.Random(seed)
    assert market.end_ns is not None
    minutes = (market.end_ns - market.first_ns) // MINUTE
    return [
        (
            draw.choice(market.products),
            Nanos(market.first_ns + draw.randrange(120, minutes - 2 * HALF_HOUR) * MINUTE),
        )
        for _ in range(PLACES)
    ]


def at_minute(
    market: CandleMarket, product: Product, minute_ns: Nanos, opening: dict[str, str] | None = None
) -> Client:
    """Return a client of a venue that plays the product, a few seconds into that minute."""
    tape: Any = Tape(market, product.id)
    client = Client(tape, opening=opening or RICH, start_ns=minute_ns)
    client.engine.advance(Nanos(minute_ns + SECONDS_IN * SECOND))
    return client


def rows(market: CandleMarket, product: Product, minute_ns: int, minutes: int) -> list[Bar]:
    return market.candles(product.id, Nanos(minute_ns), Nanos(minute_ns + minutes * MINUTE))


def best(client: Client, product: Product, side: str) -> Decimal:
    book = client.get("/product_book", product_id=product.id)["pricebook"]
    return Decimal(book[side][0]["price"])


def rest(client: Client, product: Product, price: Decimal, size: Decimal) -> str:
    return client.rest("BUY", f"{price:f}", f"{size:f}", product.id)


def test_a_resting_buy_at_or_below_the_next_lows_never_fills(market: CandleMarket) -> None:
    tried = 0
    for product, minute_ns in places(market, 1):
        coming = rows(market, product, minute_ns, HALF_HOUR + 1)
        if not coming:
            continue
        low = min(bar.low for bar in coming)
        client = at_minute(market, product, minute_ns)
        if low >= best(client, product, "asks"):
            continue  # a quiet minute before a rise: it would take and not rest
        size = product.quantity_down(Decimal(1_000) / low)
        orders = [
            rest(client, product, low - ticks, size) for ticks in (0, product.price_increment)
        ]
        client.engine.advance(Nanos(minute_ns + HALF_HOUR * MINUTE - 1))
        assert [client.order(one)["filled_size"] for one in orders] == ["0", "0"]
        tried += 1
    assert tried > PLACES // 2


def test_a_resting_buy_above_a_known_low_fills_at_its_price_within_the_volume(
    market: CandleMarket,
) -> None:
    filled = 0
    for product, minute_ns in places(market, 2):
        client = at_minute(market, product, minute_ns)
        coming = rows(market, product, minute_ns + MINUTE, HALF_HOUR)
        if not coming:
            continue
        low = min(bar.low for bar in coming)
        price = low + product.price_increment
        if price >= best(client, product, "asks"):
            continue  # it would take and not rest
        wanted = product.quantity_down(sum((bar.volume for bar in coming), Decimal(0)) * 3 + 1)
        order_id = rest(client, product, price, wanted)
        client.engine.advance(Nanos(minute_ns + (HALF_HOUR + 1) * MINUTE - 1))
        fills = client.fills(order_id=order_id, limit=1000)
        filled += bool(fills)
        assert {Decimal(fill["price"]) for fill in fills} <= {price}
        for start_ns, quantity in by_minute(fills).items():
            bar = market.candle(product.id, start_ns)
            assert bar is not None
            assert bar.low < price
            assert quantity <= bar.volume
        through = any(bar.low < price and bar.volume > 0 for bar in coming)
        assert bool(fills) == through
    assert filled > PLACES // 4


def by_minute(fills: list[Any]) -> dict[Nanos, Decimal]:
    found: dict[Nanos, Decimal] = defaultdict(Decimal)
    for fill in fills:
        start_ns = bucket_start(parse_iso(fill["trade_time"]), MINUTE)
        found[start_ns] += Decimal(fill["size"])
    return found


def test_many_resting_orders_together_get_no_more_than_each_minutes_volume(
    market: CandleMarket,
) -> None:
    for name in ("BTC-USD", "ALGO-USD"):
        product = next(p for p in market.products if p.id == name)
        minute_ns = parse_iso("2023-12-11T02:00:00Z")
        client = at_minute(market, product, minute_ns)
        top = best(client, product, "bids")
        coming = rows(market, product, minute_ns, HALF_HOUR)
        huge = product.quantity_down(sum((bar.volume for bar in coming), Decimal(0)))
        for percent in range(6):
            price = product.price_down(top * (100 - percent) / 100)
            rest(client, product, price, huge)
        client.engine.advance(Nanos(minute_ns + HALF_HOUR * MINUTE - 1))
        got = by_minute(client.fills(limit=3000))
        assert len(got) > 3
        volumes = {bar.start_ns: bar.volume for bar in coming}
        assert all(quantity <= volumes[start_ns] for start_ns, quantity in got.items())
        # In the minute that fell right through them nothing was left for anybody else.
        fall = parse_iso("2023-12-11T02:12:00Z")
        assert got[fall] > volumes[fall] * Decimal("0.9")


def test_a_market_buy_of_a_hundred_times_the_volume_pays_for_depth(market: CandleMarket) -> None:
    for product, minute_ns in places(market, 3):
        row = market.candle(product.id, minute_ns)
        if row is None or not row.volume:
            continue
        client = at_minute(market, product, minute_ns)
        check_walk(client, product, product.quantity_down(row.volume * 100))


def test_depth_is_paid_for_in_a_minute_without_volume_too(market: CandleMarket) -> None:
    product = next(p for p in market.products if p.id == "DASH-USD")
    quiet = [
        minute_ns
        for minute_ns in range(
            market.first_ns + 600 * MINUTE, market.first_ns + 900 * MINUTE, MINUTE
        )
        if market.candle(product.id, Nanos(minute_ns)) is None
    ]
    for minute_ns in quiet[:10]:
        client = at_minute(market, product, Nanos(minute_ns))
        top = client.get("/product_book", product_id=product.id)["pricebook"]["asks"][0]
        check_walk(client, product, product.quantity_down(Decimal(top["size"]) * 3))


def check_walk(client: Client, product: Product, wanted: Decimal) -> None:
    """Buy `wanted` at market: level by level of the shown book, not a unit more than it shows."""
    asks = client.get("/product_book", product_id=product.id, limit=1000)["pricebook"]["asks"]
    order_id = client.place("market_market_ioc", "BUY", product.id, base_size=f"{wanted:f}")
    fills = client.fills(order_id=order_id, limit=1000)
    taken = sorted((Decimal(fill["price"]), Decimal(fill["size"])) for fill in fills)
    shown = [(Decimal(level["price"]), Decimal(level["size"])) for level in asks]
    assert taken[:-1] == shown[: len(taken) - 1]
    assert taken[-1][0] == shown[len(taken) - 1][0]
    total = sum((size for _, size in taken), Decimal(0))
    assert total == min(wanted, sum((size for _, size in shown), Decimal(0)))
    if wanted > shown[0][1]:
        paid = sum((price * size for price, size in taken), Decimal(0))
        assert paid > total * shown[0][0]
    order = client.order(order_id)
    assert order["status"] == ("FILLED" if total == wanted else "CANCELLED")


@pytest.mark.parametrize("name", ["BTC-USD", "ETH-USD", "SOL-USD", "AVAX-USD"])
def test_a_three_percent_stop_is_out_of_the_fall_by_0213(market: CandleMarket, name: str) -> None:
    product = next(p for p in market.products if p.id == name)
    entry = market.candle(product.id, parse_iso("2023-12-11T02:11:00Z"))
    assert entry is not None
    stop = product.price_down(entry.open * Decimal("0.97"))
    fall_ns = parse_iso("2023-12-11T02:12:00Z")
    client = at_minute(market, product, fall_ns, {"USD": "0", product.base: "1"})
    while best(client, product, "bids") > stop:
        client.engine.advance(Nanos(client.engine.now_ns + SECOND))
    sold_ns = client.engine.now_ns
    order_id = client.place("market_market_ioc", "SELL", product.id, base_size="1")
    order = client.order(order_id)
    assert order["status"] == "FILLED"
    assert fall_ns < sold_ns < fall_ns + 2 * MINUTE
    minute = market.candle(product.id, bucket_start(sold_ns, MINUTE))
    assert minute is not None
    price = Decimal(order["average_filled_price"])
    assert minute.low * Decimal("0.999") <= price <= stop


def the_gap(market: CandleMarket) -> tuple[Product, Nanos, Decimal]:
    """Return where AAVE-USD opened 2.2 % below its last close, and a price between the two.

    The minute before closed at 94.10.
    """
    product = next(p for p in market.products if p.id == "AAVE-USD")
    gap_ns = parse_iso("2023-12-11T02:13:00Z")
    before, after = market.last_before(product.id, gap_ns), market.candle(product.id, gap_ns)
    assert before is not None
    assert after is not None
    stop = product.price_down((before.close + after.open) / 2)
    assert before.close > stop > after.open
    return product, gap_ns, stop


def just_before(market: CandleMarket, product: Product, minute_ns: Nanos) -> Client:
    """Return a client with one unit to sell, a second before that minute."""
    begin = Nanos(minute_ns - (SECONDS_IN + 1) * SECOND)
    return at_minute(market, product, begin, {"USD": "0", product.base: "1"})


def test_a_sale_after_a_gap_is_paid_beyond_the_gap(market: CandleMarket) -> None:
    product, gap_ns, stop = the_gap(market)
    after = market.candle(product.id, gap_ns)
    assert after is not None
    client = just_before(market, product, gap_ns)
    while best(client, product, "bids") > stop:
        client.engine.advance(Nanos(client.engine.now_ns + SECOND))
    assert client.engine.now_ns == gap_ns
    order_id = client.place("market_market_ioc", "SELL", product.id, base_size="1")
    assert Decimal(client.order(order_id)["average_filled_price"]) <= after.open < stop


def stop_limit(client: Client, product: Product, stop: Decimal, limit: Decimal) -> str:
    return client.place(
        "stop_limit_stop_limit_gtc",
        "SELL",
        product.id,
        base_size="1",
        stop_price=f"{stop:f}",
        limit_price=f"{limit:f}",
        stop_direction="STOP_DIRECTION_STOP_DOWN",
    )


def test_a_stop_limit_through_a_gap_fills_beyond_the_gap(market: CandleMarket) -> None:
    """It triggers on the first trade below, and is paid what is bid there, not its stop."""
    product, gap_ns, stop = the_gap(market)
    after = market.candle(product.id, gap_ns)
    assert after is not None
    client = just_before(market, product, gap_ns)
    deep = stop_limit(client, product, stop, product.price_down(stop * Decimal("0.8")))
    client.engine.advance(Nanos(gap_ns - 1))
    assert client.order(deep)["filled_size"] == "0"
    client.engine.advance(gap_ns)
    order = client.order(deep)
    assert order["status"] == "FILLED"
    assert Decimal(order["average_filled_price"]) <= after.open < stop


def test_a_stop_limit_whose_limit_the_gap_left_behind_rests_unfilled(market: CandleMarket) -> None:
    product, gap_ns, stop = the_gap(market)
    client = just_before(market, product, gap_ns)
    order_id = stop_limit(client, product, stop, stop - product.price_increment)
    client.engine.advance(Nanos(gap_ns + 2 * SECOND))
    order = client.order(order_id)
    assert (order["status"], order["filled_size"]) == ("OPEN", "0")
