"""A tiny hand-made market, and helpers that talk to an engine like a client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.store import SqliteStore, Store
from adapters.simulator.engine.wire import PREFIX, Request, Response
from adapters.simulator.faults.faults import Faults
from adapters.simulator.faults.script import parse_fault, parse_script
from adapters.simulator.market_data.source import Step
from adapters.simulator.stream_api.connection import Connection
from domain.model.instants import MINUTE, SECOND, Nanos, iso
from domain.model.market import Bar, Level, Trade
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId, Side

START = Nanos(1_700_000_040 * SECOND)
"""A whole minute: 2023-11-14T22:14:00Z."""
BTC = ProductId("BTC-USD")
ETH = ProductId("ETH-USD")


def product(name: str = "BTC-USD", **changes: Any) -> Product:
    base, quote = name.split("-")
    values: dict[str, Any] = {
        "price_increment": Decimal("0.01"),
        "base_increment": Decimal("0.00000001"),
        "quote_increment": Decimal("0.01"),
        "base_min": Decimal("0.00001"),
        "base_max": Decimal(1000),
        "quote_min": Decimal(1),
        "quote_max": Decimal(1_000_000),
    }
    return Product(id=ProductId(name), base=base, quote=quote, **{**values, **changes})


def level(price: str, quantity: str) -> Level:
    return Level(Price(Decimal(price)), Quantity(Decimal(quantity)))


def trade(at_s: float, price: str, quantity: str, name: ProductId = BTC) -> Trade:
    at_ns = Nanos(START + round(at_s * 1000) * 1_000_000)
    return Trade(
        name, str(at_ns), Price(Decimal(price)), Quantity(Decimal(quantity)), Side.SELL, at_ns
    )


BIDS = (level("99.00", "1.00000000"), level("98.00", "2.00000000"), level("97.00", "3.00000000"))
ASKS = (level("101.00", "1.00000000"), level("102.00", "2.00000000"), level("103.00", "3.00000000"))


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


class Script:
    """A market of given steps, both source and expander; its candles are those of its trades.

    Every product is covered from `first_ns` until `end_ns`; a first step with the usual book
    stands at START where none is given.
    """

    def __init__(
        self,
        *steps: Step,
        products: tuple[Product, ...] | None = None,
        minutes: int = 60,
        history: tuple[Bar, ...] = (),
        covered: dict[ProductId, tuple[int, int]] | None = None,
    ) -> None:
        self._products = products or (product(),)
        given = {(item.product, item.at_ns) for item in steps}
        opening = tuple(
            step(0, name=item.id) for item in self._products if (item.id, START) not in given
        )
        self._steps = sorted((*opening, *steps), key=lambda item: (item.at_ns, item.product))
        self._end = Nanos(START + minutes * MINUTE)
        self._history = history
        self._covered = covered or {}

    @property
    def description(self) -> str:
        return "script"

    @property
    def prices(self) -> Literal["invented", "recorded"]:
        return "invented"

    @property
    def products(self) -> tuple[Product, ...]:
        return self._products

    @property
    def first_ns(self) -> Nanos:
        return min((bar.start_ns for bar in self._history), default=START)

    @property
    def end_ns(self) -> Nanos | None:
        return self._end

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        first, end = self._covered.get(product, (self.first_ns, self._end))
        return first <= minute_ns < end

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        rows = self.candles(product, minute_ns, Nanos(minute_ns + MINUTE))
        return rows[0] if rows else None

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        rows = [bar for bar in self._history if bar.product == product]
        minutes: dict[int, list[Trade]] = {}
        for item in self._steps:
            if item.product == product and item.trades:
                start = item.at_ns - item.at_ns % MINUTE
                minutes.setdefault(start, []).extend(item.trades)
        for start, trades in minutes.items():
            rows.append(_bar(product, Nanos(start), trades))
        return [bar for bar in rows if start_ns <= bar.start_ns < end_ns]

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        rows = self.candles(product, Nanos(0), minute_ns)
        return max(rows, key=lambda bar: bar.start_ns, default=None)

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        if not self.covers(product, minute_ns):
            return ()
        return tuple(
            item
            for item in self._steps
            if item.product == product and minute_ns <= item.at_ns < minute_ns + MINUTE
        )


def _bar(product: ProductId, start_ns: Nanos, trades: list[Trade]) -> Bar:
    prices = [item.price for item in trades]
    volume = sum((item.quantity for item in trades), Decimal(0))
    return Bar(product, start_ns, prices[0], max(prices), min(prices), prices[-1], Quantity(volume))


def fault(kind: str, **members: Any) -> dict[str, Any]:
    """Return one line of a fault script; `for_` is `for`."""
    return {"kind": kind, **{name.rstrip("_"): value for name, value in members.items()}}


def script_of(faults: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of a fault script."""
    return "\n".join(json.dumps(line) for line in faults)


class Client:
    """An engine on a script, and requests in one line."""

    def __init__(
        self,
        script: Script | None = None,
        *,
        store: Store | None = None,
        opening: dict[str, str] | None = None,
        start_ns: Nanos = START,
        fees: FeeRates | None = None,
        level2_interval_ns: int = 0,
        quirks: VenueQuirks | None = None,
        faults: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """`faults` are the lines of a script; more can be scheduled with `self.faults`."""
        self.script = script or Script()
        self.store = store or SqliteStore()
        self.faults = Faults(1)
        money = {"USD": "10000", "BTC": "10"} if opening is None else opening
        self.engine = Engine(
            market=self.script,
            expander=self.script,
            store=self.store,
            start_ns=start_ns,
            opening={name: Decimal(amount) for name, amount in money.items()},
            fees=fees or FeeRates(),
            ids=Ids("test"),
            level2_interval_ns=level2_interval_ns,
            quirks=quirks,
            hooks=self.faults,
        )
        self.faults.attach(self.engine, parse_script(script_of(faults), "faults"))
        self._orders = 0

    def to(self, at_s: float) -> Client:
        """Advance to START + `at_s`."""
        self.engine.advance(Nanos(START + round(at_s * 1000) * 1_000_000))
        return self

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> Response:
        raw = (
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        values = {
            name: [str(item) for item in value] if isinstance(value, list) else [str(value)]
            for name, value in query.items()
        }
        return self.engine.handle(Request(method, PREFIX + path, values, raw))

    def get(self, path: str, **query: Any) -> Any:
        response = self.send("GET", path, **query)
        assert response.status == 200, response.body
        return json.loads(response.body)

    def post(self, path: str, body: Any) -> Any:
        response = self.send("POST", path, body)
        assert response.status == 200, response.body
        return json.loads(response.body)

    def create(
        self, kind: str, side: str = "BUY", name: str = "BTC-USD", key: str = "", **fields: Any
    ) -> Any:
        """Post an order and return the answer."""
        self._orders += 1
        body = {
            "client_order_id": key or f"c-{self._orders}",
            "product_id": name,
            "side": side,
            "order_configuration": {kind: fields},
        }
        return self.post("/orders", body)

    def place(self, kind: str, side: str = "BUY", name: str = "BTC-USD", **fields: Any) -> str:
        """Post an order that must be accepted and return its id."""
        answer = self.create(kind, side, name, **fields)
        assert answer["success"], answer
        return str(answer["success_response"]["order_id"])

    def rest(
        self, side: str, price: str, size: str, name: str = "BTC-USD", end_s: float | None = None
    ) -> str:
        """Place a post-only limit order, GTD if `end_s` is given."""
        fields = {"limit_price": price, "base_size": size, "post_only": True}
        if end_s is None:
            return self.place("limit_limit_gtc", side, name, **fields)
        end = iso(START + round(end_s * 1000) * 1_000_000)
        return self.place("limit_limit_gtd", side, name, end_time=end, **fields)

    def reason(self, answer: Any) -> tuple[str, str]:
        """Return error and preview reason of a refused order."""
        assert answer["success"] is False, answer
        response = answer["error_response"]
        return response["error"], response["preview_failure_reason"]

    def order(self, order_id: str) -> Any:
        return self.get(f"/orders/historical/{order_id}")["order"]

    def fills(self, **query: Any) -> Any:
        return self.get("/orders/historical/fills", **query)["fills"]

    def balance(self, currency: str) -> tuple[Decimal, Decimal]:
        """Return what is available and what is held."""
        for account in self.get("/accounts", limit=250)["accounts"]:
            if account["currency"] == currency:
                available = Decimal(account["available_balance"]["value"])
                return available, Decimal(account["hold"]["value"])
        raise AssertionError(f"no account in {currency}")

    def add(self, kind: str, **members: Any) -> None:
        """Schedule one more fault."""
        self.faults.add(parse_fault(json.dumps(fault(kind, **members)), "added"))

    def struck(self) -> list[int]:
        """Return how often each fault has struck."""
        return [document["struck"] for document in self.faults.documents()]

    def sums(self) -> dict[str, Decimal]:
        """Return the sum over all owners per currency, without zeros."""
        sums: dict[str, Decimal] = {}
        for account in self.engine.books()["accounts"]:
            name = account["currency"]
            sums[name] = sums.get(name, Decimal(0)) + Decimal(account["total"])
        return {name: amount for name, amount in sums.items() if amount}

    def subscribe(self, channel: str, *names: str, **more: Any) -> Connection:
        connection = self.engine.connect()
        connection.receive(
            json.dumps({"type": "subscribe", "channel": channel, "product_ids": names, **more})
        )
        return connection


def frames(connection: Connection, channel: str | None = None) -> list[Any]:
    """Take the waiting frames, decoded, of one channel or all."""
    taken = [json.loads(frame) for frame in connection.take()]
    return [frame for frame in taken if channel is None or frame.get("channel") == channel]
