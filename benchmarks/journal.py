"""Durable appends of the journal beside the bare floor: write + fdatasync of as many bytes.

Both alternate on one disk within one run, so their ratio does not depend on the machine's mood.
Usage: python benchmarks/journal.py [--records N] [--folder F] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from adapters.journal.segments import SegmentWriter, open_journal, read_records
from benchmarks.parts import parsed

DATA = {
    "intent": {
        "number": 17,
        "client_order_id": "0b6ab1f5-7b4b-5c1e-9d62-3a1f1e0c5b11",
        "order": {"product": "BTC-USD", "side": "BUY", "quantity": "0.00465", "price": "42991.17"},
    }
}
AT_NS = 1_702_353_600_000_000_000


def append(journal: SegmentWriter, *, durable: bool) -> None:
    journal.append(
        "IntentRaised",
        DATA,
        at_ns=AT_NS,
        actor="order_manager",
        epoch=1,
        envelope=120_345,
        correlation=120_001,
        causation=120_344,
        durable=durable,
    )


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - begun) / 1_000


def quantiles(samples: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(samples, n=100)
    return {
        "p50_us": round(cuts[49], 1),
        "p99_us": round(cuts[98], 1),
        "max_us": round(max(samples), 1),
    }


def measure(folder: Path, records: int) -> dict[str, object]:
    journal, _ = open_journal(folder / "journal", {"mode": "benchmark"}, at_ns=AT_NS, config="c0de")
    segment = folder / "journal" / "00000001.jsonl"
    before = segment.stat().st_size
    append(journal, durable=True)
    line = b"x" * (segment.stat().st_size - before)
    handle = os.open(folder / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def bare() -> None:
        os.write(handle, line)
        os.fdatasync(handle)

    durable, floor = [], []
    for _ in range(records):
        floor.append(timed(bare))
        durable.append(timed(lambda: append(journal, durable=True)))
    buffered = [timed(lambda: append(journal, durable=False)) for _ in range(10 * records)]
    os.close(handle)
    journal.close()
    count = journal.head.seq
    verified = timed(lambda: sum(1 for _ in read_records(folder / "journal")))
    return {
        "record_bytes": len(line),
        "durable_append": quantiles(durable),
        "floor_write_fdatasync": quantiles(floor),
        "ratio_p50": round(statistics.median(durable) / statistics.median(floor), 3),
        "append_without_sync": quantiles(buffered),
        "verified_records_per_s": round(count / verified * 1_000_000),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure")
    parser.add_argument("--json", action="store_true")
    options = parsed(parser, records=20)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures = measure(Path(folder), options.records)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
