"""Where worlds live below a data folder, and which signal files stop what trades in them.

The default world has the data folder itself as its home; every other one has `worlds/NAME` below
it. In a home lie the folders of the modes, a copy of the newest status and a signal file of its
own. What a world was begun with stands in its card, so that its name is enough to go on with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from adapters.control.files import read_json, write_json
from domain.system.address import DEFAULT

WORLDS, CARD = "worlds", "asked.json"
ARCHIVE = "archive"
"""Folder in a home: what `paper reset` has put aside, one folder a reset."""


def home_of(data: Path, world: str | None) -> Path:
    """Return the home of the world of that name; None is the default world."""
    return data if world in (None, DEFAULT) else data / WORLDS / str(world)


def homes(data: Path) -> tuple[Path, ...]:
    """Return the homes of all worlds: that of the default one first, the others by name."""
    try:
        found = sorted(each for each in (data / WORLDS).iterdir() if each.is_dir())
    except OSError:  # there are no others, or they can't be seen
        found = []
    return (data, *found)


def world_of(home: Path) -> str:
    """Return the name of the world that has this home."""
    return home.name if home.parent.name == WORLDS else DEFAULT


def title(folder: Path) -> str:
    """Return what people call the instance in the mode's `folder`, with its world if need be."""
    world = world_of(folder.parent)
    return folder.name if world == DEFAULT else f"{world}/{folder.name}"


def signal_folders(home: Path, default_data: Path) -> tuple[Path, ...]:
    """Return the folders whose signal file stops a trader with this home, its own first.

    The others are the data folder that it is a world of, and `default_data` if it lies below that.
    """
    above = [home.parent.parent] if home.parent.name == WORLDS else []
    if default_data in home.parents:
        above.append(default_data)
    return tuple(dict.fromkeys((home, *above)))


def write_card(home: Path, asked: Mapping[str, Any]) -> None:
    """Keep what the world of `home` was begun with.

    Raises:
        OSError: it could not be written.
    """
    if read_card(home) != asked:
        write_json(home / CARD, asked)


def read_card(home: Path) -> dict[str, Any] | None:
    """Return what the world of `home` was begun with, None where nothing says so."""
    return read_json(home / CARD)


@frozen
class Footprint:
    """What the files of a folder take, and when the newest was written (UTC wall seconds)."""

    size: int
    newest_s: float


def footprint(folder: Path) -> Footprint:
    """Return what `folder` takes on the disk; files that vanish meanwhile do not count."""
    found = [stat for stat in map(_stat, _files(folder)) if stat is not None]
    return Footprint(
        sum(each.st_size for each in found), max((each.st_mtime for each in found), default=0.0)
    )


def _files(folder: Path) -> Iterable[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place) / name for name in names)


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:
        return None
