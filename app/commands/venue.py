"""`run.py venue`: the embedded venue alone, for any Coinbase client."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from attrs import evolve

from app.command_line.environment import require_writable
from app.command_line.options import Folders
from app.command_line.shell import Parsed, folder_options
from domain.model.errors import InvalidNumber, TradingError
from domain.model.instants import parse_duration, parse_typed_time
from domain.model.money import install_context, parse_decimal

_EXAMPLE = """
Plays a market at the speed asked for and answers any Coinbase Advanced Trade client on loopback.
Prints one VENUE line when it listens; Ctrl-C stops it. The world goes on where it stopped: in
DATA_DIR/venue if --data-dir is given, else in a folder of its own below `data` (`paper list`).

\b
Example:
  python run.py venue --market candles.parquet --from 2023-12-12T04:00:00Z --speed 10
"""


def _speed(text: str) -> Decimal:
    speed = parse_decimal(text)
    if not 1 <= speed <= 60 or speed % Decimal("0.000001"):
        raise InvalidNumber(
            f"expected 1 to 60 with at most six fractional digits, was {text!r} "
            "(`max` exists only for `run.py --env …`)"
        )
    return speed


@click.command(help=_EXAMPLE)
@click.option("--port", type=click.IntRange(0, 65534), default=0, help="0 (default): any free.")
@click.option(
    "--market",
    default="generated",
    help="`generated` (default), candles or trades (.parquet, .csv), frames (.jsonl.*), a folder of"
    " one kind, or mirror:URL for the live market of another venue.",
)
@click.option(
    "--from",
    "from_ns",
    type=Parsed("time", parse_typed_time),
    metavar="TIME",
    help="Where a recorded market begins to trade; default: first row + --lookback.",
)
@click.option(
    "--lookback",
    "lookback_ns",
    default="24h",
    type=Parsed("duration", parse_duration),
    metavar="DURATION",
    help="History kept before the first tradable minute of a recorded market (24h).",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of the market.")
@click.option("--speed", default="1", type=Parsed("speed", _speed), metavar="X", help="1 to 60.")
@click.option(
    "--paper-balance",
    "balances",
    multiple=True,
    metavar="USD=800",
    help="Opening balance of a new world, repeatable; default USD=10000.",
)
@click.option(
    "--manner",
    "quirks",
    multiple=True,
    metavar="NAME=VALUE",
    help="Where Coinbase behaves in more than one way, e.g. cancel-delay=300ms; repeatable.",
)
@click.option(
    "--key-type",
    type=click.Choice(["ecdsa", "ed25519"]),
    default="ecdsa",
    help="Of the keys that a new world gets.",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What goes wrong: a script, one JSON object a line (docs/venue-faults.md).",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    metavar="FILE.jsonl",
    help="Log every request and frame; with one market stream it can be played as --market.",
)
@click.option("--parent-pipe", is_flag=True, hidden=True, help="End when standard input ends.")
@click.option(
    "--world-from-parent",
    is_flag=True,
    hidden=True,
    help="The first line of standard input is the world's options, in JSON.",
)
@folder_options
def venue(
    *,
    folders: Folders,
    balances: tuple[str, ...],
    quirks: tuple[str, ...],
    world_from_parent: bool,
    **chosen: Any,
) -> None:
    """Run the embedded venue until a signal."""
    from adapters.simulator.engine.quirks import parse_quirks
    from adapters.simulator.options import WorldOptions, from_json
    from adapters.simulator.server.serve import VenueOptions, serve
    from adapters.simulator.world import WorldError, parse_opening
    from app.command_line.worlds import name_of

    install_context()
    served = {name: chosen.pop(name) for name in ("port", "parent_pipe", "key_type", "record")}
    try:
        require_writable(folders.data, "--data-dir")
        opening = parse_opening(balances) or None
        world = WorldOptions(opening=opening, quirks=parse_quirks(quirks), **chosen)
        if world_from_parent:
            world = from_json(sys.stdin.readline())
        if not folders.is_data_given:  # as with --env: each world has a folder of its own
            folders = evolve(folders, world=name_of(world))
        serve(VenueOptions(directory=folders.home, world=world, **served))
    except TradingError as error:
        click.echo(f"venue: {error}", err=True)
        sys.exit(error.exit_code if isinstance(error, WorldError) else 2)


if __name__ == "__main__":
    sys.exit(venue())
