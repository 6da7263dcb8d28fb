"""`run.py alerts`: what somebody had to know, newest last, and what somebody took note of."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click

from adapters.control.instances import MODES
from adapters.courier.channels import mend, sender
from adapters.courier.marks import MarkFile, by_alert
from adapters.courier.message import TESTED, Message, message_of
from adapters.courier.urls import URLS, ChannelUrl, find_urls
from adapters.telemetry.acks import Ack, AckFile, alert_id
from adapters.telemetry.evidence import ALERTED
from adapters.telemetry.lines import Entry, LineFiles, is_of
from app.command_line.environment import in_words
from app.command_line.options import ROOT, Folders
from app.command_line.shell import (
    count_option,
    folder_options,
    json_option,
    reason_option,
    world_option,
)
from app.commands.on_record import put_on_record
from app.status.alert_states import FILE, AlertBook, read_book
from app.status.alerts import alert_blocks
from app.status.lines import addressed
from app.status.members import Members
from app.status.screen import show
from config.loading import load
from domain.model.breakers import Severity
from domain.model.instants import iso
from domain.model.wording import meant

SHOWN = 20
EXIT_NONE = 2
NONE = (
    "alerts go nowhere: there is no channel. Set its URL, and try again:\n"
    f"  export {URLS}='https://example.com/hook tgram://TOKEN/CHAT'\n"
    "or put the URLs into a file of mode 0600 and name it in app.alerts.urls_file;\n"
    "kinds of URLs: https://appriseit.com/services/"
)


@click.group()
def alerts() -> None:
    """What somebody had to know.

    \b
    Example:
      python run.py alerts list
    """


@alerts.command("list", short_help="The alerts of a log folder.")
@click.option("--open", "is_open", is_flag=True, help="Only those that wait for somebody.")
@count_option(SHOWN, "alerts")
@json_option
@world_option
@folder_options
def list_alerts(folders: Folders, count: int, *, as_json: bool, is_open: bool) -> int:
    """List the alerts of this log folder, or those of --world, the newest last: what happened, what
    was done about it, what is owned, what can still be lost, and the command that helps; with the
    id that `ack` takes, what was noted, and where it was sent.

    An alert is open until somebody takes note of it, or what it is about is over.

    \b
    Example:
      python run.py alerts list -n 5
      python run.py alerts list --open
      python run.py alerts list --json
    """
    files = LineFiles(folders.log / FILE)
    try:
        book = read_book(folders.log)

        def is_wanted(each: Entry) -> bool:
            return is_of(each, folders.logged) and not (is_open and not book.is_open(each))

        found = files.newest(count or None, is_wanted)
        sent = _sent(folders)
    except OSError as error:
        return _unreadable(folders.log, error)
    rows = [_row(each, book, sent) for each in found]
    if as_json:
        click.echo(json.dumps({"alerts": rows, "damaged": files.damaged}, indent=2))
    elif rows:
        show(addressed(alert_blocks([Members(each) for each in rows]), folders.address))
        sys.stdout.flush()
    else:
        click.echo("no open alerts" if is_open else "no alerts")
    if files.damaged:
        click.echo(files.damage, err=True)
    return 0


@alerts.command("test", short_help="Send a test through every channel.")
@folder_options
def test_channels(folders: Folders) -> int:
    """Send one alert that is marked as a test through every channel, and say what came of it.

    Channels are URLs in BULKHEAD_ALERT_URLS, one after the other with a space between, or in the
    file that app.alerts.urls_file names. One that begins with https:// or http:// is sent a JSON
    document; every other kind is one of Apprise, like mailto:// or tgram://. Ends with 1 if one
    failed, with 2 if there is none.

    \b
    Example:
      python run.py alerts test
    """
    config = load(folders.config)
    found = find_urls(os.environ, config.app.alerts.urls_file, ROOT)
    for problem in found.problems:
        click.echo(problem, err=True)
    if not found.channels:
        click.echo(NONE, err=True)
        return EXIT_NONE
    message = _test_message(folders)
    with ThreadPoolExecutor(len(found.channels)) as pool:
        results = list(pool.map(lambda each: _tried(each, message), found.channels))
    for address, (took_ms, failure) in zip(found.channels, results, strict=True):
        if failure is None:
            click.echo(f"{address.label}: delivered in {took_ms} ms")
        else:
            click.echo(f"{address.label}: failed: {failure}; {mend(failure)}")
    is_whole = not found.problems and all(failure is None for _, failure in results)
    pairs = zip(found.channels, results, strict=True)
    failed = [address.label for address, (_, failure) in pairs if failure is not None]
    labels = ", ".join(address.label for address in found.channels)
    told = f"failed: {', '.join(failed)}" if failed else f"delivered: {labels}"
    put_on_record(folders, ALERTED, labels, told, is_good=is_whole)
    return 0 if is_whole else 1


@alerts.command()
@click.argument("alert", metavar="ID")
@reason_option("What you did about it; it stays on record.")
@folder_options
def ack(folders: Folders, alert: str, reason: str) -> int:
    """Take note of an alert, by the ID that `alerts list` shows.

    It goes from the status and from `alerts list --open`. It changes nothing else: what is halted
    stays so until `resume`.

    \b
    Example:
      python run.py alerts ack 1f0c22ab --reason "sold by hand at the venue"
    """
    book = AckFile(folders.log)
    try:
        known = [
            alert_id(each) for each in LineFiles(folders.log / FILE).newest(None, lambda _: True)
        ]
        before = book.read().get(alert)
    except OSError as error:
        return _unreadable(folders.log, error)
    if alert not in known:
        hint = meant(alert, known) or "; `python run.py alerts list` shows what is there"
        text = f"there is no alert {alert!r} in {folders.log / FILE}{hint}"
        click.echo(folders.address.put(text), err=True)
        return 1
    if before is not None:
        click.echo(f"{alert}: acknowledged before, at {before.wall}: {before.reason}")
        return 0
    try:
        book.add(alert, Ack(iso(time.time_ns()), reason))
    except OSError as error:
        click.echo(f"{alert}: not acknowledged: {in_words(error)}", err=True)
        return 1
    click.echo(f"{alert}: acknowledged: {reason}")
    return 0


def _row(
    alert: dict[str, Any], book: AlertBook, sent: Mapping[str, list[dict[str, object]]]
) -> dict[str, Any]:
    """Return an alert with its id, how it stands, what a person noted of it (None where nobody
    did), and where it was sent.
    """
    name = alert_id(alert)
    noted = book.acks.get(name)
    told = None if noted is None else {"wall": noted.wall, "reason": noted.reason}
    state = book.state_of(alert).value
    return {"id": name, **alert, "state": state, "ack": told, "sent": sent.get(name, [])}


def _sent(folders: Folders) -> dict[str, list[dict[str, object]]]:
    """Return by alert where it was sent, and when."""
    sent: dict[str, list[dict[str, object]]] = {}
    for folder in (home / mode for home in folders.homes for mode in MODES):
        for alert, mark in by_alert(MarkFile(folder).read()):
            row = {"to": mark.label, "wall": iso(mark.written_ns), "escalated": mark.is_escalated}
            sent.setdefault(alert, []).append(row)
    return sent


def _test_message(folders: Folders) -> Message:
    wall = iso(time.time_ns())
    return message_of(
        {
            "wall": wall,
            "world": folders.address.name,
            "severity": Severity.INFO.value,
            "code": TESTED,
            "what": "this is a TEST: somebody tries whether alerts arrive",
            "done": "nothing is needed",
            "owned": "nothing of it",
            "worst": "nothing",
            "command": folders.address.put("python run.py alerts list"),
        }
    )


def _tried(address: ChannelUrl, message: Message) -> tuple[int, str | None]:
    """Send to one channel; return how many milliseconds that took, and why it failed."""
    begun_s = time.monotonic()
    failure = sender(address)(message)
    return round((time.monotonic() - begun_s) * 1000), failure


def _unreadable(log: Path, error: OSError) -> int:
    click.echo(f"{error.filename or log / FILE} can't be read: {error.strerror}", err=True)
    return 1
