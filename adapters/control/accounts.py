"""Who places orders on a venue account: one trader at a time, whatever folder it runs on."""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from adapters.control.files import read_json, write_json
from adapters.control.instances import InstanceRunning, await_card, is_alive, process_id
from domain.model.errors import TradingError

WAIT_SECONDS = 0.5
ACCOUNTS = "accounts"
PRIVATE = 0o700


def lock_folder(kind: str = ACCOUNTS) -> Path:
    """Return the folder of the locks: one a user and machine, whatever the environment says.

    `kind` names what the locks are of.

    Raises:
        TradingError: there is no such folder and none can be made.
    """
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    folder = home / ".local" / "state" / "bulkhead" / kind
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) != PRIVATE:
            folder.chmod(PRIVATE)
    except OSError as error:
        raise TradingError(
            f"the folder of locks {folder} can't be used: {error.strerror}; "
            "make it writable for this user"
        ) from error
    return folder


def account_of(data_folder: Path, venue: str, folder: Path | None = None) -> str | None:
    """Return the account at `venue` on which the trader of `data_folder` last placed orders.

    None: it never did, as far as the cards of this machine tell.
    """
    data, found = str(data_folder.resolve()), dict[str, str]()
    for file in (folder or lock_folder()).glob("*.holder"):
        card = read_json(file) or {}
        account = str(card.get("account", ""))
        if card.get("data") == data and account.startswith(f"{venue}/"):
            found[str(card.get("started", ""))] = account
    return found[max(found)] if found else None


class AccountLock:
    """The lock of one account; held until released or its process is gone."""

    def __init__(self, account: str, folder: Path | None = None) -> None:
        """`account` names venue and portfolio."""
        self._account = account
        self._folder = folder or lock_folder()
        name = hashlib.sha256(account.encode()).hexdigest()[:32]
        self._card = self._folder / f"{name}.holder"
        self._lock = FileLock(self._folder / f"{name}.lock", thread_local=False)

    def acquire(self, data_folder: Path, started: str) -> None:
        """Take the lock for the trader on `data_folder`.

        Raises:
            InstanceRunning: another trader places orders on this account.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=WAIT_SECONDS, poll_interval=0.02)
        except Timeout:
            known = await_card(self._living) or {}
            who = f"pid {known.get('pid', 'unknown')} on {known.get('data', 'another folder')}"
            raise InstanceRunning(
                f"another instance places orders on account {self._account}: {who}, started "
                f"{known.get('started', 'at an unknown time')}; stop it first, or use another "
                "account"
            ) from None
        card = {
            "pid": os.getpid(),
            "data": str(data_folder.resolve()),
            "started": started,
            "account": self._account,
        }
        write_json(self._card, card)

    def _living(self) -> dict[str, Any] | None:
        """Return who holds the lock, None if it does not say; the last holder may be dead."""
        known = read_json(self._card) or {}
        try:
            return known if is_alive(process_id(known.get("pid"))) else None
        except ValueError:
            return None

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()
