"""The instance: configuration, lock, signal file, journal, and what is latched."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from adapters.control.halt_note import HaltNote
from adapters.control.instances import holder, is_running
from adapters.control.kill_switch import strongest_kill
from app.command_line.options import Folders, shown
from app.commands.audit import check
from app.doctor.finding import Symptom, fail, ok, warn
from app.run.heads import heads_seen
from app.run.mode_gate import refusals
from app.run.recovery import JOURNAL, latched_in
from config.effective import Config
from config.errors import ConfigError
from config.loading import load
from config.mode import Mode
from domain.model.errors import JournalError
from domain.model.wording import counted

NAMED = 3


def configured(where: Folders, sets: tuple[str, ...]) -> tuple[Config | None, tuple[Symptom, ...]]:
    """Return the configuration, None where it is refused, and what there is to say of it."""
    try:
        config = load(where.config, sets)
    except ConfigError as error:
        told = [str(each).splitlines()[0] for each in error.problems]
        more = [f"and {len(told) - NAMED} more"] if len(told) > NAMED else []
        found = "; ".join(told[:NAMED] + more)
        return None, (fail("config", found, "see: python run.py config check"),)
    enabled = [name for name, entry in sorted(config.strategies.items()) if entry.enabled]
    told_of = ok("config", f"hash {config.config_hash}, policy {config.policy_hash}")
    if enabled:
        return config, (told_of, ok("strategies", ", ".join(enabled)))
    mend = "python run.py --env paper --set strategies.breakout.enabled=true"
    return config, (told_of, warn("strategies", "none is enabled: nothing will be bought", mend))


def ceiling(config: Config, mode: Mode) -> Iterator[Symptom]:
    """Look whether the configuration allows the mode."""
    refused = refusals(mode, config)
    if refused:
        yield fail("mode", refused[0].removeprefix("mode: "), "set app.mode in config/app.yaml")
    else:
        yield ok("mode", f"{mode} (ceiling {config.app.mode})")


def metrics(config: Config) -> Iterator[Symptom]:
    """Look whether the port of the metrics is free, where one is named."""
    port = config.app.metrics.port
    if not port:
        return
    try:
        with socket.create_server(("127.0.0.1", port)):
            yield ok("metrics", f"127.0.0.1:{port} is free")
    except OSError as error:
        told = f"127.0.0.1:{port} can't be listened on: {error.strerror}"
        yield warn("metrics", f"{told}; a run trades without metrics", "set app.metrics.port")


def lock(folder: Path) -> Iterator[Symptom]:
    """Look who holds the folder."""
    if not is_running(folder):
        yield ok("lock", f"{shown(folder)} is free")
        return
    who = holder(folder)
    told = f"{shown(folder)} is held by {who if who is not None else 'an instance'}"
    yield fail("lock", told, f"python run.py status --env {folder.name}")


def signal(where: Folders) -> Iterator[Symptom]:
    """Look for a signal file that would stop a start at once."""
    order = strongest_kill(where.signals)
    if order is None:
        yield ok("signal file", "none")
    else:
        mend = "python run.py resume --reason TEXT"
        yield fail("signal file", f"KILL_SWITCH is there: {order.reason}", mend)


def journal(where: Folders, folder: Path) -> Iterator[Symptom]:
    """Verify the journal, its books, and what others saw of it."""
    place = folder / JOURNAL
    if not any(place.glob("*.jsonl")):
        yield ok("journal", "none yet")
        return
    name = where.address_of(folder).name
    found = check(place, partial(heads_seen, folder, where.log, name))
    if found.problems:
        mend = f"python run.py audit verify --env {folder.name}"
        yield fail("journal", found.problems[0], mend)
    else:
        yield ok("journal", f"{counted(found.scan.head.seq, 'record')}, whole; the books add up")


def latches(folder: Path) -> Iterator[Symptom]:
    """Look for halts and pauses that only a person ends."""
    if is_running(folder):
        yield ok("halts", "told by status, while it runs")
        return
    try:
        latched = latched_in(folder) if (folder / JOURNAL).exists() else ()
    except JournalError:
        return  # told of the journal
    if not latched and HaltNote(folder).read() is None:
        yield ok("halts", "nothing is latched")
        return
    told = "; ".join(f"{each.name}: {each.reason}" for each in latched) or "the last run halted"
    yield fail("halts", told, f"python run.py resume --env {folder.name} --reason TEXT")
