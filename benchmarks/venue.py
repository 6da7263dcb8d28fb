"""The embedded venue: matching, playing, fan-out of frames, REST on loopback, memory over a week.

Floors in the same run: an order's JSON parsed and one row committed to SQLite for matching; the
expander alone for playing; one copy of the same bytes for fan-out; an echo of as many bytes by
another process for REST. `--week` plays seven days of the generated market with a client
on every channel and an order a minute, and prints the resident memory after each.

Usage: python benchmarks/venue.py [--orders N] [--week]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import requests

from adapters.processes.simulator import VenueChild
from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.store import SqliteStore
from adapters.simulator.engine.wire import PREFIX, Request
from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.generated import GeneratedMarket
from benchmarks.parts import VENUE, parsed, table, timed
from domain.model.instants import DAY, MINUTE, SECOND, Nanos, parse_iso
from domain.model.money import install_context

START = parse_iso("2026-01-05T00:00:00Z")
PAGE = os.sysconf("SC_PAGE_SIZE")
CLIENTS = (1, 10, 50)
REPEATS = 5
REST_PAUSE_S = 0.105
"""Between public requests: below the venue's limit of 10 a second."""
GROWTH_MB_A_DAY = 2.0
"""More than this from day 2 to day 7 is not flat."""
NUMBERS = count(1)


def an_engine(folder: Path) -> Engine:
    """Return a venue on the generated market, its books on the disk."""
    market = GeneratedMarket(1, START)
    return Engine(
        market=market,
        expander=CandleExpander(market, 1),
        store=SqliteStore(folder / "world.db"),
        start_ns=START,
        opening={"USD": Decimal(10_000_000)},
        fees=FeeRates(),
        ids=Ids("benchmark"),
    )


def order_body(kind: str, **fields: object) -> bytes:
    """Return the body of a new BTC order."""
    body = {
        "client_order_id": f"b-{next(NUMBERS)}",
        "product_id": "BTC-USD",
        "side": "BUY",
        "order_configuration": {kind: fields},
    }
    return json.dumps(body).encode()


def post(engine: Engine, path: str, body: bytes) -> dict[str, object]:
    """Return the answer to a POST that must succeed."""
    answer = engine.handle(Request("POST", PREFIX + path, {}, body))
    assert answer.status == 200, answer.body
    found: dict[str, object] = json.loads(answer.body)
    return found


def market_buy(engine: Engine) -> None:
    """Take a little from the book."""
    answer = post(engine, "/orders", order_body("market_market_ioc", quote_size="10"))
    assert answer["success"], answer


def rest_and_cancel(engine: Engine) -> None:
    """Let an order rest far below the market, then cancel it."""
    fields = {"limit_price": "20000.00", "base_size": "0.001", "post_only": True}
    answer = post(engine, "/orders", order_body("limit_limit_gtc", **fields))
    assert answer["success"], answer
    order = answer["success_response"]
    assert isinstance(order, dict)
    body = json.dumps({"order_ids": [order["order_id"]]}).encode()
    post(engine, "/orders/batch_cancel", body)


def bare_commit(folder: Path) -> Callable[[], None]:
    """Return the floor of an order: parse its JSON, commit a row."""
    base = sqlite3.connect(folder / "floor.db", isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=NORMAL")
    base.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, body TEXT)")
    body = order_body("market_market_ioc", quote_size="10")

    def work() -> None:
        text = json.dumps(json.loads(body))
        base.execute("BEGIN")
        base.execute("INSERT INTO orders (body) VALUES (?)", (text,))
        base.execute("COMMIT")

    return work


def matching(folder: Path, orders: int) -> None:
    """Print what an order costs in the process, and orders a second."""
    engine, commit = an_engine(folder), bare_commit(folder)
    floor = [timed(commit) for _ in range(orders)]
    taken, rested = [], []
    for _ in range(orders):
        engine.advance(Nanos(engine.now_ns + 2 * SECOND))
        taken.append(timed(partial(market_buy, engine)))
        rested.append(timed(partial(rest_and_cancel, engine)))
    rows = [
        ("parse and commit (floor)", floor),
        ("market order, filled", taken),
        ("limit order, and its cancel", rested),
    ]
    table("orders in the process", rows, rows[0][0])
    print(f"{1e6 * len(taken) / sum(taken):.0f} market orders a second")


def playing(folder: Path, minutes: int) -> None:
    """Print what a minute of five products costs."""
    engine = an_engine(folder)
    market = GeneratedMarket(1, START)
    expander = CandleExpander(market, 1)
    floor, played = [], []
    for number in range(minutes):
        at_ns = Nanos(START + number * MINUTE)
        floor.append(timed(partial(_expanded, expander, market, at_ns)))
        played.append(timed(partial(engine.advance, Nanos(at_ns + MINUTE - 1))))
    rows = [("expander alone (floor)", floor), ("expander and engine", played)]
    table("a minute of 5 products, 160 steps", rows, rows[0][0])


def _expanded(expander: CandleExpander, market: GeneratedMarket, at_ns: Nanos) -> None:
    """Expand the minute of every product."""
    for product in market.products:
        expander.steps(product.id, at_ns)


def fan_out(folder: Path, seconds: int) -> None:
    """Print what a frame costs for each client of level2, with the floor beside it."""
    print("\nframes of level2 to clients, in the process")
    print(f"{'clients':>8}{'frames':>9}{'us a frame':>12}{'floor us':>10}{'x floor':>9}")
    names = count()

    def heard_by(clients: int) -> tuple[float, list[bytes]]:
        return _heard(folder / f"{next(names)}", clients, seconds)

    quiet_us, _ = _least(partial(heard_by, 0))
    for clients in CLIENTS:
        spent_us, frames = _least(partial(heard_by, clients))
        each = (spent_us - quiet_us) / len(frames)
        floor = min(timed(partial(_copied, frames)) for _ in range(REPEATS)) / len(frames)
        print(f"{clients:8}{len(frames):9}{each:12.2f}{floor:10.3f}{each / floor:9.1f}")


def _least(work: Callable[[], tuple[float, list[bytes]]]) -> tuple[float, list[bytes]]:
    """Return the quickest of some repeats: the difference of two is small beside the noise."""
    return min((work() for _ in range(REPEATS)), key=lambda done: done[0])


def _heard(folder: Path, clients: int, seconds: int) -> tuple[float, list[bytes]]:
    """Return the microseconds of playing to so many clients, and all frames they got."""
    folder.mkdir()
    engine = an_engine(folder)
    names = [product.id for product in GeneratedMarket(1, START).products]
    asked = json.dumps({"type": "subscribe", "channel": "level2", "product_ids": names})
    connections = [engine.connect() for _ in range(clients)]
    for connection in connections:
        connection.receive(asked)
        connection.take()
    frames: list[bytes] = []
    begun = time.perf_counter_ns()
    for second in range(1, seconds + 1):
        engine.advance(Nanos(START + second * SECOND))
        for connection in connections:
            frames.extend(connection.take())
    return (time.perf_counter_ns() - begun) / 1_000, frames


def _copied(frames: list[bytes]) -> list[bytes]:
    return [b"".join((frame[:1], frame[1:])) for frame in frames]


ECHO = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
client, _ = listener.accept()
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while data := client.recv(65536):
    client.sendall(data)
"""


def bare_echo(size: int, times: int) -> list[float]:
    """Return the microseconds of sending `size` bytes to a process and getting them back."""
    server = subprocess.Popen([sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    samples = []
    with socket.create_connection(("127.0.0.1", int(server.stdout.readline()))) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = b"x" * size

        def work() -> None:
            client.sendall(data)
            left = size
            while left:
                left -= len(client.recv(left))

        for _ in range(times):
            time.sleep(REST_PAUSE_S)  # the floor is measured as cold as the requests below
            samples.append(timed(work))
    server.communicate()
    return samples


def rest(folder: Path, times: int) -> None:
    """Print p50 and p99 of public requests to a venue process."""
    child = VenueChild([*VENUE, "--data-dir", str(folder)])
    http = requests.Session()
    http.trust_env = False
    rows: list[tuple[str, list[float]]] = []
    size = 0
    try:
        for name in ("/time", "/market/product_book?product_id=BTC-USD&limit=10"):
            samples = []
            for _ in range(times):
                time.sleep(REST_PAUSE_S)  # below the venue's public rate, and not measured
                begun = time.perf_counter_ns()
                answer = http.get(child.session.rest + PREFIX + name, timeout=5)
                samples.append((time.perf_counter_ns() - begun) / 1_000)
                assert answer.status_code == 200, answer.text
                size = max(size, len(answer.content))
            rows.append((f"GET {name.partition('?')[0]}", samples))
    finally:
        child.stop()
    floor = (f"echo of {size} bytes (floor)", bare_echo(size, times))
    table("REST over loopback", [floor, *rows], floor[0])


def resident_mb() -> float:
    """Return the resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


def week(folder: Path) -> bool:
    """Play seven days, print the memory after each, and return whether it stays."""
    engine = an_engine(folder)
    connection = engine.connect()
    names = [product.id for product in GeneratedMarket(1, START).products]
    for channel in ("level2", "market_trades", "heartbeats", "user"):
        asked = {"type": "subscribe", "channel": channel, "product_ids": names}
        connection.receive(json.dumps(asked))
    print("\nseven days of market, a client on every channel, an order a minute")
    print(f"{'day':>8}{'frames':>9}{'RSS MB':>9}{'s':>7}")
    sizes, begun = [], time.perf_counter()
    for day in range(1, 8):
        frames = 0
        for minute in range(DAY // MINUTE):
            at_ns = START + (day - 1) * DAY + (minute + 1) * MINUTE
            engine.advance(Nanos(at_ns))
            (market_buy if minute % 10 == 0 else rest_and_cancel)(engine)
            frames += len(connection.take())
        gc.collect()
        sizes.append(resident_mb())
        print(f"{day:8}{frames:9}{sizes[-1]:9.1f}{time.perf_counter() - begun:7.0f}", flush=True)
    growth = (sizes[-1] - sizes[1]) / 5
    print(f"growth from day 2 to day 7: {growth:+.2f} MB a day (flat: below {GROWTH_MB_A_DAY:g})")
    return growth < GROWTH_MB_A_DAY


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000)
    parser.add_argument("--minutes", type=int, default=240)
    parser.add_argument("--seconds", type=int, default=60, help="of frames to clients")
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--week", action="store_true", help="memory over a week, a minute or two")
    options = parsed(parser, orders=10, minutes=2, seconds=2, requests=2)
    install_context()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.week:
            return 0 if week(folder) else 1
        for part in ("orders", "play", "rest"):
            (folder / part).mkdir()
        matching(folder / "orders", options.orders)
        playing(folder / "play", options.minutes)
        fan_out(folder, options.seconds)
        rest(folder / "rest", options.requests)
    return 0


if __name__ == "__main__":
    sys.exit(main())
