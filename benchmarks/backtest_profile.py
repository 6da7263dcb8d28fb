"""Where the time of a backtest goes: a minute by its kind and stage, CPU time of this process.

The market and the two rules are those of `benchmarks/peers.py`. Clocks stand around the calls
between the stages; what they cost themselves is taken off. A second run of each, without them, is
looked at every millisecond of CPU time: which function was it in? docs/backtest-profile.md says
what was found.

Usage: python benchmarks/backtest_profile.py [--rows N] [--products N] [--write] [--smoke]
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from attrs import evolve, field, mutable

from actors.kernel.base import Actor
from adapters.runtime.fifo import FifoRuntime
from adapters.simulator.bars.bar_venue import BarVenue
from adapters.simulator.market_data.expander import CandleExpander, CandleSteps
from app.backtest import outcome
from app.backtest.held_columns import HeldColumns
from app.backtest.market_watch import MarketWatch
from app.backtest.passing import Passing
from app.backtest.plan import BacktestPlan
from app.backtest.prices import PlayedPrices
from app.backtest.record import BacktestRecorder
from app.backtest.signals import ColumnSignals, WindowSignals
from app.backtest.timeline import BacktestTimeline
from benchmarks.backtest import market, ours
from benchmarks.backtest.contest import Size, task_for

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "backtest-profile.md"
BEGINS, ENDS = "<!-- measured: begins -->\n", "<!-- measured: ends -->\n"
RUNS = (("dense", "columns"), ("sparse", "columns"), ("dense", "events"), ("sparse", "events"))
EVENTS_PART = 10
"""`events` plays one minute of so many."""
LOOK_EVERY_S = 0.001
NAMED = 12
OTHER = "between them"
PLAYED = "played"
KINDS: tuple[tuple[Any, str, str], ...] = (
    (BacktestTimeline, "_play", PLAYED),
    (BacktestTimeline, "_hour", "looks at all products"),
    (BacktestTimeline, "_value", "valued by messages"),
    (Passing, "over", "passed"),
    (Passing, "idle", "passed, nothing owned"),
)
"""Methods, and what a minute that is in them is."""
STAGES: tuple[tuple[Any, str, str], ...] = (
    (ColumnSignals, "at", "columns of triggers"),
    (WindowSignals, "wanted", "windows of triggers"),
    (CandleExpander, "steps", "expand the tape"),
    (CandleExpander, "minute", "expand the tape"),
    (CandleSteps, "step", "expand the tape"),
    (CandleExpander, "touches", "expand the tape"),
    (PlayedPrices, "begin", "judge prices"),
    (PlayedPrices, "catch_up", "judge prices"),
    (PlayedPrices, "quote", "judge prices"),
    (PlayedPrices, "close", "judge prices"),
    (MarketWatch, "measure", "books of all products"),
    (MarketWatch, "deliver", "read closed bars"),
    (MarketWatch, "past", "read closed bars"),
    (HeldColumns, "quiet", "columns of lots"),
    (HeldColumns, "minutes", "columns of lots"),
    (BarVenue, "play", "venue"),
    (BarVenue, "reach", "venue"),
    (BarVenue, "settle", "venue"),
    (BacktestRecorder, "hear", "record"),
    (BacktestRecorder, "show", "record"),
    (BacktestRecorder, "pass_over", "record"),
    (FifoRuntime, "announce", "hand messages over"),
    (FifoRuntime, "_drain", "hand messages over"),
)


@mutable
class Stopwatch:
    """CPU time by kind of minute and stage; the innermost stage that has begun counts."""

    spent: Counter[tuple[str, str]] = field(factory=Counter)
    seen: Counter[str] = field(factory=Counter)
    kind: str = OTHER
    _stack: list[str] = field(factory=lambda: [OTHER])
    _since_ns: int = field(factory=time.process_time_ns)
    _own_ns: int = 0

    def calibrate(self) -> None:
        """Find out what an empty stage costs."""
        count = 20_000
        begun = time.process_time_ns()
        for _ in range(count):
            self.enter(OTHER)
            self.leave()
        self._own_ns = (time.process_time_ns() - begun) // (2 * count)
        self.spent.clear()

    def enter(self, stage: str) -> None:
        """Begin a stage within the present one."""
        self._count()
        self._stack.append(stage)

    def leave(self) -> None:
        """Go back to the stage before."""
        self._count()
        self._stack.pop()

    def _count(self) -> None:
        now_ns = time.process_time_ns()
        self.spent[self.kind, self._stack[-1]] += now_ns - self._since_ns - self._own_ns
        self._since_ns = now_ns

    def around(self, call: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """Return `call` as a stage."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            self.enter(stage)
            try:
                return call(*args, **kwargs)
            finally:
                self.leave()

        return timed

    def minute(self, call: Callable[..., Any], kind: str) -> Callable[..., Any]:
        """Return `call` as what makes a minute one of `kind`."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            before = self.kind
            self._count()
            self.kind = kind
            self.seen[kind] += 1
            try:
                return call(*args, **kwargs)
            finally:
                self._count()
                self.kind = before

        return timed

    def handler(self, handle: Callable[..., Any]) -> Callable[..., Any]:
        """Return `on_receive` of all actors as a stage of the one that handles."""

        def timed(actor: Any, envelope: Any) -> None:
            self.enter(f"actor {actor.name}")
            self.seen[f"message {self.kind}"] += 1
            try:
                handle(actor, envelope)
            finally:
                self.leave()

        return timed


@contextmanager
def clocked(watch: Stopwatch) -> Iterator[None]:
    """Put clocks around all stages."""
    kept: list[tuple[Any, str, Any]] = []

    def put(owner: Any, name: str, timed: Any) -> None:
        kept.append((owner, name, vars(owner).get(name)))
        setattr(owner, name, timed)

    for owner, name, stage in STAGES:
        if hasattr(owner, name):
            put(owner, name, watch.around(getattr(owner, name), stage))
    for owner, name, kind in KINDS:
        put(owner, name, watch.minute(getattr(owner, name), kind))
    put(Actor, "on_receive", watch.handler(Actor.on_receive))
    try:
        yield
    finally:
        for owner, name, before in reversed(kept):
            if before is None:
                delattr(owner, name)
            else:
                setattr(owner, name, before)


@contextmanager
def sampled(found: Counter[str]) -> Iterator[None]:
    """Look every millisecond of CPU time which function the process is in."""

    def look(_: int, frame: FrameType | None) -> None:
        if frame is not None:
            code = frame.f_code
            place = Path(code.co_filename)
            inside = place.relative_to(ROOT) if place.is_relative_to(ROOT) else Path(place.name)
            found[f"`{inside}` {code.co_qualname}"] += 1

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, LOOK_EVERY_S, LOOK_EVERY_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class Engine:
    """Runs the command's engine twice: with clocks, then looked at."""

    def __init__(self) -> None:
        self.watch = Stopwatch()
        self.places: Counter[str] = Counter()
        self.spent_s, self.bars = 0.0, 0
        self._run = outcome.run

    def __call__(self, plan: BacktestPlan, *more: Any) -> outcome.BacktestOutcome:
        """Play the plan."""
        free = evolve(plan, fees=ours.FREE)
        self.watch.calibrate()
        with clocked(self.watch):
            self._run(free, *more)
        begun = time.process_time()
        with sampled(self.places):
            found = self._run(free, *more)
        self.spent_s = time.process_time() - begun
        self.bars = found.minutes * len(plan.products)
        return found


def profile(folder: Path, size: Size, rule: str, engine: str) -> Engine:
    """Play one rule on one engine, and return what was seen."""
    task = task_for(folder / "market", rule, size, folder / "trips.npy")
    play, before = Engine(), outcome.run
    with tempfile.TemporaryDirectory() as scratch, redirect_stdout(StringIO()):
        try:
            with redirect_stderr(StringIO()):
                ours.play(task, engine, Path(scratch), play)
        finally:
            outcome.run = before
    return play


def text(rule: str, engine: str, played: Engine) -> Iterator[str]:
    """Yield what is told of one run."""
    watch, us = played.watch, 1_000
    rate = played.bars / played.spent_s
    yield f"### {rule}, {engine}\n\n"
    yield f"{played.bars:,} bars, {rate:,.0f} a CPU second, {1e6 / rate:,.0f} µs each.\n\n"
    whole = sum(watch.spent.values())
    kinds = [
        each
        for each in (*(kind for _, _, kind in KINDS), OTHER)
        if watch.seen[each] or each == OTHER
    ]
    yield "| minutes | how many | messages each | µs each | of the time |\n|---|---|---|---|---|\n"
    for kind in kinds:
        spent = sum(ns for (of, _), ns in watch.spent.items() if of == kind)
        count = watch.seen[kind] or played.bars
        messages = watch.seen[f"message {kind}"] / count
        cells = f"{count:,} | {messages:.1f} | {spent / count / us:,.0f} | {spent / whole:.1%}"
        yield f"| {kind} | {cells} |\n"
    grave = max(kinds, key=lambda kind: sum(v for (of, _), v in watch.spent.items() if of == kind))
    for kind in dict.fromkeys((grave, *(each for each in kinds if each == PLAYED))):
        count = watch.seen[kind] or played.bars
        yield f"\nOf a minute that is {kind}:\n\n| stage | µs each | of it |\n|---|---|---|\n"
        rows = Counter({stage: ns for (of, stage), ns in watch.spent.items() if of == kind})
        total = sum(rows.values())
        for stage, ns in rows.most_common(NAMED):
            yield f"| {stage} | {ns / count / us:,.0f} | {ns / total:.1%} |\n"
    looks = played.places.total()
    yield "\n| in which function | of the time |\n|---|---|\n"
    for place, count in played.places.most_common(NAMED):
        yield f"| {place} | {count / looks:.1%} |\n"
    yield "\n"


def write(page: Path, measured: str) -> None:
    """Put the measured part into the page, between its marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGINS)
    after = rest.partition(ENDS)[2]
    page.write_text(f"{before}{BEGINS}{measured}{ENDS}{after}", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Print where the time of each run goes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=20_000, help="minutes that `columns` plays")
    parser.add_argument("--products", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="put it into the page of docs")
    parser.add_argument("--smoke", action="store_true", help="smallest size")
    asked = parser.parse_args(arguments)
    rows = 120 if asked.smoke else asked.rows
    told = ""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        market.write(folder / "market", asked.products, rows)
        for rule, engine in RUNS:
            played = rows if engine == "columns" else rows // EVENTS_PART
            size = Size(name="profile", products=asked.products, rows=played)
            found = "".join(text(rule, engine, profile(folder, size, rule, engine)))
            print(found, end="", flush=True)
            told += found
    if asked.write:
        write(PAGE, told)


if __name__ == "__main__":
    main(sys.argv[1:])
