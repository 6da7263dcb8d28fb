"""Rules and strategies are found by being in their folder; what is wrong with one has a place.

A file that cannot be used is a problem of the configuration like any other: it is reported with
file and line, together with all others, before anything starts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType, TracebackType
from typing import Any

import attrs
from attrs import frozen

import domain.risk.rules
import domain.strategies
from config.errors import ConfigError, KeyPlace, Problem
from config.readable import is_readable, readable_kinds
from domain.decisions.strategy import Strategy
from domain.risk.rule import EntryRule

IDENTITY = "id"
"""The field of a strategy that is the name it stands under, and no setting."""
SHARED = (
    "use",
    "enabled",
    "max_at_risk_pct",
    "max_trades_per_cycle",
    "max_triggers_per_cycle",
    "max_hold",
    "pyramids",
)
"""The settings that every strategy has, whatever it is (`config/strategies.py`)."""

STRATEGY_MEMBERS = ("timeframe", "lookback", "hours", "days", "trigger", "leave", "decide")
"""What the host asks a strategy for (`domain/decisions/strategy.py`)."""
STRATEGY_NEEDS = ("lookback", "trigger", "decide")
"""Those of them that have no default."""

Objections = Iterator[tuple[int | None, str]]


@frozen
class _Folder:
    """A folder of plug-ins, the method that their one class has, and what else it must be."""

    package: ModuleType
    method: str
    objections: Callable[[str, type], Objections]

    def file(self, name: str) -> str:
        return f"{self.package.__name__.replace('.', '/')}/{name}.py"


def rules() -> tuple[type[EntryRule], ...]:
    """Return the rules of the risk gate, in order of headline.

    Raises:
        ConfigError: a file of a folder of plug-ins cannot be used.
    """
    found = _usable(_RULES)
    return tuple(sorted(found.values(), key=lambda rule: (rule.ORDER, rule.CODE)))


def strategies() -> Mapping[str, type[Any]]:
    """Return what `use:` may say, and the strategy that it means.

    Raises:
        ConfigError: a file of a folder of plug-ins cannot be used.
    """
    return _usable(_STRATEGIES)


def problems() -> tuple[Problem, ...]:
    """Return what keeps files of the two folders from being used."""
    return (*_searched(_RULES)[1], *_searched(_STRATEGIES)[1])


def _usable(folder: _Folder) -> Mapping[str, Any]:
    if problems():
        raise ConfigError(problems())
    return _searched(folder)[0]


@cache
def _searched(folder: _Folder) -> tuple[Mapping[str, type], tuple[Problem, ...]]:
    """Return the classes of a folder by the names of their files, and the problems of the rest."""
    found: dict[str, type] = {}
    flaws: list[Problem] = []
    for name in sorted(module.name for module in iter_modules(folder.package.__path__)):
        kind, objections = _inspected(folder, name)
        if kind is not None:
            found[name] = kind
        file = folder.file(name)
        flaws += [Problem(KeyPlace(file, line), (), text) for line, text in objections]
    return MappingProxyType(found), tuple(flaws)


def _inspected(folder: _Folder, name: str) -> tuple[type | None, list[tuple[int | None, str]]]:
    try:
        module = import_module(f"{folder.package.__name__}.{name}")
    except Exception as error:  # noqa: BLE001 - whatever a plug-in raises is its own fault
        said = error.msg if isinstance(error, SyntaxError) else error
        text = f"cannot be imported: {type(error).__name__}: {said}"
        return None, [(line_of(error, f"{folder.package.__name__}.{name}"), text)]
    return _class_in(module, folder, name)


def classes_of(module: ModuleType, name: str) -> tuple[type | None, list[tuple[int | None, str]]]:
    """Return the strategy of a module called `name`, or what keeps it from being used."""
    return _class_in(module, _STRATEGIES, name)


def _class_in(
    module: ModuleType, folder: _Folder, name: str
) -> tuple[type | None, list[tuple[int | None, str]]]:
    kinds = [
        one
        for one in vars(module).values()
        if isinstance(one, type)
        and one.__module__ == module.__name__
        and callable(getattr(one, folder.method, None))
    ]
    if len(kinds) != 1:
        names = ", ".join(kind.__name__ for kind in kinds) or "none"
        return None, [(1, f"expected one class with the method {folder.method}, found {names}")]
    objections = list(folder.objections(name, kinds[0]))
    return (None if objections else kinds[0]), objections


def line_of(error: Exception, module: str) -> int | None:
    """Return the last line of `module` that takes part in `error`."""
    if isinstance(error, SyntaxError):
        return error.lineno
    line, trace = None, error.__traceback__
    while isinstance(trace, TracebackType):
        if trace.tb_frame.f_globals.get("__name__") == module:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _of_rule(name: str, kind: type) -> Objections:
    if not issubclass(kind, EntryRule):
        yield _line(kind), f"{kind.__name__} is no EntryRule"
        return
    if "__attrs_attrs__" not in vars(kind):
        yield _line(kind), f"{kind.__name__} must be decorated with attrs.frozen(kw_only=True)"
        return
    if inspect.isabstract(kind):
        yield _line(kind), f"{kind.__name__} is abstract"
    if getattr(kind, "CODE", None) != name:
        yield _line(kind), f"{kind.__name__}.CODE must be {name!r}, as its file is named"
    if not isinstance(getattr(kind, "ORDER", None), int):
        yield (
            _line(kind),
            f"{kind.__name__}.ORDER must be a whole number: its place among the rules",
        )
    yield from _of_settings(kind)


def _of_strategy(_name: str, kind: type) -> Objections:
    names = [one.name for one in attrs.fields(kind)] if attrs.has(kind) else []
    if IDENTITY not in names:
        yield _line(kind), f"{kind.__name__} must be a frozen attrs class with a field `id`"
        return
    for name in STRATEGY_MEMBERS:
        inherited = getattr(Strategy, name) if name in STRATEGY_NEEDS else None
        if name not in names and getattr(kind, name, None) is inherited:
            yield (
                _line(kind),
                f"{kind.__name__} has no {name}: a strategy inherits from"
                " domain.decisions.strategy.Strategy and has lookback, trigger and decide",
            )
            return
    for name in names:
        if name in SHARED:
            yield _line(kind, name), f"the setting {name} belongs to every strategy already"
    yield from _of_settings(kind)


def _of_settings(kind: type) -> Objections:
    """Object to fields that an operator would not understand, or that nothing can read."""
    try:
        attributes = attrs.fields(attrs.resolve_types(kind))
    except Exception as error:  # noqa: BLE001 - an annotation may be any expression
        yield _line(kind), f"{kind.__name__}: its annotations cannot be read: {error}"
        return
    for one in attributes:
        if one.name == IDENTITY:
            continue
        if "doc" not in one.metadata:
            yield (
                _line(kind, one.name),
                f"the setting {one.name} declares no meaning, unit and range:"
                " use number or setting of domain/model/settings.py",
            )
        elif not is_readable(one.type):
            text = f"the setting {one.name} must be one of {readable_kinds()}"
            yield _line(kind, one.name), text


def _line(kind: type, field: str = "") -> int | None:
    """Return the line of a class, or of the declaration of one of its fields."""
    try:
        lines, first = inspect.getsourcelines(kind)
    except (OSError, TypeError):
        return None
    for offset, line in enumerate(lines):
        if field and line.strip().startswith(f"{field}:"):
            return first + offset
    return first


_RULES = _Folder(domain.risk.rules, "judge", _of_rule)
_STRATEGIES = _Folder(domain.strategies, "decide", _of_strategy)
