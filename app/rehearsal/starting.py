"""From the options of `rehearse` to those of the trader that it starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from app.command_line.options import Folders, TradeOptions
from app.command_line.shell import FOLDER_OPTIONS, CommandSession
from app.command_line.worlds import recalled
from config.loading import load

VALUED = ("venue", "venue-url", "market", "from", "seed", "speed", "shadow")
REPEATED = ("paper-balance", "set")
FLAGS = ("leave-live-positions",)


def words_of(values: dict[str, Any]) -> tuple[str, ...]:
    """Return options of `rehearse` as words of the trader's command line; what is None is left."""
    found = []
    for name in VALUED:
        value = values.get(name.replace("-", "_"))
        if value is not None:
            found.append(f"--{name}={value}")
    for name in REPEATED:
        found += [f"--{name}={each}" for each in values.get(name.replace("-", "_")) or ()]
    found += [f"--{name}" for name in FLAGS if values.get(name.replace("-", "_"))]
    return tuple(found)


def folder_words(folders: Folders) -> tuple[str, ...]:
    """Return the words that name the folders, and the world if one was named."""
    found = [f"--config-dir={folders.config}", f"--log-dir={folders.log}"]
    if folders.is_data_given:
        found.append(f"--data-dir={folders.data}")
    if folders.world is not None:
        found.append(f"--world={folders.world}")
    return tuple(found)


def trade_options(words: Sequence[str], folders: Folders) -> TradeOptions:
    """Return the options that a trader makes of `words`, on the folder of their world.

    Raises:
        click.UsageError: they are wrong, as for the trader.
        ConfigError: with everything that is wrong with the configuration.
        Unreachable: a venue elsewhere does not answer.
    """
    from app.command_line.cli import cli  # the command line knows this command, and lazily
    from app.command_line.trading_options import (
        options_of,
        placed,
        refuse_contradictions,
        shadow_of,
    )

    session = CommandSession(folders=folders)
    line = ["--env=paper", "--duration=1s", *words]
    # A context without the settings would take `-h` from the command for good.
    context = click.Context(cli, info_name="run.py", obj=session, **cli.context_settings)
    cli.parse_args(context, line)
    values = {name: each for name, each in context.params.items() if name not in FOLDER_OPTIONS}
    values = recalled(folders, values)
    refuse_contradictions(values)
    config = load(folders.config, values["sets"])
    beside = values["shadow_dir"]
    shadow = shadow_of(None if beside is None else Folders(config=beside).config, config)
    return placed(options_of(folders, {**values, "shadow": shadow}, config))
