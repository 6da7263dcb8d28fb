"""Parts that all commands share: lazy groups, folder options, parsed option types."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from attrs import evolve, field, mutable
from click.shell_completion import CompletionItem

from adapters.control.worlds import homes, world_of
from app.command_line.options import Folders
from config.mode import Mode
from domain.model.wording import meant

T = TypeVar("T", bound=Callable[..., Any])
COMPLETE = "_BULKHEAD_COMPLETE"
"""The variable by which a shell asks how a word goes on."""
FOLDER_OPTIONS = ("config_dir", "data_dir", "log_dir")


@mutable
class CommandSession:
    """What the process knows about this call of the program."""

    folders: Folders = field(factory=Folders)


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is called.

    `lazy` maps a name to `(module:attribute, one line of help)`.
    """

    def __init__(
        self, *args: Any, lazy: Mapping[str, tuple[str, str]] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they are declared."""
        return [*self._lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, imported now."""
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._lazy[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; of one that is not there, what was meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if args[0] in self.list_commands(ctx) or args[0].startswith("-"):
                raise
            hint = meant(args[0], self.list_commands(ctx))
            raise click.UsageError(f"No such command {args[0]!r}{hint}", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write names and lines of help without an import."""
        rows = [(name, line) for name, (_, line) in self._lazy.items()]
        own = super().list_commands(ctx)
        rows += [(name, self.commands[name].get_short_help_str(80)) for name in own]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class Parsed(click.ParamType[Any]):
    """An option type made of one of our own parsers, which raise ValueError with a sentence."""

    def __init__(self, name: str, parse: Callable[[str], Any], known: Sequence[str] = ()) -> None:
        """`known` are the values that there are, for hints and for the shell's completion."""
        self.name = name
        self._parse = parse
        self._known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the parsed value, or end with exit code 2."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(f"{error}{meant(value, self._known)}", param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the known values that begin so."""
        return [CompletionItem(one) for one in self._known if one.startswith(incomplete)]


class OneOf(click.Choice[str]):
    """A choice that says which of its values was probably meant."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Return what is wrong with `value`."""
        return f"expected one of {', '.join(self.choices)}, was {value!r}" + meant(
            str(value), self.choices
        )


def _reason(text: str) -> str:
    """Return a reason in one line.

    Raises:
        ValueError: it says nothing.
    """
    words = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    if not words:
        raise ValueError('say why, like --reason "venue looks wrong": it stays on record')
    return words


REASON = Parsed("reason", _reason)
MODE = Parsed("mode", Mode.parse, tuple(Mode))


def raw_folder_options(command: T) -> T:
    """Declare the three folder options; unset ones are None."""
    shown = (("log_dir", "logs"), ("data_dir", "data"), ("config_dir", "config"))
    for name, default in shown:
        option = click.option(
            f"--{name.replace('_', '-')}",
            name,
            type=click.Path(path_type=Path, readable=False),
            help=f"Folder; default: {default}.",
        )
        command = option(command)
    return command


def folder_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the folder options, merged with those before its name, as `folders`."""

    @raw_folder_options
    @click.pass_context
    @functools.wraps(command)
    def wrapped(context: click.Context, /, **values: Any) -> Any:
        given = {name: values.pop(name) for name in FOLDER_OPTIONS}
        folders = take_folders(context, given)
        check_world(folders)
        return command(folders=folders, **values)

    return wrapped


def take_folders(context: click.Context, given: Mapping[str, Path | None]) -> Folders:
    """Return the folders of this call: the defaults, overridden by those that are `given`."""
    session = context.ensure_object(CommandSession)
    chosen: dict[str, Any] = {
        name.removesuffix("_dir"): path for name, path in given.items() if path is not None
    }
    if "data" in chosen:
        chosen["is_data_given"] = True
    session.folders = folders = evolve(session.folders, **chosen)
    for name in FOLDER_OPTIONS:
        path = getattr(folders, name.removesuffix("_dir"))
        if _is_no_folder(path):
            raise click.UsageError(f"--{name.replace('_', '-')}: {path} is a file, no folder")
    return folders


def _is_no_folder(path: Path) -> bool:
    """Tell whether something else than a folder is there; what can't be seen is said later."""
    try:
        return path.exists() and not path.is_dir()
    except OSError:
        return False


def reason_option(text: str, default: str = "") -> Callable[[T], T]:
    """Give an operating command `--reason`; mandatory if there is no `default`; `text` is help."""
    if default:
        return click.option(
            "--reason", type=REASON, default=default, show_default=True, metavar="TEXT", help=text
        )
    return click.option("--reason", type=REASON, required=True, metavar="TEXT", help=text)


def hours_option(default: int, most: int) -> Callable[[T], T]:
    """Give an operating command `--hours`: for how long its word counts, in market time."""
    return click.option(
        "--hours",
        type=click.IntRange(1, most),
        default=default,
        show_default=True,
        metavar="N",
        help="How long, in market time.",
    )


def all_option(command: T) -> T:
    """Give an operating command `--all`, as `is_all`: everything that ever ran below its folder."""
    return click.option(
        "--all", "is_all", is_flag=True, help="Every world and mode that ever ran there."
    )(command)


def check_world(folders: Folders) -> None:
    """End with exit code 2 where a world is named that is not there."""
    known = [world_of(home) for home in homes(folders.data)]
    if folders.world is None or folders.world in known:
        return
    hint = meant(folders.world, known) or ";"
    look = evolve(folders, world=None).address.put("python run.py paper list")
    raise click.UsageError(
        f"--world: there is no world {folders.world!r} in {folders.data}{hint} "
        f"`{look}` shows what is there"
    )


def world_option(command: T) -> T:
    """Let a command be told which world is meant: it finds it in its folders."""

    def choose_world(context: click.Context, _: click.Parameter, name: str | None) -> None:
        if name is not None:
            session = context.ensure_object(CommandSession)
            session.folders = evolve(session.folders, world=name)

    return click.option(
        "--world",
        metavar="NAME",
        expose_value=False,
        callback=choose_world,
        help="Which world below the data folder (`paper list`).",
    )(command)


def env_option(command: T) -> T:
    """Give an operating command `--world` and `--env`, as `mode`.

    Without them it is the running instance that is meant, or the newest one.
    """
    return click.option(
        "--env",
        "mode",
        type=MODE,
        metavar="MODE",
        help="Default: the mode that runs, else the one that ran last.",
    )(world_option(command))


def count_option(shown: int, what: str) -> Callable[[T], T]:
    """Give a command `-n`, as `count`: how many of `what` are shown, `shown` if it is not given."""
    return click.option(
        "-n",
        "count",
        type=click.IntRange(0),
        default=shown,
        show_default=True,
        metavar="N",
        help=f"The last N {what}; 0: all.",
    )


def json_option(command: T) -> T:
    """Give a reporting command `--json`, as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")(
        command
    )


def set_option(command: T) -> T:
    """Give a command that reads the configuration `--set`, as `sets`."""
    return click.option(
        "--set",
        "sets",
        multiple=True,
        metavar="FILE.section.key=value",
        help="Override one value; repeatable.",
    )(command)
