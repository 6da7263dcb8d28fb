"""Claim: whatever is ordered, edited and cancelled, no money appears or is lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.store import SqliteStore
from domain.model.instants import SECOND, Nanos, iso
from tests.builders.messages import a_level
from tests.builders.simulator import Client
from tests.builders.steps import START, step
from tests.fakes.markets import Script

PRICES = ["90.00", "95.00", "98.00", "99.00", "100.00", "101.00", "102.00", "105.00", "110.00"]
SIZES = ["0.1", "0.5", "1", "2.5"]
KINDS = [
    "market_market_ioc",
    "limit_limit_gtc",
    "limit_limit_gtd",
    "limit_limit_fok",
    "sor_limit_ioc",
    "stop_limit_stop_limit_gtc",
    "trigger_bracket_gtc",
]
OPENING = {"USD": "1000", "USDC": "500", "BTC": "5"}


def moving(number: int) -> Any:
    """Return a step whose trade and book wander between 92 and 108."""
    middle = Decimal(100 + (number * 7) % 17 - 8)
    return step(
        number,
        (str(middle), "0.7"),
        bids=(a_level(str(middle - 1), "1"), a_level(str(middle - 2), "1")),
        asks=(a_level(str(middle + 1), "1"), a_level(str(middle + 2), "1")),
    )


SCRIPT = Script(*(moving(number) for number in range(1, 240)))


class Trading(RuleBasedStateMachine):
    """One account that does all that the venue allows."""

    @initialize(delay_s=st.integers(0, 3))
    def begin(self, delay_s: int) -> None:
        self.quirks = VenueQuirks(cancel_delay_ns=delay_s * SECOND, edit_delay_ns=delay_s * SECOND)
        self.store = SqliteStore()
        self.at_s = 1
        self.ids: list[str] = []
        self.count = 0
        self.client = self.connect()
        for kind, side in (
            ("stop_limit_stop_limit_gtc", "SELL"),
            ("stop_limit_stop_limit_gtc", "BUY"),
            ("trigger_bracket_gtc", "SELL"),
        ):
            self.place(kind, side, "100.00", ("94.00", "106.00"), "1", "BTC-USD", attached=False)
        self.place(
            "market_market_ioc", "BUY", "", ("94.00", "106.00"), "1", "BTC-USDC", attached=True
        )

    def connect(self) -> Client:
        start = Nanos(START + self.at_s * SECOND)
        return Client(SCRIPT, store=self.store, opening=OPENING, quirks=self.quirks, start_ns=start)

    @rule(
        kind=st.sampled_from(KINDS),
        side=st.sampled_from(["BUY", "SELL"]),
        price=st.sampled_from(PRICES),
        stops=st.sampled_from([("94.00", "106.00"), ("97.00", "103.00")]),
        size=st.sampled_from(SIZES),
        name=st.sampled_from(["BTC-USD", "BTC-USDC"]),
        attached=st.booleans(),
    )
    def order(
        self,
        kind: str,
        side: str,
        price: str,
        stops: tuple[str, str],
        size: str,
        name: str,
        attached: bool,
    ) -> None:
        self.place(kind, side, price, stops, size, name, attached=attached)

    def place(
        self,
        kind: str,
        side: str,
        price: str,
        stops: tuple[str, str],
        size: str,
        name: str,
        *,
        attached: bool,
    ) -> None:
        self.count += 1
        low, high = stops
        fields = {"base_size": size, "limit_price": price, "stop_trigger_price": low}
        if kind.startswith("stop"):
            buys = side == "BUY"
            fields["stop_price"] = high if buys else low
            fields["limit_price"] = "110.00" if buys else "90.00"
            fields["stop_direction"] = f"STOP_DIRECTION_STOP_{'UP' if buys else 'DOWN'}"
        elif kind.startswith("trigger"):
            fields["limit_price"] = high
        fields["end_time"] = iso(START + (self.at_s + 9) * SECOND)
        body: dict[str, Any] = {
            "client_order_id": f"c-{self.count}",
            "product_id": name,
            "side": side,
            "order_configuration": {kind: fields},
        }
        if attached:
            ends = {"limit_price": "112.00", "stop_trigger_price": "91.00"}
            body["attached_order_configuration"] = {"trigger_bracket_gtc": ends}
        answer = self.client.post("/orders", body)
        if answer["success"]:
            self.ids.append(answer["success_response"]["order_id"])

    @rule(data=st.data(), price=st.sampled_from(PRICES), size=st.sampled_from(SIZES))
    def edit(self, data: st.DataObject, price: str, size: str) -> None:
        if self.ids:
            order_id = data.draw(st.sampled_from(self.ids))
            body = {"order_id": order_id, "price": price, "size": size}
            self.client.post("/orders/edit", body)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if self.ids:
            order_id = data.draw(st.sampled_from(self.ids))
            self.client.post("/orders/batch_cancel", {"order_ids": [order_id]})

    @rule(seconds=st.integers(1, 8))
    def wait(self, seconds: int) -> None:
        self.at_s += seconds
        self.client.to(self.at_s)

    @rule()
    def restart(self) -> None:
        before = self.client.engine.books()
        self.client = self.connect()
        assert self.client.engine.books() == before

    @invariant()
    def nothing_appears_or_is_lost(self) -> None:
        if not hasattr(self, "client"):
            return
        assert self.client.sums() == {name: Decimal(amount) for name, amount in OPENING.items()}
        books = self.client.engine.books()
        owned = {
            one["currency"]: Decimal(one["total"])
            for one in books["accounts"]
            if one["owner"] == "own"
        }
        held: dict[str, Decimal] = dict.fromkeys(owned, Decimal(0))
        for order in books["orders"]:
            base, quote = order["product_id"].split("-")
            currency = base if order["side"] == "SELL" else quote
            held[currency] += Decimal(order["outstanding_hold_amount"])
        assert held == {name: Decimal(books["holds"][name]) for name in held}
        assert all(held[name] <= owned[name] for name in owned)


TestTrading = Trading.TestCase
TestTrading.settings = settings(max_examples=60, stateful_step_count=30)
