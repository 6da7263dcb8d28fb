"""Every command explains itself: `-h`, `--help`, and an example that the command line accepts."""

from __future__ import annotations

import configparser
import shlex

import click
import pytest

from app.command_line.cli import cli, main
from app.command_line.options import VERSION
from app.command_line.shell import FOLDER_OPTIONS
from tests.builders.commands import command_at, groups, paths
from tests.house.tidy import ROOT

EVERY = [(), *groups(), *paths()]


def examples(path: tuple[str, ...]) -> list[str]:
    """Return the lines of a command's example."""
    text = command_at(path).help or ""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line.startswith("python run.py")]


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help_by_both_names(
    path: tuple[str, ...], flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*path, flag]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"Usage: {' '.join(('run.py', *path))}")
    assert "Example:" in told.out
    assert told.err == ""


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_example_is_a_line_that_the_command_accepts(path: tuple[str, ...]) -> None:
    assert examples(path), f"{path} has no example"
    for line in examples(path):
        assert line.startswith(" ".join(("python run.py", *path))), line
        accept(shlex.split(line)[2:])


def accept(words: list[str]) -> None:
    """Parse a line with every check of the command line, and do nothing."""
    command: click.Command = cli
    context = cli.make_context("run.py", words)
    while isinstance(command, click.Group) and (left := [*context._protected_args, *context.args]):
        name, found, rest = command.resolve_command(context, left)
        assert found is not None
        command, context = found, found.make_context(name, rest, parent=context)


@pytest.mark.parametrize("path", [(), *groups()], ids=" ".join)
def test_no_summary_of_a_command_is_cut_off_on_a_screen_of_80_columns(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert main([*path, "--help"]) == 0

    summaries = capsys.readouterr().out.partition("Commands:")[2].splitlines()
    assert len(summaries) > 1
    assert not [each for each in summaries if each.endswith("...")]


@pytest.mark.parametrize("path", tuple(paths()), ids=" ".join)
def test_every_command_takes_the_folder_options(path: tuple[str, ...]) -> None:
    known = {each.name for each in command_at(path).params}

    assert known >= set(FOLDER_OPTIONS)


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")

    assert settings["metadata"]["version"] == VERSION
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith(f"bulkhead {VERSION}, Python 3.11.")
