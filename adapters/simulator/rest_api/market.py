"""Public answers: time, products, books, candles, trades."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from adapters.simulator.engine.accounts import EXACT
from adapters.simulator.engine.book import Levels, VenueBook
from adapters.simulator.engine.catalogue import Catalogue
from adapters.simulator.engine.event_queue import PlayedClock
from adapters.simulator.engine.fault_hooks import FaultHooks
from adapters.simulator.engine.history import GRANULARITIES, NO_DAY, DayStatistics, MarketPast
from adapters.simulator.engine.states import States
from adapters.simulator.engine.tape import RECENT, Tape
from adapters.simulator.engine.wire import (
    Json,
    Refused,
    Request,
    flag,
    invalid,
    many,
    one,
    stamp,
    whole,
)
from adapters.simulator.rest_api.product_form import product_form
from domain.model.instants import MILLISECOND, SECOND, bucket_start, iso
from domain.model.market import Bar, Trade
from domain.model.money import ceil_to, floor_to, parse_decimal, plain
from domain.model.product import Product, ProductId, Side

MAX_BUCKETS = 350
MAX_LEVELS = 1000
_TOO_MANY = (
    "start and end argument is invalid - number of candles requested should be less than 350"
)


@frozen(kw_only=True)
class MarketResource:
    """Everything about the market that anyone may ask for; an alias shows its -USD product."""

    catalogue: Catalogue
    states: States
    books: Mapping[ProductId, VenueBook]
    tape: Tape
    history: MarketPast
    clock: PlayedClock
    hooks: FaultHooks

    def time(self, _: Request) -> Json:
        """Return the venue's own time."""
        now_ns = self.clock.shown_ns() + self.hooks.skew_ns
        return {
            "iso": iso(bucket_start(now_ns, SECOND)),
            "epochSeconds": str(now_ns // SECOND),
            "epochMillis": str(now_ns // MILLISECOND),
        }

    def list_products(self, request: Request) -> Json:
        """Return products by falling turnover; only spot exists."""
        query = request.query
        wanted = many(query, "product_ids")
        kind = one(query, "product_type")
        listed = self.catalogue.listed.values()
        found = [item for item in listed if not wanted or item.id in wanted]
        if kind not in (None, "SPOT", "UNKNOWN_PRODUCT_TYPE") and not flag(
            query, "get_all_products"
        ):
            found = []
        found.sort(key=lambda item: (-self._day(item).quote_volume, item.id))
        first = whole(query, "offset") or 0
        limit = whole(query, "limit")
        page = found[first : first + limit if limit else None]
        return {
            "products": [self._product(item) for item in page],
            "num_products": len(page),
            "pagination": None,
        }

    def get_product(self, _: Request, product_id: str) -> Json:
        """Return one product."""
        product = self.catalogue.listed.get(ProductId(product_id))
        if product is None:
            raise Refused(404, "NOT_FOUND", f"Product {product_id} not supported")
        return self._product(product)

    def candles(self, request: Request, product_id: str) -> Json:
        """Return candles, newest first; the newest may still be forming."""
        product = self._known(product_id)
        query = request.query
        name = one(query, "granularity") or ""
        width_ns = GRANULARITIES.get(name)
        if width_ns is None:
            raise invalid(f"granularity must be one of {', '.join(GRANULARITIES)}")
        width = width_ns // SECOND
        end = whole(query, "end")
        end = self.clock.now_ns // SECOND if end is None else end
        start = whole(query, "start")
        start = max(0, end - (MAX_BUCKETS - 1) * width) if start is None else start
        if start > end or end // width - start // width > MAX_BUCKETS:
            raise invalid(_TOO_MANY)
        limit = min(whole(query, "limit") or MAX_BUCKETS, MAX_BUCKETS)
        bars = self.history.candles(product.id, start * SECOND, end * SECOND, width_ns)
        return {"candles": [_candle(bar) for bar in bars[::-1][:limit]]}

    def trades(self, request: Request, product_id: str) -> Json:
        """Return the latest public trades, newest first, at most 100."""
        product = self._known(product_id)
        limit = whole(request.query, "limit")
        start, end = whole(request.query, "start"), whole(request.query, "end")
        trades = [
            trade
            for trade in self.tape.recent(product.id)
            if (start is None or trade.at_ns >= start * SECOND)
            and (end is None or trade.at_ns <= end * SECOND)
        ]
        book = self.books[product.id]
        return {
            "trades": [_trade(trade) for trade in trades[: min(limit or RECENT, RECENT)]],
            "best_bid": _text(book.best(Side.BUY)),
            "best_ask": _text(book.best(Side.SELL)),
        }

    def best_bid_ask(self, request: Request) -> Json:
        """Return the best level of each side; a side without orders is empty."""
        wanted = many(request.query, "product_ids") or tuple(self.catalogue.played)
        books = [self._pricebook(self._known(name).id, 1, None) for name in wanted]
        return {"pricebooks": books}

    def product_book(self, request: Request) -> Json:
        """Return a product's book, optionally by wider price steps."""
        name = one(request.query, "product_id")
        if name is None or ProductId(name) not in self.catalogue.listed:
            raise Refused(404, "NOT_FOUND", "valid product_id is required")
        product = self.catalogue.canonical(ProductId(name))
        if product not in self.catalogue.played:
            raise Refused(404, "NOT_FOUND", "no pricebook found")
        limit = min(whole(request.query, "limit") or MAX_LEVELS, MAX_LEVELS)
        step = one(request.query, "aggregation_price_increment")
        book = self.books[product]
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        return {
            "pricebook": self._pricebook(product, limit, _step(step)),
            "last": _text(self.history.last_price(product)),
            **_spread(bid, ask),
        }

    def _pricebook(self, product: ProductId, limit: int, step: Decimal | None) -> Json:
        bids, asks = self.books[product].shown()
        if step is not None:
            bids_json = _wide(bids, step, down=True)[:limit]
            asks_json = _wide(asks, step, down=False)[:limit]
        else:
            bids_json, asks_json = _levels(bids[:limit]), _levels(asks[:limit])
        return {
            "product_id": product,
            "bids": bids_json,
            "asks": asks_json,
            "time": stamp(self.clock.now_ns),
        }

    def _product(self, product: Product) -> Json:
        name = self.catalogue.canonical(product.id)
        last = self.history.last_price(name) if name in self.catalogue.played else None
        form = product_form(product, self.states.flags(product), self._day(product), last)
        alias = self.catalogue.alias(product.id)
        form["alias"] = "" if name == product.id else name
        form["alias_to"] = [] if alias is None else [alias]
        return form

    def _day(self, product: Product) -> DayStatistics:
        name = self.catalogue.canonical(product.id)
        return self.history.day(name) if name in self.catalogue.played else NO_DAY

    def _known(self, product_id: str) -> Product:
        """Return the product that the market plays under this id or its alias."""
        name = self.catalogue.canonical(ProductId(product_id))
        product = self.catalogue.played.get(name)
        if product is None:
            raise invalid("ProductID is invalid")
        return product


def _text(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def _candle(bar: Bar) -> Json:
    return {
        "start": str(bar.start_ns // SECOND),
        "low": plain(bar.low),
        "high": plain(bar.high),
        "open": plain(bar.open),
        "close": plain(bar.close),
        "volume": plain(bar.volume),
    }


def _trade(trade: Trade) -> Json:
    return {
        "trade_id": trade.trade_id,
        "product_id": trade.product,
        "price": plain(trade.price),
        "size": plain(trade.quantity),
        "time": stamp(trade.at_ns),
        "side": trade.maker_side.value,
        "bid": "",
        "ask": "",
        "exchange": "coinbase",
    }


def _levels(levels: Levels) -> list[Json]:
    return [{"price": plain(level.price), "size": plain(level.quantity)} for level in levels]


def _step(value: str | None) -> Decimal | None:
    if value is None:
        return None
    step = _positive(value)
    if step is None:
        raise invalid("aggregation_price_increment must be a decimal above 0")
    return step


def _positive(value: str) -> Decimal | None:
    try:
        step = parse_decimal(value) if len(value) <= 20 and "E" not in value.upper() else None
    except ValueError:
        return None
    return step if step is not None and step > 0 else None


def _wide(levels: Levels, step: Decimal, *, down: bool) -> list[Json]:
    sums: dict[Decimal, Decimal] = {}
    for level in levels:
        price = floor_to(level.price, step) if down else ceil_to(level.price, step)
        sums[price] = EXACT.add(sums.get(price, Decimal(0)), level.quantity)
    return [{"price": plain(price), "size": plain(size)} for price, size in sums.items()]


def _spread(bid: Decimal | None, ask: Decimal | None) -> Json:
    if bid is None or ask is None:
        return {"mid_market": "", "spread_bps": "", "spread_absolute": ""}
    middle = (bid + ask) / 2
    spread = ask - bid
    return {
        "mid_market": plain(middle),
        "spread_bps": plain(round(spread / middle * 10_000, 4)),
        "spread_absolute": plain(spread),
    }
