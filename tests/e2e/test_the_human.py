"""The owner uses the account beside us: buys coins, pays money in, lets an order of his own rest.

Nothing of it is ours: not the profit, not the coins, not the order. Nothing of it stops us either.
"""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.clocks.market import MarketClock
from domain.model.instants import SECOND, parse_iso
from tests.builders.runs import (
    EAGER,
    ROOT,
    command_line,
    earned,
    records,
    segments,
    status,
    trader,
    verified,
)
from tests.builders.simulator_process import VenueAccess, embedded_venue

pytestmark = [pytest.mark.slow, pytest.mark.req("REC1", "R1", "RB5")]

SPEED = 2
BOUGHT, PAID_IN = Decimal("0.01"), Decimal(1000)
KNOWN_WITHIN_S = 60
SMALL = ("--set=strategies.breakout.notional_pct=0.5", "--set=policy.exits.max_hold=10m")


class Owner:
    """Somebody with the account's key and no part in our system."""

    def __init__(self, venue: VenueAccess) -> None:
        self.venue = venue
        self.orders: list[str] = []

    def buys(self) -> None:
        """Buy coins at the market."""
        self._place("market_market_ioc", {"base_size": str(BOUGHT)})

    def rests(self) -> None:
        """Let an order rest far below the market."""
        kind = {"base_size": str(BOUGHT), "limit_price": "100", "post_only": True}
        self._place("limit_limit_gtc", kind)

    def _place(self, kind: str, members: Mapping[str, object]) -> None:
        name = str(uuid.uuid4())
        told = self.venue.api.place(name, "ETH-USD", "BUY", **{kind: members})
        assert told["success"], told
        self.orders.append(name)

    def still_has(self) -> dict[str, str]:
        """Return what became of his orders, by the venue's books."""
        orders = self.venue.books()["orders"]
        return {
            each["client_order_id"]: each["status"]
            for each in orders
            if each["client_order_id"] in self.orders
        }


def flows(home: Path) -> dict[tuple[str, str], Decimal]:
    """Return what the journal tells of flows, by currency and kind."""
    found: dict[tuple[str, str], Decimal] = {}
    for each in records(home, "CashFlowSeen"):
        key = each["currency"], each["kind"]
        found[key] = found.get(key, Decimal(0)) + Decimal(each["amount"])
    return found


def alerts(home: Path) -> list[dict[str, str]]:
    """Return the alerts written so far."""
    return [json.loads(line) for line in (home / "logs" / "alerts.jsonl").open()]


def traded(venue: VenueAccess, home: Path) -> dict[str, tuple[Decimal, Decimal]]:
    """Return by product how much our orders have sold and bought, by the venue's books."""
    names = {each["intent"]["client_order_id"] for each in records(home, "IntentRaised")}
    books = venue.books()
    ours = {each["order_id"] for each in books["orders"] if each["client_order_id"] in names}
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for fill in books["fills"]:
        if fill["order_id"] in ours:
            sold, bought = found.get(fill["product_id"], (Decimal(0), Decimal(0)))
            size = Decimal(fill["size"])
            is_sale = fill["side"] == "SELL"
            found[fill["product_id"]] = (sold + size * is_sale, bought + size * (not is_sale))
    return found


def costs_of(venue: VenueAccess, name: str) -> Decimal:
    """Return what an order that is filled has cost, with its fees."""
    books = venue.books()
    (order_id,) = [o["order_id"] for o in books["orders"] if o["client_order_id"] == name]
    return sum(
        (
            Decimal(fill["price"]) * Decimal(fill["size"]) + Decimal(fill["commission"])
            for fill in books["fills"]
            if fill["order_id"] == order_id
        ),
        Decimal(0),
    )


def held(venue: VenueAccess, currency: str) -> Decimal:
    """Return what the account has of a currency."""
    accounts = venue.books()["accounts"]
    found = [a for a in accounts if (a["owner"], a["currency"]) == ("own", currency)]
    return Decimal(found[0]["total"])


def known_after_s(home: Path, begun_ns: int) -> float:
    """Return how many seconds of market time after `begun_ns` the last flow was booked."""
    lines = [line for each in segments(home) for line in each.read_bytes().split(b"\n")[:-1]]
    told = [json.loads(line) for line in lines if b'"CashFlowSeen"' in line]
    return (max(int(parse_iso(each["at"])) for each in told) - begun_ns) / SECOND


def liquidate_twice(home: Path) -> list[subprocess.CompletedProcess[str]]:
    """Run the emergency script two times at once; return how both ended."""
    options = command_line(home, "--emergency")[2:]
    script = [sys.executable, str(ROOT / "liquidate_to_usdc.py"), *options]
    both = [
        subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    told = [each.communicate(timeout=150)[0] for each in both]
    return [
        subprocess.CompletedProcess(script, each.returncode, text)
        for each, text in zip(both, told, strict=True)
    ]


@pytest.mark.timeout(300)
def test_what_the_owner_does_stops_nothing_earns_nothing_and_is_never_sold(tmp_path: Path) -> None:
    with trader(tmp_path, "--speed", str(SPEED), *EAGER, *SMALL) as running:
        running.ready()
        running.wait_until(lambda: records(tmp_path, "FillBooked"))
        venue = embedded_venue(tmp_path)
        owner = Owner(venue)

        begun_ns = MarketClock(venue.session.clock).market_ns()
        owner.rests()
        owner.buys()
        paid = costs_of(venue, owner.orders[-1])
        by_hand = {("ETH", "bought by hand"): BOUGHT, ("USD", "bought by hand"): -paid}
        running.wait_until(lambda: flows(tmp_path) == by_hand)
        assert known_after_s(tmp_path, begun_ns) <= KNOWN_WITHIN_S

        begun_ns = MarketClock(venue.session.clock).market_ns()
        venue.fault("balance_change", currency="USD", amount=str(PAID_IN))
        running.wait_until(lambda: flows(tmp_path) == by_hand | {("USD", "deposit"): PAID_IN})
        assert known_after_s(tmp_path, begun_ns) <= KNOWN_WITHIN_S

        cycles = len(records(tmp_path, "RoundJudged"))
        running.wait_until(lambda: len(records(tmp_path, "RoundJudged")) > cycles)
        told = status(tmp_path)
        assert not told["halted"], told["halt_reason"]
        assert records(tmp_path, "DiscrepancyFound") == []
        warned = [each["severity"] for each in alerts(tmp_path) if each["code"] == "CASH_FLOW"]
        assert warned == ["WARNING"] * 3

        both = liquidate_twice(tmp_path)
        assert [each.returncode for each in both] == [0, 0], [each.stdout for each in both]

        told = status(tmp_path)
        assert told["positions"] == []
        assert Decimal(told["pnl_net"]) == earned(tmp_path)
        converted = flows(tmp_path).get(("USD", "converted"), Decimal(0))
        there = Decimal(10_000) + PAID_IN - paid + converted
        assert Decimal(told["cash"]) == there + earned(tmp_path)
        assert owner.still_has() == dict(zip(owner.orders, ("OPEN", "FILLED"), strict=True))
        for product, (sold, bought) in traded(venue, tmp_path).items():
            assert sold == bought, f"{product}: {bought} bought and {sold} sold"
        assert held(venue, "ETH") == BOUGHT
        running.interrupt()
    assert verified(tmp_path)["ok"] is True
