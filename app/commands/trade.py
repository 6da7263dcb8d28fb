"""`run.py --env …`: one run of the trader, in real or in virtual time."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack

import click

from adapters.control.instances import InstanceLock
from adapters.control.registry import FolderLock
from adapters.telemetry.log import ActorLog, configure
from adapters.telemetry.terminal import Terminal
from app.command_line.environment import require_file, require_writable
from app.command_line.last_start import keep_start
from app.command_line.options import TradeOptions
from app.command_line.worlds import remember
from app.retention.pruning import DETAILS, KEPT_DAYS, KEPT_NS, SLACK_NS, prune
from domain.model.instants import iso
from domain.model.wording import counted

LOGS = ("bulkhead.log", "bulkhead.jsonl", "alerts.jsonl")


def trade(options: TradeOptions) -> int:
    """Run until something ends it; return the exit code of the command-line contract."""
    os.umask(0o077)
    _require_room(options)
    folder, started = options.folders.of_mode(options.mode), iso(time.time_ns())
    path_lock, lock = FolderLock(folder), InstanceLock(folder)
    with ExitStack() as undo:
        lock.acquire(started)
        undo.callback(lock.release)
        path_lock.acquire(started)
        undo.callback(path_lock.release)
        remember(options)
        keep_start(options)
        level, run_name = options.config.app.log.level.value, f"{started}-{os.getpid()}"
        terminal = Terminal(sys.stderr, is_plain=options.plain, is_quiet=options.quiet)
        address = options.folders.address
        configure(options.folders.log, level, terminal, run=run_name, address=address)
        _remove_what_is_old(options)
        from app.run.trader import run

        if not options.watch:
            return run(options, say, terminal)
        from app.status.live_view import LiveView

        view = LiveView(terminal, folder)
        undo.callback(view.end)
        return run(options, view.around(say), terminal)


def _remove_what_is_old(options: TradeOptions) -> None:
    """Remove what is past the days for which it is kept: logs, minutes, and details of cycles."""
    held = options.folders.of_mode(options.mode)
    done = prune(options.folders, time.time_ns() - KEPT_NS, held, SLACK_NS)
    log = ActorLog("retention")
    records = sum(each.rows for each in done.files if each.kind == DETAILS)
    files = sum(each.kind != DETAILS for each in done.files)
    if files:
        log.info(f"removed what is older than {KEPT_DAYS} days: {counted(files, 'file')}")
    if records:
        told = f"removed details of cycles older than {KEPT_DAYS} days"
        log.info(f"{told}: {counted(records, 'record')} of the journal")
    for each in done.failures:
        log.warning(each)


def _require_room(options: TradeOptions) -> None:
    """Prove before anything starts that what happens can be written down.

    Raises:
        FolderUnusable: it can't.
    """
    require_writable(options.folders.of_mode(options.mode), "--data-dir")
    require_writable(options.folders.log, "--log-dir")
    for name in LOGS:
        require_file(options.folders.log / name, "--log-dir")


def say(line: str) -> None:
    """Print a READY or STOPPED line at once."""
    click.echo(line)
    sys.stdout.flush()
