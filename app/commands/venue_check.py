"""`run.py venue-check`: the real venue, touched harmlessly, step by step."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from functools import partial

import click

from adapters.clocks.system import SystemClock
from adapters.telemetry.evidence import CHECKED, ORDERED
from adapters.telemetry.log import ActorLog
from adapters.venues.coinbase.probe import OrderProbe, Probe
from adapters.venues.coinbase.traits import MARKET_STREAM
from app.command_line.options import Folders
from app.command_line.shell import Parsed, folder_options, json_option, set_option
from app.command_line.trading_options import COINBASE_REST, parse_url, refuse_foreign_coinbase
from app.commands.on_record import put_on_record
from app.run import settings
from app.run.mode_gate import right_of_check
from app.status.lines import Line, addressed
from app.status.screen import show
from app.venue_check.check import CheckPlan, findings
from app.venue_check.report import document, lines_of, not_well, summary
from app.venue_check.wiring import Machine, forbidden_by, key_of, locked
from config.loading import load
from domain.system.venue_check import CheckedStep, exit_code


@click.command(name="venue-check")
@click.option(
    "--with-order",
    is_flag=True,
    help="Also send one order: the smallest post-only buy, far below the market, good for five"
    " minutes; it is cancelled at once.",
)
@click.option(
    "--venue-url",
    type=Parsed("url", parse_url),
    metavar="URL",
    help="A venue on this machine that plays Coinbase.",
)
@json_option
@set_option
@folder_options
def venue_check(
    folders: Folders,
    *,
    with_order: bool,
    venue_url: str | None,
    as_json: bool,
    sets: tuple[str, ...],
) -> int:
    """Touch the real venue harmlessly: a line a step, with what was expected and what was found.

    Way, clock, public market data; with a key also its rights, portfolio, money, fees, open orders
    and the preview of an order. Without a key (`secrets check` says where one comes from) only what
    everybody may ask is tried. Nothing is traded. Exit code: 0 all well, 1 a step failed, 4 a gate
    refused (key, rights, portfolio).

    \b
    Example:
      python run.py venue-check
      python run.py venue-check --with-order
    """
    rest, stream = _addresses(venue_url)
    config = load(folders.config, sets)
    key, found_of_key = key_of(os.environ, folders, time.time_ns())
    asked = rest, stream, None if key is None else key.key, SystemClock(), ActorLog("venue-check")
    sender = OrderProbe(*asked, capability=right_of_check(rest)) if with_order else None
    probe = Probe(*asked) if sender is None else sender
    plan = CheckPlan(
        rest=rest,
        quote_currency=config.app.quote.value,
        limit_ns=settings.drift_limit_ns(config),
        portfolio=config.app.account.portfolio_uuid,
        key=found_of_key,
        sender=sender,
        forbidden=forbidden_by(folders, config.app.mode),
        lock=partial(locked, folders),
    )
    around = Machine(rest, stream, config.app.time.ntp_servers)
    found = []
    # The steps are closed first: what they have begun at the venue is ended by asking it.
    with contextlib.closing(probe), contextlib.closing(findings(probe, around, plan)) as steps:
        for each in steps:
            found.append(each)
            if not as_json:
                _tell(addressed(lines_of(each), folders.address))
    if as_json:
        click.echo(json.dumps(document(rest, found, folders.address), indent=2))
    else:
        click.echo(summary(found))
    _keep(folders, rest, found, has_key=key is not None, with_order=with_order)
    if code := exit_code(found):
        click.echo(not_well(found), err=True)
    return code


def _keep(
    folders: Folders, rest: str, found: Sequence[CheckedStep], *, has_key: bool, with_order: bool
) -> None:
    """Put the check on record; one without a key has not touched what is traded on."""
    is_good = has_key and not exit_code(found)
    told = summary(found) if has_key else f"without a key: {summary(found)}"
    put_on_record(folders, CHECKED, rest, told, is_good=is_good)
    if with_order:
        put_on_record(folders, ORDERED, rest, told, is_good=is_good)


def _tell(lines: Iterable[Line]) -> None:
    """Show lines as wide as the terminal; where there is none, each step is one line."""
    if sys.stdout.isatty():
        show(lines)
    else:
        click.echo("\n".join(line.text for line in lines))


def _addresses(venue_url: str | None) -> tuple[str, str]:
    """Return where questions and streams of Coinbase are, or of what plays it on this machine.

    Raises:
        click.UsageError: the address is not of this machine.
    """
    if venue_url is None:
        return COINBASE_REST, MARKET_STREAM
    refuse_foreign_coinbase(venue_url)
    return venue_url, venue_url.replace("http", "ws", 1)
