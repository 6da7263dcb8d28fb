"""With which configuration each start began: kept in the data folder of its mode, by hash.

One file a configuration, `<mode>/config/<hash>.json`: the four files as they were, what was
overridden, every value in force, and when it was started with. The oldest are removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attrs import frozen

from adapters.control.files import read_json, read_text, write_json
from config.effective import Config, Plain, code_hash
from config.loading import FILES

FOLDER = "config"
"""In the folder of a mode."""
KEPT_CONFIGS, KEPT_STARTS = 100, 100
NAMES = tuple(f"{name}.yaml" for name in FILES)


@frozen(kw_only=True)
class KeptConfig:
    """A configuration that something was started with: `starts` are instants in UTC, oldest first.

    `files` are the texts of the four files by name, `sets` what was overridden beside them, and
    `values` all that was in force by key. `code` is the hash of the program that ran.
    """

    config_hash: str
    policy_hash: str
    code: str
    starts: tuple[str, ...]
    sets: tuple[str, ...]
    files: Mapping[str, str]
    values: Mapping[str, Plain]


def values_of(config: Config) -> Mapping[str, Plain]:
    """Return every value in force by its key."""
    return MappingProxyType({entry.name: entry.value for entry in config.effective()})


def keep(folder: Path, config: Config, source: Path, sets: Iterable[str], started: str) -> None:
    """Keep what the mode of `folder` was started with at `started` from the folder `source`.

    Raises:
        OSError: it could not be written, or the files are gone since they were read.
    """
    place = folder / FOLDER / f"{config.config_hash}.json"
    known = _read(place)
    starts = (*(() if known is None else known.starts), started)[-KEPT_STARTS:]
    write_json(
        place,
        {
            "config_hash": config.config_hash,
            "policy_hash": config.policy_hash,
            "code": code_hash() + config.own_code,
            "starts": list(starts),
            "sets": list(sets),
            "files": {name: read_text(source / name) for name in NAMES},
            "values": dict(values_of(config)),
        },
    )
    for old in kept_in(folder)[:-KEPT_CONFIGS]:
        (folder / FOLDER / f"{old.config_hash}.json").unlink(missing_ok=True)


def kept_in(folder: Path) -> tuple[KeptConfig, ...]:
    """Return the configurations of a mode, the one that was started with last at the end.

    A file that can't be read is none.
    """
    try:
        files = sorted((folder / FOLDER).glob("*.json"))
    except OSError:
        return ()
    found = (each for each in map(_read, files) if each is not None)
    return tuple(sorted(found, key=lambda each: each.starts[-1]))


def newest(folder: Path) -> KeptConfig | None:
    """Return what the mode was started with last, None where nothing says so."""
    return next(reversed(kept_in(folder)), None)


def _read(path: Path) -> KeptConfig | None:
    found = read_json(path)
    return None if found is None else _kept(found, path.stem)


def _kept(found: Mapping[str, Any], name: str) -> KeptConfig | None:
    """Return what a file keeps, None if it is not what is written here."""
    config_hash, policy_hash, code = (
        found.get(each) for each in ("config_hash", "policy_hash", "code")
    )
    starts, sets = _texts(found.get("starts")), _texts(found.get("sets"))
    files, values = found.get("files"), found.get("values")
    if (
        config_hash != name
        or not isinstance(policy_hash, str)
        or not isinstance(code, str)
        or not starts
        or sets is None
        or not isinstance(files, dict)
        or set(files) != set(NAMES)
        or not all(isinstance(each, str) for each in files.values())
        or not isinstance(values, dict)
    ):
        return None
    return KeptConfig(
        config_hash=name,
        policy_hash=policy_hash,
        code=code,
        starts=starts,
        sets=sets,
        files=MappingProxyType(files),
        values=MappingProxyType(values),
    )


def _texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return tuple(value)


def starts_of(kept: Iterable[KeptConfig]) -> Iterator[tuple[str, KeptConfig]]:
    """Yield every start with its configuration, oldest first."""
    yield from sorted(
        ((start, each) for each in kept for start in each.starts), key=lambda pair: pair[0]
    )
