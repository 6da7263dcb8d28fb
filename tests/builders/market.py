"""Markets for tests: rows given by hand, and where the recorded data lies."""

from __future__ import annotations

from decimal import Decimal

from domain.model.instants import MINUTE, Nanos, parse_iso
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId
from tests.builders.messages import a_product

START = parse_iso("2026-01-05T10:00:00Z")
NAME = ProductId("BTC-USD")


def product(tick: str = "0.01", step: str = "0.00000001", name: ProductId = NAME) -> Product:
    """Return a product with these increments."""
    return a_product(
        name,
        price_increment=Decimal(tick),
        base_increment=Decimal(step),
        base_min=Decimal(step),
        base_max=Decimal(10_000),
        quote_max=Decimal(1_000_000),
    )


def bar(minute: int, prices: tuple[str, str, str, str], volume: str, name: ProductId = NAME) -> Bar:
    """Return the row `minute` minutes after START; prices are open, high, low, close."""
    opened, high, low, close = (Price(Decimal(text)) for text in prices)
    start = Nanos(START + minute * MINUTE)
    return Bar(name, start, opened, high, low, close, Quantity(Decimal(volume)))
