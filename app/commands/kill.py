"""`run.py kill` and `run.py resume`."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import click

from adapters.control.instances import folders_with_runs, holder, is_running
from adapters.control.kill_switch import FILE, read_kill, remove_kill, touch_kill, write_kill
from adapters.control.registry import Registered, registered
from adapters.control.worlds import WORLDS, homes, title, world_of
from app.command_line.environment import in_words
from app.command_line.options import Folders, signals_of
from app.command_line.shell import all_option, env_option, folder_options, reason_option
from app.commands.ending import END_SECONDS, await_end
from app.commands.operating import operate, targets
from config.mode import Mode
from domain.model.errors import JournalError, TradingError
from domain.model.instants import iso
from domain.model.kill import KillOrder
from domain.system.pause import resumable

LEAST_SECONDS = 1.0
"""Given to the last of several, however long the others took."""


@click.command()
@reason_option("Why; it stays on record.")
@click.option("--all", "is_all", is_flag=True, help="Cancel protective orders at the venue too.")
@env_option
@folder_options
def kill(folders: Folders, mode: Mode | None, reason: str, is_all: bool) -> int:
    """Stop every instance below the data folder, or those of --world: entries are cancelled.

    Ends with 0 only when all have ended (with 3) and no entry rests any more; with 1 it says what
    is known and how else to stop. The next start is refused until `resume`.

    \b
    Example:
      python run.py kill --reason "venue looks wrong"
    """
    begun_s, order = time.time(), KillOrder(reason, is_all, iso(time.time_ns()))
    try:
        running, lost = _within_reach(folders)
    except OSError as error:
        return _blind(folders.home, error)
    if not running:
        return _nobody(folders, order)
    is_written = _write(folders.home, order)
    if not is_written:
        for folder in running:
            _signal(folder)
    ended = [_await(folder, begun_s) for folder in running]
    for other in lost:
        click.echo(f"running: {other}: {_how_to_stop(other, folders)}", err=True)
    if mode is not None and mode.value not in {folder.name for folder in running}:
        click.echo(f"no instance of {mode.value} runs in {folders.home}", err=True)
        return 1
    return 0 if is_written and all(ended) and not lost else 1


def _within_reach(folders: Folders) -> tuple[list[Path], list[Registered]]:
    """Return the modes' folders of all instances that the signal file stops.

    And those whose files were moved or deleted: they look for it where it is not any more.
    """
    here = [folder for folder in folders_with_runs(*folders.homes) if is_running(folder)]
    known, lost = {folder.resolve() for folder in here}, list[Registered]()
    try:
        others = registered()
    except (TradingError, OSError):
        others = ()  # told where nothing runs; what runs here is stopped in any case
    for other in others:
        is_reached = folders.home.resolve() in signals_of(other.folder.parent)
        if other.folder in known or not is_reached:
            continue
        if is_running(other.folder):
            here.append(other.folder)
        else:
            lost.append(other)
    return here, lost


def _await(folder: Path, begun_s: float) -> bool:
    """Wait for the end of one of several that were told to stop at the same moment."""
    left_s = begun_s + END_SECONDS - time.time()
    return await_end(folder, seconds=max(left_s, LEAST_SECONDS), begun_s=begun_s)


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
        with contextlib.suppress(OSError):  # only a liquidation that began under it asks its age
            touch_kill(data)
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
            f"{title(folder)}: it could not be signalled ({who or 'unknown holder'})", err=True
        )
    else:
        click.echo(f"{title(folder)}: told by SIGUSR1 instead ({who})", err=True)


def _nobody(folders: Folders, order: KillOrder) -> int:
    """Nothing runs there: keep the next start from trading, and say where traders do run."""
    place = folders.home
    if any(segment for home in folders.homes for segment in home.glob("*/journal/*.jsonl")):
        if _write(place, order):
            click.echo(f"no instance runs on {place}; the next start there is refused", err=True)
    else:
        click.echo(f"no instance runs on {place}, and there is no journal: nothing done", err=True)
    try:
        others = registered()
    except (TradingError, OSError) as error:
        click.echo(f"which others run is not known: {error}", err=True)
        return 1
    for other in others:
        click.echo(f"running: {other}: {_how_to_stop(other, folders)}", err=True)
    return 1


def _how_to_stop(other: Registered, folders: Folders) -> str:
    if not is_running(other.folder):
        return f"its files were moved or deleted; stop it with: kill -TERM {other.pid}"
    home = other.folder.parent
    if home.parent.name == WORLDS and home.parent.parent == folders.data.resolve():
        return folders.address.put(f'python run.py kill --world {home.name} --reason "..."')
    return f'python run.py kill --data-dir {home} --reason "..."'


@click.command()
@reason_option("Why it is safe again; it stays on record.")
@all_option
@env_option
@folder_options
def resume(folders: Folders, mode: Mode | None, reason: str, is_all: bool) -> int:
    """Reset a latched halt or kill, in a running instance or for the next start.

    Ends with 0 only when the latch is off in the journal, with 1 and the open items otherwise. A
    pause stays until `unpause`.

    \b
    Example:
      python run.py resume --reason "venue confirmed, books agree"
    """
    meant = targets(folders, mode, is_all=is_all)
    if not meant:
        for each in (gone := [each for each in folders.signals if remove_kill(each)]):
            click.echo(f"{each / FILE} removed; nothing ever ran here")
        if not gone:
            click.echo("nothing is latched")
    code = operate(folders, meant, "resume", reason)
    _tell_others(folders, meant)
    return code


def _tell_others(folders: Folders, resumed: Sequence[Path]) -> None:
    """Name what the same kill may have stopped, and nobody has resumed."""
    from app.run.recovery import latched_in

    for folder in folders_with_runs(*homes(folders.data)):
        if folder in resumed or is_running(folder):
            continue
        try:
            names = ", ".join(each.name for each in resumable(latched_in(folder)))
        except JournalError as error:
            names = str(error)
        if names:
            home = folder.parent
            place = f"data-dir {home}" if folders.is_data_given else f"world {world_of(home)}"
            how = f'python run.py resume --{place} --env {folder.name} --reason "..."'
            how = folders.address.put(how)
            click.echo(f"{title(folder)}: still latched: {names}; it has its own: {how}", err=True)
