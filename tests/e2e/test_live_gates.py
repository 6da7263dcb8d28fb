"""Trading with real money: each gate shut, with and without lots, at a venue that plays Coinbase.

Real processes and sockets; nothing of it is real money.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.control.certificates import FOLDER
from tests.builders.full import some
from tests.builders.live import CONFIRMED, LiveHome
from tests.builders.runs import RUN_S, call, status, words
from tests.builders.simulator_process import RunningVenue, playing_coinbase

pytestmark = [pytest.mark.xdist_group("live_gates"), pytest.mark.slow, pytest.mark.req("M1")]

SOON = ("--duration", "1s")
OTHER = "00000000-0000-4000-8000-000000000000"


def orders(real: RunningVenue, side: str) -> list[dict[str, Any]]:
    return [each for each in real.books()["orders"] if each["side"] == side]


def sales(real: RunningVenue) -> int:
    return sum(each["side"] == "SELL" for each in real.books()["fills"])


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVenue]:
    with playing_coinbase(tmp_path_factory.mktemp("coinbase")) as running:
        yield running


@pytest.fixture(scope="module")
def owner(real: RunningVenue, tmp_path_factory: pytest.TempPathFactory) -> LiveHome:
    """Somebody with every gate open who has bought something, and stopped."""
    live = LiveHome(tmp_path_factory.mktemp("owner"), real)
    live.certify()
    running = live.running(CONFIRMED)
    try:
        assert running.enters(), running.log
        ready = words(running.lines[0])
        assert (ready["mode"], ready["venue"], ready["prices"]) == ("live", "coinbase", "live")
        running.wait_until(lambda: real.books()["fills"], RUN_S)
        running.wait_until(lambda: orders(real, "SELL"), RUN_S)
        running.interrupt()
    finally:
        running.process.kill()
        running.process.communicate()
    assert orders(real, "BUY")
    return live


@pytest.fixture
def newcomer(real: RunningVenue, tmp_path: Path) -> LiveHome:
    """Somebody with every gate open who has never traded."""
    live = LiveHome(tmp_path / "newcomer", real)
    live.certify()
    return live


Shut = Callable[[LiveHome], tuple[tuple[str, ...], dict[str, str] | None]]
"""Shuts one gate; returns the options and the key of the start."""


def ceiling(_: LiveHome) -> tuple[tuple[str, ...], dict[str, str] | None]:
    return (CONFIRMED, "--set=app.mode=paper"), None


def unconfirmed(_: LiveHome) -> tuple[tuple[str, ...], dict[str, str] | None]:
    return (), None


def uncertified(live: LiveHome) -> tuple[tuple[str, ...], dict[str, str] | None]:
    (live.folder / FOLDER).rename(live.folder / "put aside")
    return (CONFIRMED,), None


def looser(_: LiveHome) -> tuple[tuple[str, ...], dict[str, str] | None]:
    return (CONFIRMED, "--set=policy.max_daily_loss_usd=301"), None


def clock_is_off(live: LiveHome) -> tuple[tuple[str, ...], dict[str, str] | None]:
    live.real.fault("clock_skew", by="-5s")
    return (CONFIRMED,), None


def may_only_look(live: LiveHome) -> tuple[tuple[str, ...], dict[str, str] | None]:
    return (CONFIRMED,), {"CB_API_SECRET_FILE": str(live.real.session.user_key_file)}


def dearer(live: LiveHome) -> tuple[tuple[str, ...], dict[str, str] | None]:
    live.real.fault("fee_tier", maker="0.008", taker="0.016")
    return (CONFIRMED,), None


def restore(live: LiveHome) -> None:
    """Open every gate again."""
    aside = live.folder / "put aside"
    if aside.exists():
        aside.rename(live.folder / FOLDER)
    live.real.fault("fee_tier", maker="0.006", taker="0.012")
    live.real.set_clock()


GATES: tuple[tuple[Shut, str, str], ...] = (
    (unconfirmed, "confirmation: ", "add --confirm-live"),
    (looser, "certificate: ", "policy.max_daily_loss_usd 300 -> 301 (looser)"),
    (may_only_look, "permissions: the key may not trade", "create one that may view and trade"),
    (clock_is_off, "clock: this machine's clock is ", "timedatectl set-ntp true"),
    (dearer, "fees: maker and taker pay 0.80 % and 1.60 % now", "rehearse with these fees"),
    (ceiling, "mode: app.mode is paper (--set", "set app.mode: live"),
    (uncertified, "certificate: there is none; ", "rehearsal"),
)
TRIED = some(GATES, 2)
EACH_GATE = pytest.mark.parametrize(
    ("shut", "found", "mend"), TRIED, ids=[shut.__name__ for shut, _, _ in TRIED]
)
"""Two of them, with BULKHEAD_FULL all; tests/unit/app/run/test_live_ports.py shuts each."""
FINAL: tuple[tuple[str, tuple[str, ...], dict[str, str] | None], ...] = (
    ("secrets: there is no key", (CONFIRMED,), {}),
    ("account: the key belongs to portfolio", (f"--set=app.account.portfolio_uuid={OTHER}",), None),
)


@EACH_GATE
def test_with_a_gate_shut_and_nothing_owned_nothing_starts(
    shut: Shut, found: str, mend: str, newcomer: LiveHome
) -> None:
    before = newcomer.real.books()["orders"]
    options, key = shut(newcomer)
    try:
        done = newcomer.start(*options, *SOON, key=key)
    finally:
        restore(newcomer)

    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    lines = [each for each in done.stderr.splitlines() if each.strip().startswith(found)]
    assert len(lines) == 1, done.stderr
    assert mend in lines[0]
    assert newcomer.real.books()["orders"] == before
    assert not (newcomer.folder / "journal").exists()


@EACH_GATE
def test_with_a_gate_shut_and_something_owned_it_comes_up_to_sell_only(
    shut: Shut, found: str, mend: str, owner: LiveHome
) -> None:
    before = orders(owner.real, "BUY")
    options, key = shut(owner)
    try:
        done = owner.start(*options, *SOON, key=key)
    finally:
        restore(owner)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "live_gates" in words(done.stdout.splitlines()[0])["by"].split(",")
    lines = [each for each in done.stderr.splitlines() if f"only exits: {found}" in each]
    assert len(lines) == 1, done.stderr
    assert mend in lines[0]
    assert orders(owner.real, "BUY") == before


@pytest.mark.parametrize(("found", "options", "key"), FINAL)
@pytest.mark.parametrize("is_owner", [False, True])
def test_the_wrong_account_or_no_key_starts_nothing_whatever_is_owned(
    found: str,
    options: tuple[str, ...],
    key: dict[str, str] | None,
    is_owner: bool,
    owner: LiveHome,
    newcomer: LiveHome,
) -> None:
    live = owner if is_owner else newcomer
    before = live.real.books()["orders"]

    done = live.start(CONFIRMED, *options, *SOON, key=key)

    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert f"  {found}" in done.stderr
    assert ("owned, and left as it is" in done.stderr) is is_owner
    assert live.real.books()["orders"] == before


def test_a_journal_that_was_changed_starts_nothing_though_something_is_owned(
    owner: LiveHome, tmp_path: Path
) -> None:
    shutil.copytree(owner.home, tmp_path / "copy")
    segment = sorted((tmp_path / "copy" / "data" / "live" / "journal").glob("*.jsonl"))[0]
    text = segment.read_bytes()
    segment.write_bytes(text.replace(b'"seq":2', b'"seq":9', 1))
    assert segment.read_bytes() != text

    live = owner.words(CONFIRMED, *SOON)
    done = call(tmp_path / "copy", *live, environment=owner.key)

    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert "the journal can't be trusted" in done.stderr
    assert "audit verify" in done.stderr


def test_a_stricter_policy_trades_and_lists_what_is_stricter(owner: LiveHome) -> None:
    done = owner.start(CONFIRMED, "--set=policy.max_order_usd=900", *SOON)

    assert done.returncode == 0, done.stderr
    assert "live_gates" not in done.stdout
    assert "stricter than certified: policy.max_order_usd 1000 -> 900" in done.stderr


def test_the_first_two_days_of_a_certificate_run_under_the_smallest_caps(
    newcomer: LiveHome,
) -> None:
    shutil.rmtree(newcomer.folder)
    newcomer.certify(age_ns=1)

    done = newcomer.start(CONFIRMED, *SOON)

    assert "canary caps until " in done.stderr, done.stdout + done.stderr
    assert "1.5 % a position, 2.5 % an asset, 7.5 % in all" in done.stderr


def test_all_gates_that_are_shut_are_told_at_once(newcomer: LiveHome) -> None:
    shutil.rmtree(newcomer.folder)

    done = newcomer.start("--set=app.mode=paper", key={})

    told = [each.strip().partition(":")[0] for each in done.stderr.splitlines()[1:]]
    assert told == [
        *("mode", "confirmation", "secrets", "account", "permissions", "fees", "certificate"),
    ]
    assert not (newcomer.home / "data" / "live").exists()


def test_what_is_owned_can_be_sold_while_the_gates_are_shut(owner: LiveHome) -> None:
    running = owner.running()
    try:
        assert running.ready()["entries"] == "blocked"
        sold = sales(owner.real)
        product = status(owner.home)["positions"][0]["product"]
        done = call(owner.home, "close", product, "--reason", "a test")
        assert done.returncode == 0, done.stdout + done.stderr
        running.wait_until(lambda: sales(owner.real) > sold, RUN_S)
        running.interrupt()
    finally:
        running.process.kill()
        running.process.communicate()


@pytest.mark.req("RB5")
def test_a_liquidation_sells_the_rest_whatever_the_gates_say(owner: LiveHome) -> None:
    done = call(owner.home, "liquidate", "--emergency", environment=owner.key)

    assert done.returncode == 0, done.stdout + done.stderr
    again = call(owner.home, "liquidate", "--dry-run", environment=owner.key)
    assert again.returncode == 0, again.stdout + again.stderr
    assert not status(owner.home)["positions"]
