"""`run.py kill` and `run.py resume`."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import click

from adapters.control.instances import folders_with_runs, holder, is_running
from adapters.control.kill_switch import FILE, read_kill, remove_kill, write_kill
from adapters.control.registry import registered
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import env_option, folder_options, reason_option
from app.commands.ending import await_end
from app.commands.operating import operate, targets
from config.mode import Mode
from domain.model.errors import TradingError
from domain.model.instants import iso
from domain.model.kill import KillOrder


@click.command()
@reason_option("Why; it stays on record.")
@click.option("--all", "is_all", is_flag=True, help="Cancel protective orders at the venue too.")
@env_option
@folder_options
def kill(folders: Folders, mode: Mode | None, reason: str, is_all: bool) -> int:
    """Stop every instance on the data folder: entries are cancelled, the process ends with 3.

    Ends with 0 only when they have ended and no entry rests any more; with 1 it says what is known
    and how else to stop. The next start is refused until `resume`.

    \b
    Example:
      python run.py kill --reason "venue looks wrong"
    """  # noqa: D301 - \b is a control character to click
    order = KillOrder(reason, is_all, iso(time.time_ns()))
    try:
        running = [folder for folder in folders_with_runs(folders.data) if is_running(folder)]
    except OSError as error:
        return _blind(folders.data, error)
    if not running:
        return _nobody(folders.data, order)
    is_written = _write(folders.data, order)
    if not is_written:
        for folder in running:
            _signal(folder)
    ended = [await_end(folder) for folder in running]
    if mode is not None and mode.value not in {folder.name for folder in running}:
        click.echo(f"no instance of {mode.value} runs in {folders.data}", err=True)
        return 1
    return 0 if is_written and all(ended) else 1


def _blind(data: Path, error: OSError) -> int:
    """What runs can't be seen: say how a trader is stopped without this command."""
    click.echo(f"NOT stopped: {in_words(error)}", err=True)
    click.echo(
        f"other ways to stop it: as its user `touch {data / FILE}`; or `kill -USR1 PID`, where "
        "`pgrep -af 'run.py.*--env'` shows the PID; or cancel by hand at the venue",
        err=True,
    )
    return 1


def _write(data: Path, order: KillOrder) -> bool:
    """Write the signal file unless one says as much; tell whether there is one now."""
    file, known = data / FILE, read_kill(data)
    if known is not None and (known.includes_exits or not order.includes_exits):
        click.echo(f"{file} was there already: {known.reason or 'no reason given'}")
        return True
    try:
        write_kill(data, order)
    except OSError as error:
        click.echo(f"{file} could not be written: {in_words(error)}", err=True)
        click.echo("the next start is NOT refused; do not start before you know why", err=True)
        return False
    click.echo(f"{file} written: {order.reason}")
    return True


def _signal(folder: Path) -> None:
    """Tell an instance by a signal what the file could not."""
    who = holder(folder)
    try:
        if who is None or who.host != socket.gethostname():
            raise ProcessLookupError
        os.kill(who.pid, signal.SIGUSR1)
    except OSError:
        click.echo(
            f"{folder.name}: it could not be signalled ({who or 'unknown holder'})", err=True
        )
    else:
        click.echo(f"{folder.name}: told by SIGUSR1 instead ({who})", err=True)


def _nobody(data: Path, order: KillOrder) -> int:
    """Nothing runs on `data`: keep the next start from trading, and say where traders do run."""
    if any(data.glob("*/journal/*.jsonl")):
        if _write(data, order):
            click.echo(f"no instance runs on {data}; the next start there is refused", err=True)
    else:
        click.echo(f"no instance runs on {data}, and there is no journal: nothing done", err=True)
    try:
        others = registered()
    except (TradingError, OSError) as error:
        click.echo(f"which others run is not known: {error}", err=True)
        return 1
    for other in others:
        if other.folder.parent == data.resolve():
            told = f"its files were moved or deleted; stop it with: kill -TERM {other.pid}"
        else:
            told = f'python run.py kill --data-dir {other.folder.parent} --reason "..."'
        click.echo(f"running: {other}: {told}", err=True)
    return 1


@click.command()
@reason_option("Why it is safe again; it stays on record.")
@click.option("--all", "is_all", is_flag=True, help="Every mode that ever ran on the data folder.")
@env_option
@folder_options
def resume(folders: Folders, mode: Mode | None, reason: str, is_all: bool) -> int:
    """Reset a latched halt or kill, in a running instance or for the next start.

    Ends with 0 only when the latch is off in the journal, with 1 and the open items otherwise. A
    pause stays until `unpause`.

    \b
    Example:
      python run.py resume --reason "venue confirmed, books agree"
    """  # noqa: D301 - \b is a control character to click
    meant = targets(folders, mode, is_all=is_all)
    if not meant:
        was_there = remove_kill(folders.data)
        click.echo(f"{FILE} removed; nothing ever ran here" if was_there else "nothing is latched")
        return 0
    return operate(folders, meant, "resume", reason)
