"""Listens to another venue's public market data and keeps a `MirrorMarket` fed, without any key.

`mirror:URL` names a REST address; for one of ours its session says where the streams are, for
Coinbase it is known, and `?ws=URL` names it for anything else. `?products=A,B` chooses products;
without it the ten in USD with the largest turnover are mirrored.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
import time
from collections.abc import Callable
from math import isfinite
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import requests
from attrs import frozen

from adapters.simulator.engine.wire import PREFIX
from adapters.simulator.live_mirror.mirror import MirrorBroken, MirrorMarket
from adapters.simulator.market_data.raw import catalogue
from adapters.simulator.market_data.readers import bars_in
from adapters.simulator.world import WorldError
from domain.model.entries import Entries
from domain.model.instants import HOUR, MILLISECOND, MINUTE, SECOND, Nanos, bucket_start
from domain.model.market import Bar
from domain.model.product import Product, ProductId
from domain.model.spelling import product_meant
from domain.system.unread import UnreadTally, sentence

SCHEME = "mirror:"
COINBASE = "https://api.coinbase.com"
_STREAMS = {"api.coinbase.com": "wss://advanced-trade-ws.coinbase.com"}
CHANNELS = ("heartbeats", "market_trades", "level2")
MOST_PRODUCTS = 10
CHUNK_MINUTES = 300
LEAST_PAST_NS = 2 * HOUR
"""Read at least, whatever strategies look at: a trader judges by it how odd a price is."""
PAUSE_SECONDS = 0.125
"""Between public requests: below the 10 a second that Coinbase allows an address."""
TRIES = 4
ASK_SECONDS = 10.0
SILENCE_SECONDS = 10.0
"""Heartbeats come each second; after this much silence the connection is given up."""
LARGEST_FRAME = 64 * 1024 * 1024
FLUSH_SECONDS = 0.1
RENEW_SECONDS = 5.0
"""Between two requests for books that can't be followed any more."""
TOLD_AFTER_SECONDS = 1.5
"""After the end of a minute, the other venue's candle of it is asked for."""
LONGEST_REST_SECONDS = 30.0
_NETWORK = (aiohttp.ClientError, TimeoutError, OSError)


class MirrorUnreachable(WorldError):
    """The venue to be mirrored does not answer as expected."""

    exit_code = 1


@frozen(kw_only=True)
class Mirror:
    """A mirrored venue: where it is, its market, and its time."""

    rest: str
    stream: str
    market: MirrorMarket
    time_ns: int
    """Its time when asked, and ours of the machine then."""
    asked_ns: int

    def now_ns(self) -> Nanos:
        """Return what its clock says now."""
        return Nanos(self.time_ns + time.monotonic_ns() - self.asked_ns)


def is_mirror(source: str) -> bool:
    """Tell whether a `--market` is a mirror."""
    return source.startswith(SCHEME)


def open_mirror(source: str, lookback_ns: int) -> Mirror:
    """Ask the venue for its products, its time and the candles of the look-back.

    Raises:
        WorldError: the address is none.
        MirrorUnreachable: it does not answer, or has none of the products.
    """
    rest, query = _address(source)
    with requests.Session() as http:
        http.trust_env = _is_far(rest)
        asking = _Asking(http, rest)
        offered = asking.get("/market/products")
        products = chosen(rest, offered, query.get("products", [""])[0])
        stream = query.get("ws", [""])[0] or _stream_of(rest, asking)
        begun_ns = time.monotonic_ns()
        time_ns = _time_ns(rest, asking.get("/time"))
        asked_ns = (begun_ns + time.monotonic_ns()) // 2
        past_ns = max(lookback_ns, LEAST_PAST_NS) + 10 * MINUTE
        first_ns = Nanos(bucket_start(time_ns, MINUTE) - past_ns)
        market = MirrorMarket(urlsplit(rest).netloc, products, first_ns)
        for product in products:
            for start_ns in range(market.first_ns, time_ns, CHUNK_MINUTES * MINUTE):
                end_ns = min(start_ns + CHUNK_MINUTES * MINUTE, bucket_start(time_ns, MINUTE))
                path, parameters = candles_request(product.id, start_ns, end_ns - MINUTE)
                if end_ns > start_ns:
                    bars = read_bars(product.id, asking.get(path, parameters))
                    market.left_out(bars.unread)
                    market.tell(product.id, bars.read)
        _tell(market)
    return Mirror(rest=rest, stream=stream, market=market, time_ns=time_ns, asked_ns=asked_ns)


def candles_request(product: ProductId, first_ns: int, last_ns: int) -> tuple[str, dict[str, str]]:
    """Return path and query that ask for minute candles, both ends included."""
    query = {"start": str(first_ns // SECOND), "end": str(last_ns // SECOND)}
    return f"/market/products/{product}/candles", {**query, "granularity": "ONE_MINUTE"}


def read_bars(product: ProductId, body: bytes | str) -> Entries[Bar]:
    """Return the candles of an answer.

    Raises:
        MirrorBroken: it is no such answer.
    """
    try:
        return bars_in(product, body)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MirrorBroken(f"expected candles of {product}, could not read {error}") from error


def _tell(market: MirrorMarket) -> None:
    for news in market.news():
        sys.stderr.write(f"mirror: {news}\n")


def _address(source: str) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(source.removeprefix(SCHEME))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WorldError(
            f"--market: expected an address like {SCHEME}http://127.0.0.1:8080, was {source}"
        )
    return f"{parts.scheme}://{parts.netloc}", parse_qs(parts.query)


def _is_far(rest: str) -> bool:
    """Tell whether a proxy of the environment may stand between us and that address."""
    return urlsplit(rest).hostname not in ("127.0.0.1", "localhost")


class _Asking:
    """Public requests, one after the other, tried again where that may help."""

    def __init__(self, http: requests.Session, rest: str) -> None:
        self._http = http
        self._rest = rest
        self._free = 0.0

    def get(self, path: str, query: dict[str, str] | None = None, *, own: bool = False) -> bytes:
        url = self._rest + ("" if own else PREFIX) + path
        said = ""
        for number in range(TRIES):
            # The mirrored venue's public rate, and a pause that doubles after each failure.
            time.sleep(max(0.0, self._free - time.monotonic()) + (2.0**number - 1) / 2)
            self._free = time.monotonic() + PAUSE_SECONDS
            try:
                answer = self._http.get(url, params=query, timeout=ASK_SECONDS)
            except requests.RequestException as error:
                said = type(error).__name__
                if number == 0 and isinstance(error, requests.ConnectionError):
                    break
                continue
            if answer.status_code == 200:
                return answer.content
            said = f"answer {answer.status_code}"
            if answer.status_code not in (429, 500, 502, 503, 504):
                break
        raise MirrorUnreachable(
            f"mirror: expected market data at {url}, found {said}; is it a Coinbase venue?"
        )


def _stream_of(rest: str, asking: _Asking) -> str:
    known = _STREAMS.get(urlsplit(rest).hostname or "")
    if known is not None:
        return known
    try:
        return str(json.loads(asking.get("/bulkhead/session", own=True))["ws"])
    except (KeyError, TypeError, ValueError, MirrorUnreachable) as error:
        raise MirrorUnreachable(
            f"mirror: {rest} does not say where its streams are; add ?ws=wss://… ({error})"
        ) from error


def _time_ns(rest: str, body: bytes) -> int:
    try:
        return int(json.loads(body)["epochMillis"]) * MILLISECOND
    except (KeyError, TypeError, ValueError) as error:
        raise MirrorUnreachable(f"mirror: {rest} does not say its time: {error}") from error


def chosen(rest: str, body: bytes, wanted: str) -> list[Product]:
    """Return the products to mirror; those asked for and not there are named on stderr.

    Raises:
        MirrorUnreachable: `body` is no catalogue, or no product is left.
    """
    try:
        found = catalogue(body)
        turnover = {item.get("product_id"): _turnover(item) for item in _items(body)}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MirrorUnreachable(f"mirror: {rest} has no catalogue of products: {error}") from error
    for news in UnreadTally().count(found.unread):
        sys.stderr.write(f"mirror: {sentence(news)}\n")
    online = {product.id: product for product in found.read if _is_open(product)}
    if wanted:
        names = [ProductId(name) for name in dict.fromkeys(wanted.split(","))]
        missing = [name for name in names if name not in online]
        if missing:
            told = ", ".join(f"{name}{product_meant(name, online)}" for name in missing)
            sys.stderr.write(f"mirror: not traded at {rest}: {told}\n")
        names = [name for name in names if name in online]
    else:
        in_dollars = [name for name, product in online.items() if product.quote == "USD"]
        names = sorted(in_dollars, key=lambda name: -turnover[name])[:MOST_PRODUCTS]
    if not names:
        raise MirrorUnreachable(f"mirror: {rest} trades none of the products asked for")
    return [online[name] for name in names]


def _items(body: bytes) -> list[dict[str, Any]]:
    return [item for item in json.loads(body)["products"] if isinstance(item, dict)]


def _turnover(item: dict[str, Any]) -> float:
    """Return what a product turns over in a day; 0 where that can't be read: it comes last."""
    try:
        turnover = float(item.get("approximate_quote_24h_volume") or 0)
    except (TypeError, ValueError):
        return 0.0
    return turnover if isfinite(turnover) else 0.0


def _is_open(product: Product) -> bool:
    flags = product.flags
    return flags.status == "online" and not (flags.is_disabled or flags.trading_disabled)


class Listener:
    """The connection to the mirrored venue, renewed whenever it breaks."""

    def __init__(self, mirror: Mirror, now_ns: Callable[[], int], play: Callable[[], None]) -> None:
        """`now_ns` is our market time; `play` makes the engine take what was heard."""
        self._mirror = mirror
        self._market = mirror.market
        self._now_ns = now_ns
        self._play = play

    async def run(self) -> None:
        """Listen until cancelled."""
        names = [product.id for product in self._market.products]
        async with (
            aiohttp.ClientSession(trust_env=_is_far(self._mirror.rest)) as http,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self._tell(http))
            group.create_task(self._stay_connected(http, names))

    async def _stay_connected(self, http: aiohttp.ClientSession, names: list[ProductId]) -> None:
        failures = 0
        while True:
            begun = time.monotonic()
            try:
                await self._listen(http, names)
            except (*_NETWORK, MirrorBroken) as error:
                said = str(error) or type(error).__name__
                sys.stderr.write(f"mirror: the stream of {self._mirror.rest} broke: {said}\n")
            self._market.lose(Nanos(self._now_ns()))
            self._play()
            failures = 1 if time.monotonic() - begun > LONGEST_REST_SECONDS else failures + 1
            longest = min(LONGEST_REST_SECONDS, 2.0 ** (failures - 1))
            await asyncio.sleep(random.uniform(0.1, longest))

    async def _listen(self, http: aiohttp.ClientSession, names: list[ProductId]) -> None:
        """Listen to one connection; it ends with an error, whatever ends it."""
        stream = self._mirror.stream
        async with http.ws_connect(stream, max_msg_size=LARGEST_FRAME) as socket:
            self._market.begin(Nanos(self._now_ns()))
            for channel in CHANNELS:
                asked: dict[str, Any] = {"type": "subscribe", "channel": channel}
                await socket.send_str(json.dumps({**asked, "product_ids": names}))
            flushed = renewed = 0.0
            heard = time.monotonic()
            while True:
                with contextlib.suppress(TimeoutError):
                    message = await socket.receive(timeout=FLUSH_SECONDS)
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        raise MirrorBroken("the other venue has closed it")
                    heard = time.monotonic()
                    self._market.hear(message.data)
                if time.monotonic() - flushed >= FLUSH_SECONDS:
                    flushed = time.monotonic()
                    _tell(self._market)
                    if self._market.flush(Nanos(self._now_ns())):
                        self._play()
                if (lost := self._market.lost()) and time.monotonic() - renewed >= RENEW_SECONDS:
                    renewed = time.monotonic()
                    for verb in ("unsubscribe", "subscribe"):
                        said = {"type": verb, "channel": "level2", "product_ids": list(lost)}
                        await socket.send_str(json.dumps(said))
                if time.monotonic() - heard > SILENCE_SECONDS:
                    raise MirrorBroken(f"silent for {SILENCE_SECONDS:g} s")

    async def _tell(self, http: aiohttp.ClientSession) -> None:
        """Ask for the candles of each minute once it is over."""
        while True:
            now_ns = self._now_ns()
            left_ns = bucket_start(now_ns, MINUTE) + MINUTE - now_ns
            await asyncio.sleep(left_ns / SECOND + TOLD_AFTER_SECONDS)
            minute_ns = bucket_start(self._now_ns(), MINUTE)
            for product in self._market.products:
                path, query = candles_request(
                    product.id, minute_ns - 5 * MINUTE, minute_ns - MINUTE
                )
                with contextlib.suppress(*_NETWORK, MirrorBroken):
                    url = self._mirror.rest + PREFIX + path
                    limit = aiohttp.ClientTimeout(total=ASK_SECONDS)
                    async with http.get(url, params=query, timeout=limit) as answer:
                        if answer.status == 200:
                            bars = read_bars(product.id, await answer.read())
                            self._market.left_out(bars.unread)
                            self._market.tell(product.id, bars.read)
                await asyncio.sleep(PAUSE_SECONDS)
