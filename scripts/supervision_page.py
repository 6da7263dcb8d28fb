"""Write docs/supervision.md: the policy table, and what a run of every fault has measured.

    python scripts/supervision_page.py           run all faults (about five minutes), write the page
    python scripts/supervision_page.py --check   only compare the policy table of the page

Each fault is a `--drill` in a run of its own in virtual time; then every actor is broken in three
real processes, one a kind of fault. Times are read from the journals.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actors.kernel.policy import Reentry
from actors.kernel.supervision import policy_of
from actors.kernel.topology import ACTORS, STRATEGY
from domain.model.instants import SECOND, parse_iso

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "supervision.md"
KINDS = ("crash", "exit", "hang")
NAMES = ["strategy.breakout" if name == STRATEGY else name for name in ACTORS]
EAGER = (
    "--set=strategies.breakout.lookback_minutes=1",
    "--set=strategies.breakout.volume_minutes=1",
    "--set=strategies.breakout.volume_ratio=0",
    "--set=strategies.breakout.notional_pct=0.2",
)
FIRST_S, APART_S, SPEED = 60, 80, 20
MEASURED = "## Measured"

HEAD = """# Supervision

What happens when a part of the program fails. The first table is the code's own
([topology.py](../actors/kernel/topology.py)); the second was measured by
`python scripts/supervision_page.py`, which breaks every actor in every way and reads the journals.

A death or a hang opens the actor's breaker in the dying thread (a hang: in the guardian), before
any message. The breaker has two rows in `status`: one with the scope that it covers, and one with
the scope `actor`, which covers no order and stays listed with its last reason. Then the supervisor
waits a pause, starts a fresh incarnation under the next epoch, and closes the breaker when the
proof of the row is there. `operator` means that a person has to `resume` after that; on paper the
run releases itself once, if crashes are all that is latched. The same bug twice within ten minutes,
or more restarts than the row allows, leaves the actor down and its breaker latched; `resume` tries
it once more. What an old incarnation still says is dropped at every delivery, and its orders at the
last gate.

"""


def policy_rows() -> str:
    """Return the table of `ACTORS`, in the order of starting."""
    lines = [
        "## Policy",
        "",
        "| actor | opens | released by | restarts | hang after | rebuilt from | proof "
        "| resting orders |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in ACTORS.items():
        opens = f"{row.effect.name} {row.scope or 'strategy'}" if row.effect else "nothing"
        if row.block_after_ns is not None:
            opens += f", BLOCK global after {row.block_after_ns // SECOND} s"
        budget = row.budget
        often = f"{budget.limit or 'any number'} in {budget.period_ns // (60 * SECOND)} min"
        if row.reenters_once:
            often += ", closes by itself once"
        who = {Reentry.PROOF: "proof", Reentry.RECONCILE: "proof"}.get(row.reentry, "operator")
        if row.reentry is Reentry.ONLY_OPERATOR:
            who = "operator, always"
        title = "strategy.*" if name == STRATEGY else name
        lines.append(
            f"| {title} | {opens} | {who} | {often} | {row.hang_ns // SECOND} s "
            f"| {row.rebuilt_from} | {row.proof} | {row.orders} |"
        )
    return "\n".join(lines) + "\n"


def command(home: Path, *arguments: str) -> list[str]:
    """Return the command line of a run on folders of its own."""
    folders = [f"--data-dir={home / 'data'}", f"--log-dir={home / 'logs'}"]
    start = [sys.executable, str(ROOT / "run.py"), "--env=paper", "--no-dashboard"]
    return [*start, f"--config-dir={ROOT / 'config'}", *folders, *EAGER, *arguments]


def records(home: Path) -> list[dict[str, Any]]:
    """Return the journal."""
    files = sorted((home / "data" / "paper" / "journal").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def times(journal: Sequence[dict[str, Any]], actor: str, clock: str) -> tuple[str, str]:
    """Return seconds from the drill to the breaker, and from there to its end, by `clock`."""
    started = tripped = closed = None
    for record in journal:
        data, at_s = record["data"], parse_iso(record[clock]) / SECOND
        if record["type"] == "DrillStarted" and data["actor"] == actor:
            started = at_s
        elif record["type"] == "BreakerTripped" and data["breaker"]["name"] == actor:
            tripped = tripped or (at_s if started is not None else None)
        elif record["type"] == "BreakerReset" and data["name"] == actor:
            closed = at_s
    if started is None or tripped is None:
        return "–", "–"
    back = "until `resume`" if closed is None else f"{closed - tripped:.2f}"
    return f"{tripped - started:.2f}", back


def virtual(actor: str, kind: str) -> tuple[str, str]:
    """Return the times of one fault in virtual time."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run = command(home, "--speed=max", "--duration=4m", f"--drill={kind}:{actor}@70s")
        subprocess.run(run, cwd=ROOT, capture_output=True, check=False, timeout=120)
        return times(records(home), actor, "at")


def real(kind: str) -> dict[str, tuple[str, str]]:
    """Return the times of every actor, broken one after the other in one real process."""
    ordered = sorted(NAMES, key=lambda name: name.startswith(STRATEGY))
    drills = [f"--drill={kind}:{name}@{FIRST_S + APART_S * n}s" for n, name in enumerate(ordered)]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run = command(home, f"--speed={SPEED}", *drills)
        with subprocess.Popen(run, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=-3) as process:
            end = time.monotonic() + (FIRST_S + APART_S * (len(ordered) + 5)) / SPEED + 10
            while time.monotonic() < end and process.poll() is None:
                _resume_if_latched(home)
                time.sleep(0.3)
            process.terminate()
        journal = records(home)
        return {name: times(journal, name, "wall") for name in NAMES}


def _resume_if_latched(home: Path) -> None:
    try:
        state = json.loads((home / "data" / "paper" / "status.json").read_text())
    except (OSError, ValueError):
        return
    is_down = any(each["state"] == "down" for each in state["actors"])
    if any(each["latched"] for each in state["breakers"]) and not is_down:
        words = ["resume", "--reason", "drill", f"--data-dir={home / 'data'}"]
        run = [sys.executable, str(ROOT / "run.py"), *words]
        subprocess.run(run, cwd=ROOT, capture_output=True, check=False, timeout=30)


def measured() -> str:
    """Run every fault and return the table of what it took."""
    lines = [
        MEASURED,
        "",
        "Seconds from the fault to the open breaker, and from there until it closed. Virtual: of "
        f"market time. Real: of wall time, in a process at {SPEED} times speed (a cycle every 3 s "
        "of wall time), with an operator who resumes what waits for one.",
        "",
        "| actor | fault | breaker | virtual: trip | back | real: trip | back |",
        "|---|---|---|---|---|---|---|",
    ]
    in_process = {kind: real(kind) for kind in KINDS}
    for number, name in enumerate(NAMES, start=1):
        row = policy_of(name)
        breaker = f"{row.effect.name} {row.scope or 'strategy'}" if row.effect else "actor only"
        for kind in KINDS:
            figures = (*virtual(name, kind), *in_process[kind][name])
            lines.append(f"| {name} | {kind} | {breaker} | {' | '.join(figures)} |")
        sys.stderr.write(f"\r{number} of {len(NAMES)} actors")
        sys.stderr.flush()
    sys.stderr.write("\n")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page, or compare it."""
    top = HEAD + policy_rows()
    if "--check" in sys.argv[1:]:
        old = PAGE.read_text(encoding="utf-8")
        if old.partition(MEASURED)[0].rstrip() == top.rstrip():
            return 0
        sys.stderr.write("docs/supervision.md is not what the policy table says: write it anew\n")
        return 1
    PAGE.write_text(f"{top}\n{measured()}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
