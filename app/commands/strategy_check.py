"""`run.py strategy check`: does a strategy look ahead, remember or draw?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from adapters.simulator.market_data.open import open_market
from adapters.simulator.market_data.raw import RawRecording
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.options import DEFAULT_SEED
from adapters.simulator.server.opened_world import REPEATABLE_ORIGIN_NS
from app.command_line.options import Folders
from app.command_line.shell import folder_options, json_option, set_option
from app.commands.backtest import market_option
from config.effective import Config
from config.errors import ConfigError
from config.loading import load
from config.own import folder_of, found_in
from config.plugins import strategies
from domain.decisions.strategy import Strategy
from domain.model.instants import Nanos
from domain.model.wording import meant

if TYPE_CHECKING:
    from app.strategy_check.check import StrategyCheck

_HELP = """Try whether the strategy NAME looks ahead, remembers or draws.

NAME is an entry of strategies.yaml, or a file of your own that can be used without settings. Its
history is cut at random places and begun at others: what it says of a minute must not change. The
same question must have the same answer, nothing that it is shown may change, and it must propose
nothing where its trigger is false.

Exit code: 0 nothing was found, 1 something was: product and first row are named.

\b
Example:
  python run.py strategy check breakout
  python run.py strategy check dip_buyer --market candles --seed 7
"""


@click.command(help=_HELP)
@click.argument("name")
@market_option
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=DEFAULT_SEED,
    metavar="N",
    help="Of the generated market, and of where history is cut.",
)
@json_option
@set_option
@folder_options
def check(
    folders: Folders, *, name: str, market: str, seed: int, as_json: bool, sets: tuple[str, ...]
) -> int:
    """Try, and say what was found."""
    found = _found(folders, name, market, seed, sets)
    click.echo(json.dumps(found.document, indent=2) if as_json else "\n".join(_lines(found)))
    return 1 if found.faults else 0


def _found(
    folders: Folders, name: str, source: str, seed: int, sets: tuple[str, ...]
) -> StrategyCheck:
    from app.strategy_check.check import StrategyCheck, check_strategy
    from app.strategy_check.faults import CheckKind, StrategyFault

    try:
        config = load(folders.config, sets)
    except ConfigError as error:
        # Its text was read before any of it ran: that is the first of the checks.
        theirs = [each for each in error.problems if each.place.source.endswith(f"/{name}.py")]
        if not theirs:
            raise
        faults = tuple(StrategyFault(check=CheckKind.SOURCE, told=str(each)) for each in theirs)
        return StrategyCheck(name=name, market=source, seed=seed, faults=faults)
    strategy = _strategy(config, name)
    origin_ns = REPEATABLE_ORIGIN_NS
    try:
        market = open_market(
            source, seed=seed, start_ns=None, origin_ns=origin_ns, lookback_ns=Nanos(0)
        )
        if isinstance(market, RawRecording):
            raise MarketError("--market: expected candles or trades, was a recording of frames")
        return check_strategy(strategy, market, name=name, source=source, seed=seed)
    except MarketError as error:
        raise click.UsageError(str(error)) from error


def _strategy(config: Config, name: str) -> Strategy:
    """Return the strategy of an entry, or that of a file with the settings of its class."""
    spec = config.strategies.get(name)
    if spec is not None:
        return spec.strategy
    kinds = {**strategies(), **found_in(folder_of(config.app.strategies.folder)).kinds}
    if name not in kinds:
        known = sorted({*config.strategies, *kinds})
        raise click.UsageError(
            f"expected one of {', '.join(known)}, was {name!r}{meant(name, known)}"
        )
    try:
        strategy: Strategy = kinds[name](id=name)
    except Exception as error:  # whatever a plug-in raises is its own fault
        raise click.UsageError(
            f"{name} needs settings: give it an entry in strategies.yaml ({error})"
        ) from error
    return strategy


def _lines(found: StrategyCheck) -> list[str]:
    if found.faults:
        lines = [f"{found.name} has failed:"]
        for each in found.faults:
            place = f"{each.place}: " if each.place else ""
            lines += [f"  {each.check.value}: {place}{each.told}"]
        return lines
    return [
        f"{found.name}: nothing found in {found.rows:,} rows; it decided at {found.moments}"
        f" of them, {found.triggered} with a trigger, and proposed {found.proposed} trades",
        *(f"warning: {each}" for each in found.warnings),
    ]
