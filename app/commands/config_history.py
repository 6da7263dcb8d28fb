"""`run.py config history`, `diff` and `restore`: how the configuration was before."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from attrs import frozen

from adapters.control.instances import MODES, is_running
from adapters.control.worlds import title
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import (
    count_option,
    env_option,
    folder_options,
    json_option,
    set_option,
)
from app.configuration import restoring
from app.configuration.history import KeptConfig, kept_in, starts_of, values_of
from config.difference import Difference, Way, differences, is_tighter_only
from config.effective import Config, Plain, code_hash
from config.errors import ConfigError
from config.loading import load
from config.mode import Mode
from domain.model.instants import SECOND, iso
from domain.model.wording import counted

NOW = "now"
"""The word for the files as they are."""
LEAST_DIGITS = 4
EXIT_NO, EXIT_USAGE, EXIT_RUNNING = 1, 2, 5


@frozen
class ComparedConfig:
    """One side of a comparison: what it is called, its values, and the program it ran with."""

    name: str
    values: Mapping[str, Plain]
    code: str


@click.command()
@count_option(20, "starts")
@json_option
@env_option
@folder_options
def history(folders: Folders, mode: Mode | None, as_json: bool, count: int) -> int:
    """Show with which configuration each start began.

    \b
    Example:
      python run.py config history
      python run.py config history --env paper --json
    """
    rows = [row for folder in _folders(folders, mode) for row in _rows(folder)]
    rows = sorted(rows, key=lambda row: str(row["started"]))[-count:]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return 0
    if not rows:
        click.echo(f"nothing was started in {folders.data} yet")
        return 0
    before = ""
    for row in rows:
        is_same = "" if row["config_hash"] != before else "  as before"
        before = str(row["config_hash"])
        sets = "".join(f"  --set {each}" for each in row["sets"])
        started = str(row["started"])[:19].replace("T", " ")
        click.echo(f"{started}  {row['instance']:<8}  {before}{is_same}{sets}")
    return 0


@click.command(short_help="What differs between two configurations.")
@click.argument("first", metavar="[A]", required=False)
@click.argument("second", metavar="[B]", default=NOW)
@json_option
@set_option
@folder_options
def diff(
    folders: Folders, sets: tuple[str, ...], as_json: bool, first: str | None, second: str
) -> int:
    """Show in words what differs between two configurations, and which way: tighter or looser.

    A and B are hashes of `config history`, or their first digits; B is the files as they are unless
    it is given. Without A it is what was started with last.

    \b
    Example:
      python run.py config diff
      python run.py config diff 2f8a51c09e77b1d4
      python run.py config diff 2f8a 91c3 --json
    """
    kept = _kept(folders)
    if first is None and not kept:
        told = f"nothing was started in {folders.data} yet, so there is nothing to compare"
        click.echo(told, err=True)
        return EXIT_NO
    one = _side(kept, first or kept[-1].config_hash, folders, sets)
    other = _side(kept, second, folders, sets)
    found = differences(one.values, other.values)
    if as_json:
        click.echo(json.dumps(_document(one, other, found), indent=2))
        return 0
    for line in _told(one, other, found):
        click.echo(line)
    return 0


@click.command()
@click.argument("wanted", metavar="HASH")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option(
    "--while-running",
    is_flag=True,
    help="Also while an instance runs: it keeps what it began with until its next start.",
)
@folder_options
def restore(folders: Folders, wanted: str, *, dry_run: bool, while_running: bool) -> int:
    """Put the files of an earlier start back, comments and all.

    The present ones are copied into the data folder first. What was overridden by --set then is
    named: it has to be given again. Refused while an instance runs there (exit code 5), and where
    the files don't fit this version of the program (2).

    \b
    Example:
      python run.py config restore 2f8a51c09e77b1d4 --dry-run
      python run.py config restore 2f8a51c09e77b1d4
    """
    old = _found(_kept(folders), wanted)
    running = [each for each in _folders(folders, None) if is_running(each)]
    if running and not (while_running or dry_run):
        names = ", ".join(title(each) for each in running)
        click.echo(f"nothing was changed: {names} runs; stop it, or add --while-running", err=True)
        return EXIT_RUNNING
    try:
        restored = restoring.loaded(old.files)
    except ConfigError as error:
        told = f"the files of {old.config_hash} do not fit this version:\n{error}"
        click.echo(f"nothing was changed: {told}", err=True)
        return EXIT_USAGE
    try:
        for line in _put_back(folders, old, restored, is_trial=dry_run):
            click.echo(line)
    except OSError as error:
        click.echo(f"nothing was changed: {in_words(error)}", err=True)
        return EXIT_NO
    return 0


def _put_back(
    folders: Folders, old: KeptConfig, restored: Config, *, is_trial: bool
) -> Iterator[str]:
    """Put the files of `old` in place, unless it is a trial, and yield what came of it.

    Raises:
        OSError: nothing has changed.
    """
    present = restoring.Present.of(folders.config)
    if present.equals(old.files):
        yield f"{folders.config} holds the files of {old.config_hash} already"
    else:
        yield from _what_changes(folders, restored)
        if not is_trial:
            stamp = iso(int(time.time()) * SECOND).replace(":", "")
            backup = restoring.back_up(present, folders.data, stamp)
            restoring.replace(present, old.files)
            yield f"restored into {folders.config}; what was there is in {backup}"
    yield from _rest(old, restored)


def _what_changes(folders: Folders, restored: Config) -> Iterator[str]:
    """Yield what a restore changes; files that are no configuration now can't be compared."""
    try:
        present = values_of(load(folders.config))
    except ConfigError as error:
        yield f"the present files are no configuration ({counted(len(error.problems), 'problem')})"
        return
    found = differences(present, values_of(restored))
    yield from map(_line, found)
    if not found:
        yield "no value changes, only how the files are written"


def _rest(old: KeptConfig, restored: Config) -> Iterator[str]:
    if old.sets:
        yield "that start was given besides: " + " ".join(f"--set {each}" for each in old.sets)
    if old.code != code_hash() + restored.own_code:
        yield "the program, or a strategy of your own, was another one then"
    if restored.config_hash != old.config_hash:
        yield f"without that the hash is {restored.config_hash}, not {old.config_hash}"


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    for started, kept in starts_of(kept_in(folder)):
        yield {
            "started": started,
            "instance": title(folder),
            "config_hash": kept.config_hash,
            "policy_hash": kept.policy_hash,
            "sets": list(kept.sets),
        }


def _folders(folders: Folders, mode: Mode | None) -> tuple[Path, ...]:
    modes = MODES if mode is None else (mode.value,)
    return tuple(home / each for home in folders.homes for each in modes)


def _kept(folders: Folders) -> tuple[KeptConfig, ...]:
    """Return every configuration below the data folder, that of the last start at the end."""
    found = (each for folder in _folders(folders, None) for each in kept_in(folder))
    newest: dict[str, KeptConfig] = {}
    for each in sorted(found, key=lambda one: one.starts[-1]):
        newest.pop(each.config_hash, None)
        newest[each.config_hash] = each
    return tuple(newest.values())


def _side(
    kept: Iterable[KeptConfig], wanted: str, folders: Folders, sets: tuple[str, ...]
) -> ComparedConfig:
    if wanted == NOW:
        config = load(folders.config, sets)
        values, code = values_of(config), code_hash() + config.own_code
        return ComparedConfig(f"{config.config_hash} ({folders.config} now)", values, code)
    found = _found(kept, wanted)
    return ComparedConfig(
        f"{found.config_hash} ({found.starts[-1][:19]}Z)", found.values, found.code
    )


def _found(kept: Iterable[KeptConfig], wanted: str) -> KeptConfig:
    """Return the one configuration whose hash begins so, or end with exit code 2."""
    known = tuple(kept)
    found = [each for each in known if each.config_hash.startswith(wanted.lower())]
    if len(found) == 1 and len(wanted) >= LEAST_DIGITS:
        return found[0]
    if len(found) > 1:
        hashes = ", ".join(each.config_hash for each in found[-5:])
        raise click.UsageError(f"{len(found)} configurations begin with {wanted!r}: {hashes}")
    if found:
        raise click.UsageError(f"give at least {LEAST_DIGITS} digits of a hash, was {wanted!r}")
    newest = ", ".join(each.config_hash for each in known[-5:]) or "none"
    raise click.UsageError(
        f"nothing was started with a configuration {wanted!r}; the last ones: {newest}"
    )


def _document(
    one: ComparedConfig, other: ComparedConfig, found: tuple[Difference, ...]
) -> dict[str, Any]:
    return {
        "from": one.name.partition(" ")[0],
        "to": other.name.partition(" ")[0],
        "is_tighter_only": is_tighter_only(found) and one.code == other.code,
        "is_same_program": one.code == other.code,
        "differences": [
            {
                "key": each.name,
                "from": each.before,
                "to": each.after,
                "way": each.way.value,
            }
            for each in found
        ],
    }


def _told(
    one: ComparedConfig, other: ComparedConfig, found: tuple[Difference, ...]
) -> Iterator[str]:
    yield f"from {one.name} to {other.name}:"
    yield from map(_line, found)
    if one.code != other.code:
        yield "the program, or a strategy of your own, is another one"
    if not found:
        yield "no value differs"
    elif is_tighter_only(found):
        yield "tighter only"


def _line(difference: Difference) -> str:
    way = "LOOSER" if difference.way is Way.LOOSER else difference.way.value
    return f"{way:<7}  {difference}"
