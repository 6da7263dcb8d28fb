"""The world of the embedded venue: what it plays for whom, kept in one folder that survives.

World = market source + seed + offset + account. Its folder `<dir>/venue/` holds `world.json`
(identity), `world.db` (books of the engine), `clock` (shared market time), `keys/`, `ca.pem` and
`LOCK`. One process at a time; another world on the same folder is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import asdict, evolve, frozen
from filelock import FileLock, Timeout

from adapters.simulator.options import parse_balance_amount
from domain.model.errors import InvalidNumber, TradingError
from domain.model.instants import MINUTE, Nanos, bucket_start, iso
from domain.model.money import parse_decimal, plain

FOLDER = "venue"
OF_TRADERS = ("dry-run", "paper")
"""Folders in which a trader keeps the world of its own venue."""
DATABASE = "world.db"
LARGEST_FILE = 16 << 20
"""Size in bytes that no other file of a world reaches."""
DEFAULT_OPENING: Mapping[str, Decimal] = {"USD": Decimal(10_000)}


class WorldError(TradingError):
    """The venue's folder cannot be used; `exit_code` is what the process should end with."""

    exit_code = 2


class WorldMismatch(WorldError):
    """The folder holds another world than the one asked for."""

    exit_code = 4


class WorldLocked(WorldError):
    """Another venue process has the folder."""

    exit_code = 5


@contextmanager
def undamaged(file: Path) -> Iterator[None]:
    """Have a file of the world read in the block.

    Raises:
        WorldError: it can't be used, whoever put there what.
    """
    try:
        yield
    except TradingError:
        raise
    except (OSError, ValueError, LookupError, TypeError, RecursionError, sqlite3.Error) as error:
        raise WorldError(
            f"{file} is damaged ({error}); put it back from a backup or begin a new world "
            "with `run.py paper reset`"
        ) from error


@frozen(kw_only=True)
class WorldIdentity:
    """What makes a world this world: two starts with equal identities continue one another.

    `market` is the source's own one-line description; `opening` maps currency to amount;
    `origin_ns` is where its trading time began; `nonce` tells a world from its predecessor with
    the same ingredients (another account, other orders).
    """

    market: str
    seed: int
    origin_ns: int
    opening: Mapping[str, str]
    nonce: str

    @property
    def id(self) -> str:
        """Sixteen hex digits that name the world in READY lines and journals."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def describe(self) -> str:
        """Return one readable line."""
        money = ", ".join(f"{amount} {currency}" for currency, amount in self.opening.items())
        return (
            f"market {self.market}, seed {self.seed}, from {iso(self.origin_ns)}, opening {money}"
        )


def identity(
    *,
    market: str,
    seed: int,
    origin_ns: int,
    opening: Mapping[str, Decimal],
    nonce: str | None = None,
) -> WorldIdentity:
    """Return the identity of a new world; without `nonce` the operating system draws one."""
    amounts = {currency: plain(amount) for currency, amount in sorted(opening.items())}
    drawn = secrets.token_hex(4) if nonce is None else nonce
    return WorldIdentity(
        market=market, seed=seed, origin_ns=origin_ns, opening=amounts, nonce=drawn
    )


class WorldFolder:
    """The locked folder of one world; use it as a context manager to let go of the lock."""

    def __init__(self, path: Path) -> None:
        """Take the folder, made with mode 0700 if need be.

        Raises:
            WorldLocked: another process holds it.
            WorldError: it cannot be made or written.
        """
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)
            _refuse_odd_files(path)
            self._lock = _taken(path)
        except OSError as error:
            raise WorldError(f"cannot use the venue folder {path}: {error.strerror}") from error
        _write_atomically(path / "LOCK.holder", f"process {os.getpid()}, since {_utc_stamp()}")

    def __enter__(self) -> WorldFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the lock."""
        (self.path / "LOCK.holder").unlink(missing_ok=True)
        self._lock.release()

    @property
    def database(self) -> Path:
        """Where the engine keeps its books."""
        return self.path / DATABASE

    @property
    def clock(self) -> Path:
        """The shared market clock."""
        return self.path / "clock"

    def stored(self) -> WorldIdentity | None:
        """Return the identity of the world in the folder, None where there is none yet.

        Raises:
            WorldError: `world.json` is damaged.
        """
        file = self.path / "world.json"
        if not file.exists():
            return None
        with undamaged(file):
            return _parsed(json.loads(file.read_text(encoding="utf-8")))

    def settle(self, wanted: WorldIdentity) -> WorldIdentity:
        """Return the folder's identity: the stored one, or `wanted`, written down as new.

        Raises:
            WorldMismatch: another world lives here.
        """
        stored = self.stored()
        if stored is None:
            text = json.dumps(asdict(wanted), indent=2, sort_keys=True)
            _write_atomically(self.path / "world.json", text + "\n")
            return wanted
        if evolve(wanted, nonce=stored.nonce) != stored:
            raise WorldMismatch(
                f"{self.path} holds another world: it has {stored.describe()}; "
                f"asked for was {wanted.describe()}. Leave --data-dir and --world out and each "
                f"world has a folder of its own, or put the old one aside: {self._put_aside()}"
            )
        return stored

    def _put_aside(self) -> str:
        """Return the command that puts this world aside."""
        home = self.path.parent
        if home.name in OF_TRADERS:
            return f"python run.py paper reset --data-dir {home.parent}"
        return f"mv {self.path} {self.path}.{_utc_stamp()}"


def parse_opening(texts: tuple[str, ...]) -> dict[str, Decimal]:
    """Return balances by currency from texts like "USD=800".

    Raises:
        InvalidNumber: a text is not CURRENCY=AMOUNT with an amount >= 0.
    """
    opening: dict[str, Decimal] = {}
    for text in texts:
        currency, equals, amount = text.partition("=")
        if not equals or not currency.isalnum() or currency.upper() in opening:
            raise InvalidNumber(f"expected a balance like USD=800, once a currency, was {text!r}")
        opening[currency.upper()] = parse_balance_amount(amount)
    return opening


def new_origin_ns() -> Nanos:
    """Return where a generated world that begins now has its origin: the next whole minute."""
    return Nanos(bucket_start(time.time_ns(), MINUTE) + MINUTE)


def opening_time_ns(
    *, origin_ns: int, stored_ns: int | None, follows_wall: bool, wall_ns: int
) -> Nanos:
    """Return the market time at which a world goes on.

    Never before what the store knows; a world that `follows_wall` (generated, speed 1) not
    before the wall clock either.
    """
    begun = origin_ns if stored_ns is None else max(origin_ns, stored_ns)
    return Nanos(max(begun, wall_ns) if follows_wall else begun)


def _refuse_odd_files(folder: Path) -> None:
    """Refuse what stands in the place of a file; reading a pipe would wait for ever."""
    for place in (*folder.glob("*"), *folder.glob("keys/*")):
        if not place.is_file() and place != folder / "keys":
            raise WorldError(f"{place} is no ordinary file: move it away")
        if not place.name.startswith(DATABASE) and place.stat().st_size > LARGEST_FILE:
            raise WorldError(
                f"{place} is damaged (larger than {LARGEST_FILE >> 20} MiB); put it back from a "
                "backup or begin a new world with `run.py paper reset`"
            )


def _taken(path: Path) -> FileLock:
    lock = FileLock(path / "LOCK", mode=0o600)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        holder = path / "LOCK.holder"
        who = holder.read_text(encoding="utf-8") if holder.exists() else "an unknown process"
        raise WorldLocked(
            f"another venue has {path} ({who}); stop it or use another --data-dir"
        ) from error
    return lock


def _parsed(values: dict[str, Any]) -> WorldIdentity:
    return WorldIdentity(
        market=str(values["market"]),
        seed=int(values["seed"]),
        origin_ns=int(values["origin_ns"]),
        opening={str(key): plain(parse_decimal(text)) for key, text in values["opening"].items()},
        nonce=str(values["nonce"]),
    )


def _write_atomically(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _utc_stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
