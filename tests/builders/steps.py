"""Products, books and steps of hand-made markets of the simulator."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from adapters.simulator.market_data.source import Step
from domain.model.instants import SECOND, Nanos
from domain.model.market import Level, Trade
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId, Side
from tests.builders.messages import a_level, a_product

START = Nanos(1_700_000_040 * SECOND)
"""A whole minute: 2023-11-14T22:14:00Z."""
BTC = ProductId("BTC-USD")
ETH = ProductId("ETH-USD")


def product(name: str = "BTC-USD", **changes: Any) -> Product:
    bounds: dict[str, Any] = {
        "base_min": Decimal("0.00001"),
        "base_max": Decimal(1000),
        "quote_max": Decimal(1_000_000),
    }
    return a_product(name, **{**bounds, **changes})


def trade(at_s: float, price: str, quantity: str, name: ProductId = BTC) -> Trade:
    at_ns = Nanos(START + round(at_s * 1000) * 1_000_000)
    return Trade(
        name, str(at_ns), Price(Decimal(price)), Quantity(Decimal(quantity)), Side.SELL, at_ns
    )


BIDS = (
    a_level("99.00", "1.00000000"),
    a_level("98.00", "2.00000000"),
    a_level("97.00", "3.00000000"),
)
ASKS = (
    a_level("101.00", "1.00000000"),
    a_level("102.00", "2.00000000"),
    a_level("103.00", "3.00000000"),
)


def step(
    at_s: float,
    *trades: tuple[str, str],
    bids: tuple[Level, ...] = BIDS,
    asks: tuple[Level, ...] = ASKS,
    name: ProductId = BTC,
) -> Step:
    """One step at START + `at_s`; each trade is (price, quantity) at the step's instant."""
    printed = tuple(trade(at_s, price, quantity, name) for price, quantity in trades)
    return Step(name, Nanos(START + round(at_s * 1000) * 1_000_000), printed, bids, asks)
