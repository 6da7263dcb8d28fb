"""One venue account, one trader, whatever folder it runs on."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from adapters.control.accounts import AccountLock, account_of, lock_folder
from adapters.control.instances import InstanceRunning

pytestmark = pytest.mark.req("SI1")

ROOT = Path(__file__).parents[4]
ACCOUNT, OTHER = "world-1/portfolio-1", "world-1/portfolio-2"
HOLD = """
import sys
from pathlib import Path
from adapters.control.accounts import AccountLock
lock = AccountLock(sys.argv[1], Path(sys.argv[2]))
lock.acquire(Path(sys.argv[3]), "2026-11-24T10:00:00Z")
print("held", flush=True)
sys.stdin.read()
"""


def held_by_another(locks: Path, data: Path) -> subprocess.Popen[str]:
    """Return a process that holds the lock of the account."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, ACCOUNT, str(locks), str(data)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_trader_of_an_account_is_told_who_the_first_is(tmp_path: Path) -> None:
    first = AccountLock(ACCOUNT, tmp_path / "locks")
    first.acquire(tmp_path / "first", "2026-11-24T10:00:00Z")

    with pytest.raises(InstanceRunning) as refused:
        AccountLock(ACCOUNT, tmp_path / "locks").acquire(tmp_path / "second", "later")

    for word in (ACCOUNT, f"pid {os.getpid()} ", str(tmp_path / "first"), "2026-11-24T10:00:00Z"):
        assert word in str(refused.value)
    first.release()


def test_an_account_that_was_given_back_is_free(tmp_path: Path) -> None:
    for name in ("first", "second"):
        lock = AccountLock(ACCOUNT, tmp_path)
        lock.acquire(tmp_path / name, "now")
        lock.release()


def test_different_accounts_do_not_disturb_each_other(tmp_path: Path) -> None:
    locks = [AccountLock(account, tmp_path) for account in (ACCOUNT, OTHER, "world-2/portfolio-1")]

    for lock in locks:
        lock.acquire(tmp_path, "now")

    for lock in locks:
        lock.release()


def test_the_lock_is_free_when_its_process_is_killed(tmp_path: Path) -> None:
    first, lock = tmp_path / "first", AccountLock(ACCOUNT, tmp_path)
    with held_by_another(tmp_path, first) as other:
        with pytest.raises(InstanceRunning, match=f"pid {other.pid} on {first}"):
            lock.acquire(tmp_path / "second", "now")
        other.kill()
        other.wait(10)

        lock.acquire(tmp_path / "second", "now")

        with pytest.raises(InstanceRunning, match=f"pid {os.getpid()} on {tmp_path / 'second'}"):
            AccountLock(ACCOUNT, tmp_path).acquire(tmp_path / "third", "now")
    lock.release()


def test_a_holder_that_has_not_written_itself_down_yet_is_no_dead_one(tmp_path: Path) -> None:
    with held_by_another(tmp_path, tmp_path / "dead") as dead:
        dead.kill()
        dead.wait(10)
    (file,) = tmp_path.glob("*.lock")
    holder = FileLock(file)
    holder.acquire()

    with pytest.raises(InstanceRunning, match="pid unknown on another folder"):
        AccountLock(ACCOUNT, tmp_path).acquire(tmp_path / "second", "now")
    holder.release()


@pytest.mark.parametrize("text", ["{", "{}"])
def test_a_card_that_can_not_be_read_refuses_all_the_same(text: str, tmp_path: Path) -> None:
    first = AccountLock(ACCOUNT, tmp_path)
    first.acquire(tmp_path, "now")
    (card,) = tmp_path.glob("*.holder")
    card.write_text(text, encoding="utf-8")

    with pytest.raises(InstanceRunning, match="pid unknown on another folder"):
        AccountLock(ACCOUNT, tmp_path).acquire(tmp_path, "now")
    first.release()


def test_an_account_is_never_a_path(tmp_path: Path) -> None:
    lock = AccountLock("../../else/where", tmp_path / "locks")

    lock.acquire(tmp_path, "now")

    assert {each.parent for each in tmp_path.rglob("*") if each.is_file()} == {tmp_path / "locks"}
    cards = [json.loads(each.read_text()) for each in (tmp_path / "locks").glob("*.holder")]
    assert [card["pid"] for card in cards] == [os.getpid()]
    lock.release()


def test_the_folder_of_this_user_is_the_same_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = lock_folder()
    for name in ("HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))

    assert lock_folder() == before


def test_a_folder_that_others_may_enter_is_closed_to_them() -> None:
    folder = lock_folder()
    folder.chmod(0o755)

    assert stat.S_IMODE(lock_folder().stat().st_mode) == 0o700


@pytest.mark.req("M1")
def test_the_account_of_last_time_is_known_by_folder_and_venue(tmp_path: Path) -> None:
    locks, data = tmp_path / "locks", tmp_path / "data"
    for account, folder, started in (
        (ACCOUNT, data, "2026-11-24T10:00:00Z"),
        (OTHER, data, "2026-11-25T10:00:00Z"),
        ("world-1/portfolio-3", tmp_path / "another", "2026-11-26T10:00:00Z"),
        ("world-2/portfolio-1", data, "2026-11-27T10:00:00Z"),
    ):
        lock = AccountLock(account, locks)
        lock.acquire(folder, started)
        lock.release()

    assert account_of(data, "world-1", locks) == OTHER
    assert account_of(data, "world-3", locks) is None
    assert account_of(tmp_path / "new", "world-1", locks) is None
