"""`run.py config check` and `run.py config show`."""

from __future__ import annotations

import json
from typing import Any

import click

from app.command_line.options import Folders
from app.command_line.shell import folder_options, json_option, set_option
from config.effective import Config, Plain
from config.errors import ConfigError
from config.loading import load


@click.group()
def config() -> None:
    """Check the configuration, or show the values in force.

    \b
    Example:
      python run.py config check
    """


@config.command()
@json_option
@set_option
@folder_options
def check(folders: Folders, sets: tuple[str, ...], as_json: bool) -> int:
    """Check all four files and say everything that is wrong.

    \b
    Example:
      python run.py config check --config-dir config
    """
    try:
        loaded = load(folders.config, sets)
    except ConfigError as error:
        if not as_json:
            raise
        click.echo(json.dumps({"ok": False, "problems": _problems(error)}, indent=2))
        return 2
    if as_json:
        report = {"ok": True, "problems": [], "notes": list(loaded.notes), **_hashes(loaded)}
        click.echo(json.dumps(report, indent=2))
        return 0
    click.echo(f"{folders.config}: sound, config={loaded.config_hash} policy={loaded.policy_hash}")
    for note in loaded.notes:
        click.echo(f"note: {note}")
    return 0


@config.command()
@json_option
@set_option
@folder_options
def show(folders: Folders, sets: tuple[str, ...], as_json: bool) -> int:
    """Show every value in force and where it was decided.

    \b
    Example:
      python run.py config show --set policy.loop.interval_seconds=3
    """
    loaded = load(folders.config, sets)
    if as_json:
        values = {
            entry.name: {"value": entry.value, "source": entry.source}
            for entry in loaded.effective()
        }
        click.echo(json.dumps({**_hashes(loaded), "values": values}, indent=2))
        return 0
    rows = [(entry.name, _text(entry.value), entry.source) for entry in loaded.effective()]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, source in rows:
        click.echo(f"{name:<{widths[0]}}  {value:<{min(widths[1], 40)}}  {source}")
    click.echo(f"config={loaded.config_hash} policy={loaded.policy_hash}")
    return 0


def _hashes(loaded: Config) -> dict[str, str]:
    return {"config_hash": loaded.config_hash, "policy_hash": loaded.policy_hash}


def _text(value: Plain) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _problems(error: ConfigError) -> list[dict[str, Any]]:
    return [
        {
            "source": problem.place.source,
            "line": problem.place.line,
            "text": str(problem),
            "hints": list(problem.hints),
        }
        for problem in error.problems
    ]
