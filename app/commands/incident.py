"""`run.py incident`: one file with journal, logs, configuration and status, without secrets."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from adapters.telemetry.evidence import BUNDLED
from app.command_line.options import VERSION, Folders
from app.command_line.shell import Parsed, env_option, folder_options, json_option
from app.commands.journals import journal_of
from app.commands.on_record import put_on_record
from app.incident.bundle import (
    BundleFacts,
    BundleSource,
    BundleSpan,
    NothingThere,
    write_bundle,
)
from app.incident.opening import verify_bundle
from config.mode import Mode
from domain.model.errors import JournalError
from domain.model.instants import Nanos, iso, parse_typed_time
from domain.model.wording import counted

EXIT_NO, EXIT_USAGE = 1, 2
_TIME = Parsed("time", parse_typed_time)


@click.command()
@click.option("--from", "begin_ns", type=_TIME, metavar="TIME", help="Runs of that time on, UTC.")
@click.option("--to", "end_ns", type=_TIME, metavar="TIME", help="Runs up to that time, UTC.")
@click.option(
    "-o",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The new file to write.",
)
@click.option(
    "--verify",
    "old",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Check a bundle against its manifest, and write none.",
)
@json_option
@env_option
@folder_options
def incident(
    folders: Folders,
    *,
    mode: Mode | None,
    begin_ns: Nanos | None,
    end_ns: Nanos | None,
    file: Path | None,
    old: Path | None,
    as_json: bool,
) -> int:
    """Write one file with what happened, to be looked at elsewhere.

    The journal, logs and alerts of its runs of that time (by default the newest), the
    configurations they ran with, status and stacks, each with its SHA-256. Key material is cut out.
    The trader may be running. `replay FILE` plays the last of these runs again, anywhere. Exit
    code: 0 written, 1 not, 2 nothing to write, or the file is there already.

    \b
    Example:
      python run.py incident -o monday.tar.zst
      python run.py incident --from 2026-11-01 --to 2026-11-02 -o two-days.tar.zst
      python run.py incident --verify monday.tar.zst
    """
    if old is not None:
        return _verify(old)
    if begin_ns is not None and end_ns is not None and end_ns < begin_ns:
        raise click.UsageError("--to lies before --from")
    if file is None:
        raise click.UsageError("name the new file to write: -o incident.tar.zst")
    chosen = file
    if not chosen.absolute().parent.is_dir():
        raise click.UsageError(f"-o: there is no folder {chosen.parent}")
    try:
        folder = journal_of(folders, mode).parent
        name = folders.address_of(folder).name
        place = BundleSource(folder=folder, log=folders.log, name=name)
        stretch = BundleSpan(begin_ns=begin_ns, end_ns=end_ns)
        facts = write_bundle(chosen, place, stretch, iso(time.time_ns()), VERSION)
    except (FileNotFoundError, NothingThere) as error:
        return _refuse(f"nothing to write: {error}", EXIT_USAGE)
    except FileExistsError:
        return _refuse(f"{chosen} is there already; give a new name", EXIT_USAGE)
    except JournalError as error:
        return _refuse(f"not written: {error}", EXIT_NO)
    except OSError as error:
        return _refuse(f"not written: {error.filename or chosen}: {error.strerror}", EXIT_NO)
    _tell(chosen, facts, as_json=as_json)
    told = f"{chosen.name}: {counted(facts.runs, 'run')}, {counted(facts.records, 'record')}"
    put_on_record(folders, BUNDLED, folder.name, told, is_good=not facts.broken)
    return 0


def _tell(file: Path, facts: BundleFacts, *, as_json: bool) -> None:
    if as_json:
        told = {"file": str(file), "files": facts.files, "runs": facts.runs}
        told |= {"records": facts.records, "cleaned": list(facts.cleaned)}
        told["broken"] = facts.broken
        click.echo(json.dumps(told, indent=2))
        return
    click.echo(
        f"{file}: {counted(facts.runs, 'run')} with {counted(facts.records, 'record')}, in"
        f" {counted(facts.files, 'file')}"
    )
    if facts.broken:
        click.echo(f"its journal is broken: {facts.broken}")
    for name in facts.cleaned:
        click.echo(f"key material was cut out of {name}")


def _verify(file: Path) -> int:
    try:
        wrong = verify_bundle(file)
    except NothingThere as error:
        return _refuse(str(error), EXIT_USAGE)
    except OSError as error:
        return _refuse(f"{error.filename or file}: {error.strerror}", EXIT_USAGE)
    for each in wrong:
        click.echo(each)
    if not wrong:
        click.echo(f"{file}: every file is as it was written")
    return EXIT_NO if wrong else 0


def _refuse(text: str, code: int) -> int:
    click.echo(text, err=True)
    return code
