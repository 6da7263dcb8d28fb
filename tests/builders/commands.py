"""Every command of the program with arguments that it accepts, and calls of it in children."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
from attrs import frozen

import actors
import adapters
import app
import config
import domain
from app.command_line.cli import cli, main
from app.command_line.streams import on_safe_streams
from config.loading import load

ROOT = Path(__file__).resolve().parents[2]
TRADE = ("--env", "paper", "--speed", "max", "--cycles", "1")
NEEDED = {
    "reason": "books agree",
    "shell": "bash",
    "lot": "lot-1",
    "quantity": "0.01",
    "cost": "34.50",
    "stop": "3200",
    "alert": "1f0c22ab",
    "name": "breakout",
    "table": "fills",
    "output": "-",
    "id_": "0b8f3cf5",
    "product": "PUMP-USD",
    "regime": "bear",
    "space": "/no/such/folder/space.yaml",
    "file": "/no/such/folder/backup.tar.zst",
    "files": "/no/such/folder/candles.csv",
    "path": "/no/such/folder/candles.csv",
    "products": "BTC-USD",
    "since_ns": "2026-11-01",
    "wanted": "2f8a51c0",
}
"""What is given for a parameter that a command requires, by its name."""
ENDING: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("venue",): ("--parent-pipe",),
    ("data", "fetch"): ("--venue-url", "http://example.com"),  # refused: it has no TLS
    ("backtest",): ("--market", "/no/such/folder/candles.csv"),  # refused: a month takes long
    # refused: a market takes seconds to make
    ("strategy", "check"): ("--market", "/no/such/folder/candles.csv"),
    ("torture",): ("--strategy", "nobody"),  # refused: there is none
    # refused: drills take minutes
    ("rehearse",): ("--market", "/no/such/folder/candles.csv"),
    ("venue-check",): ("--venue-url", "http://127.0.0.1:9"),  # nobody listens there
}
"""What makes a command end that would run on; standard input is a pipe that has ended."""


@frozen
class Called:
    """How a call ended: its exit code, and what it said on both streams."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def paths(group: click.Group = cli, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command that does something, from the tree of commands."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from paths(command, (*above, name))
        else:
            yield (*above, name)


def groups(group: click.Group = cli, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command that only holds others."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield (*above, name)
            yield from groups(command, (*above, name))


def command_at(path: tuple[str, ...]) -> click.Command:
    """Return the command with these words; that of none trades."""
    command: click.Command = cli
    for word in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    return command


def complete(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return a line that calls a command with all that it requires."""
    words = []
    for one in command_at(path).params:
        if one.required:
            flag = one.opts[:1] if isinstance(one, click.Option) else []
            words += [*flag, NEEDED[str(one.name)]]
    return (*path, *words, *ENDING.get(path, ()))


def load_everything() -> None:
    """Import what commands import when they are called: a child may have no rights to do so."""
    for package in (actors, adapters, app, click, config, domain):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            with contextlib.suppress(ImportError, AssertionError):  # of other systems
                importlib.import_module(each.name)
    list(paths())
    load(ROOT / "config")
    "x".encode("idna")


def every_line() -> list[tuple[str, ...]]:
    """Return a line for each command, and one that trades."""
    return [complete(path) for path in paths()] + [TRADE]


def folders_of(home: Path) -> tuple[str, ...]:
    """Return the options that name the folders of a home."""
    return tuple(
        f"--{name}-dir={home / folder}"
        for name, folder in (("config", "config"), ("data", "data"), ("log", "logs"))
    )


def called(
    home: Path,
    *lines: tuple[str, ...],
    before: Callable[[], None] = lambda: None,
    stdout: int | None = None,
) -> list[Called]:
    """Call each of `lines` in a child of its own on the folders of `home`.

    `before` runs in the child first; `stdout` is used instead of a file.
    """
    return [_called(home, line, before, stdout, number) for number, line in enumerate(lines)]


def _called(
    home: Path, line: tuple[str, ...], before: Callable[[], None], stdout: int | None, number: int
) -> Called:
    files = [home / f"{name}.{number}" for name in ("out", "err")]
    out, err = (os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC) for file in files)
    child = os.fork()
    if child == 0:
        code = 99
        gc.disable()  # a collection would touch, and so copy, all that the parent holds
        try:
            read, write = os.pipe()
            os.close(write)
            os.dup2(read, 0)
            sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - open as long as the process
            os.dup2(out if stdout is None else stdout, 1)
            os.dup2(err, 2)
            before()
            code = on_safe_streams(lambda: main([*line, *folders_of(home)]))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:  # noqa: BLE001 - the parent is told why its child failed
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, state = os.waitpid(child, 0)
    os.close(out)
    os.close(err)
    return Called(os.waitstatus_to_exitcode(state), *(file.read_text() for file in files))
