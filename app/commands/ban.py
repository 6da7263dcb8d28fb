"""`run.py ban`: what a person wants nothing bought of, for a while."""

from __future__ import annotations

import json

import click

from adapters.journal.segments import read_records
from app.command_line.options import Folders
from app.command_line.shell import (
    env_option,
    folder_options,
    hours_option,
    json_option,
    reason_option,
)
from app.commands.journals import journal_of
from app.commands.operating import operate, targets
from app.run.recovery import CODEC
from config.mode import Mode
from domain.messages.universe import AssetBanned, BanCleared
from domain.model.figures import moment
from domain.model.instants import Nanos, iso
from domain.universe.orders import (
    BAN,
    BAN_HOURS,
    BAN_HOURS_MAX,
    UNBAN,
    OrderInvalid,
    StandingOrders,
    asset_of,
)

NOTHING_RAN = "nothing ever ran in {}: a ban is kept in the journal of a run; start it first"


@click.group()
def ban() -> None:
    """Keep assets from being bought for a while: an exploit, a regulator, a delisting.

    \b
    Example:
      python run.py ban add PUMP-USD --hours 168 --reason "exploit reported"
    """


@ban.command(short_help="Buy nothing of an asset for a while.")
@click.argument("product")
@hours_option(BAN_HOURS, BAN_HOURS_MAX)
@reason_option("Why; it stays on record.")
@env_option
@folder_options
def add(folders: Folders, mode: Mode | None, product: str, hours: int, reason: str) -> int:
    """Buy nothing of PRODUCT's asset, whatever it is quoted in, until the hours are over.

    Holds over restarts. What is owned stays, with its stop and target. Ends with 0 only when the
    ban is in the journal.

    \b
    Example:
      python run.py ban add PUMP-USD --reason "exploit reported"
    """
    return _order(folders, mode, BAN, reason, product, hours)


@ban.command()
@click.argument("product")
@reason_option("Why it may be bought again; it stays on record.")
@env_option
@folder_options
def clear(folders: Folders, mode: Mode | None, product: str, reason: str) -> int:
    """Let PRODUCT's asset be bought again before its ban is over.

    \b
    Example:
      python run.py ban clear PUMP-USD --reason "it was another coin"
    """
    return _order(folders, mode, UNBAN, reason, product, 0)


@ban.command("list", short_help="The bans that have not run out.")
@json_option
@env_option
@folder_options
def list_bans(folders: Folders, mode: Mode | None, as_json: bool) -> int:
    """List the bans that have not run out, with their reasons, from the journal.

    \b
    Example:
      python run.py ban list
    """
    try:
        bans = _bans(folders, mode)
    except FileNotFoundError as error:
        click.echo(str(error), err=True)
        return 1
    if as_json:
        rows = [
            {"asset": each.asset, "until": iso(each.until_ns), "reason": each.reason}
            for each in bans
        ]
        click.echo(json.dumps({"bans": rows}, indent=2))
        return 0
    for each in bans:
        click.echo(f"{each.asset} until {moment(each.until_ns)}, market time: {each.reason}")
    if not bans:
        click.echo("nothing is banned")
    return 0


def _order(
    folders: Folders, mode: Mode | None, verb: str, reason: str, product: str, hours: int
) -> int:
    try:
        asset_of(product)
    except OrderInvalid as error:
        raise click.UsageError(str(error)) from error
    meant = targets(folders, mode, is_all=False)
    if meant:
        return operate(folders, meant, verb, reason, subject=product, hours=hours)
    click.echo(NOTHING_RAN.format(folders.home), err=True)
    return 1


def _bans(folders: Folders, mode: Mode | None) -> list[AssetBanned]:
    """Return the bans that have not run out at the journal's newest record, by asset.

    Raises:
        FileNotFoundError: there is no journal.
        JournalError: it is broken.
    """
    orders, newest_ns = StandingOrders(), 0
    for record in read_records(journal_of(folders, mode)):
        newest_ns = max(newest_ns, record.at_ns)
        if record.type in (AssetBanned.__name__, BanCleared.__name__):
            orders = orders.apply(CODEC.decode(record.type, record.data))
    return sorted(orders.at(Nanos(newest_ns)).bans, key=lambda each: each.asset)
