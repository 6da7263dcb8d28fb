"""`liquidate` with real processes: after a kill by two at once, beside a trader that is stuck."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders.full import IS_FULL
from tests.builders.runs import (
    EAGER,
    ROOT,
    call,
    command_line,
    is_alive,
    records,
    status,
    trader,
    venue_accounts,
    verified,
)
from tests.builders.waiting import PATIENCE_S, wait_for

pytestmark = [pytest.mark.req("RB5", "R1"), pytest.mark.slow]

FOREIGN = Decimal("0.01")
GIVEN = {"kind": "balance_change", "at": "3m", "currency": "ETH", "amount": str(FOREIGN)}
HOLDS = (*EAGER, "--set=strategies.breakout.lookback_minutes=3", "--speed=max", "--duration=10m")


def owned(home: Path) -> list[dict[str, str]]:
    return list(status(home)["positions"])


@pytest.mark.req("K1")
@pytest.mark.timeout(180)
def test_two_at_once_after_a_kill_sell_what_is_owned_and_nothing_else(tmp_path: Path) -> None:
    faults = tmp_path / "faults.jsonl"
    faults.write_text(json.dumps(GIVEN))
    done = call(tmp_path, "--env", "paper", *HOLDS, f"--faults={faults}")
    assert done.returncode == 0, done.stderr
    products = {each["product"] for each in owned(tmp_path)}
    assert products
    assert venue_accounts(tmp_path)["ETH"] >= FOREIGN
    (tmp_path / "data" / "KILL_SWITCH").touch()

    first = command_line(tmp_path, "liquidate", "--emergency")
    second = [sys.executable, str(ROOT / "liquidate_to_usdc.py"), *first[3:]]
    both = [
        subprocess.Popen(each, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for each in (first, second)
    ]
    told = [each.communicate(timeout=120)[0] for each in both]

    assert [each.returncode for each in both] == [0, 0], told
    assert owned(tmp_path) == []
    accounts = venue_accounts(tmp_path)
    assert accounts.pop("USD") > 9_000
    assert accounts == {"ETH": FOREIGN}
    verified(tmp_path)
    assert all("it stays USD" in each and "until `python run.py resume" in each for each in told)
    third = call(tmp_path, "liquidate", "--emergency")
    assert (third.returncode, "liquidated before" in third.stdout) == (0, True)
    again = call(tmp_path, "--env", "paper", "--speed=max", "--cycles=1")
    assert again.returncode == 3, "the kill is still latched"


@pytest.mark.parametrize("number", [signal.SIGSTOP, *([signal.SIGKILL] if IS_FULL else [])])
@pytest.mark.timeout(180)
def test_a_trader_that_is_stuck_is_ended_first(tmp_path: Path, number: signal.Signals) -> None:
    with trader(tmp_path, *EAGER) as running:
        running.enters()
        running.wait_until(lambda: records(tmp_path, "FillBooked"))
        pid = running.process.pid
        os.kill(pid, number)

        unsure = call(tmp_path, "liquidate")
        assert unsure.returncode == 1, "nobody said yes"
        assert records(tmp_path, "OperatorActed") == []
        done = call(tmp_path, "liquidate", "--emergency", seconds=150)

        assert done.returncode == 0, done.stdout + done.stderr
        running.process.wait(PATIENCE_S)
        wait_for(lambda: not is_alive(pid))
        assert owned(tmp_path) == []
        assert set(venue_accounts(tmp_path)) == {"USD"}
        verified(tmp_path)


@pytest.mark.skipif(
    not IS_FULL, reason="test_liquidate of the simulations tries it in virtual time"
)
@pytest.mark.timeout(180)
def test_a_trader_that_runs_sells_and_stays_halted(tmp_path: Path) -> None:
    with trader(tmp_path, *EAGER) as running:
        running.enters()
        running.wait_until(lambda: records(tmp_path, "FillBooked"))

        done = call(tmp_path, "liquidate", "--emergency", seconds=150)

        assert done.returncode == 0, done.stdout + done.stderr
        assert owned(tmp_path) == []
        code, last = running.interrupt()
        assert (code, last["unprotected"]) == (3, "0")
    assert set(venue_accounts(tmp_path)) == {"USD"}
    verified(tmp_path)
