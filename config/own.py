"""Strategies of the user's own: files of a folder outside the packages, loaded by their path."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType, ModuleType

from attrs import field, frozen

from config.errors import KeyPlace, Problem
from config.plugins import classes_of, line_of, strategies
from config.purity import impurities

PREFIX = "own_strategies."
"""Before the names of their modules."""
ROOT = Path(__file__).resolve().parent.parent
NOT_STRATEGIES = ("test_", "_", "conftest")


@frozen
class OwnStrategies:
    """What a folder holds: classes by the names of their files, their sources, and problems."""

    kinds: Mapping[str, type] = field(factory=lambda: MappingProxyType({}))
    files: Mapping[str, Path] = field(factory=lambda: MappingProxyType({}))
    problems: tuple[Problem, ...] = ()

    def code_hash(self, names: Iterable[str]) -> str:
        """Return SHA-256 over the sources of these strategies; "" where none of them is here."""
        used = sorted(set(names) & set(self.files))
        digest = hashlib.sha256()
        for name in used:
            content = self.files[name].read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest() if used else ""


def folder_of(value: object) -> Path:
    """Return the folder that `app.strategies.folder` means: relative to the checkout."""
    return ROOT / (value if isinstance(value, str) else "strategies")


def found_in(folder: Path) -> OwnStrategies:
    """Return the strategies of `folder`; one that does not exist has none.

    No line of a file runs before all of it was read and found pure.
    """
    kinds: dict[str, type] = {}
    files: dict[str, Path] = {}
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.py")) if folder.is_dir() else ():
        if file.name.startswith(NOT_STRATEGIES):
            continue
        files[file.stem] = file
        kind, told = _loaded(file)
        problems += told
        if kind is not None:
            kinds[file.stem] = kind
    return OwnStrategies(MappingProxyType(kinds), MappingProxyType(files), tuple(problems))


def _loaded(file: Path) -> tuple[type | None, list[Problem]]:
    def problem(line: int | None, text: str) -> Problem:
        return Problem(KeyPlace(str(file), line), (), text)

    if not file.stem.isidentifier() or file.stem in strategies():
        return None, [problem(1, "needs a name of letters that no shipped strategy has")]
    try:
        told = list(impurities(file.read_text(encoding="utf-8")))
    except (SyntaxError, ValueError, OSError) as error:
        return None, [problem(getattr(error, "lineno", None), f"cannot be read: {error}")]
    if told:
        return None, [problem(line, text) for line, text in told]
    name = PREFIX + file.stem
    try:
        module = _run(name, file)
    except Exception as error:  # noqa: BLE001 - whatever a plug-in raises is its own fault
        line = line_of(error, name)
        return None, [problem(line, f"cannot be imported: {type(error).__name__}: {error}")]
    kind, objections = classes_of(module, file.stem)
    return kind, [problem(line, text) for line, text in objections]


def _run(name: str, file: Path) -> ModuleType:
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError("is no module")
    module = module_from_spec(spec)
    sys.modules[name] = module  # attrs looks its annotations up there
    spec.loader.exec_module(module)
    return module
