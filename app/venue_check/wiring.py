"""A check of the venue on real sockets, clocks and locks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from adapters.clocks.asking import ask_all
from adapters.control.accounts import AccountLock
from adapters.control.key_note import KeyNote
from adapters.control.kill_switch import FileHaltSignal
from adapters.venues.coinbase.auth import KeyInvalid
from adapters.venues.coinbase.key_sources import NO_KEY, FoundKey, find_key, is_configured
from adapters.venues.coinbase.server_time import ask_venue_time
from adapters.venues.transport.endpoint import Endpoint, endpoint
from adapters.venues.transport.reach import reach
from app.command_line.options import COINBASE, ROOT, Folders
from app.run.key_watch import age_of
from app.run.stray_keys import stray_keys
from config.mode import Mode
from domain.model.instants import Nanos, iso
from domain.system.drift import TimeAnswers
from domain.system.venue_check import A_KEY, KEY, KEY_CHECK, CheckedStep, key_step, refused, skipped

_SCHEMES = ("http", "https", "ws", "wss")


class Machine:
    """What a check needs besides the venue; implements `Surroundings`."""

    def __init__(self, rest: str, stream: str, servers: tuple[str, ...]) -> None:
        """`servers` are those of time."""
        self._hosts = [endpoint(rest, _SCHEMES), endpoint(stream, _SCHEMES)]
        self._rest = rest
        self._servers = servers

    def reach(self) -> tuple[str, ...]:
        """Connect to each host once; raises `Unreachable`."""
        places = {(each.hostname, each.port): each for each in self._hosts}
        return tuple(map(_reached, places.values()))

    def times(self) -> TimeAnswers:
        """Ask the servers of time and the venue."""
        return ask_all(self._servers, partial(ask_venue_time, self._rest))

    def wall_ns(self) -> Nanos:
        """Return UTC."""
        return Nanos(time.time_ns())

    def machine_s(self) -> float:
        """Return machine time."""
        return time.monotonic()

    def rest(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def _reached(host: Endpoint) -> str:
    found = reach(host)
    how = f"{found.tls}, certificate until {found.valid_to}" if found.tls else "no TLS"
    return f"{host.host} ({how})"


def key_of(
    environment: Mapping[str, str], folders: Folders, wall_ns: int
) -> tuple[FoundKey | None, tuple[CheckedStep, ...]]:
    """Return the key that the environment names, and what is found of it; None: it is not used."""
    own = (folders.data, folders.log, ROOT / "data", ROOT / "logs")
    strays = tuple(
        refused(KEY, "no key in checkout or configuration", each, KEY_CHECK)
        for each in stray_keys((ROOT, folders.config), (), own)
    )
    if strays:
        return None, strays
    if not is_configured(environment):
        return None, (skipped(KEY, A_KEY, NO_KEY),)
    try:
        found = find_key(environment, ROOT)
    except KeyInvalid as error:
        return None, (refused(KEY, A_KEY, str(error), KEY_CHECK),)
    age = age_of(found, KeyNote(folders.data), wall_ns)
    return found, (key_step(found.key.name, found.source, found.algorithm, age),)


def forbidden_by(folders: Folders, ceiling: Mode) -> Callable[[], str | None]:
    """Return what says why no order may be sent now, None if nothing forbids it."""
    signal = FileHaltSignal(*folders.signals)

    def forbidden() -> str | None:
        kill = signal.read()
        if kill is not None:
            return f"KILL_SWITCH is set: {kill.reason or 'no reason given'}"
        if ceiling is Mode.DRY_RUN:
            return "app.mode is dry-run: nothing is sent"
        return None

    return forbidden


def locked(folders: Folders, portfolio: str) -> Callable[[], None]:
    """Take the account of a portfolio; return what gives it back.

    Raises:
        InstanceRunning: a trader places orders there.
    """
    lock = AccountLock(f"{COINBASE}/{portfolio}")
    lock.acquire(Path(folders.data), iso(time.time_ns()))
    return lock.release
