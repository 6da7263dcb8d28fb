"""`status` of a trader that runs, is frozen, dies or ends: told apart, aged, and true."""

from __future__ import annotations

import signal
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders.runs import EAGER, call, status, trader
from tests.builders.waiting import wait_for

OFTEN = "--set=policy.loop.interval_seconds=5"


def screen(home: Path) -> str:
    """Return what `status` shows, which is never wider than 80 columns."""
    done = call(home, "status")
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    return " ".join(done.stdout.split())


def has_a_lot(home: Path) -> bool:
    """Tell whether a lot is owned, by the last picture."""
    done = call(home, "status", "--json")
    return done.returncode == 0 and '"lot"' in done.stdout


def guard(home: Path) -> object:
    """Return who sells the first lot at its stop, by the last picture."""
    return status(home)["positions"][0]["protected_at"]


@pytest.mark.slow
@pytest.mark.req("PROT1")
def test_a_trader_that_runs_is_frozen_goes_on_and_dies(tmp_path: Path) -> None:
    with trader(tmp_path, *EAGER, OFTEN) as running:
        running.ready()
        running.wait_until(lambda: has_a_lot(tmp_path), 90.0)
        running.wait_until(lambda: guard(tmp_path) == "exit actor and venue")
        told = status(tmp_path)
        assert told["state"] in ("trading", "blocked")
        assert (told["schema"], told["running"]) == (3, True)
        assert Decimal(told["age_s"]) >= 0
        assert None not in (told["wall_time"], told["market_time"], told["last_decision"])
        assert told["limits"]
        assert "protected by the exit actor" in screen(tmp_path)

        running.process.send_signal(signal.SIGSTOP)
        wait_for(lambda: status(tmp_path)["state"] == "frozen", 30.0)
        assert status(tmp_path)["positions"][0]["protected_at"] == "venue"
        frozen = screen(tmp_path)
        assert "FROZEN: no sign of life for" in frozen
        assert f"kill -CONT {running.process.pid}" in frozen
        assert "protected by a stop order at the venue" in frozen

        running.process.send_signal(signal.SIGCONT)
        running.wait_until(lambda: status(tmp_path)["state"] in ("trading", "blocked"), 60.0)

        running.kill()
        dead = status(tmp_path)
        assert (dead["state"], dead["running"], dead["pid"]) == ("died", False, None)
        assert "DIED without an end of its own" in screen(tmp_path)
        assert "protected by a stop order at the venue" in screen(tmp_path)


@pytest.mark.slow
@pytest.mark.req("PROT1")
def test_a_trader_that_was_stopped_says_by_what_and_what_is_protected(
    tmp_path: Path,
) -> None:
    with trader(tmp_path, *EAGER, OFTEN) as running:
        running.ready()
        running.wait_until(lambda: has_a_lot(tmp_path), 90.0)
        code, said = running.interrupt()
        assert code == 0

    told = status(tmp_path)
    assert {name: told[name] for name in ("equity", "pnl_net", "fees")} == {
        name: said[name] for name in ("equity", "pnl_net", "fees")
    }
    assert (told["state"], told["ended_by"], told["running"]) == ("stopped", "signal", False)
    assert told["positions"][0]["protected_at"] == "venue"
    shown = screen(tmp_path)
    assert "by a signal" in shown
    assert "protected by a stop order at the venue" in shown
