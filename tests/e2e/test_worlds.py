"""Each world in a folder of its own: side by side, stopped together, begun anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders.checkout import Checkout
from tests.builders.runs import RESTING

FAST = ("--env", "paper", "--speed", "60")
ONCE = ("--env", "paper", "--speed", "max", "--cycles", "1")
SEVEN = "generated-7"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("checkout") / "bulkhead")


@pytest.mark.req("K1", "SI1")
def test_two_worlds_trade_side_by_side_and_one_kill_stops_both(
    checkout: Checkout, tmp_path: Path
) -> None:
    with checkout.started(*FAST, *RESTING) as first, checkout.started(*FAST, "--seed=7") as second:
        assert checkout.run(*FAST, "--seed=7").returncode == 5, "one instance a world and mode"
        mistyped = checkout.run("kill", "--data-dir", "dta", "--reason", "looks wrong")
        assert mistyped.returncode == 1
        for pid, home in ((first.pid, checkout.data), (second.pid, checkout.home(SEVEN))):
            assert f"(pid {pid}, " in mistyped.stderr
            assert f"python run.py kill --data-dir {home}" in mistyped.stderr
        assert not (checkout.root / "dta").exists()
        killed = checkout.run("kill", "--reason", "looks wrong", cwd=tmp_path)

        assert killed.returncode == 0, killed.stdout + killed.stderr
        for name in ("paper", f"{SEVEN}/paper"):
            assert f"{name}: the instance has ended; no entry rests" in killed.stdout
        assert (first.wait(5), second.wait(5)) == (3, 3)

    resumed = checkout.run("resume", "--reason", "looked at it", "--world", SEVEN)
    assert resumed.returncode == 0
    assert f"{SEVEN}/paper: resumed: kill" in resumed.stdout
    assert "data/KILL_SWITCH removed" in resumed.stdout
    assert "paper: still latched: kill" in resumed.stderr
    assert "resume --world default --env paper" in resumed.stderr
    assert checkout.run(*ONCE, "--seed=7").returncode == 0
    assert checkout.run(*ONCE).returncode == 3, "the other is still latched"
    assert checkout.run("paper", "reset", "--world=default").returncode == 0
    assert checkout.run(*ONCE).returncode == 3, "also in a new world"
    assert checkout.run("resume", "--all", "--reason", "looked at it").returncode == 0


@pytest.mark.req("K1")
def test_a_kill_of_one_world_leaves_the_others_trading(checkout: Checkout) -> None:
    with checkout.started(*FAST) as first, checkout.started(*FAST, "--seed=8") as second:
        killed = checkout.run("kill", "--world", "generated-8", "--reason", "only this one")

        assert killed.returncode == 0, killed.stderr
        assert second.wait(5) == 3
        assert first.poll() is None
        status = json.loads(checkout.run("status", "--json").stdout)
        assert (status["running"], status["halted"], status["pid"]) == (True, False, first.pid)


@pytest.mark.req("AUD1")
def test_a_world_is_named_listed_read_and_begun_anew(checkout: Checkout) -> None:
    home = checkout.home("generated-9")
    assert checkout.run(*ONCE, "--seed=9").returncode == 0
    assert checkout.run(*ONCE, "--world=generated-9").returncode == 0, "by name alone"
    row = checkout.worlds()[("generated-9", "paper")]
    assert (row["market"], row["seed"], row["state"]) == ("generated", 9, "stopped")
    for command in (("status",), ("report",), ("audit", "verify")):
        assert checkout.run(*command, "--world", "generated-9").returncode == 0

    refused = checkout.run(*ONCE, "--seed=10", "--data-dir", str(home))
    assert refused.returncode == 4
    assert "holds another world" in refused.stderr
    assert f"python run.py paper reset --data-dir {home}" in refused.stderr

    done = checkout.run("paper", "reset", "--world", "generated-9")
    (archive,) = (home / "archive").iterdir()
    assert (done.returncode, archive.name in done.stdout) == (0, True)
    assert checkout.run("audit", "verify", "--data-dir", str(archive)).returncode == 0
    shown = checkout.run("status", "--world", "generated-9")
    assert (shown.returncode, shown.stdout) == (1, "")
    assert checkout.run(*ONCE, "--seed=10", "--data-dir", str(home)).returncode == 0
