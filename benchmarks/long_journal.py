"""A start behind a long journal, and `audit verify` of it: seconds to READY, and resident memory.

The journal is written through the product's own codec into the folder of a paper world: orders one
every five minutes, half of them entries and half the sales of their lots, at no gain and no fee, so
that the account is what it was. The floor is the same start behind a journal without orders. What
is kept of a journal is bounded (a week of marks, 24,000 fills): `--fewer` and `--orders` have to
need the same memory.
Usage: python benchmarks/long_journal.py [--orders N] [--fewer N] [--runs N] [--folder F]
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from attrs import evolve, frozen

from adapters.control.anchor import AnchorFile
from adapters.journal.codec import Codec
from adapters.journal.segments import open_journal, read_records
from benchmarks.cycle_growth import done
from benchmarks.parts import parsed
from domain.messages.catalogue import CATALOGUE
from domain.messages.decisions import RoundJudged
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.portfolio import EquityMarked, StatementTaken
from domain.messages.supervision import BootCompleted
from domain.model.approval import ApprovedEntry, ApprovedExit, ExitReason, Limit
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.money import Amount, Price, Quantity, install_context
from domain.orders.identity import client_order_id

ROOT = Path(__file__).resolve().parents[1]
CODEC = Codec(CATALOGUE)
APART_NS = 5 * MINUTE
ORDERS_A_RUN = 2_000
"""A week of orders in each segment."""
TARGET_S = 2.0
STOPS_WITHIN_S = 60
LOOK_S = 0.02
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6
QUIET = tuple(
    f"--set=strategies.{name}.enabled=false"
    for name in ("baseline", "breakout", "mean_reversion", "momentum", "trend_daily")
)
"""Nothing is traded while it is measured."""
Story = Iterator[tuple[int, Any]]


@frozen
class World:
    """What a journal has to agree with: the run, the account and the catalogue of a first start."""

    run: RunStarted
    statement: StatementTaken
    boot: BootCompleted
    cash: Decimal
    begun_ns: int


def paper(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a trader that buys nothing in the folders of `home`."""
    command = [sys.executable, str(ROOT / "run.py"), "--env", "paper", "--no-dashboard", *QUIET]
    command += ["--data-dir", f"{home}/data", "--log-dir", f"{home}/logs", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ready(process: subprocess.Popen[str]) -> None:
    """Wait for READY; anything else ends the benchmark."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("READY"):
        _, said = process.communicate(timeout=STOPS_WITHIN_S)
        raise SystemExit(f"expected READY, was {line!r}\n{said[-2000:]}")


def end(process: subprocess.Popen[str]) -> None:
    """Stop a trader in order."""
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=STOPS_WITHIN_S)
    if process.returncode != 0:
        raise SystemExit(f"expected exit code 0, was {process.returncode}\n{said[-2000:]}")


def new_world(home: Path) -> World:
    """Let a first start make a world, take its journal away and return what it told."""
    first = paper(home)
    ready(first)
    end(first)
    folder = home / "data" / "paper"
    journal = folder / "journal"
    told: dict[type, Any] = {}
    at_ns = 0
    for record in read_records(journal):
        message = CODEC.decode(record.type, record.data)
        told.setdefault(type(message), message)
        at_ns = at_ns or record.at_ns
    shutil.rmtree(journal)
    AnchorFile(folder).move_to(home / "nowhere")
    statement = told[StatementTaken]
    cash = next(each.available for each in statement.accounts if each.currency == "USD")
    return World(told[RunStarted], statement, told[BootCompleted], cash, at_ns)


def story(world: World, lineage: str, orders: int) -> Story:
    """Yield market time and message of so many orders that end before the world began."""
    begun_ns = world.begun_ns - HOUR - orders * APART_NS
    yield begun_ns, evolve(world.statement, occasion="start")
    yield begun_ns, world.boot
    numbers = count(1)
    for place in range(0, orders, 2):
        at_ns = begun_ns + place * APART_NS
        if place and place % ORDERS_A_RUN == 0:
            yield at_ns, RunStopped("signal", place, ORDERS_A_RUN, ORDERS_A_RUN)
            yield at_ns, world.run
            yield at_ns, world.boot
        yield from trip(world, lineage, next(numbers), next(numbers), at_ns)
        for minute in range(2 * APART_NS // MINUTE):
            yield at_ns + minute * MINUTE, RoundJudged(place, Nanos(at_ns), (), (), ())
            yield (
                at_ns + minute * MINUTE,
                EquityMarked(place, Amount(world.cash), Amount(world.cash)),
            )
    yield world.begun_ns - HOUR, RunStopped("signal", orders, ORDERS_A_RUN, ORDERS_A_RUN)


def trip(world: World, lineage: str, bought: int, sold: int, at_ns: int) -> Story:
    """Yield a lot that was bought and sold at one price, without a fee."""
    product = world.boot.products[bought % len(world.boot.products)]
    limit = Limit(price=Price(Decimal("100.00")), post_only=True, lifetime_ns=Nanos(MINUTE))
    common: dict[str, Any] = {
        "strategy": "breakout",
        "product": product.id,
        "quantity": Quantity(Decimal("0.1")),
        "order_type": limit,
        "approved_ns": Nanos(0),
    }
    entry = ApprovedEntry(
        approval=bought,
        worst_case=Amount(Decimal("10.12")),
        stop_loss_pct=Decimal(4),
        take_profit_pct=Decimal(8),
        max_hold_ns=Nanos(HOUR),
        reason="benchmark",
        bar_ns=Nanos(at_ns - MINUTE),
        **common,
    )
    lot = client_order_id(lineage, bought)
    leave = ApprovedExit(approval=sold, lot=lot, reason=ExitReason.TARGET, **common)
    for order, number in ((entry, bought), (leave, sold)):
        for when_ns, message in done(order, number, at_ns, lineage):
            yield when_ns, without_fee(message)


def without_fee(message: Any) -> Any:
    """Return a fill as a venue without fees would make it."""
    fill = getattr(message, "fill", None)
    return message if fill is None else evolve(message, fill=evolve(fill, fee=Amount(Decimal(0))))


def write_journal(home: Path, world: World, orders: int) -> int:
    """Write the journal of `world`; return how many bytes it has."""
    folder, lineage = home / "data" / "paper" / "journal", f"{orders:032x}"
    begun_ns = world.begun_ns - HOUR - orders * APART_NS

    def opened(at_ns: int) -> Any:
        run = CODEC.encode(world.run)
        return open_journal(folder, run, at_ns=at_ns, config=world.run.config_hash, lineage=lineage)

    journal, _ = opened(begun_ns)
    for at_ns, message in story(world, lineage, orders):
        journal.append(
            CODEC.name(message),
            CODEC.encode(message),
            at_ns=at_ns,
            actor="order_manager",
            epoch=1,
            envelope=journal.head.seq,
            correlation=journal.head.seq,
            causation=journal.head.seq,
        )
    journal.close()
    return sum(each.stat().st_size for each in folder.glob("*.jsonl"))


def resident_mb(pid: int) -> float:
    """Return the resident MB of one process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB


def peak_mb(pid: int) -> float:
    """Return the most resident MB that a process had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return (
        next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) * 1.024 / 1e3
    )


def measured_start(home: Path) -> tuple[float, float, float]:
    """Return seconds to READY, resident and peak MB then."""
    begun = time.monotonic()
    process = paper(home)
    ready(process)
    took = time.monotonic() - begun
    sizes = resident_mb(process.pid), peak_mb(process.pid)
    end(process)
    return took, *sizes


def measured_audit(home: Path) -> tuple[float, float]:
    """Return the seconds and peak MB of `audit verify`, which must find the journal whole."""
    command = [sys.executable, str(ROOT / "run.py"), "audit", "verify", "--env", "paper", "--json"]
    command += ["--data-dir", f"{home}/data", "--log-dir", f"{home}/logs"]
    begun = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    peak = 0.0
    while process.poll() is None:
        try:
            peak = max(peak, peak_mb(process.pid))
        except (OSError, StopIteration):
            break  # it is just ending
        time.sleep(LOOK_S)
    told, said = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"the journal is not whole: {told[-2000:]}{said[-2000:]}")
    return time.monotonic() - begun, peak


def main() -> int:
    """Print both tables; return 1 if a long journal costs more than the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--fewer", type=int, default=30_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure")
    options = parsed(parser, orders=40, fewer=0, runs=1)
    install_context()
    sizes = dict.fromkeys((0, options.fewer, options.orders))
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        homes = {size: Path(name) / str(size) for size in sizes}
        print(f"{'journal':>16}{'MB':>8}{'audit s':>9}{'peak MB':>9}", flush=True)
        for size, home in homes.items():
            written = write_journal(home, new_world(home), size) / 1e6
            took, peak = measured_audit(home)
            print(f"{size:9,} orders{written:8.1f}{took:9.2f}{peak:9.1f}", flush=True)
        print(f"\n{'start to READY':>16}{'first s':>9}{'then s':>8}{'RSS MB':>8}{'peak MB':>9}")
        found: dict[int, float] = {}
        for size, home in homes.items():
            starts = [measured_start(home) for _ in range(1 + options.runs)]
            middle = [statistics.median(each) for each in zip(*starts[1:], strict=True)]
            found[size] = middle[0]
            print(
                f"{size:9,} orders{starts[0][0]:9.2f}{middle[0]:8.2f}{middle[1]:8.1f}"
                f"{max(each[2] for each in starts):9.1f}",
                flush=True,
            )
    longer = found[options.orders] - found[0]
    print(f"\nlonger by {longer:.2f} s (target: {TARGET_S:g})")
    return 0 if options.smoke or longer <= TARGET_S else 1


if __name__ == "__main__":
    sys.exit(main())
