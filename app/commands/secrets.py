"""`run.py secrets`: is there a key, can it sign, how old is it, and lies one where it must not?"""

from __future__ import annotations

import json
import os
import time

import click

from adapters.control.key_note import KeyNote
from adapters.telemetry.evidence import ROTATED, Evidence, EvidenceBook
from adapters.venues.coinbase.key_sources import find_key
from app.command_line.environment import in_words
from app.command_line.options import ROOT, Folders
from app.command_line.shell import Parsed, folder_options, json_option
from app.commands.on_record import put_on_record
from app.run.key_watch import age_of
from app.run.stray_keys import stray_keys
from domain.model.figures import moment
from domain.model.instants import DAY, Nanos, iso, parse_typed_time
from domain.system.key_age import KeyState

EXIT_NO, EXIT_REFUSED = 1, 4
SHOWN = 5
"""Former keys that are shown; all of them are in `evidence.jsonl`."""


@click.group()
def secrets() -> None:
    """The key of the real venue; nothing of it is ever shown.

    \b
    Example:
      python run.py secrets check
    """


@secrets.command(short_help="The key: where, how old, can it sign?")
@json_option
@folder_options
def check(folders: Folders, *, as_json: bool) -> int:
    """Say where the key comes from, whether it can sign, and how old it is.

    It comes from the file that CB_API_SECRET_FILE names (as Coinbase hands it out, outside of the
    checkout, mode 0600), or from COINBASE_API_KEY and COINBASE_API_SECRET. Nobody is asked over the
    network. Ends with 4 if there is no usable key, or one lies where it must not; with 1 if it is
    older than 90 days, or of unknown age.

    \b
    Example:
      python run.py secrets check
      python run.py secrets check --json
    """
    own = (folders.data, folders.log, ROOT / "data", ROOT / "logs")
    strays = stray_keys((ROOT, folders.config), (), own)
    for sentence in strays:
        click.echo(sentence, err=True)
    found = find_key(os.environ, ROOT)
    age = age_of(found, KeyNote(folders.data), time.time_ns())
    rotations = _rotations(folders)
    if as_json:
        row: dict[str, object] = {
            "key": found.key.name,
            "source": found.source,
            "algorithm": found.algorithm,
        }
        row |= {"age_days": age.days, "age": age.state.value, "strays": list(strays)}
        row["rotations"] = [
            {"noted": iso(each.at_ns), "key": each.of, "told": each.told} for each in rotations
        ]
        click.echo(json.dumps(row, indent=2))
    else:
        click.echo(f"key {found.key.name}, {found.algorithm}, from {found.source}: it can sign")
        click.echo(folders.address.put(age.words))
        for each in rotations[-SHOWN:]:
            click.echo(f"noted {moment(each.at_ns)} UTC: key {each.of}, {each.told}")
    if strays:
        return EXIT_REFUSED
    return EXIT_NO if age.state in (KeyState.OVERDUE, KeyState.UNKNOWN) else 0


def _rotations(folders: Folders) -> tuple[Evidence, ...]:
    """Return when keys were noted to be made, oldest first."""
    try:
        return EvidenceBook(folders.data).all_of(ROTATED)
    except OSError as error:
        click.echo(f"former keys are not known: {in_words(error)}", err=True)
        return ()


@secrets.command()
@click.option(
    "--on",
    "created_ns",
    type=Parsed("date", parse_typed_time),
    metavar="DATE",
    help="When the key was made, UTC; default: now.",
)
@folder_options
def rotated(folders: Folders, created_ns: Nanos | None) -> int:
    """Note when the present key was made; the venue does not say it.

    The former ones stay on record, as `secrets check` shows. From day 83 on it is a warning, past
    day 90 a critical alert, once a day.

    \b
    Example:
      python run.py secrets rotated
      python run.py secrets rotated --on 2026-11-01
    """
    found, now_ns = find_key(os.environ, ROOT), Nanos(time.time_ns())
    chosen_ns = now_ns if created_ns is None else created_ns
    if chosen_ns > now_ns + DAY:
        raise click.UsageError(f"--on: {moment(chosen_ns)} is still to come")
    note = KeyNote(folders.data)
    note.write(found.key.name, chosen_ns)
    put_on_record(folders, ROTATED, found.key.name, f"made {moment(chosen_ns)} UTC", is_good=True)
    click.echo(f"key {found.key.name}: made {moment(chosen_ns)} UTC")
    click.echo(age_of(found, note, now_ns).words)
    return 0
