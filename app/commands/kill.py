"""`run.py kill` and `run.py resume`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from adapters.control.instances import choose, folders_with_runs, holder, is_running
from adapters.control.kill_switch import FILE, read_kill, remove_kill, write_kill
from adapters.control.requests import ANSWER_SECONDS, NoReply, send_request
from adapters.control.status import read_status
from app.command_line.options import Folders
from app.command_line.shell import env_option, folder_options
from config.mode import Mode
from domain.model.instants import iso
from domain.model.kill import KillOrder

LOOK_SECONDS = 0.1


@click.command()
@click.option("--reason", required=True, help="Why; it stays on record.")
@click.option("--all", "is_all", is_flag=True, help="Cancel protective orders at the venue too.")
@env_option
@folder_options
def kill(folders: Folders, mode: Mode | None, reason: str, is_all: bool) -> int:
    """Stop every instance on the data folder: entries are cancelled, the process ends with 3.

    The next start is refused until `resume`.

    \b
    Example:
      python run.py kill --reason "venue looks wrong"
    """  # noqa: D301 - \b is a control character to click
    running = [folder for folder in folders_with_runs(folders.data) if is_running(folder)]
    known = read_kill(folders.data)
    if known is None or (is_all and not known.includes_exits):
        write_kill(folders.data, KillOrder(reason, is_all, iso(time.time_ns())))
        click.echo(f"{folders.data / FILE} written: {reason}")
    else:
        click.echo(f"{folders.data / FILE} was there already: {known.reason or 'no reason given'}")
    for folder in running:
        if mode is None or folder.name == mode.value:
            _report_kill(folder)
    if not running:
        click.echo("no instance runs; the next start is refused until `resume`")
    return 0


def _report_kill(folder: Path) -> None:
    """Say what became of the instance of `folder` within the time that an answer may take."""
    who = holder(folder)
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        if not is_running(folder):
            click.echo(f"{folder.name}: the instance has ended")
            return
        if (read_status(folder) or {}).get("halted"):
            click.echo(f"{folder.name}: halted; entries are being cancelled ({who})")
            return
        time.sleep(LOOK_SECONDS)
    click.echo(
        f"{folder.name}: not confirmed within {ANSWER_SECONDS:g} s ({who}); "
        "look at `status`, cancel by hand at the venue if it stays silent",
        err=True,
    )


@click.command()
@click.option("--reason", required=True, help="Why it is safe again; it stays on record.")
@click.option("--all", "is_all", is_flag=True, help="Every mode that ever ran on the data folder.")
@env_option
@folder_options
def resume(folders: Folders, mode: Mode | None, reason: str, is_all: bool) -> int:
    """Reset a latched halt or kill, in a running instance or for the next start.

    Ends with 0 only when the latch is off in the journal, with 1 and the open items otherwise.

    \b
    Example:
      python run.py resume --reason "venue confirmed, books agree"
    """  # noqa: D301 - \b is a control character to click
    targets = _targets(folders, mode, is_all=is_all)
    if not targets:
        was_there = remove_kill(folders.data)
        click.echo(f"{FILE} removed; nothing ever ran here" if was_there else "nothing is latched")
        return 0
    codes = []
    for folder in targets:
        code, lines = _resume_one(folders, folder, reason)
        codes.append(code)
        for line in lines:
            click.echo(f"{folder.name}: {line}", err=code != 0)
    return max(codes)


def _targets(folders: Folders, mode: Mode | None, *, is_all: bool) -> tuple[Path, ...]:
    there = folders_with_runs(folders.data)
    if is_all:
        return there
    if mode is not None:
        return tuple(folder for folder in there if folder.name == mode.value)
    chosen = choose(folders.data)
    return () if chosen is None else (chosen,)


def _resume_one(folders: Folders, folder: Path, reason: str) -> tuple[int, list[str]]:
    if is_running(folder):
        try:
            answer = send_request(folder, "resume", {"reason": reason})
        except NoReply as error:
            return 1, [str(error)]
        return int(answer.get("code", 1)), [str(line) for line in answer.get("lines", ())]
    from app.run.recovery import resume_offline

    return resume_offline(folders.data, Mode(folder.name), reason)
