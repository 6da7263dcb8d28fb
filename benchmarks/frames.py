"""Level2 frames over a real socket: how many a second, at what CPU time, and how late.

Another process sends frames of twenty updates over WebSocket on loopback, as fast as it can or at a
fixed rate. The floor is the least that a client can do with them: websocket-client without its
check of UTF-8, and msgspec into plain structs. Ours is the stream with its session, the decoder
with exact numbers, the feed's book, and whoever hears of the quote: a listener in a strategy's
place, or exits and risk gate, where every so often the bid touches a stop. Latency counts from the
instant before a frame is written; CPU time is the whole process'. Busy: a strategy that never stops
computing shares the interpreter. Aim: at most twice the floor's CPU time a frame; frame to strategy
150 us and frame to approved exit 800 us at p50.

Usage: python benchmarks/frames.py [--seconds N] [--rates 200 1000 5000]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec
import websocket
from attrs import evolve, frozen

from actors.kernel.base import Actor
from actors.kernel.envelope import ReplyTo
from actors.kernel.routes import Routes
from actors.kernel.topology import EXITS, FEED, ORDER_MANAGER, ROUTES
from actors.trading.exits import Exits
from actors.trading.feed import Feed
from adapters.venues.coinbase.codec import decode_market
from adapters.venues.coinbase.streams import Stream, market_subscriptions
from adapters.venues.transport.interface import StreamKind
from adapters.venues.transport.sockets import SocketTransport, addresses
from benchmarks.frame_to_strategy import BOOT, LISTENER, SilentVenue
from benchmarks.parts import Bench, NoLog, Probe, bench, parsed
from benchmarks.quote_to_exit import LOT, prepared
from benchmarks.sender import DIP, HOST, LOW, STOP, stamped, tops
from domain.decisions.exit_tries import ExitTries
from domain.market.market_data import FeedPlan
from domain.messages.decisions import OrderApproved
from domain.messages.market import QuoteMoved
from domain.messages.orders import IntentRaised, OrderAdvanced
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.money import ZERO, Quantity, install_context
from domain.model.orders import OrderIntent, OrderState

SENDER = Path(__file__).with_name("sender.py")
WAIT_S = 120.0
BUSY_S = 0.005
BURST_RATE = 100_000
"""Frames a second that no client keeps up with: the sender waits for the socket."""
BUSY = "busy"


@contextmanager
def sender(rate: int, count: int) -> Iterator[tuple[str, Path]]:
    """Start the sender; give its address and where it will note when each frame was sent."""
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "sent.json"
        command = [sys.executable, str(SENDER), str(rate), str(count), str(notes)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            try:
                yield f"ws://{HOST}:{child.stdout.readline().strip()}", notes
            finally:
                child.terminate()


def sent_of(notes: Path) -> list[int]:
    """Return when each frame was sent, machine time."""
    _until(notes.exists)
    while not (text := notes.read_text()).endswith("]"):
        time.sleep(0.01)
    return list(json.loads(text))


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"the frames did not all arrive within {WAIT_S:g} s")
        time.sleep(0.01)


@frozen
class Heard:
    """One run: frames a second, CPU time a frame in us, and latencies in us."""

    rate: float
    cpu_us: float
    late_us: Sequence[float]


# The floor.


class _Update(msgspec.Struct):
    side: str
    price_level: str
    new_quantity: str


class _Event(msgspec.Struct):
    type: str
    product_id: str
    updates: list[_Update]


class _Frame(msgspec.Struct):
    channel: str
    sequence_num: int
    events: list[_Event]


def bare(rate: int, count: int) -> Heard:
    """Receive and decode, and nothing else."""
    decode = msgspec.json.Decoder(_Frame).decode
    with sender(rate, count) as (address, notes):
        client = websocket.create_connection(address, skip_utf8_validation=True)
        client.send("{}")
        client.recv()
        cpu_ns, at = time.process_time_ns(), []
        for _ in range(count):
            decode(client.recv_data()[1])
            at.append(time.monotonic_ns())
        cpu_ns = time.process_time_ns() - cpu_ns
        client.close()
        return _heard(sent_of(notes), dict(enumerate(at, 1)), cpu_ns)


def _heard(sent: Sequence[int], at: dict[int, int], cpu_ns: int) -> Heard:
    last = max(at.values())
    late = [(at_ns - sent[number - 1]) / 1_000 for number, at_ns in at.items()]
    return Heard(len(sent) / (last - sent[0]) * SECOND, cpu_ns / len(sent) / 1_000, late)


# Ours.


class WireVenue(SilentVenue):
    """A feed's venue that has a stream and answers nothing."""

    def __init__(self, address: str, found: Bench) -> None:
        machine_ns, rest = found.runtime.clock.machine_ns, address.replace("ws", "http", 1)
        self._transport = SocketTransport(addresses(rest, address), None, machine_ns, NoLog())
        self._stream = Stream(
            StreamKind.MARKET,
            self._transport,
            found.runtime.post,
            machine_ns,
            decode_market,
            lambda: 0.5,
            silence_ns=None,
        )

    def open_market_stream(self, products: Sequence[Any], reply_to: ReplyTo) -> None:
        """Connect and subscribe."""
        self._stream.open(reply_to, lambda: market_subscriptions(tuple(map(str, products))))

    def close(self) -> None:
        """End the connection and its threads."""
        self._stream.close()
        self._transport.close()


class Listener(Probe):
    """Notes the number of each quote, by the quantity of its bid, and when it was heard."""

    def __init__(self, context: Any) -> None:
        super().__init__(context, lambda _: False)
        self.heard_ns: dict[int, int] = {}

    def receive(self, message: Any) -> None:
        """Note."""
        if isinstance(message, QuoteMoved):
            self.heard_ns[int(message.quote.bid_quantity)] = time.monotonic_ns()


class Busy(Actor):
    """Computes without end, as a strategy in pure Python would."""

    def starting(self) -> None:
        """Begin."""
        self.send(BUSY, BOOT)

    def receive(self, message: Any) -> None:
        """Compute, and again."""
        end = time.monotonic() + BUSY_S
        while time.monotonic() < end:
            sum(range(100))
        self.send(BUSY, message)


@contextmanager
def fed(found: Bench, address: str, *, is_busy: bool) -> Iterator[None]:
    """Start a feed on the socket, and what shares the process with it."""
    venue = WireVenue(address, found)
    if is_busy:
        found.runtime.spawn(Busy, BUSY)
    found.runtime.spawn(Feed, FEED, venue, FeedPlan(1, Nanos(5 * MINUTE), False))
    try:
        yield
    finally:
        venue.close()


def ours(rate: int, count: int, *, is_busy: bool = False) -> Heard:
    """Hear quotes in a strategy's place."""
    routes: Routes = {QuoteMoved: evolve(ROUTES[QuoteMoved], hears=(LISTENER,))}
    with sender(rate, count) as (address, notes), bench("threads", routes) as found:
        found.runtime.spawn(Listener, LISTENER)
        listener = found.runtime.members[LISTENER]
        assert isinstance(listener, Listener)
        with fed(found, address, is_busy=is_busy):
            cpu_ns = time.process_time_ns()
            found.runtime.post(ReplyTo(FEED), BOOT)
            _until(lambda: count in listener.heard_ns)
            cpu_ns = time.process_time_ns() - cpu_ns
            at = {number: ns for number, ns in listener.heard_ns.items() if number > 0}
            return _heard(sent_of(notes), at, cpu_ns)


def exits(rate: int, count: int, *, is_busy: bool = False) -> list[float]:
    """Return how many us after each frame at the stop the sale was approved."""
    approved: dict[int, int] = {}
    with sender(rate, count) as (address, notes), bench("threads") as found:
        probe = found.probe(ORDER_MANAGER, lambda each: isinstance(each, OrderApproved))
        prepared(found, evolve(LOT, stop_price=STOP))
        over = threading.Event()
        with fed(found, address, is_busy=is_busy):
            found.runtime.post(ReplyTo(FEED), BOOT)
            _until(lambda: FEED in found.runtime.members)
            while not over.is_set():
                if probe.seen.wait(0.5):
                    approved[len(approved)] = _monotonic(probe.at_ns)
                    _end(found, len(approved), probe.message)
                    probe.seen.clear()
                elif notes.exists():
                    over.set()
        sent = sent_of(notes)
    dips = [at for at, top in zip(sent, tops(count, rate), strict=True) if top == DIP]
    return [
        (at_ns - max(dip for dip in dips if dip <= at_ns)) / 1_000 for at_ns in approved.values()
    ]


def _monotonic(perf_ns: int) -> int:
    return time.monotonic_ns() - (time.perf_counter_ns() - perf_ns)


def _end(found: Bench, number: int, approved: OrderApproved) -> None:
    """Let the order end unfilled, so that the next touch sells the lot again."""
    order, name = approved.order, f"exit-{number}"
    time.sleep(0.02)  # the frame after the touch is above the stop again
    found.runtime.announce(IntentRaised(OrderIntent(number, name, order, None)))
    state, none = OrderState.REJECTED, Quantity(ZERO)
    found.runtime.announce(
        OrderAdvanced(name, None, order.product, order.side, order.purpose, state, none, "")
    )
    time.sleep(0.02)
    actor = found.runtime.members[EXITS]
    assert isinstance(actor, Exits)
    actor._lots[LOT.id].tries = ExitTries()  # the pause between two tries is not measured here


# What is printed.


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rates", type=int, nargs="+", default=[200, 1_000, 5_000])
    parser.add_argument("--burst", type=int, default=30_000)
    options = parsed(parser, seconds=1, burst=400)
    rates = options.rates[:1] if options.smoke else options.rates
    install_context()
    size = len(stamped(1, LOW))
    floor, mine = bare(BURST_RATE, options.burst), ours(BURST_RATE, options.burst)
    print(f"as fast as they are read, frames of {size} bytes")
    print(f"{'':26}{'frames/s':>10}{'CPU us a frame':>16}{'x floor':>9}")
    for name, each in (("websocket-client (floor)", floor), ("ours, to a strategy", mine)):
        print(f"{name:26}{each.rate:10.0f}{each.cpu_us:16.1f}{each.cpu_us / floor.cpu_us:9.2f}")
    print(f"\n{'frame -> us':34}{'p50':>9}{'p99':>9}{'p99.9':>9}{'n':>7}{'CPU us':>8}")
    for rate in rates:
        count = int(rate * options.seconds)
        _row(f"{rate}/s decoded (floor)", bare(rate, count))
        for is_busy in (False, True):
            beside = "busy" if is_busy else "idle"
            _row(f"{rate}/s strategy, {beside}", ours(rate, count, is_busy=is_busy))
            late = exits(rate, count, is_busy=is_busy)
            _row(f"{rate}/s approved exit, {beside}", Heard(0, 0, late))


def _row(name: str, heard: Heard) -> None:
    late = sorted(heard.late_us)
    if len(late) < 2:
        raise SystemExit(f"{name}: {len(late)} samples are not enough")
    cuts = statistics.quantiles(late, n=1_000, method="inclusive")
    figures = f"{cuts[499]:9.0f}{cuts[989]:9.0f}{cuts[998]:9.0f}{len(late):7}"
    print(f"{name:34}{figures}{heard.cpu_us or float('nan'):8.1f}", flush=True)


if __name__ == "__main__":
    main()
