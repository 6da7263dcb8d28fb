"""`run.py adopt`: foreign coins become a lot."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import click

from adapters.control.instances import choose, is_running
from app.command_line.options import Folders
from app.command_line.shell import Parsed, env_option, folder_options, reason_option
from app.commands.operating import ask, carry_out
from config.mode import Mode
from domain.messages.control import ADOPT
from domain.model.money import parse_decimal, plain
from domain.portfolio.adoption import AdoptionInvalid, adoption_of

NUMBER = Parsed("number", parse_decimal)
BY_HAND = "adopted by hand"


@click.command()
@click.argument("product")
@click.argument("quantity", type=NUMBER, metavar="QTY")
@click.option(
    "--cost",
    type=NUMBER,
    required=True,
    metavar="C",
    help="What all of it counts as paid in, in the account's currency.",
)
@click.option(
    "--stop", type=NUMBER, required=True, metavar="S", help="Sold when the bid is there or below."
)
@reason_option("Why; it stays on record.", BY_HAND)
@env_option
@folder_options
def adopt(
    folders: Folders,
    mode: Mode | None,
    product: str,
    quantity: Decimal,
    cost: Decimal,
    stop: Decimal,
    reason: str,
) -> int:
    """Take QTY of PRODUCT, which you bought or put there yourself, over as a lot.

    From then on it is sold at its stop, or by `close` and `liquidate`; it has no target and no
    longest hold. Refused beyond what the venue holds that is free and not ours. Ends with 0 only
    when it is in the journal.

    \b
    Example:
      python run.py adopt ETH-USD 0.01 --cost 34.50 --stop 3200 --reason "bought by hand"
    """
    wanted = f"{product.strip().upper()} {plain(quantity)} {plain(cost)} {plain(stop)}"
    try:
        adoption_of(wanted)
    except AdoptionInvalid as error:
        raise click.UsageError(str(error)) from error
    folder = choose(*folders.homes, mode=None if mode is None else mode.value)
    if folder is None or not is_running(folder):
        click.echo(
            "no instance runs: start it first; only the venue can say what is foreign", err=True
        )
        return 1
    return carry_out(folders, folder, ADOPT, partial(ask, folder, ADOPT, reason, subject=wanted))
