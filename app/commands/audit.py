"""`run.py audit verify`: is the journal whole, and do its fills add up to what the venue said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
from attrs import asdict, frozen

from adapters.control.anchor import AnchorFile, JournalAnchor, SeenHead, differing, lost
from adapters.journal.chain import Record
from adapters.journal.errors import JournalBroken
from adapters.journal.scan import Scan
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import env_option, folder_options, json_option
from app.commands.journals import JOURNAL, decoded, journal_of, with_progress
from app.run.heads import end_of, heads_seen
from config.mode import Mode
from domain.model.errors import TradingError
from domain.model.money import install_context
from domain.model.wording import counted
from domain.portfolio.audit import AuditReport
from domain.portfolio.audit import audit as recompute
from domain.system.journal_head import typed_head

_EXAMPLE = """Verify the journal of a mode, or the one in PATH.

Checks every record against the hash chain, then recomputes balances, lots, fees and equity from
the fills alone and compares them with the venue statements in the journal. Reads only; the trader
may be running. Exit code: 0 whole, 1 not (the first bad record is named), 2 nothing to verify.

What was seen of the journal elsewhere is compared too: beside the account locks, by the sentinel,
in the daily sign of life. With --head it is what you have kept yourself.

\b
Example:
  python run.py audit verify --env paper
  python run.py audit verify --env paper --head 812:5f0c3a9d41b2c6e7
"""
_SHOWN_PROBLEMS = 20
Seen = tuple[SeenHead, ...]


@frozen
class Verification:
    """What a pass over a journal found. `broken` is its first bad record; None: chain whole."""

    folder: Path
    scan: Scan
    broken: JournalBroken | None
    report: AuditReport | None
    missing: tuple[str, ...] = ()
    """What is known to have been in it, and is not."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that is wrong, as sentences."""
        if self.broken is not None:
            return (str(self.broken),)
        if not self.scan.head.seq:
            return self.missing or ("there is no record in it, and so nothing is proven",)
        found = () if self.report is None else self.report.problems
        return (*self.missing, *found)


@click.group()
def audit() -> None:
    """Verify the audit trail.

    \b
    Example:
      python run.py audit verify
    """


@audit.command(help=_EXAMPLE)
@env_option
@json_option
@click.option("--head", help="RECORD:HASH as the daily sign of life, or a backup, told it.")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@folder_options
@click.pass_context
def verify(
    context: click.Context,
    folders: Folders,
    mode: Mode | None,
    as_json: bool,
    head: str | None,
    path: Path | None,
) -> None:
    """Verify one journal and exit with the verdict."""
    install_context()
    try:
        kept = None if head is None else typed_head(head)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--head") from None
    try:
        journal = _folder_of(path) if path else journal_of(folders, mode)
        found = check(journal, partial(_seen, journal.parent, folders, kept))
    except FileNotFoundError as error:
        click.echo(f"nothing to verify: {error}", err=True)
        context.exit(2)
    except OSError as error:
        click.echo(f"the journal can't be read: {in_words(error)}", err=True)
        context.exit(1)
    click.echo(json.dumps(_document(found), indent=2) if as_json else _text(found))
    context.exit(1 if found.problems else 0)


def check(folder: Path, seen_after: Callable[[int], Seen] = lambda _: ()) -> Verification:
    """Verify the journal in `folder`: the chain, and on the same pass the ledger.

    `seen_after` gives the heads that others saw after that UTC wall time in nanoseconds; what is
    known beside the locks is compared in any case.

    Raises:
        FileNotFoundError: it holds no segment.
        OSError: it can't be read.
    """
    anchor, damage = _anchor_of(folder)
    seen = seen_after(0 if anchor is None else anchor.settled_ns)
    wanted = {each.seq for each in seen} | (set() if anchor is None else {anchor.seq})
    journal = decoded(folder, may_be_empty=anchor is not None, wanted=wanted)
    messages = _numbered(with_progress(journal, "verifying"))
    try:
        report = recompute(messages)
        for _ in messages:
            continue
    except JournalBroken as broken:
        return Verification(folder, journal.scan, broken, None)
    scan = journal.scan
    end = end_of(scan.lineage, scan.end, scan.spots, scan.former)
    missing = lost(anchor, "", end) or damage
    told = (*(() if missing is None else (missing,)), *differing(seen, end))
    return Verification(folder, scan, None, report, told)


def _seen(folder: Path, folders: Folders, kept: tuple[int, str] | None, after_ns: int) -> Seen:
    """Return the heads that others saw, and the one that a person has kept."""
    seen = heads_seen(folder, folders.log, folders.address_of(folder).name, after_ns)
    return seen if kept is None else (SeenHead("whoever gave --head", 0, "", *kept), *seen)


def _numbered(records: Iterable[tuple[Record, object]]) -> Iterator[tuple[int, str, object]]:
    """Yield what the records say."""
    for record, message in records:
        yield record.seq, record.type, message


def _anchor_of(journal: Path) -> tuple[JournalAnchor | None, str | None]:
    """Return what is known of this journal outside of its folder, and what is wrong with that."""
    try:
        file = AnchorFile(journal.parent)
        return file.read(), file.damage()
    except TradingError:  # who only reads may have no folder of their own
        return None, None


def _folder_of(path: Path) -> Path:
    """Return the journal folder that the user means by a folder or by one of its segments."""
    if path.is_file():
        return path.parent
    return path / JOURNAL if (path / JOURNAL).is_dir() else path


def _document(found: Verification) -> dict[str, Any]:
    scan, broken = found.scan, found.broken
    return {
        "journal": str(found.folder),
        "ok": not found.problems,
        "lineage": scan.lineage,
        "segments": len(scan.names),
        "records": scan.head.seq,
        "head": scan.head.hash,
        "emptied": sum(scan.emptied.values()),
        "torn_tail": None if scan.torn is None else asdict(scan.torn),
        "broken": None
        if broken is None
        else {
            "segment": broken.segment,
            "line": broken.line,
            "seq": broken.seq,
            "expected": broken.expected,
            "found": broken.found,
        },
        "orders": None if found.report is None else found.report.orders,
        "fills": None if found.report is None else found.report.fills,
        "statements": None if found.report is None else found.report.statements,
        "problems": list(found.problems),
    }


def _text(found: Verification) -> str:
    scan = found.scan
    lines = [f"journal  {found.folder}, lineage {scan.lineage or 'unknown'}"]
    if found.broken is not None:
        lines += [
            f"chain    BROKEN after {counted(scan.head.seq, 'good record')}",
            f"         {found.broken}",
        ]
        return "\n".join(lines)
    lines.append(
        f"chain    whole: {counted(scan.head.seq, 'record')} in "
        f"{counted(len(scan.names), 'segment')}, "
        f"the last is {scan.head.seq} with hash {scan.head.hash}"
    )
    if not scan.head.seq:
        return "\n".join((lines[0], f"chain    EMPTY: {found.problems[0]}"))
    if scan.emptied:
        gone = counted(sum(scan.emptied.values()), "record")
        lines.append(f"details  of {gone} were removed as old; their hashes are in the chain")
    if scan.torn is not None:
        lines.append(
            f"tail     {scan.torn.segment} line {scan.torn.line} is unfinished "
            f"({counted(scan.torn.size, 'byte')}): a write goes on or was interrupted; "
            "a start cuts it"
        )
    if found.report is not None:
        report = found.report
        verdict = "agrees" if not report.problems else "DISAGREES"
        lines.append(
            f"ledger   {counted(report.orders, 'order')} and "
            f"{counted(report.fills, 'fill')} recomputed: {verdict} "
            f"with the journal and {counted(report.statements, 'venue statement')}"
        )
    lines += [f"         {problem}" for problem in found.problems[:_SHOWN_PROBLEMS]]
    if (more := len(found.problems) - _SHOWN_PROBLEMS) > 0:
        lines.append(f"         and {more:,} more; --json lists all")
    return "\n".join(lines)
