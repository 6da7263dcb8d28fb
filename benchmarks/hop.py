"""One hop from actor to actor on both runtimes, beside the floors in the same run.

Floors: a thread hand-over by `queue.SimpleQueue`, a plain method call, and the message itself, made
and matched by no actor: what is above that is the runtime's. Latency is taken between two partners
that answer each other, throughput with many messages on their way at once.
Usage: python benchmarks/hop.py [--hops N] [--rounds N] [--json]
"""

from __future__ import annotations

import argparse
import json
import queue
import statistics
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import ReplyTo
from adapters.clocks.system import SystemClock
from adapters.runtime.actor_system import ActorSystem
from adapters.runtime.threads import ThreadRuntime
from adapters.runtime.virtual import VirtualClock, VirtualRuntime
from adapters.telemetry.log import ActorLog
from benchmarks.parts import parsed
from domain.model.instants import SECOND

SWITCH_SECONDS = 0.0001
BATCH = 1_000
PATIENCE_S = 20
FLOOR, CALL, MESSAGE = "floor: SimpleQueue", "floor: method call", "floor: the message"


@frozen
class Ball:
    """Goes to and fro; `sent_ns` is when it left."""

    left: int
    sent_ns: int


@frozen
class Load:
    """One of many on their way at once."""

    left: int


@frozen
class Done:
    """The last of a batch has arrived."""


class Player(Actor):
    """Returns balls, and counts loads of which its partner sends the next batch when told."""

    def __init__(
        self,
        context: ActorContext,
        partner: str,
        hops: list[int],
        finish: Callable[[], None],
    ) -> None:
        super().__init__(context)
        self._partner, self._hops, self._finish = partner, hops, finish
        self._batches = 0

    def receive(self, message: Any) -> None:
        match message:
            case Ball(left, sent_ns):
                self._hops.append(perf_counter_ns() - sent_ns)
                if left:
                    self.send(self._partner, Ball(left - 1, perf_counter_ns()))
                else:
                    self._finish()
            case Load(left):
                if left == 0:
                    self.send(self._partner, Done())
            case int(batches):
                self._batches = batches
                self._send_batch()
            case Done():
                self._batches -= 1
                if self._batches:
                    self._send_batch()
                else:
                    self._finish()

    def _send_batch(self) -> None:
        for left in reversed(range(BATCH)):
            self.send(self._partner, Load(left))


class Court:
    """Two players on one runtime, and a way to wait for them."""

    def __init__(self, runtime: ActorSystem) -> None:
        self.runtime = runtime
        self.hops: list[int] = []
        self._over = threading.Event()
        for name, partner in (("a", "b"), ("b", "a")):
            runtime.spawn(Player, name, partner, self.hops, self._over.set)

    def latency(self, hops: int) -> list[int]:
        self.hops.clear()
        self._play(Ball(hops, perf_counter_ns()))
        return self.hops[1:]  # the first came from outside

    def per_second(self, messages: int) -> float:
        begun = perf_counter_ns()
        self._play(messages // BATCH)
        return messages * SECOND / (perf_counter_ns() - begun)

    def _play(self, message: Any) -> None:
        self._over.clear()
        self.runtime.post(ReplyTo("a"), message)
        if isinstance(self.runtime, VirtualRuntime):
            while not self._over.is_set():
                self.runtime.step()
        elif not self._over.wait(PATIENCE_S):
            raise SystemExit("the actors did not finish")


class Queues:
    """The floor of the threaded runtime: two threads, two queues, nothing else."""

    def latency(self, hops: int) -> list[int]:
        there: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        back: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        found: list[int] = []

        def answer() -> None:
            while (sent_ns := there.get()) is not None:
                found.append(perf_counter_ns() - sent_ns)
                back.put(perf_counter_ns())

        thread = threading.Thread(target=answer)
        thread.start()
        for _ in range(hops // 2):
            there.put(perf_counter_ns())
            sent_ns = back.get()
            assert sent_ns is not None
            found.append(perf_counter_ns() - sent_ns)
        there.put(None)
        thread.join()
        return found

    def per_second(self, messages: int) -> float:
        line: queue.SimpleQueue[int] = queue.SimpleQueue()
        acks: queue.SimpleQueue[int] = queue.SimpleQueue()

        def take() -> None:
            for _ in range(messages // BATCH):
                for _ in range(BATCH):
                    line.get()
                acks.put(1)

        thread = threading.Thread(target=take)
        begun = perf_counter_ns()
        thread.start()
        for _ in range(messages // BATCH):
            for number in range(BATCH):
                line.put(number)
            acks.get()
        thread.join()
        return messages * SECOND / (perf_counter_ns() - begun)


class Calls:
    """The floor of the virtual runtime: a method, called."""

    def __init__(self) -> None:
        self._found: list[int] = []
        self._count = 0

    def latency(self, hops: int) -> list[int]:
        self._found = []
        for _ in range(hops):
            self._arrive(perf_counter_ns())
        return self._found

    def per_second(self, messages: int) -> float:
        begun = perf_counter_ns()
        for _ in range(messages):
            self._take()
        return messages * SECOND / (perf_counter_ns() - begun)

    def _arrive(self, sent_ns: int) -> None:
        self._found.append(perf_counter_ns() - sent_ns)

    def _take(self) -> None:
        self._count += 1


class Messages:
    """What a hop costs the players themselves: a message is made and matched."""

    def latency(self, hops: int) -> list[int]:
        found: list[int] = []
        for number in range(hops):
            ball: Any = Ball(number, perf_counter_ns())
            match ball:
                case Ball(_, sent_ns):
                    found.append(perf_counter_ns() - sent_ns)
        return found

    def per_second(self, messages: int) -> float:
        begun = perf_counter_ns()
        for number in range(messages):
            load: Any = Load(number)
            match load:
                case Load(left):
                    assert left == number
        return messages * SECOND / (perf_counter_ns() - begun)


def measure(hops: int, rounds: int) -> dict[str, dict[str, float]]:
    """Return figures by subject; the subjects take turns, so that all share the machine's mood."""
    threads = ThreadRuntime(SystemClock(), BreakerBoard(), {}, ActorLog)
    virtual = VirtualRuntime(VirtualClock(0), BreakerBoard(), {}, ActorLog, seed=1)
    subjects: dict[str, Court | Queues | Calls | Messages] = {
        "actors on threads": Court(threads),
        FLOOR: Queues(),
        "actors in virtual time": Court(virtual),
        CALL: Calls(),
        MESSAGE: Messages(),
    }
    latencies: dict[str, list[int]] = {name: [] for name in subjects}
    rates: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            latencies[name].extend(subject.latency(hops))
            rates[name].append(subject.per_second(5 * hops))
    threads.stop(("a", "b"), SECOND)
    for member in virtual.members.values():
        member.actor_ref.stop(block=False)
    while virtual.step():
        pass
    return {name: figures(latencies[name], rates[name]) for name in subjects}


def figures(latencies: list[int], rates: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(latencies, n=100)
    return {
        "p50_us": round(cuts[49] / 1_000, 2),
        "p99_us": round(cuts[98] / 1_000, 2),
        "per_second": round(statistics.median(rates)),
    }


def table(found: dict[str, dict[str, float]]) -> str:
    lines = [f"{'':24}{'p50 µs':>10}{'p99 µs':>10}{'msg/s':>12}{'p50 ratio':>11}{'msg ratio':>11}"]
    for name, row in found.items():
        floor = found[FLOOR if name in ("actors on threads", FLOOR) else CALL]
        slower, fewer = row["p50_us"] / floor["p50_us"], floor["per_second"] / row["per_second"]
        lines.append(
            f"{name:24}{row['p50_us']:>10.2f}{row['p99_us']:>10.2f}{row['per_second']:>12,.0f}"
            f"{slower:>10.1f}x{fewer:>10.1f}x"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hops", type=int, default=4_000, help="per round and subject")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parsed(parser, hops=1000, rounds=1)
    sys.setswitchinterval(SWITCH_SECONDS)
    found = measure(options.hops, options.rounds)
    print(json.dumps(found) if options.json else table(found))


if __name__ == "__main__":
    main()
