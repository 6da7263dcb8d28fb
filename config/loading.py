"""Four files and the overrides of the command line to one checked `Config`, or to all problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any

from attrs import evolve

from config import plugins
from config.catalogue import keys
from config.converter import make_converter
from config.effective import Config
from config.errors import ConfigError, KeyPlace, Problem, dotted
from config.filling import nearest
from config.mode import Mode
from config.nodes import MAX_BYTES, Tree, read_yaml
from config.own import OwnStrategies, folder_of, found_in
from config.policy import Policy
from config.profiles import apply_profile
from config.sanity import CHECKS, notes, themes_below
from config.schema import App, Universe
from config.strategies import StrategySpec
from domain.model.bounds import STRATEGY_ID, Flaw, Invalid, Path, entries, spelled
from domain.model.money import plain

FILES: Mapping[str, Any] = MappingProxyType(
    {
        "app": App,
        "policy": Policy,
        "universe": Universe,
        "strategies": Mapping[str, StrategySpec],
    }
)
"""Each file's name (without .yaml) and what it must hold."""


def load(config_dir: str | FilePath, sets: Sequence[str] = ()) -> Config:
    """Return the configuration of `config_dir` with `sets` (`FILE.section.key=value`) applied.

    Raises:
        ConfigError: with every problem of every file and override.
    """
    folder = FilePath(config_dir)
    if plugins.problems():
        raise ConfigError(plugins.problems())
    tree = Tree(value={}, places={})
    for name in FILES:
        _read_file(tree, name, folder / f"{name}.yaml")
    ceiling = _ceiling(tree)
    for number, text in enumerate(sets, start=1):
        _override(tree, text, KeyPlace(f"--set #{number}"), ceiling)
    apply_profile(tree)
    own = found_in(folder_of(_at(tree.value, "app", "strategies", "folder")))
    tree.problems += own.problems
    parts = _structure(tree, own)
    for check in CHECKS:
        if all(need in parts for need in check.needs):
            _note(tree, (), check.ask(*(parts[need] for need in check.needs)))
    if tree.problems:
        raise ConfigError(_in_order([_with_themes(tree, each) for each in tree.problems]))
    sources = {path: str(place) for path, place in tree.places.items()}
    used = (spec.use for spec in parts["strategies"].values())
    told = notes(**parts)
    code = own.code_hash(used)
    return Config(**parts, sources=MappingProxyType(sources), notes=told, own_code=code)


def _at(value: Any, *path: str) -> Any:
    """Return what stands at `path`, None where nothing does."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _read_file(tree: Tree, name: str, file: FilePath) -> None:
    """Add the file to `tree`; a file that cannot be read whole adds problems and no value."""
    place = KeyPlace(str(file), 1)
    tree.places[(name,)] = place
    try:
        if file.exists() and not file.is_file():  # reading it might wait for ever
            tree.refuse(KeyPlace(str(file)), (), "is no file that can be read")
            return
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        hint = f"a config folder holds {', '.join(f'{one}.yaml' for one in FILES)}"
        tree.refuse(KeyPlace(str(file)), (), "file is missing", *_misnamed(file), hint)
        return
    except OSError as error:
        tree.refuse(KeyPlace(str(file)), (), f"cannot be read: {error.strerror}")
        return
    if len(content) > MAX_BYTES:
        tree.refuse(place, (), f"is larger than {MAX_BYTES // 1024} KiB")
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        tree.refuse(KeyPlace(str(file), line), (), "is not UTF-8 text")
        return
    part = read_yaml(text, name=str(file), path=(name,))
    tree.places.update(part.places)
    tree.problems += part.problems
    if not part.problems:
        tree.value[name] = part.value


def _misnamed(file: FilePath) -> tuple[str, ...]:
    try:
        there = sorted(other.name for other in file.parent.iterdir())
    except OSError:
        return (f"there is no folder {file.parent}",)
    expected = {f"{name}.yaml" for name in FILES}
    hints = nearest(file.name, [name for name in there if name not in expected])
    return tuple(hint for hint in hints if hint.startswith("did you mean"))


def _ceiling(tree: Tree) -> Mode:
    """Return the mode that the file allows; an unreadable one allows the least."""
    app = tree.value.get("app")
    try:
        return Mode.parse(app["mode"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return Mode.DRY_RUN


def _override(tree: Tree, text: str, place: KeyPlace, ceiling: Mode) -> None:
    """Put one override into `tree`: the value at its path is replaced whole."""
    name, equals, value_text = text.partition("=")
    path: Path = tuple(name.strip().split("."))
    if not equals or len(path) < 2 or not all(path):
        tree.refuse(place, (), f"expected FILE.section.key=value, was {text!r}")
        return
    if path[0] not in FILES:
        tree.refuse(place, (), f"there is no file {path[0]!r}", *nearest(path[0], FILES))
        return
    part = read_yaml(value_text, name=place.source, path=path, lines=False)
    tree.problems += part.problems
    if part.problems or path[0] not in tree.value:
        return
    if path == ("app", "mode") and _raises(part.value, ceiling):
        tree.refuse(place, path, f"may only be lowered from {ceiling}, was {part.value}")
        return
    holder = _holder(tree, path, place)
    if holder is not None:
        tree.forget(path)
        tree.places.update(part.places)
        holder[str(path[-1])] = part.value


def _raises(value: Any, ceiling: Mode) -> bool:
    try:
        return Mode.parse(value).rank > ceiling.rank
    except (ValueError, AttributeError):
        return False


def _holder(tree: Tree, path: Path, place: KeyPlace) -> dict[str, Any] | None:
    """Return the mapping that holds the last key of `path`, made where it does not exist."""
    here: dict[Any, Any] = tree.value
    for depth, step in enumerate(path[:-1], start=1):
        if step not in here:
            here[step] = {}
            tree.places[path[:depth]] = place
        below = here[step]
        if not isinstance(below, dict):
            tree.refuse(place, path, f"{dotted(path[:depth])} has no keys of its own")
            return None
        here = below
    return here


def _structure(tree: Tree, own: OwnStrategies) -> dict[str, Any]:
    """Return each file that fits the schema; the flaws of the others become problems."""
    converter = make_converter(own.kinds)
    parts: dict[str, Any] = {}
    for name, value in tree.value.items():
        try:
            part = converter.structure(value, FILES[name])
            if name == "strategies":
                entries(key=spelled(STRATEGY_ID, "breakout"))(part)
                part = MappingProxyType({one: spec.named(one) for one, spec in part.items()})
            parts[name] = part
        except Invalid as error:
            _note(tree, (name,), iter(error.flaws))
    return parts


def _note(tree: Tree, parent: Path, flaws: Iterator[Flaw]) -> None:
    for flaw in flaws:
        path = (*parent, *flaw.path)
        seen = tuple(_where(tree, other) for other in flaw.see)
        hints = (*(_elsewhere(flaw, path) or flaw.hints), *seen)
        tree.refuse(tree.place_of(path), path, flaw.message, *hints)


def _with_themes(tree: Tree, problem: Problem) -> Problem:
    """Return the problem of a cap on an asset with the caps of themes that it is above too."""
    more = tuple(
        f"it is above {dotted(path)} ({plain(cap)}) too; {_where(tree, path)}"
        for path, cap in themes_below(tree.value, problem.path)
        if dotted(path) not in problem.message
    )
    return evolve(problem, hints=(*problem.hints, *more))


def _where(tree: Tree, path: Path) -> str:
    place = tree.places.get(path)
    return f"{dotted(path)} stands at {place}" if place else f"{dotted(path)} is the default"


def _elsewhere(flaw: Flaw, path: Path) -> tuple[str, ...]:
    """Return where an unknown key does exist, if it only stands in the wrong section."""
    if flaw.message != "unknown key":
        return ()
    homes = [key.name for key in keys() if key.path[-1] == path[-1]]
    return (f"this key belongs at {', '.join(homes)}",) if homes else ()


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return the problems file by file and line by line, those of the command line last."""
    order = [f"{name}.yaml" for name in FILES]

    def rank(problem: Problem) -> tuple[int, int, str]:
        file = FilePath(problem.place.source).name
        index = order.index(file) if file in order else len(order)
        return index, problem.place.line or 0, str(problem)

    return tuple(sorted(problems, key=rank))
