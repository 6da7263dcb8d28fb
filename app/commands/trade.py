"""`run.py --env …`: one run of the trader, in real or in virtual time."""

from __future__ import annotations

import os
import sys
import time

import click

from adapters.control.instances import InstanceLock
from adapters.telemetry.log import configure
from app.command_line.options import TradeOptions
from domain.model.instants import iso


def trade(options: TradeOptions) -> int:
    """Run until something ends it; return the exit code of the command-line contract."""
    os.umask(0o077)
    lock = InstanceLock(options.folders.of_mode(options.mode))
    lock.acquire(iso(time.time_ns()))
    try:
        configure(options.folders.log, options.config.app.log.level.value, console=sys.stderr)
        from app.run.trader import run

        return run(options, say)
    finally:
        lock.release()


def say(line: str) -> None:
    """Print a READY or STOPPED line at once."""
    click.echo(line)
    sys.stdout.flush()
