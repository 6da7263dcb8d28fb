"""`run.py regime`: a person's word about the state of the market."""

from __future__ import annotations

import click

from app.command_line.options import Folders
from app.command_line.shell import OneOf, env_option, folder_options, hours_option, reason_option
from app.commands.operating import operate, targets
from config.mode import Mode
from domain.model.context import Regime
from domain.universe.orders import CLEAR_REGIME, REGIME_HOURS, REGIME_HOURS_MAX, SET_REGIME


@click.group()
def regime() -> None:
    """Say what state the market is in, instead of the detector. `status` shows what counts.

    \b
    Example:
      python run.py regime set bear --hours 24 --reason "exchange in trouble"
    """


@regime.command("set", short_help="Let a regime count for a while.")
@click.argument("regime", type=OneOf([each.value for each in Regime], case_sensitive=False))
@hours_option(REGIME_HOURS, REGIME_HOURS_MAX)
@reason_option("Why; it stays on record.")
@env_option
@folder_options
def set_regime(folders: Folders, mode: Mode | None, regime: str, hours: int, reason: str) -> int:
    """Let REGIME count: bull (sizes times 1.2), chop (1.0), bear (0.6) or crash (no entries).

    Holds over restarts until the hours are over or `regime clear`. Caps get tighter by bear and
    looser by nothing; exits run in every regime. Ends with 0 only when it is in the journal.

    \b
    Example:
      python run.py regime set crash --hours 4 --reason "bank run"
    """
    return _order(folders, mode, SET_REGIME, reason, regime, hours)


@regime.command("clear")
@reason_option("Why; it stays on record.")
@env_option
@folder_options
def clear_regime(folders: Folders, mode: Mode | None, reason: str) -> int:
    """Let the detector count again.

    \b
    Example:
      python run.py regime clear --reason "calm again"
    """
    return _order(folders, mode, CLEAR_REGIME, reason, "", 0)


def _order(
    folders: Folders, mode: Mode | None, verb: str, reason: str, subject: str, hours: int
) -> int:
    meant = targets(folders, mode, is_all=False)
    if meant:
        return operate(folders, meant, verb, reason, subject=subject, hours=hours)
    place = folders.home
    click.echo(f"nothing ever ran in {place}: it is kept in the journal of a run", err=True)
    return 1
