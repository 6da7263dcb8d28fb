"""Any actor raising, in a real process with a real venue: the process lives, trading halts.

The trader runs in a process of its own; a thread in it posts a message that the actor named
cannot handle, once entries rest at the venue.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ACTORS = (
    "alerts",
    "allocator",
    "auditor",
    "canceller",
    "drop_copy",
    "exits",
    "feed",
    "kill_switch",
    "operator",
    "order_manager",
    "portfolio",
    "projector",
    "reconciler",
    "risk_gate",
    "scheduler",
    "strategy.breakout",
)
DRIVER = """
import sys, threading, time
import app.assembly, app.thread_run
from actors.envelope import ReplyTo
from app.cli import main

name, start = sys.argv.pop(1), app.assembly.start

def started(parts):
    def poison():
        while "reconciler" not in parts.runtime.members:
            time.sleep(0.02)
        risk = parts.runtime.members["risk_gate"]
        while not any(True for _ in risk._exposure.entries()):
            time.sleep(0.02)
        time.sleep(0.5)
        parts.runtime.post(ReplyTo(name), object())
        time.sleep(2)
        live = [n for n, a in parts.runtime.members.items() if not a.actor_stopped.is_set()]
        print("ALIVE", len(live), flush=True)
    threading.Thread(target=poison, daemon=True).start()
    return start(parts)

app.thread_run.start = started
sys.exit(main(sys.argv[1:]))
"""


def run(folder: Path, name: str) -> tuple[int, str]:
    """Run the trader until its actor `name` has died and two more seconds, then interrupt it."""
    arguments = ["--env", "paper", "--data-dir", str(folder / "data")]
    arguments += ["--log-dir", str(folder / "logs"), "--config-dir", str(ROOT / "config")]
    arguments += ["--set", "policy.execution.entry_offset_bps=500"]
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, name, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if line.startswith("ALIVE"):
                process.send_signal(signal.SIGINT)
        return process.wait(30), "".join(lines)
    finally:
        process.kill()
        process.wait()


def records(folder: Path) -> list[dict[str, object]]:
    """Return the journal's records."""
    files = sorted((folder / "data" / "paper" / "journal").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.mark.supervision
@pytest.mark.req("SUP1")
@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", ACTORS)
def test_an_actor_that_raises_halts_trading_and_not_the_process(tmp_path: Path, name: str) -> None:
    began = time.monotonic()

    code, output = run(tmp_path, name)

    assert "ALIVE 15" in output, output
    assert code == 3, output
    assert "Traceback" not in output
    assert time.monotonic() - began < 60
    alerts = [json.loads(x) for x in (tmp_path / "logs" / "alerts.jsonl").read_text().splitlines()]
    assert any(a["severity"] == "CRITICAL" and f"actor:{name}" in a["code"] for a in alerts), alerts
    log = (tmp_path / "logs" / "bulkhead.jsonl").read_text().splitlines()
    assert any('"CRITICAL"' in line and name in line for line in log)
    tripped = [r for r in records(tmp_path) if r["type"] == "BreakerTripped"]
    assert any(r["data"]["breaker"]["name"] == f"actor:{name}" for r in tripped)
    assert not _resting(tmp_path)


def _resting(folder: Path) -> list[str]:
    """Return the orders that are alive in the venue's own store."""
    import sqlite3

    path = folder / "data" / "paper" / "venue" / "world.db"
    with sqlite3.connect(path) as store:
        tables = [row[0] for row in store.execute("select name from sqlite_master")]
        assert "orders" in tables, tables
        rows = store.execute("select * from orders").fetchall()
    return [str(row) for row in rows if "OPEN" in str(row) and "CANCELLED" not in str(row)]
