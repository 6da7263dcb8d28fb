"""`run.py close`: sell the owned lots of one product."""

from __future__ import annotations

from functools import partial

import click

from adapters.control.instances import choose, is_running
from app.command_line.options import Folders
from app.command_line.shell import env_option, folder_options, reason_option
from app.commands.operating import ask, carry_out
from config.mode import Mode
from domain.messages.control import CLOSE

BY_HAND = "closed by hand"


@click.command()
@click.argument("product")
@reason_option("Why; it stays on record.", BY_HAND)
@env_option
@folder_options
def close(folders: Folders, mode: Mode | None, product: str, reason: str) -> int:
    """Sell the owned lots of PRODUCT at the market, now.

    Never more than is owned: what else the account holds of it stays. A halt or a pause does not
    keep it from being sold; after a kill nothing is. Entries go on, `ban add` keeps it from being
    bought again. Ends with 0 only when all of it is sold and that is in the journal.

    \b
    Example:
      python run.py close ETH-USD --reason "news after the close"
    """
    folder = choose(*folders.homes, mode=None if mode is None else mode.value)
    if folder is None or not is_running(folder):
        text = (
            "not closed: no instance runs, so nothing sells; start it first with `python run.py"
            " --env paper`"
        )
        click.echo(folders.address.put(text), err=True)
        return 1
    name = product.strip().upper()
    return carry_out(folders, folder, CLOSE, partial(ask, folder, CLOSE, reason, subject=name))
