"""From an approved order to its POST on the wire, journal commit included, to a loopback venue.

Floors in the same run: a bare write + fdatasync of as many bytes as an order's records, and a bare
signed POST with `requests`. Usage: python benchmarks/intent_to_post.py [--orders N] [--folder F]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

import requests

from actors.kernel.board import BreakerBoard
from actors.kernel.ports import Leaving
from actors.kernel.topology import AUDITOR, ORDER_MANAGER, PROJECTOR, ROUTES
from actors.reporting.auditor import Auditor
from actors.trading.order_manager import OrderManager
from adapters.clocks.market import MarketClock
from adapters.clocks.system import SystemClock
from adapters.processes.simulator import VenueChild
from adapters.runtime.threads import ThreadRuntime
from adapters.simulator.server.session import VenueSession
from adapters.venues.coinbase.auth import Signer, load_key_file
from adapters.venues.coinbase.bodies import order_body
from adapters.venues.coinbase.connect import Wires, connect
from adapters.venues.coinbase.wire import PREFIX
from app.run.recovery import JournalPlace, Opened, open_state
from benchmarks.parts import VENUE, Bench, NoLog, parsed, table, timed
from domain.messages.decisions import OrderApproved
from domain.messages.journal import RunStarted
from domain.messages.orders import OrderAdvanced
from domain.model.approval import ApprovedEntry, Limit
from domain.model.capability import Extent, OrderCapability
from domain.model.instants import HOUR, SECOND, Nanos
from domain.model.money import Amount, Price, Quantity, install_context
from domain.model.orders import OrderIntent, OrderState
from domain.model.product import ProductId
from domain.orders.inputs import OrderBookState

TOKEN_LIFE_S = 10
PAUSE_S = 0.04
"""Between orders: below the venue's limit of 30 requests a second."""
LINEAGE = f"{7:032x}"


def an_order(number: int) -> ApprovedEntry:
    """Return a small buy far below the market: it rests."""
    return ApprovedEntry(
        approval=number,
        strategy="benchmark",
        product=ProductId("BTC-USD"),
        quantity=Quantity(Decimal("0.0002")),
        order_type=Limit(price=Price(Decimal("30000.00")), post_only=True, lifetime_ns=Nanos(HOUR)),
        worst_case=Amount(Decimal("6.072")),
        stop_loss_pct=Decimal(4),
        take_profit_pct=Decimal(8),
        max_hold_ns=Nanos(HOUR),
        reason="benchmark",
        bar_ns=Nanos(0),
        approved_ns=Nanos(0),
    )


class Gate:
    """The last gate's place: notes when the request is about to be written."""

    def __init__(self) -> None:
        self.at_ns = 0

    def __call__(self, request: Leaving) -> str | None:
        """Let everything pass."""
        del request
        self.at_ns = time.perf_counter_ns()
        return None


def is_open(message: Any) -> bool:
    """Tell whether an order has come to rest at the venue."""
    return isinstance(message, OrderAdvanced) and message.state is OrderState.OPEN


def orders_through(
    session: VenueSession, opened: Opened, clock: SystemClock, count: int
) -> tuple[list[float], list[float]]:
    """Return the microseconds to the POST's writing, and to the venue's answer handled."""
    gate = Gate()
    runtime = ThreadRuntime(clock, BreakerBoard(), ROUTES, lambda _: NoLog())
    wires = Wires(
        rest=session.rest,
        stream=session.ws,
        ca=session.ca,
        key=load_key_file(session.key_file),
        clock=clock,
        post=runtime.post,
        log=NoLog(),
    )
    venue = connect(wires, gate, OrderCapability(Extent.ALL, session.rest))
    found = Bench(runtime)
    written, answered = [], []
    try:
        probe = found.probe(PROJECTOR, is_open)
        runtime.spawn(Auditor, AUDITOR, opened.recorder)
        state = OrderBookState(LINEAGE, 1, ())
        runtime.spawn(OrderManager, ORDER_MANAGER, venue, state, gateway=venue)
        for number in range(1, count + 1):
            begun = time.perf_counter_ns()
            found.drive(partial(runtime.announce, OrderApproved(an_order(number))), probe)
            written.append((gate.at_ns - begun) / 1_000)
            answered.append((probe.at_ns - begun) / 1_000)
            time.sleep(PAUSE_S)
    finally:
        runtime.stop((ORDER_MANAGER, AUDITOR, PROJECTOR), SECOND)
        venue.close()
    return written, answered


def bare_posts(session: VenueSession, clock: SystemClock, count: int) -> list[float]:
    """Return the microseconds of signed posts on one kept connection."""
    signer = Signer(load_key_file(session.key_file), TOKEN_LIFE_S, clock.wall_ns)
    http, host = requests.Session(), urlsplit(session.rest).netloc
    http.trust_env = False
    path = PREFIX + "/orders"
    samples = []
    for number in range(count):
        end_ns = Nanos(clock.market_ns() + HOUR)
        body = order_body(OrderIntent(number, f"bare-{number}", an_order(number), end_ns))

        def post(body: bytes = body) -> None:
            token = signer.request_token("POST", host, path)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            answer = http.post(session.rest + path, data=body, headers=headers, timeout=5)
            assert answer.status_code == 200, answer.text

        samples.append(timed(post))
        time.sleep(PAUSE_S)
    return samples


def bare_syncs(folder: Path, size: int, count: int) -> list[float]:
    """Return the microseconds of a write and fdatasync of `size` bytes."""
    handle = os.open(folder / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    line = b"x" * size

    def work() -> None:
        os.write(handle, line)
        os.fdatasync(handle)

    samples = [timed(work) for _ in range(count)]
    os.close(handle)
    return samples


def measure(folder: Path, count: int) -> list[tuple[str, Any]]:
    """Return the rows of the table."""
    child = VenueChild([*VENUE, "--data-dir", str(folder / "venue"), "--lookback", "10m"])
    try:
        session = child.session
        clock = SystemClock(MarketClock(session.clock))
        run = RunStarted("paper", "embedded", session.world, "", "", 0)
        opened = open_state(
            JournalPlace(
                folder=folder / "trader",
                run=run,
                quote_currency="USD",
                machine=clock.machine_ns,
                market=clock.market_ns,
                wall=None,
            )
        )
        segment = next((folder / "trader" / "journal").glob("*.jsonl"))
        before = segment.stat().st_size
        written, answered = orders_through(session, opened, clock, count)
        size = (segment.stat().st_size - before) // count
        opened.close()
        posts = bare_posts(session, clock, count)
    finally:
        child.stop()
    syncs = bare_syncs(folder, size, count)
    floor = [sync + post for sync, post in zip(sorted(syncs), sorted(posts), strict=True)]
    return [
        (f"fdatasync of {size} bytes", syncs),
        ("requests POST, signed, answered", posts),
        ("both, sorted and added (floor)", floor),
        ("approved -> POST written", written),
        ("approved -> answer handled", answered),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=120)
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure")
    options = parsed(parser, orders=3)
    install_context()
    sys.setswitchinterval(0.0001)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        rows = measure(Path(folder), options.orders)
    table("approved order -> venue on loopback", rows, "both, sorted and added (floor)")


if __name__ == "__main__":
    main()
