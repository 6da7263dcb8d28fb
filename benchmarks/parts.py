"""What the benchmarks share: actors on either runtime, sampling, one small table."""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from actors.kernel.base import Actor, ActorContext
from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import Envelope
from actors.kernel.ports import Clock
from actors.kernel.routes import Routes
from actors.kernel.topology import ROUTES
from adapters.runtime.actor_system import ActorSystem
from adapters.runtime.threads import ThreadRuntime
from adapters.runtime.virtual import VirtualClock, VirtualRuntime
from adapters.telemetry.events import nothing
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.market import Quote
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId

NOW = Nanos(1_704_067_200 * SECOND)
"""A whole minute; market time stands here while machine time runs."""
SWITCH_SECONDS = 0.0001
WAIT_S = 5.0
QUIET_ROUNDS = 3
VENUE = (
    sys.executable,
    str(Path(__file__).resolve().parents[1] / "run.py"),
    "venue",
    "--parent-pipe",
)
"""The command of a simulator that ends with us."""


class StandingClock:
    """Market time stands, so that nothing grows old; machine time is real."""

    def market_ns(self) -> Nanos:
        """Return the fixed instant."""
        return NOW

    def machine_ns(self) -> Nanos:
        """Return monotonic time."""
        return Nanos(time.monotonic_ns())

    def wall_ns(self) -> Nanos:
        """Return UTC."""
        return Nanos(time.time_ns())


class NoLog:
    """Says nothing, except why an actor died."""

    def debug(self, message: str, /, **fields: object) -> None:
        """Nothing."""

    info = warning = error = critical = debug

    def attend(self, clock: Clock, handling: Callable[[], Envelope | None] = nothing) -> None:
        """Nothing is stamped where nothing is said."""

    def failure(self, cause: str, error: BaseException) -> None:
        """Tell on standard error."""
        print(f"an actor died: {cause}", file=sys.stderr)


class Probe(Actor):
    """Notes when it takes a wanted message; takes every other silently."""

    def __init__(self, context: ActorContext, is_wanted: Callable[[Any], bool]) -> None:
        super().__init__(context)
        self._is_wanted = is_wanted
        self.seen = threading.Event()
        self.at_ns = 0
        self.message: Any = None

    def receive(self, message: Any) -> None:
        """Note the instant."""
        if self._is_wanted(message):
            self.at_ns, self.message = time.perf_counter_ns(), message
            self.seen.set()


class Bench:
    """A runtime with a probe; `drive` makes something happen and returns how long it took."""

    def __init__(self, runtime: ActorSystem) -> None:
        self.runtime = runtime

    def probe(self, name: str, is_wanted: Callable[[Any], bool]) -> Probe:
        """Start a probe in the place of the actor `name`."""
        self.runtime.spawn(Probe, name, is_wanted)
        found = self.runtime.members[name]
        assert isinstance(found, Probe)
        return found

    def drive(self, cause: Callable[[], None], probe: Probe) -> float:
        """Return microseconds from `cause` to the probe's message."""
        probe.seen.clear()
        begun = time.perf_counter_ns()
        cause()
        if isinstance(self.runtime, VirtualRuntime):
            while not probe.seen.is_set() and self.runtime.step():
                pass
        if not probe.seen.wait(WAIT_S):
            raise SystemExit(f"{probe.name} saw nothing within {WAIT_S:g} s")
        return (probe.at_ns - begun) / 1_000

    def settle(self) -> None:
        """Let everybody finish what waits; timers of the future stay."""
        if isinstance(self.runtime, VirtualRuntime):
            while self.runtime._ready:
                self.runtime.step()
            return
        quiet = 0
        while quiet < QUIET_ROUNDS:
            members = self.runtime.members.values()
            is_busy = any(a.is_busy or not a.actor_inbox.empty() for a in members)
            quiet = 0 if is_busy else quiet + 1
            time.sleep(0.0002)


@contextmanager
def bench(kind: str, routes: Routes | None = None) -> Iterator[Bench]:
    """Give a bench on "threads" or "virtual" and stop its actors afterwards."""
    used = ROUTES if routes is None else routes
    board, log = BreakerBoard(), lambda _: NoLog()
    if kind == "virtual":
        yield Bench(VirtualRuntime(VirtualClock(NOW), board, used, log, seed=1))
        return
    sys.setswitchinterval(SWITCH_SECONDS)
    runtime = ThreadRuntime(StandingClock(), board, used, log)
    try:
        yield Bench(runtime)
    finally:
        runtime.stop(tuple(runtime.members), SECOND)


def parsed(parser: argparse.ArgumentParser, **smallest: int) -> argparse.Namespace:
    """Return the options asked for; `--smoke` puts the `smallest` sizes in their places."""
    parser.add_argument("--smoke", action="store_true", help="start only: the figures say nothing")
    options = parser.parse_args()
    if options.smoke:
        vars(options).update(smallest)
    return options


def timed(work: Callable[[], object]) -> float:
    """Return microseconds."""
    begun = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - begun) / 1_000


def computed(work: Callable[[], object]) -> float:
    """Return microseconds of CPU time, which what else runs on the machine does not add to."""
    begun = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - begun) / 1_000


def table(title: str, rows: Sequence[tuple[str, Sequence[float]]], floor: str) -> None:
    """Print p50, p99 and worst of each row in microseconds, and p50 over that of row `floor`."""
    base = statistics.median(dict(rows)[floor])
    print(f"\n{title}")
    print(f"{'':34}{'p50 us':>11}{'p99 us':>11}{'max us':>11}{'n':>6}{'x floor':>9}")
    for name, samples in rows:
        middle = statistics.median(samples)
        high = statistics.quantiles(samples, n=100)[98]
        figures = f"{middle:11.1f}{high:11.1f}{max(samples):11.1f}{len(samples):6}"
        print(f"{name:34}{figures}{middle / base:9.2f}")


def a_product(number: int) -> Product:
    """Return one of the invented products."""
    base = f"P{number:02}"
    return Product(
        id=ProductId(f"{base}-USD"),
        base=base,
        quote="USD",
        price_increment=Decimal("0.01"),
        base_increment=Decimal("0.00000001"),
        quote_increment=Decimal("0.01"),
        base_min=Decimal("0.00001"),
        base_max=Decimal(1_000_000),
        quote_min=Decimal(1),
        quote_max=Decimal(1_000_000),
    )


def a_quote(product: ProductId, bid: str = "100.00") -> Quote:
    """Return a fresh quote with a spread of one cent."""
    ask = Price(Decimal(bid) + Decimal("0.01"))
    many = Quantity(Decimal(10))
    return Quote(product, Price(Decimal(bid)), many, ask, many, NOW, NOW)


def last_minute() -> Nanos:
    """Return the start of the last closed minute."""
    return Nanos(NOW - MINUTE)


def config_folder() -> Path:
    """Return the shipped configuration."""
    return Path(__file__).parents[1] / "config"
