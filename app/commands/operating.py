"""Orders of an operator that are answered: by the instance that runs, else written down for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from adapters.control.instances import choose, folders_with_runs, is_running
from adapters.control.requests import NoReply, send_request
from adapters.control.worlds import title
from app.command_line.environment import in_words
from app.command_line.options import Folders, signals_of
from config.mode import Mode

Outcome = tuple[int, list[str]]
"""Exit code of an order, and what to tell of it."""


def targets(folders: Folders, mode: Mode | None, *, is_all: bool) -> tuple[Path, ...]:
    """Return the folders of the modes that an order is for: all that ever ran, or the one meant."""
    name = None if mode is None else mode.value
    if is_all:
        return folders_with_runs(*folders.homes, mode=name)
    chosen = choose(*folders.homes, mode=name)
    return () if chosen is None else (chosen,)


def operate(
    folders: Folders,
    meant: Sequence[Path],
    verb: str,
    reason: str,
    *,
    subject: str = "",
    hours: int = 0,
) -> int:
    """Give an order to each of the folders, say what came of it, and return the worst code.

    `subject` and `hours` say of what and for how long, where the verb asks for it.
    """
    codes = (
        carry_out(folders, each, verb, partial(_operate, each, verb, reason, subject, hours))
        for each in meant
    )
    return max((0, *codes))


def carry_out(folders: Folders, folder: Path, verb: str, order: Callable[[], Outcome]) -> int:
    """Have `order` done for the mode's `folder`, say what came of it, and return the code."""
    try:
        code, lines = order()
    except NoReply as error:
        code, lines = 1, [str(error)]
    except OSError as error:
        code, lines = 1, [f"{verb}: nothing was done, what was stays: {in_words(error)}"]
    for line in lines:
        told = folders.address_of(folder).put(line)
        click.echo(f"{title(folder)}: {told}", err=code != 0)
    return code


def ask(folder: Path, verb: str, reason: str, **more: str | int) -> Outcome:
    """Return what the instance that runs on `folder` answers to an order.

    Raises:
        NoReply: it did not answer in time.
        OSError: it could not be asked.
    """
    answer = send_request(folder, verb, {"reason": reason, **more})
    return int(answer.get("code", 1)), [str(line) for line in answer.get("lines", ())]


def _operate(folder: Path, verb: str, reason: str, subject: str, hours: int) -> Outcome:
    if is_running(folder):
        about: dict[str, str | int] = {"subject": subject, "hours": hours} if subject else {}
        return ask(folder, verb, reason, **about)
    from app.run.recovery import operate_offline

    signals = signals_of(folder.parent)
    return operate_offline(folder, signals, verb, reason, subject=subject, hours=hours)
