"""A tiny hand-made market, and helpers that talk to an engine like a client."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.store import SqliteStore, Store
from adapters.simulator.engine.wire import PREFIX, Request, Response
from adapters.simulator.faults.faults import Faults
from adapters.simulator.faults.script import parse_fault, parse_script
from adapters.simulator.market_data.stablecoins import WithStablecoins
from adapters.simulator.stream_api.connection import Connection
from domain.model.instants import Nanos, iso
from tests.builders.steps import START
from tests.fakes.markets import Script


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
        script: Script | WithStablecoins | None = None,
        *,
        store: Store | None = None,
        opening: dict[str, str] | None = None,
        start_ns: Nanos = START,
        fees: FeeRates | None = None,
        level2_interval_ns: int = 0,
        quirks: VenueQuirks | None = None,
        faults: Sequence[Mapping[str, Any]] = (),
        wall_ns: Callable[[], int] | None = None,
    ) -> None:
        """`faults` are the lines of a script; more can be scheduled with `self.faults`."""
        self.script: Script | WithStablecoins = script or Script()
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
            wall_ns=wall_ns,
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
