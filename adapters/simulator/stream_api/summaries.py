"""What ticker, candle and status frames say of a product now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from attrs import frozen

from adapters.simulator.engine.book import VenueBook
from adapters.simulator.engine.event_queue import PlayedClock
from adapters.simulator.engine.history import MarketPast
from adapters.simulator.engine.wire import Json, encode, text
from domain.model.instants import MINUTE, SECOND, bucket_start
from domain.model.market import Bar, Level
from domain.model.money import plain
from domain.model.product import Product, ProductFlags, ProductId

CANDLE_NS = 5 * MINUTE
SNAPSHOT_CANDLES = 100
_HUNDRED = Decimal(100)


@frozen(kw_only=True)
class Summaries:
    """Makes the members of these frames; products are those that the market plays."""

    products: Mapping[ProductId, Product]
    books: Mapping[ProductId, VenueBook]
    history: MarketPast
    clock: PlayedClock
    flags: Callable[[Product], ProductFlags]

    def last_trade(self, product: ProductId, *, with_quote: bool) -> Json:
        """Return last price, day and, if asked for, the best levels.

        The 52 weeks' extremes are those of the day: a venue's market may be younger.
        """
        day, last = self.history.day(product), self.history.last_price(product)
        change = (last / day.first - 1) * _HUNDRED if day.first and last is not None else Decimal(0)
        found: Json = {
            "type": "ticker",
            "product_id": product,
            "price": "" if last is None else text(last),
            "volume_24_h": plain(day.volume),
            "low_24_h": plain(day.low),
            "high_24_h": plain(day.high),
            "low_52_w": plain(day.low),
            "high_52_w": plain(day.high),
            "price_percent_chg_24_h": plain(round(change, 12)),
        }
        if with_quote:
            bids, asks = self.books[product].shown()
            found |= _best("best_bid", bids[0] if bids else None)
            found |= _best("best_ask", asks[0] if asks else None)
        return found

    def candles(self, product: ProductId, count: int) -> list[Json]:
        """Return up to `count` latest five-minute candles, oldest first."""
        now_ns = self.clock.now_ns
        first_ns = bucket_start(now_ns, CANDLE_NS) - (count - 1) * CANDLE_NS
        bars = self.history.candles(product, first_ns, now_ns, CANDLE_NS)
        return [_candle(bar) for bar in bars]

    def status(self, product: ProductId) -> Json:
        """Return what the status channel says of a product."""
        found = self.products[product]
        return {
            "product_type": "SPOT",
            "id": product,
            "base_currency": found.base,
            "quote_currency": found.quote,
            "base_increment": plain(found.base_increment),
            "quote_increment": plain(found.quote_increment),
            "display_name": f"{found.base}/{found.quote}",
            "status": self.flags(found).status,
            "status_message": "",
            "min_market_funds": plain(found.quote_min),
        }


def listed_event(kind: str, name: str, items: Iterable[Json]) -> str:
    """Return an event of `kind` whose member `name` lists `items`."""
    return encode({"type": kind, name: list(items)}).decode()


def _best(name: str, level: Level | None) -> Json:
    price, quantity = ("", "") if level is None else (text(level.price), text(level.quantity))
    return {name: price, f"{name}_quantity": quantity}


def _candle(bar: Bar) -> Json:
    return {
        "start": str(bar.start_ns // SECOND),
        "high": plain(bar.high),
        "low": plain(bar.low),
        "open": plain(bar.open),
        "close": plain(bar.close),
        "volume": plain(bar.volume),
        "product_id": bar.product,
    }
