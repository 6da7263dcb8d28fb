"""A bar that shows a person who watches how far a long command has come."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import Progress

Moved = Callable[[int], None]
"""Hears how much is done, in the unit of the whole."""


@contextlib.contextmanager
def progress_bar(what: str, whole: int) -> Iterator[Moved]:
    """Show how much of `whole` is done on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield _unseen
        return
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=whole)
        yield lambda done: progress.update(task, completed=done)


def _unseen(_: int) -> None:
    """Show nothing: nobody watches."""
