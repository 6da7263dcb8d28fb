"""One process a run: what it says, and what the system says that it took."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from attrs import field, frozen, mutable

from benchmarks.backtest.environments import python_of
from benchmarks.backtest.market import HISTORY
from benchmarks.backtest.rules import RULES, Task, Trips

ROOT = Path(__file__).resolve().parents[2]
KIB = 1024
Refusal = tuple[int, int, str]


class NotOver(Exception):
    """A run was stopped at the limit of its time; the text says so."""


class Failed(Exception):
    """A run ended with an error; the text is the end of what it said."""


@frozen(kw_only=True)
class Size:
    """So many products with so many minutes each."""

    name: str
    products: int
    rows: int

    @property
    def bars(self) -> int:
        """Return the bars of all products together."""
        return self.products * self.rows


@frozen(kw_only=True)
class Contestant:
    """Who plays: the module, in which environment (None: ours), on which of its engines.

    `is_compiled`: the first time in a process costs compiling, so that the second one is timed.
    `executes_alike`: the prices of its trips have to be those of the reference.
    """

    name: str
    module: str
    peer: str | None = None
    engine: str = ""
    is_compiled: bool = False
    executes_alike: bool = True


@frozen(kw_only=True)
class Took:
    """What one run took: CPU time of the engine alone, and all of the process."""

    engine_s: float
    wall_s: float
    cpu_s: float
    peak_mb: float
    trips: Trips
    refused: tuple[Refusal, ...]


@mutable
class Pace:
    """How long each contestant takes for a bar, as it was seen last: what is too long to try."""

    seen: dict[tuple[str, str], tuple[float, int]] = field(factory=dict)

    def note(self, contestant: Contestant, rule: str, wall_s: float, bars: int) -> None:
        """Keep the newest run."""
        self.seen[contestant.name, rule] = wall_s, bars

    def expected_s(self, contestant: Contestant, rule: str, bars: int) -> float:
        """Return how long a run will take at least as long as its engine goes as before."""
        wall_s, known = self.seen.get((contestant.name, rule), (0.0, 1))
        return wall_s * bars / known if bars >= known else 0.0


def task_for(folder: Path, rule: str, size: Size, out: Path, *, is_warm: bool = False) -> Task:
    """Return what is played of a market that was written for `size`."""
    return Task(folder, RULES[rule], HISTORY, size.rows, out, is_warm)


def play(who: Contestant, folder: Path, rule: str, size: Size, envs: Path, within_s: float) -> Took:
    """Play once in a process of its own, and a compiled one again for its engine alone.

    Raises:
        NotOver: it took longer than `within_s`.
        Failed: it ended with an error.
    """
    took = _once(who, folder, rule, size, envs, within_s, is_warm=False)
    if not who.is_compiled:
        return took
    warm = _once(who, folder, rule, size, envs, 2 * within_s, is_warm=True)
    return Took(
        engine_s=warm.engine_s,
        wall_s=took.wall_s,
        cpu_s=took.cpu_s,
        peak_mb=took.peak_mb,
        trips=took.trips,
        refused=took.refused,
    )


def _once(
    who: Contestant,
    folder: Path,
    rule: str,
    size: Size,
    envs: Path,
    within_s: float,
    *,
    is_warm: bool,
) -> Took:
    python = sys.executable if who.peer is None else str(python_of(envs, who.peer))
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "trips.npy"
        command = [python, "-m", f"benchmarks.backtest.{who.module}"]
        command += [who.engine] if who.engine else []
        command += ["--folder", str(folder), "--rule", rule, "--begin", str(HISTORY)]
        command += ["--rows", str(size.rows), "--out", str(out)]
        command += ["--warm"] if is_warm else []
        said, wall_s, usage = _measured(command, Path(scratch), within_s)
        told = json.loads(said.splitlines()[-1])
        return Took(
            engine_s=told["engine_s"],
            wall_s=wall_s,
            cpu_s=usage.ru_utime + usage.ru_stime,
            peak_mb=usage.ru_maxrss / KIB,
            trips=np.load(out),
            refused=tuple((n, minute, rule) for n, minute, rule in told["refused"]),
        )


def _measured(
    command: list[str], scratch: Path, within_s: float
) -> tuple[str, float, resource.struct_rusage]:
    """Return what a process said on stdout, its wall time, and what it used as it was reaped."""
    out, errors = scratch / "stdout", scratch / "stderr"
    with out.open("wb") as said, errors.open("wb") as complained:
        begun = time.perf_counter()
        started = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=complained)
        is_late = threading.Event()

        def stop() -> None:
            is_late.set()
            started.kill()

        limit = threading.Timer(within_s, stop)
        limit.start()
        _, status, usage = os.wait4(started.pid, 0)
        limit.cancel()
        wall_s = time.perf_counter() - begun
        started.returncode = os.waitstatus_to_exitcode(status)
    if is_late.is_set():
        raise NotOver(f"not over within {within_s:.0f} s")
    if started.returncode:
        raise Failed(errors.read_text(encoding="utf-8", errors="replace")[-800:])
    return out.read_text(encoding="utf-8"), wall_s, usage
