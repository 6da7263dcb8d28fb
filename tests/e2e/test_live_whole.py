"""Live trading whole, at a venue process that plays Coinbase: it buys, protects, is killed by -9,
comes back to sell only, and buys nothing before a clean comparison with the venue.

Real processes and sockets; nothing of it is real money.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.live import CONFIRMED, SETTINGS, LiveHome
from tests.builders.runs import RUN_S, call, status, words
from tests.builders.simulator_process import RunningVenue, playing_coinbase

pytestmark = [pytest.mark.slow, pytest.mark.req("M1", "BOOT1", "REC1", "PROT1")]

UNLISTED_S = 60
"""The venue lists nothing for so long after the kill, unless it is told to earlier."""


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RunningVenue]:
    with playing_coinbase(tmp_path / "coinbase") as running:
        yield running


@pytest.fixture
def live(real: RunningVenue, tmp_path: Path) -> LiveHome:
    """Somebody with every gate open who has never traded."""
    home = LiveHome(tmp_path / "home", real)
    home.certify()
    return home


def orders(real: RunningVenue, side: str) -> list[dict[str, Any]]:
    return [each for each in real.books()["orders"] if each["side"] == side]


def journal(live: LiveHome) -> list[list[dict[str, Any]]]:
    """Return the records of each run, oldest first; an unfinished last line is left out."""
    runs = []
    for segment in sorted((live.folder / "journal").glob("*.jsonl")):
        lines = segment.read_bytes().split(b"\n")[:-1]
        runs.append([dict(json.loads(line)) for line in lines])
    return runs


def killed_owner(live: LiveHome) -> list[dict[str, Any]]:
    """Trade until a lot is owned and protected at the venue, then die; return the lots."""
    running = live.running(CONFIRMED)
    try:
        running.ready(RUN_S)
        running.wait_until(lambda: live.real.books()["fills"], RUN_S)
        running.wait_until(lambda: _is_protected(live), RUN_S)
    finally:
        running.process.kill()  # with -9
        running.process.communicate()
    positions: list[dict[str, Any]] = status(live.home)["positions"]
    return positions


def _is_protected(live: LiveHome) -> bool:
    """Tell whether the status shows a lot for which an order waits at the venue."""
    positions = status(live.home)["positions"]
    return any("venue" in each["protected_at"] for each in positions)


def entries_of(run: list[dict[str, Any]]) -> list[int]:
    """Return the places of the orders of a run that were to buy."""
    raised = [at for at, each in enumerate(run) if each["type"] == "IntentRaised"]
    return [at for at in raised if "worst_case" in run[at]["data"]["intent"]["order"]]


def place_of_clean(run: list[dict[str, Any]]) -> int:
    """Return the place of the first comparison of a run that was clean."""
    return next(
        at
        for at, each in enumerate(run)
        if each["type"] == "ReconcileFinished" and each["data"]["is_clean"]
    )


def test_after_a_sigkill_nothing_is_bought_before_a_clean_comparison_with_the_venue(
    live: LiveHome,
) -> None:
    assert killed_owner(live)
    protected = [each for each in orders(live.real, "SELL") if each["status"] == "OPEN"]
    assert protected, "the stop of the lot works on at the venue while nobody runs"
    before = {each["order_id"] for each in orders(live.real, "BUY")}
    live.real.fault("http_503_html", endpoint=["accounts", "orders"], **{"for": f"{UNLISTED_S}s"})

    running = live.running(CONFIRMED)
    try:
        ready = running.ready(RUN_S)
        assert ready["entries"] == "blocked", ready
        assert "boot" in ready["by"].split(","), ready
        told = status(live.home)
        breaker = next(each for each in told["breakers"] if each["name"] == "boot")
        assert breaker["state"] == "REDUCE_ONLY"
        assert not told["halted"]
        cycles = told["cycles"]
        running.wait_until(lambda: status(live.home)["cycles"] >= cycles + 2, RUN_S)
        assert {each["order_id"] for each in orders(live.real, "BUY")} == before

        # Listed again, compared clean, and only then it buys.
        running.wait_until(
            lambda: {each["order_id"] for each in orders(live.real, "BUY")} > before, RUN_S
        )
        running.interrupt()
    finally:
        running.process.kill()
        running.process.communicate()
    last = journal(live)[-1]
    entries = entries_of(last)
    assert entries
    assert min(entries) > place_of_clean(last)
    assert call(live.home, "audit", "verify", "--env", "live").returncode == 0


def test_a_sigkill_costs_no_order_and_no_lot_and_a_shut_gate_only_sells(live: LiveHome) -> None:
    owned = killed_owner(live)
    before = {each["order_id"] for each in orders(live.real, "BUY")}

    running = live.running()  # nobody has confirmed that real money is meant
    try:
        ready = running.ready(RUN_S)
        assert "live_gates" in ready["by"].split(",")
        kept = {each["product"]: each["quantity"] for each in status(live.home)["positions"]}
        assert {each["product"]: each["quantity"] for each in owned}.items() <= kept.items()
        product = owned[0]["product"]
        done = call(live.home, "close", product, "--reason", "a test")
        assert done.returncode == 0, done.stdout + done.stderr
        sold = {each["product_id"] for each in live.real.books()["fills"] if each["side"] == "SELL"}
        assert product in sold
        running.interrupt()
    finally:
        running.process.kill()
        running.process.communicate()
    assert {each["order_id"] for each in orders(live.real, "BUY")} == before
    assert words(running.lines[-1])["reason"] == "signal"


@pytest.mark.req("CL1", "SEC2")
def test_the_first_phases_of_the_checklist_are_met_by_their_commands(live: LiveHome) -> None:
    here = ("--venue-url", live.real.session.rest)
    settings = (*here, *SETTINGS, "--json")

    def open_items(phase: int) -> set[str]:
        asked = ("checklist", "--phase", str(phase), *settings)
        done = call(live.home, *asked, environment=live.key)
        found = [row for each in json.loads(done.stdout)["phases"] for row in each["items"]]
        assert done.returncode == (0 if all(row["met"] for row in found) else 1), done.stderr
        return {row["name"] for row in found if not row["met"]}

    assert open_items(1) == {"venue check", "venue order"}
    checked = call(live.home, "venue-check", "--with-order", *here, environment=live.key)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert open_items(1) == set()

    assert open_items(3) == {"key age"}
    assert call(live.home, "secrets", "rotated", environment=live.key).returncode == 0
    assert open_items(3) == set()
