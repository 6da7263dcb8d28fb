"""The commands of the README, one after the other in one checkout, whatever their order.

Each is run as it stands, with a suffix where it would go on for hours; the scripts of the checkout
are replaced by what they start, without setting up an environment first. CI goes through the page
once, in virtual time; BULKHEAD_README=1 does it in real time, also backwards, and each command
twice in a row.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.builders.checkout import ROOT, Checkout
from tests.house.test_docs import BLOCK

IS_LONG = "BULKHEAD_README" in os.environ
PAPER, TEST, PROGRAM = "./scripts/paper", "./scripts/test", "python run.py"
SHORTENED = ("--speed", "60") if IS_LONG else ("--speed", "max")
FOR_A_MINUTE = ("--duration", "60s")
NOT_RUN = {
    TEST: "it runs this test",
    f"{PAPER} --venue coinbase": "it needs the network; test_mirror.py plays it on loopback",
    f"{PROGRAM} data fetch BTC-USD --from 2026-10-01": "likewise; test_data_fetch.py",
    f"{PROGRAM} venue-check": "likewise; test_venue_check.py",
    f"{PROGRAM} rehearse --speed max": "it takes minutes; test_rehearse.py",
    f"{PROGRAM} torture": "it takes two minutes; test_torture.py",
}
OK, NO, USAGE, KILLED, REFUSED = 0, 1, 2, 3, 4
ORDERS: dict[str, Callable[[list[str]], list[str]]] = {
    "as printed": list,
    "backwards": lambda lines: lines[::-1],
    "each twice": lambda lines: [line for line in lines for _ in range(2)],
}
WRITES = "echo "


def printed() -> list[str]:
    """Return the commands of the README, as they stand there, without their remarks."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = [line for block in BLOCK.finditer(page) for line in block["body"].splitlines()]
    found = [line.split("  #")[0].strip() for line in lines]
    return [line for line in found if line.startswith((PAPER, TEST, "python ", WRITES))]


class Reader:
    """Somebody who types what the page says, and knows what it promises at that point."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.is_killed = False

    def type(self, line: str) -> None:
        """Run one line of the page; its exit code has to be the promised one."""
        if line.startswith(WRITES):
            subprocess.run(line, shell=True, cwd=self.checkout.root, check=True)
        elif line.startswith(f"{PROGRAM} venue"):
            self._until_interrupted(line)
        elif line.startswith(f"{PROGRAM} kill"):
            self._kill(line)
        else:
            promised, done = self._promised(line), self._run(line)
            assert done.returncode == promised, f"{line}\n{done.stdout}{done.stderr}"
            self.is_killed &= not line.startswith(f"{PROGRAM} resume")

    def _promised(self, line: str) -> int:
        if line.startswith(PAPER):
            return KILLED if self.is_killed else OK
        has_run = any(
            segment
            for segment in self.checkout.data.glob("**/journal/*.jsonl")
            if "archive" not in segment.parts
        )
        if line.startswith((f"{PROGRAM} release", f"{PROGRAM} adopt")):
            return NO  # only a trader that runs can ask the venue what is there
        if line.startswith(f"{PROGRAM} close"):
            return NO  # only a trader that runs sells
        if line.startswith(f"{PROGRAM} rehearsal"):
            return NO  # none was begun
        if line.startswith(f"{PROGRAM} checklist"):
            return NO  # nobody who only reads the page may trade real money
        if line.startswith(f"{PROGRAM} trace"):
            return NO  # the page knows no order of its reader
        if line.startswith(f"{PROGRAM} secrets check"):
            return REFUSED  # nobody who only reads the page has a key, and paper needs none
        if line.startswith(f"{PROGRAM} alerts test"):
            return USAGE  # nobody who only reads the page has said where alerts are to go
        if line.startswith(f"{PROGRAM} journal backup"):
            file = self.checkout.root / shlex.split(line)[-1]
            return OK if has_run and not file.exists() else USAGE
        if line.startswith(f"{PROGRAM} shadow"):
            shadows = self.checkout.data.glob("**/shadow/run-*.jsonl")
            return OK if any("archive" not in each.parts for each in shadows) else NO
        told = (
            f"{PROGRAM} status",
            f"{PROGRAM} report",
            f"{PROGRAM} slo",
            f"{PROGRAM} export",
            f"{PROGRAM} liquidate",
        )
        if not has_run and line.startswith(told):
            return NO
        return USAGE if not has_run and line.startswith(f"{PROGRAM} audit") else OK

    def _run(self, line: str) -> subprocess.CompletedProcess[str]:
        return self.checkout.run(*self._words(line))

    def _words(self, line: str) -> list[str]:
        if not line.startswith(PAPER):
            return shlex.split(line.removeprefix(PROGRAM))
        words = shlex.split(line.removeprefix(PAPER))
        return ["--env", "paper", *words, *SHORTENED, *FOR_A_MINUTE]

    def _until_interrupted(self, line: str) -> None:
        with self.checkout.started(*self._words(line)) as process:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == OK

    def _kill(self, line: str) -> None:
        """Give the command beside a trader, if one can run: it stops that one, or none."""
        if self.is_killed:
            assert self._run(line).returncode == NO
            return
        with self.checkout.started("--env", "paper") as trader:
            done = self._run(line)
            assert done.returncode == OK, done.stderr
            assert trader.wait(5.0) == KILLED
        self.is_killed = True


def candles(root: Path) -> None:
    """Write the recorded market that the page plays: 26 hours of one product."""
    minutes = range(26 * 60)
    prices = [100.0 + (minute % 50) / 10 for minute in minutes]
    columns = {
        "ts": [1_700_000_040 + 60 * minute for minute in minutes],
        "symbol": ["BTC-USD"] * len(prices),
        **dict.fromkeys(("open", "high", "low", "close"), prices),
        "volume": [1_000.0] * len(prices),
    }
    pyarrow.parquet.write_table(pa.table(columns), root / "candles.parquet")


@pytest.mark.slow
@pytest.mark.timeout(1_800 if IS_LONG else 480)
@pytest.mark.parametrize("order", ORDERS if IS_LONG else ["as printed"])
def test_the_commands_of_the_page_work_in_any_order(order: str, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "bulkhead")
    candles(checkout.root)
    reader = Reader(checkout)
    lines = [line for line in printed() if line not in NOT_RUN]
    # A file has to be there before it is played, in whatever order.
    writers = [line for line in lines if line.startswith(WRITES)]
    for line in [*writers, *ORDERS[order](lines)]:
        reader.type(line)


def test_what_the_page_prints_is_what_the_script_starts() -> None:
    script = (ROOT / "scripts" / "paper").read_text(encoding="utf-8")

    assert script.endswith('exec "$venv_python" run.py --env paper "$@"\n')
    assert set(NOT_RUN) <= set(printed())
    assert len(printed()) >= 15
