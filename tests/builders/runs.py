"""Real runs of `run.py` for tests: started in a folder of their own, read, signalled, ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from domain.risk.pauses import CAME_TOO_LATE, PAUSED
from tests.builders.pace import UNPACED
from tests.builders.waiting import PATIENCE_S, wait_for

ROOT = Path(__file__).resolve().parents[2]
RUN_S = 2 * PATIENCE_S
"""As long as a whole run may take where nothing is said of its length."""
ANY_LIQUIDITY = (
    "--set=universe.tiers={ALL: {min_volume: 0, max_spread_bps: 200, min_depth: 0,"
    " position_pct: 3, tier_pct: 15}}"
)
"""Hand-made markets trade little: here everything with a book may be bought."""
UNHINDERED = (ANY_LIQUIDITY, *(f"--set={each}" for each in UNPACED))
"""Settings with which nothing that a strategy wants has to wait."""
BREAKING_OUT = (
    *UNHINDERED,
    "--set=strategies.breakout.lookback_minutes=1",
    "--set=strategies.breakout.volume_minutes=1",
    "--set=strategies.breakout.volume_ratio=0",
)
"""Settings with which every rising minute is a breakout."""
EAGER = (
    *UNHINDERED,
    f"--set=app.strategies.folder={ROOT / 'tests' / 'builders' / 'strategies'}",
    "--set=strategies.breakout={use: always, enabled: true, notional_pct: 2, stop_loss_pct: 4,"
    " take_profit_pct: 8}",
)
"""Settings with which everything is bought that is not owned, so that any market trades at once."""
RESTING = (
    *BREAKING_OUT,
    "--set=strategies.breakout.notional_pct=0.2",
    "--set=policy.execution.entry_offset_bps=500",
    "--set=policy.execution.ttl_seconds=3600",
)
"""Many small entries, far below the market: they rest and rest."""


class Running:
    """A trader in a process of its own. Its streams are read as they come."""

    def __init__(
        self, home: Path, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """It gets this process's environment, and `environment` besides."""
        self.home = home
        self.lines: list[str] = []
        self._errors: list[str] = []
        self.process = subprocess.Popen(
            command_line(home, "--env", "paper", "--no-dashboard", *arguments),
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self._readers = [
            self._follow(self.process.stdout, self.lines),
            self._follow(self.process.stderr, self._errors),
        ]

    @property
    def log(self) -> str:
        """What it has written for people so far."""
        return "".join(self._errors)

    def ready(self, seconds: float = PATIENCE_S) -> dict[str, str]:
        """Wait for the READY line and return its words."""
        self.wait_until(lambda: self.lines, seconds)
        assert self.lines[0].startswith("READY "), self.lines
        return words(self.lines[0])

    def enters(self) -> bool:
        """Wait for the READY line; tell whether entries may go, but for a machine that is slow."""
        told = self.ready()
        blocking = set(told.get("by", "").split(",")) - SLOWNESS - SLOW_STREAMS
        return told["entries"] == "on" or not blocking

    def stopped(self, seconds: float = PATIENCE_S) -> tuple[int, dict[str, str]]:
        """Wait for the end; return the exit code and the words of the STOPPED line."""
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        assert "Traceback" not in self.log, self.log
        assert self.lines, f"it ended with {code} and said nothing on stdout: {self.log}"
        assert self.lines[-1].startswith("STOPPED "), self.lines
        assert len(self.lines) <= 2, self.lines
        return code, words(self.lines[-1])

    def settle(self, seconds: float = PATIENCE_S) -> None:
        """Wait until it is known of each order whether the venue has it: a stop is confirmed then.

        After a crash that takes as long as a request that left can still become an order.
        """
        self.wait_until(lambda: not in_doubt(self.home), seconds)

    def interrupt(self, seconds: float = PATIENCE_S) -> tuple[int, dict[str, str]]:
        """Press Ctrl-C and wait for the end."""
        self.process.send_signal(signal.SIGINT)
        return self.stopped(seconds)

    def kill(self) -> None:
        """End it as a loss of power would, and wait until its venue is gone too."""
        venue = self.venue_pid()
        self.process.kill()
        self.process.wait(PATIENCE_S)
        wait_for(lambda: not is_alive(venue))

    def venue_pid(self) -> int:
        """Return the process id of the embedded venue."""
        return self._child("venue")

    def venue_pids(self) -> list[int]:
        """Return the process id of the embedded venue, none where there is none (yet)."""
        return self._children("venue")

    def sentinel_pid(self) -> int:
        """Return the process id of the sentinel."""
        return self._child("adapters.sentinel.main")

    def sentinel_pids(self) -> list[int]:
        """Return the process ids of every sentinel that runs: none while one is replaced."""
        return self._children("adapters.sentinel.main")

    def _children(self, word: str) -> list[int]:
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        children = [int(child) for task in tasks for child in _children_of(task)]
        return [pid for pid in children if word in _words_of(pid)]

    def _child(self, word: str) -> int:
        (found,) = self._children(word)
        return found

    def wait_until(self, condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
        """Wait until a condition has been seen to hold while it runs; it may not hold for long."""

        def seen() -> bool:
            if condition():
                return True
            ended = self.process.poll()
            # What it did before it ended counts: hence the second look.
            assert ended is None or condition(), f"it ended with {ended}: {self._told()}"
            return ended is not None

        wait_for(seen, seconds, self._told)

    def _told(self) -> str:
        return "".join(self.lines) + self.log

    def _follow(self, pipe: Any, into: list[str]) -> threading.Thread:
        thread = threading.Thread(target=lambda: into.extend(pipe), daemon=True)
        thread.start()
        return thread


@contextlib.contextmanager
def trader(
    home: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Run a trader on paper; whatever is left of it at the end of the block is killed."""
    running = Running(home, *arguments, environment=environment)
    try:
        yield running
    finally:
        running.process.kill()  # its venue ends with it
        running.process.communicate()


def command_line(home: Path, *arguments: str) -> list[str]:
    """Return the command line of `run.py` on the folders of `home` and the shipped settings, or
    those in its own folder `config` where it has one.
    """
    own = home / "config"
    config = own if own.is_dir() else ROOT / "config"
    folders = {"data": home / "data", "log": home / "logs", "config": config}
    options = [f"--{name}-dir={folder}" for name, folder in folders.items()]
    return [sys.executable, str(ROOT / "run.py"), *arguments, *options]


def call(
    home: Path,
    *arguments: str,
    seconds: float = RUN_S,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; it must not show a traceback."""
    done = subprocess.run(
        command_line(home, *arguments),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def paper(home: Path, *arguments: str, seconds: float = RUN_S, history: str = "") -> dict[str, str]:
    """Trade on paper to an end of its own, which must be a good one; return what STOPPED says.

    `history` is what READY has to say of it, "" for anything.
    """
    done = call(home, "--env", "paper", "--no-dashboard", *arguments, seconds=seconds)
    assert done.returncode == 0, done.stdout + done.stderr
    first, last = done.stdout.splitlines()
    assert first.startswith("READY ")
    assert history in ("", words(first)["history"])
    assert last.startswith("STOPPED ")
    return words(last)


def verified(home: Path) -> dict[str, Any]:
    """Return the report of `audit verify` on a journal that must be whole."""
    done = call(home, "audit", "verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def status(home: Path) -> dict[str, Any]:
    """Return what `status --json` says."""
    done = call(home, "status", "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def words(line: str) -> dict[str, str]:
    """Return the `name=value` words of a line."""
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def segments(home: Path) -> list[Path]:
    """Return the segments of the paper journal, oldest first."""
    return sorted((home / "data" / "paper" / "journal").glob("*.jsonl"))


def in_doubt(home: Path) -> set[str]:
    """Return the client order ids of which the journal can't tell whether the venue has them."""
    raised = [each["intent"]["client_order_id"] for each in records(home, "IntentRaised")]
    states = dict.fromkeys(raised, "INTENDED")
    for moved in records(home, "OrderAdvanced"):
        states[moved["client_order_id"]] = moved["state"]
    doubtful = ("INTENDED", "PENDING_SUBMIT", "UNKNOWN")
    return {name for name, state in states.items() if state in doubtful}


def entries(home: Path) -> list[str]:
    """Return the client order ids of all entries that were raised, oldest first."""
    raised = (each["intent"] for each in records(home, "IntentRaised"))
    named = (each["client_order_id"] for each in raised if "worst_case" in each["order"])
    return list(dict.fromkeys(named))


def records(home: Path, kind: str) -> list[dict[str, Any]]:
    """Return the data of the journal's records of one kind; an unfinished last line is left out."""
    named = f'"{kind}"'.encode()
    lines = [line for each in segments(home) for line in each.read_bytes().split(b"\n")[:-1]]
    found = [json.loads(line) for line in lines if named in line]
    return [dict(record["data"]) for record in found if record["type"] == kind]


SLOWNESS = {"late", "time_gap"}
"""Breakers that an idle trader on a busy machine opens, rightly, and closes again: at sixty times
the speed a process that waits one second for its turn has waited a minute of market time."""
SLOW_STREAMS = {"user_stream"}
"""What such a wait can look like as well: a minute of market time without a heartbeat."""


def tripped(home: Path) -> set[str]:
    """Return the names of the breakers that opened, but those of a machine that was too slow.

    At a high speed that is also a product whose entries came too late for their prices.
    """
    names = _tripped(home)
    ends = [each for each in records(home, "OrderAdvanced") if each["state"] == "REJECTED"]
    if all(CAME_TOO_LATE in each["reason"] for each in ends):
        names.discard(PAUSED)
    return names - SLOWNESS - (SLOW_STREAMS if names & SLOWNESS else set())


def was_slow(home: Path) -> bool:
    """Tell whether the machine was too slow for a while: entries were blocked meanwhile."""
    return bool(_tripped(home) & SLOWNESS)


def _tripped(home: Path) -> set[str]:
    return {each["breaker"]["name"] for each in records(home, "BreakerTripped")}


def venue_accounts(home: Path) -> dict[str, Decimal]:
    """Return our balances as the stopped embedded venue has them on disk, without the empty."""
    rows = _ask_world(home, "SELECT currency, total FROM balances WHERE owner = 'own'")
    return {currency: Decimal(total) for currency, total in rows if Decimal(total)}


def live_orders(home: Path) -> set[str]:
    """Return the client order ids of the entries that rest at the stopped embedded venue."""
    asked = "SELECT client_order_id FROM orders WHERE live = 1 AND side = 'BUY'"
    return {row[0] for row in _ask_world(home, asked)}


def earned(home: Path) -> Decimal:
    """Return what our fills alone come to: proceeds less costs less fees."""
    total = Decimal(0)
    for each in records(home, "FillBooked"):
        fill = each["fill"]
        worth = Decimal(fill["price"]) * Decimal(fill["quantity"])
        total += (worth if fill["side"] == "SELL" else -worth) - Decimal(fill["fee"])
    return total


def entries_resting(home: Path) -> set[str]:
    """Return the client order ids of the buy orders that rest at the stopped embedded venue."""
    asked = "SELECT client_order_id FROM orders WHERE live = 1 AND side = 'BUY'"
    return {row[0] for row in _ask_world(home, asked)}


def ledger_accounts(home: Path) -> dict[str, Decimal]:
    """Return what the trader owns by its own books: cash and lots, from its last status."""
    told = json.loads((home / "data" / "paper" / "status.json").read_text())
    owned = {"USD": Decimal(told["cash"])}
    for lot in told["positions"]:
        base = lot["product"].partition("-")[0]
        owned[base] = owned.get(base, Decimal(0)) + Decimal(lot["quantity"])
    return owned


def _ask_world(home: Path, question: str) -> list[Any]:
    file = home / "data" / "paper" / "venue" / "world.db"
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as world:
        return list(world.execute(question))


def _children_of(task: Path) -> list[str]:
    """Return the process ids of what a thread has started, nothing of one that has ended."""
    try:
        return (task / "children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _words_of(pid: int) -> list[str]:
    """Return the command line of a process, nothing of one that has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one of which only its parent has yet to hear does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")
