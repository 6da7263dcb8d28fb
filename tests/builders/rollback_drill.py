"""The way back from real money, drilled: halt, sell, paper, the former configuration, one file.

At a venue process that plays Coinbase; each step is a command as an owner types it, and is timed.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import frozen

from domain.model.wording import counted
from tests.builders.live import CONFIRMED, LiveHome
from tests.builders.runs import ROOT, RUN_S, Running, call, command_line, status
from tests.builders.simulator_process import RunningVenue, playing_coinbase

HALT, SELL, PAPER, CONFIG, BUNDLE = "halt", "liquidate", "paper", "config", "incident"
STEPS = (HALT, SELL, PAPER, CONFIG, BUNDLE)
LATER_CAP, FIRST_CAP = "max_order_usd: 900", "max_order_usd: 1000"


@frozen
class RolledBack:
    """One step: how long it took in seconds, and in a sentence what was seen."""

    step: str
    seconds: float
    seen: str


def drill(home: Path) -> list[RolledBack]:
    """Trade live in `home`, then go back step by step; return what each took.

    Raises:
        AssertionError: a step did not do what it promises; the text says which.
    """
    with playing_coinbase(home / "coinbase") as real:
        live = LiveHome(home / "owner", real)
        _first_version(live)
        live.certify()
        _owning(live)
        held = {each["product"]: Decimal(each["quantity"]) for each in _owned(live)}
        return [
            _halted(live),
            _sold(live, held),
            _on_paper(live),
            _restored(live),
            _bundled(live),
        ]


def _first_version(live: LiveHome) -> None:
    """Keep the configuration under version control, as its owner does."""
    git(live, "init", "-q")
    git(live, "add", "config")
    git(live, "commit", "-q", "-m", "what was rehearsed")


def git(live: LiveHome, *words: str) -> None:
    """Do something with the owner's repository."""
    who = ("-c", "user.name=owner", "-c", "user.email=owner@example.com")
    subprocess.run(["git", *who, *words], cwd=live.home, check=True, capture_output=True)


def _owning(live: LiveHome) -> None:
    """Trade until something is owned, first under one configuration, then under a stricter one;
    leave it running, the second one committed.
    """
    with _running(live) as running:
        running.wait_until(lambda: live.real.books()["fills"], RUN_S)
        running.wait_until(lambda: _resting(live.real, "SELL") and _owned(live), RUN_S)
        running.interrupt()
    policy = live.home / "config" / "policy.yaml"
    assert FIRST_CAP in policy.read_text()
    policy.write_text(policy.read_text().replace(FIRST_CAP, LATER_CAP))
    git(live, "commit", "-q", "-a", "-m", "a stricter cap")


@contextmanager
def _running(live: LiveHome) -> Iterator[Running]:
    """A live trader that is ready to buy, for as long as the block lasts."""
    running = live.running(CONFIRMED)
    try:
        running.ready(RUN_S)
        yield running
    finally:
        running.process.kill()
        running.process.communicate()


def _owned(live: LiveHome) -> list[dict[str, Any]]:
    positions: list[dict[str, Any]] = status(live.home)["positions"]
    return positions


def _resting(real: RunningVenue, side: str) -> list[dict[str, Any]]:
    found = [each for each in real.books()["orders"] if each["side"] == side]
    return [each for each in found if each["status"] in ("OPEN", "PENDING", "QUEUED")]


def _timed(done: Callable[[], str], step: str) -> RolledBack:
    begun_s = time.monotonic()
    seen = done()
    return RolledBack(step, round(time.monotonic() - begun_s, 1), seen)


def _halted(live: LiveHome) -> RolledBack:
    with _running(live) as running:

        def halt() -> str:
            (live.home / "data" / "KILL_SWITCH").touch()
            code, last = running.stopped(RUN_S)
            assert (code, last["reason"]) == (3, "kill"), running.log
            assert not _resting(live.real, "BUY"), "an entry rests after the kill"
            stops = _resting(live.real, "SELL")
            assert stops, "the stop orders of lots stay at the venue"
            stay = counted(len(stops), "stop order")
            return f"ended with exit code 3; no entry rests at the venue, {stay} there"

        return _timed(halt, HALT)


def script(live: LiveHome, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `liquidate_to_usdc.py` on the folders of the owner."""
    line = command_line(live.home, *words)
    line[1] = str(ROOT / "liquidate_to_usdc.py")
    environment: Mapping[str, str] = {**os.environ, **live.key}
    return subprocess.run(
        line,
        cwd=live.home,
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
        env=environment,
    )


def _sold(live: LiveHome, held: Mapping[str, Decimal]) -> RolledBack:
    refused = call(live.home, *paper_words(live))
    assert refused.returncode == 4, refused.stdout + refused.stderr
    assert "live trading owns" in refused.stderr

    def sell() -> str:
        done = script(live, "--emergency")
        assert done.returncode == 0, done.stdout + done.stderr
        assert not _owned(live)
        cash = next(each for each in done.stdout.splitlines() if each.endswith(" in cash"))
        return f"sold {', '.join(sorted(held))}; left: {cash.partition(': ')[2]}"

    step = _timed(sell, SELL)
    sold = _totals(live.real, "SELL")
    again = script(live, "--emergency")
    assert again.returncode == 0, again.stdout + again.stderr
    assert _totals(live.real, "SELL") == sold, "what is sold is sold once"
    bought = _totals(live.real, "BUY")
    assert all(sold[name] <= bought.get(name, Decimal(0)) for name in sold), (sold, bought)
    return step


def _totals(real: RunningVenue, side: str) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for each in real.books()["fills"]:
        if each["side"] == side:
            name = each["product_id"]
            totals[name] = totals.get(name, Decimal(0)) + Decimal(each["size"])
    return totals


def paper_words(live: LiveHome) -> tuple[str, ...]:
    """Return the options of a short start on paper, on the owner's folders."""
    return ("--env", "paper", "--no-dashboard", "--duration", "2s", f"--data-dir={live.home}/data")


def _on_paper(live: LiveHome) -> RolledBack:
    def go() -> str:
        resumed = call(live.home, "resume", "--env", "live", "--reason", "sold, looked at")
        assert resumed.returncode == 0, resumed.stdout + resumed.stderr
        done = call(live.home, *paper_words(live))
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith("READY mode=paper"), done.stdout
        return "refused while live owned lots; after the sale it is ready and ends with 0"

    return _timed(go, PAPER)


def _restored(live: LiveHome) -> RolledBack:
    listed = call(live.home, "config", "history", "--env", "live", "--json")
    starts = json.loads(listed.stdout)
    first = starts[0]["config_hash"]
    policy = live.home / "config" / "policy.yaml"
    assert LATER_CAP in policy.read_text()

    def restore() -> str:
        done = call(live.home, "config", "restore", first)
        assert done.returncode == 0, done.stdout + done.stderr
        assert FIRST_CAP in policy.read_text()
        return f"the files of {first} are back, {len(starts)} starts on record"

    step = _timed(restore, CONFIG)
    git(live, "checkout", "config/")
    assert LATER_CAP in policy.read_text()
    git(live, "checkout", "HEAD~1", "config/")
    assert FIRST_CAP in policy.read_text()
    assert call(live.home, "config", "check").returncode == 0
    return step


def _bundled(live: LiveHome) -> RolledBack:
    file = live.home / "incident.tar.zst"

    def bundle() -> str:
        done = call(live.home, "incident", "--env", "live", "--from", "2020-01-01", "-o", str(file))
        assert done.returncode == 0, done.stdout + done.stderr
        checked = call(live.home, "incident", "--verify", str(file))
        assert checked.returncode == 0, checked.stdout + checked.stderr
        return done.stdout.strip().splitlines()[0].partition(": ")[2]

    return _timed(bundle, BUNDLE)
