"""From the command to READY: wall time of `run.py --env paper` in a fresh folder.

The floor is two interpreters that import what trader and venue import, and do nothing.
Usage: python benchmarks/startup.py [--runs N]. Recorded products: BULKHEAD_SHARED_DATA.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.parts import parsed

ROOT = Path(__file__).resolve().parents[1]
GENERATED_TARGET_S, RECORDED_TARGET_S = 3.0, 8.0
STOPS_WITHIN_S = 15


def demo_market() -> Path | None:
    """Return the recorded demo market, None where it is not at hand."""
    named = os.environ.get("BULKHEAD_SHARED_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    files = sorted((folder / "demo").glob("*.parquet"))
    return files[0] if files else None


def seconds_to_ready(*arguments: str) -> float:
    """Start the trader, wait for READY, stop it in order."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / "run.py"), "--env", "paper", *arguments]
        command += ["--data-dir", f"{folder}/data", "--log-dir", f"{folder}/logs"]
        begun = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        took = time.monotonic() - begun
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=STOPS_WITHIN_S)
        if not line.startswith("READY"):
            raise SystemExit(f"expected READY, was {line!r}\n{said[-2000:]}")
        return took


def seconds_to_import() -> float:
    """Import both halves, one after the other, in fresh interpreters."""
    begun = time.monotonic()
    for module in ("app.run.thread_ports", "adapters.simulator.server.serve"):
        subprocess.run([sys.executable, "-c", f"import {module}"], cwd=ROOT, check=True)
    return time.monotonic() - begun


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    options = parsed(parser, runs=1)
    floors: list[float] = []
    generated: list[float] = []
    recorded: list[float] = []
    demo = demo_market()
    for _ in range(options.runs):
        floors.append(seconds_to_import())
        generated.append(seconds_to_ready())
        if demo is not None and len(recorded) < 2:
            recorded.append(seconds_to_ready("--market", str(demo)))
    base = statistics.median(floors)
    print(f"\n{'start to READY':34}{'median s':>10}{'max s':>8}{'n':>4}{'x floor':>9}{'target':>8}")
    rows: list[tuple[str, list[float], float | None]] = [
        ("imports of both halves (floor)", floors, None),
        ("5 generated products", generated, GENERATED_TARGET_S),
    ]
    if recorded:
        rows.append(("26 recorded products", recorded, RECORDED_TARGET_S))
    for name, samples, target in rows:
        middle = statistics.median(samples)
        limit = "" if target is None else f"{target:.0f}"
        print(
            f"{name:34}{middle:10.2f}{max(samples):8.2f}{len(samples):4}"
            f"{middle / base:9.2f}{limit:>8}"
        )
    if not recorded:
        print("26 recorded products: no data here")


if __name__ == "__main__":
    main()
