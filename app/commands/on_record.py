"""Deeds of commands that a checklist asks for later: put on record as they are done."""

from __future__ import annotations

import time

import click

from adapters.telemetry.evidence import Evidence, EvidenceBook
from app.command_line.environment import in_words
from app.command_line.options import Folders
from domain.model.instants import Nanos


def put_on_record(folders: Folders, kind: str, of: str, told: str, *, is_good: bool) -> None:
    """Put on record that something was done to `of` just now, and what came of it.

    The deed stands where that fails, and the failure is told: the checklist will ask for it again.
    """
    done = Evidence(
        kind=kind, of=of, at_ns=Nanos(time.time_ns()), is_good=is_good, told=" ".join(told.split())
    )
    try:
        EvidenceBook(folders.data).add(done)
    except OSError as error:
        click.echo(f"not on record for the checklist: {in_words(error)}", err=True)
