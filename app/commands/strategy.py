"""`run.py strategy`: which strategies there are, a new one, and whether it looks ahead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from app.command_line.options import Folders
from app.command_line.shell import folder_options, json_option
from app.commands.strategy_check import check
from app.commands.strategy_starter import entry_of, source_of, starter_test_of
from config.effective import Config
from config.loading import load
from config.own import ROOT, folder_of, found_in
from config.plugins import strategies
from domain.model.bounds import STRATEGY_ID

COLUMNS = ("entry", "use", "enabled", "bars", "file")
NO_ENTRY = "-"


@click.group()
def strategy() -> None:
    """List the strategies, begin one of your own, or try whether it looks ahead.

    \b
    Example:
      python run.py strategy list
      python run.py strategy new dip_buyer
      python run.py strategy check dip_buyer
    """


strategy.add_command(check)


@strategy.command(name="list", short_help="Every strategy, and its entries.")
@json_option
@folder_options
def list_strategies(folders: Folders, as_json: bool) -> int:
    """Show every strategy that can be used, and the entries of strategies.yaml that use it.

    \b
    Example:
      python run.py strategy list --json
    """
    rows = _rows(load(folders.config))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return 0
    texts = [COLUMNS, *(tuple(_cell(row[name]) for name in COLUMNS) for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(COLUMNS))]
    for row in texts:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    return 0


@strategy.command(short_help="Write a commented starter.")
@click.argument("name")
@folder_options
def new(folders: Folders, name: str) -> int:
    """Write a commented starter called NAME, its test, and its entry in strategies.yaml, disabled.

    \b
    Example:
      python run.py strategy new dip_buyer
    """
    config = load(folders.config)
    folder = folder_of(config.app.strategies.folder)
    file, test = folder / f"{name}.py", folder / f"test_{name}.py"
    entries = folders.config / "strategies.yaml"
    _refuse_if_taken(name, config, (file, test))
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(source_of(name), encoding="utf-8")
    test.write_text(starter_test_of(name), encoding="utf-8")
    with entries.open("a", encoding="utf-8") as stream:
        stream.write(entry_of(name))
    click.echo(f"wrote   {_shown(file)}, a strategy to change")
    click.echo(f"        {_shown(test)}, its test")
    click.echo(f"added   {name} to {_shown(entries)}, disabled")
    click.echo(f"test it python -m pytest {_shown(test)}")
    click.echo(f"check   python run.py strategy check {name}")
    click.echo(f"trade   python run.py --env paper --set strategies.{name}.enabled=true")
    return 0


def _refuse_if_taken(name: str, config: Config, files: tuple[Path, ...]) -> None:
    if not (name.isidentifier() and STRATEGY_ID.fullmatch(name)):
        raise click.UsageError(
            f"expected a name of small letters, digits and _, like dip_buyer, was {name!r}"
        )
    if name in config.strategies or name in strategies():
        raise click.UsageError(f"there is a strategy {name} already: take another name")
    for file in files:
        if file.exists():
            raise click.UsageError(f"{_shown(file)} is there already: take another name")


def _rows(config: Config) -> list[dict[str, Any]]:
    own = found_in(folder_of(config.app.strategies.folder))
    rows = []
    for name, spec in sorted(config.strategies.items()):
        one = spec.strategy
        bars = f"{one.lookback} {one.timeframe.value}s"
        rows.append(_row(name, spec.use, spec.enabled, bars, own.files.get(spec.use)))
    used = {spec.use for spec in config.strategies.values()}
    unused = sorted({*strategies(), *own.kinds} - used)
    return [*rows, *(_row(None, use, False, None, own.files.get(use)) for use in unused)]


def _row(
    entry: str | None, use: str, enabled: bool, bars: str | None, file: Path | None
) -> dict[str, Any]:
    place = ROOT / "domain" / "strategies" / f"{use}.py" if file is None else file
    return {"entry": entry, "use": use, "enabled": enabled, "bars": bars, "file": _shown(place)}


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NO_ENTRY if value is None else str(value)


def _shown(file: Path) -> str:
    return str(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file)
