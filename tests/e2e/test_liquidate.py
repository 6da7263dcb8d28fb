"""`liquidate` with real processes: after a kill by two at once, beside a trader that is stuck."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from decimal import ROUND_FLOOR, Decimal
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
    segments,
    status,
    trader,
    tripped,
    venue_accounts,
    verified,
)
from tests.builders.waiting import PATIENCE_S, wait_for

pytestmark = [pytest.mark.req("RB5", "R1"), pytest.mark.slow]

FOREIGN, ZERO = Decimal("0.01"), Decimal(0)
GIVEN = {"kind": "balance_change", "at": "3m", "currency": "ETH", "amount": str(FOREIGN)}
UNANSWERED = {"kind": "lost_response", "endpoint": "convert"}
HOLDS = (*EAGER, "--speed=max", "--duration=10m")


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

    both = two_at_once(tmp_path)
    told = [text for _, text in both]

    assert [code for code, _ in both] == [0, 0], told
    assert owned(tmp_path) == []
    accounts, converted = venue_accounts(tmp_path), brought(tmp_path)
    assert accounts.pop("USD") > 9_000 - converted
    assert accounts.pop("USDC", ZERO) == converted, "stops may have sold some before it began"
    assert accounts == {"ETH": FOREIGN}
    verified(tmp_path)
    ends = "it ends in USDC" if converted else "it stays USD"
    assert all(ends in each and "until `python run.py resume" in each for each in told)
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
        assert venue_accounts(tmp_path)["USDC"] == brought(tmp_path) > 0
        assert set(venue_accounts(tmp_path)) == {"USD", "USDC"}
        verified(tmp_path)


def brought(home: Path) -> Decimal:
    """Return what the sales since the order to liquidate brought, less fees, in whole cents."""
    total, has_begun = Decimal(0), False
    lines = (line for file in segments(home) for line in file.read_text().splitlines())
    for record in map(json.loads, lines):
        has_begun |= record["type"] == "OperatorActed"
        if has_begun and record["type"] == "FillBooked":
            fill = record["data"]["fill"]
            total += Decimal(fill["price"]) * Decimal(fill["quantity"]) - Decimal(fill["fee"])
    return total.quantize(Decimal("0.01"), ROUND_FLOOR)


@pytest.mark.req("X1", "REC1", "CASH1", "AUD1")
@pytest.mark.timeout(240)
def test_two_at_once_at_a_trader_that_runs_convert_once_though_the_answer_is_lost(
    tmp_path: Path,
) -> None:
    faults = tmp_path / "faults.jsonl"
    faults.write_text("\n".join(map(json.dumps, (GIVEN, UNANSWERED))))
    with trader(tmp_path, *EAGER, "--speed=60", f"--faults={faults}") as running:
        running.enters()
        running.wait_until(lambda: records(tmp_path, "FillBooked"))
        running.wait_until(lambda: records(tmp_path, "CashFlowSeen"))

        both = two_at_once(tmp_path)

        assert [code for code, _ in both] == [0, 0], both
        assert all(f"converted {brought(tmp_path):,.2f} USD to USDC" in told for _, told in both)
        assert all("it ends in USDC" in told for _, told in both)
        assert owned(tmp_path) == []
        code, last = running.interrupt()
        assert (code, last["unprotected"]) == (3, "0")
    accounts, converted = venue_accounts(tmp_path), brought(tmp_path)
    assert converted > 0
    assert accounts.pop("USD") > 9_000 - converted
    assert accounts == {"ETH": FOREIGN, "USDC": converted}
    (intended,) = records(tmp_path, "ConversionIntended")
    assert Decimal(intended["conversion"]["amount"]) == converted
    verified(tmp_path)

    resumed = call(tmp_path, "resume", "--reason", "all is sold")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    again = call(tmp_path, "--env", "paper", "--speed=max", "--cycles=1")
    assert again.returncode == 0, again.stdout + again.stderr
    alerts = (tmp_path / "logs" / "alerts.jsonl").read_text()
    assert f"{converted:,.2f} USDC are in the other wallet" in alerts
    assert not tripped(tmp_path) & {"drawdown", "daily_loss", "daily_loss_usd"}
    assert venue_accounts(tmp_path)["USDC"] == converted, "nothing is converted by itself"
    verified(tmp_path)


def two_at_once(home: Path) -> list[tuple[int, str]]:
    """Liquidate by both commands at the same time; return exit code and output of each."""
    first = command_line(home, "liquidate", "--emergency")
    second = [sys.executable, str(ROOT / "liquidate_to_usdc.py"), *first[3:]]
    both = [
        subprocess.Popen(each, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for each in (first, second)
    ]
    told = [each.communicate(timeout=150)[0] for each in both]
    return [(each.returncode, text) for each, text in zip(both, told, strict=True)]
