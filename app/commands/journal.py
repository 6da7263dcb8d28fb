"""`run.py journal backup`, `run.py journal restore` and `run.py journal sqlite`."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import click

from adapters.journal.archive import BackupFacts, verify_backup, write_backup
from adapters.journal.errors import JournalBroken
from adapters.telemetry.evidence import BACKED_UP
from app.command_line.options import Folders
from app.command_line.progress import progress_bar
from app.command_line.shell import env_option, folder_options
from app.commands.journals import journal_of
from app.commands.on_record import put_on_record
from config.mode import Mode
from domain.model.errors import JournalError
from domain.model.instants import iso

EXIT_NO, EXIT_USAGE = 1, 2


@click.group()
def journal() -> None:
    """Back the journal up, put a backup in its place, or make tables of it.

    \b
    Example:
      python run.py journal backup -o monday.tar.zst
    """


@journal.command(short_help="Write a checked copy of the journal.")
@click.option(
    "-o", "file", required=True, type=click.Path(path_type=Path), help="The new file to write."
)
@env_option
@folder_options
def backup(folders: Folders, mode: Mode | None, file: Path) -> int:
    """Write a whole copy of the journal to a new file, and check it by reading it back.

    The trader may be running. Exit code: 0 written and checked, 1 not (the first bad record is
    named), 2 nothing to back up, or the file is there already.

    \b
    Example:
      python run.py journal backup --env paper -o monday.tar.zst
    """
    try:
        source = journal_of(folders, mode)
        if not any(source.glob("*.jsonl")):
            raise FileNotFoundError(f"there is no journal in {source}")
    except FileNotFoundError as error:
        return _refuse(f"nothing to back up: {error}", EXIT_USAGE)
    try:
        facts = write_backup(source, file, source.parent.name, iso(time.time_ns()))
    except FileExistsError:
        return _refuse(f"{file} is there already; give a new name", EXIT_USAGE)
    except (JournalBroken, JournalError) as error:
        return _refuse(f"not backed up: {error}", EXIT_NO)
    except OSError as error:
        return _refuse(f"not backed up: {error.filename or file}: {error.strerror}", EXIT_NO)
    click.echo(f"{file}: {_told(facts)}")
    put_on_record(folders, BACKED_UP, facts.mode, f"{file.name}: {_told(facts)}", is_good=True)
    return 0


@journal.command(short_help="Put a backup in the journal's place.")
@click.argument("file", type=click.Path(path_type=Path))
@env_option
@folder_options
def restore(folders: Folders, mode: Mode | None, file: Path) -> int:
    """Put a backup in the place of the journal; the present one is put aside, never deleted.

    Nothing may be running. What the venue has of after the backup is found out by the next start,
    which blocks entries until `resume`; exits run. Exit code: 0 restored, 1 not, 2 not of this
    mode, 5 an instance is running.

    \b
    Example:
      python run.py journal restore monday.tar.zst
    """
    from app.run.restoring import restore as put_back

    try:
        there = _mode_of(verify_backup(file))
        if mode is not None and mode is not there:
            return _refuse(f"{file} is of {there.value}, not of {mode.value}", EXIT_USAGE)
        done = put_back(file, folders.of_mode(there))
    except (JournalBroken, JournalError) as error:
        return _refuse(f"not restored: {error}", EXIT_NO)
    except OSError as error:
        return _refuse(f"not restored: {error.filename or file}: {error.strerror}", EXIT_NO)
    click.echo(f"{there.value}: {_told(done.facts)} are in place, as lineage {done.lineage}")
    if done.aside is not None:
        click.echo(f"{there.value}: the old journal is in {done.aside}")
    if done.halts is None:
        click.echo(f"{there.value}: the old journal can't be read; halts in it are not known")
    elif done.halts:
        click.echo(f"{there.value}: still latched from the old journal: {', '.join(done.halts)}")
    text = (
        f"{there.value}: entries are blocked. Start it, look at what differs from the venue"
        ' (python run.py status), then: python run.py resume --reason "..."'
    )
    click.echo(folders.address.put(text))
    return 0


@journal.command(short_help="Make the journal's tables for SQLite.")
@click.option("--anew", is_flag=True, help="Make all of it anew.")
@env_option
@folder_options
def sqlite(folders: Folders, mode: Mode | None, anew: bool) -> int:
    """Make the journal's tables for SQLite, or bring them up to date: `<mode>/journal.sqlite`.

    For your own questions; nothing else reads it, and it may be deleted. The trader may be running.
    Exit code: 0 made, 1 not (the first bad record is named), 2 there is no journal.

    \b
    Example:
      python run.py journal sqlite --env paper
      sqlite3 data/paper/journal.sqlite "SELECT at, product, side, quantity, price FROM fills"
    """
    from app.results.read_model import refresh

    try:
        source = journal_of(folders, mode)
        if not any(source.glob("*.jsonl")):
            raise FileNotFoundError(f"there is no journal in {source}")
    except FileNotFoundError as error:
        return _refuse(f"nothing to read: {error}", EXIT_USAGE)
    whole = sum(each.stat().st_size for each in source.glob("*.jsonl"))
    try:
        with progress_bar("reading", whole) as moved:
            done = refresh(source.parent, anew=anew, moved=lambda scan: moved(scan.bytes_read))
    except JournalError as error:
        return _refuse(f"not made: {error}", EXIT_NO)
    except (OSError, sqlite3.Error) as error:
        return _refuse(f"not made: {error}", EXIT_NO)
    what = "made of" if done.is_new else "brought up to date with"
    click.echo(f"{done.file}: {what} {done.read:,} records, up to record {done.seq:,}")
    return 0


def _mode_of(facts: BackupFacts) -> Mode:
    try:
        return Mode.parse(facts.mode)
    except ValueError as error:
        raise JournalError(f"the backup is of no mode: {error}") from None


def _told(facts: BackupFacts) -> str:
    return (
        f"{facts.records:,} records of {facts.mode} up to {facts.at}"
        f" (lineage {facts.lineage}, head {facts.head})"
    )


def _refuse(text: str, code: int) -> int:
    click.echo(text, err=True)
    return code
