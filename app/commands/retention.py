"""`run.py retention`: what is kept and for how long, and old logs and market data removed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from adapters.control.instances import MODES
from adapters.control.worlds import footprint
from app.command_line.options import Folders
from app.command_line.shell import Parsed, folder_options, json_option, world_option
from app.retention.pruning import (
    DETAILS,
    KEPT_DAYS,
    KEPT_NS,
    SLACK_NS,
    OldFile,
    old_files,
    old_records,
    prune,
)
from app.run.recovery import JOURNAL
from domain.model.figures import moment
from domain.model.instants import Nanos, iso, parse_typed_time
from domain.model.wording import counted

EXIT_NO = 1
MEGABYTE = 1_000_000
_HELP = f"""Tell what is kept, and what is older than {KEPT_DAYS} days; remove it with a date.

Logs, minutes of the market and shadow records go after {KEPT_DAYS} days, at every start; with
--delete-before what is older than that day goes now. Out of journals go the details of cycles:
what they looked at and refused, and how long they took. That has the whole journal read, so a start
does it once some are a week late. Fills, lots, ledger, halts, equity and the chain of hashes stay
until you delete them; certificates, configurations and what is on record for the checklist too.
Nothing of it names a person. Exit code: 0, or 1 if something could not be removed.

\b
Example:
  python run.py retention
  python run.py retention --delete-before 2026-09-01
"""


@click.command(help=_HELP)
@click.option(
    "--delete-before",
    "before_ns",
    type=Parsed("date", parse_typed_time),
    metavar="DATE",
    help="Remove what was last changed before that day, UTC.",
)
@json_option
@world_option
@folder_options
def retention(folders: Folders, *, before_ns: Nanos | None, as_json: bool) -> int:
    """Tell what is kept; remove what is older than a date."""
    now_ns = time.time_ns()
    if before_ns is not None and before_ns > now_ns:
        raise click.UsageError(f"--delete-before: {moment(before_ns)} is still to come")
    failures: tuple[str, ...] = ()
    if before_ns is None:
        limit_ns = Nanos(now_ns - KEPT_NS)
        files = (*old_records(folders, limit_ns, SLACK_NS), *old_files(folders, limit_ns))
    else:
        limit_ns, done = before_ns, prune(folders, before_ns)
        files, failures = done.files, done.failures
    is_removed = before_ns is not None
    if as_json:
        document = _document(folders, files, limit_ns, failures, is_removed=is_removed)
        click.echo(json.dumps(document, indent=2))
    else:
        _tell(folders, files, limit_ns, is_removed=is_removed)
    for each in failures:
        click.echo(each, err=True)
    return EXIT_NO if failures else 0


def _tell(
    folders: Folders, files: tuple[OldFile, ...], limit_ns: Nanos, *, is_removed: bool
) -> None:
    for name, size in _kept(folders):
        click.echo(f"kept until you delete it: {name}, {_megabytes(size)}")
    what = "removed" if is_removed else "old"
    for each in files:
        row = "detailed record" if each.kind == DETAILS else "minute"
        rows = f"{counted(each.rows, row)} of " if each.rows else ""
        click.echo(f"{what}: {rows}{each.path}, {_megabytes(each.size)}")
    total = _megabytes(sum(each.size for each in files))
    records = sum(each.rows for each in files if each.kind == DETAILS)
    amount = counted(sum(each.kind != DETAILS for each in files), "file")
    if records:
        amount += f" and {counted(records, 'detailed record')}"
    told = f"{amount} from before {moment(limit_ns)} UTC, {total}"
    click.echo(f"{'removed' if is_removed else 'the next start removes'} {told}")


def _kept(folders: Folders) -> list[tuple[Path, int]]:
    """Return the journals with their size in bytes."""
    places = (home / mode / JOURNAL for home in folders.homes for mode in MODES)
    return [(each, footprint(each).size) for each in places if any(each.glob("*.jsonl"))]


def _document(
    folders: Folders,
    files: tuple[OldFile, ...],
    limit_ns: Nanos,
    failures: tuple[str, ...],
    *,
    is_removed: bool,
) -> dict[str, Any]:
    rows = [
        {"path": str(each.path), "kind": each.kind, "bytes": each.size, "rows": each.rows}
        for each in files
    ]
    kept = [{"journal": str(path), "bytes": size} for path, size in _kept(folders)]
    return {
        "kept_days": KEPT_DAYS,
        "before": iso(limit_ns),
        "removed": is_removed,
        "files": rows,
        "kept": kept,
        "failures": list(failures),
    }


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB"
