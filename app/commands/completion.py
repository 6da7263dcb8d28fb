"""`run.py completion`: a short name for the program, whose words the shell completes."""

from __future__ import annotations

import shlex
import sys

import click
from click.shell_completion import get_completion_class

from app.command_line.options import ROOT, Folders
from app.command_line.shell import COMPLETE, OneOf, folder_options

NAME = "bulkhead"
FUNCTIONS = {
    "bash": '{name}() {{ {program} "$@"; }}',
    "zsh": '{name}() {{ {program} "$@"; }}',
    "fish": "function {name}; {program} $argv; end",
}
CALLS = {
    "bash": ("=bash_complete $1)", "=bash_complete {program})"),
    "zsh": ("=zsh_complete {name})", "=zsh_complete {program})"),
    "fish": ("(commandline -t) {name})", "(commandline -t) {program})"),
}
"""How the scripts of the library call the program, which is no command of the shell here."""


@click.command()
@click.argument("shell", type=OneOf(tuple(FUNCTIONS)))
@folder_options
def completion(folders: Folders, shell: str) -> None:
    """Print the function `bulkhead`, which is this program, and its completion.

    With it in your shell, `bulkhead st<TAB>` goes on by itself; `bulkhead status` is
    `python run.py status`, from every folder.

    \b
    Example:
      python run.py completion bash
      eval "$(python run.py completion bash)"
    """
    del folders  # as every command takes them; nothing of them is needed here
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(click.get_current_context().find_root().command, {}, NAME, COMPLETE)
    program = shlex.join((sys.executable, str(ROOT / "run.py")))
    words = {"name": NAME, "program": program}
    old, new = (text.format(**words) for text in CALLS[shell])
    source = script.source_template % script.source_vars()
    click.echo(FUNCTIONS[shell].format(**words))
    click.echo(source.replace(old, new).replace("$+commands[", "$+functions["))
