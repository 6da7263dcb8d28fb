"""Plain values to the schema, strictly: nothing is coerced, and every flaw is reported at once."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import attrs
from cattrs import Converter

from config.filling import built, fill, meant, nearest, require_mapping, unknown, wrong
from config.mode import Mode
from config.plugins import line_of, strategies
from config.policy import Policy
from config.policy_file import read_policy
from config.profiles import Profile
from config.readable import is_mapping, is_optional, is_tuple
from config.schema import LogLevel, PreviewWhen, QuoteCurrency
from config.strategies import StrategySpec, own_fields, shared_fields
from domain.model.bars import Timeframe
from domain.model.bounds import Flaw, Invalid, shown
from domain.model.breakers import Severity
from domain.model.errors import InvalidNumber
from domain.model.instants import Nanos, parse_duration
from domain.model.money import parse_decimal

Hook = Callable[[Any, Any], Any]


def make_converter(own: Mapping[str, type[Any]] = MappingProxyType({})) -> Converter:
    """Return a converter whose hooks raise `Invalid`, its paths relative to the value given.

    `own` are strategies besides those that ship, by the name that `use:` gives them.
    """
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(bool, _flag)
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook(Decimal, _decimal)
    converter.register_structure_hook(Nanos, _duration)
    for choice in (QuoteCurrency, LogLevel, PreviewWhen, Severity, Profile):
        converter.register_structure_hook(choice, _choice)
    converter.register_structure_hook(Mode, _mode)
    converter.register_structure_hook_factory(is_optional, lambda t: _optional(converter, t))
    converter.register_structure_hook_factory(is_tuple, lambda t: _items(converter, t))
    converter.register_structure_hook_factory(is_mapping, lambda t: _table(converter, t))
    converter.register_structure_hook_factory(attrs.has, lambda t: _section(converter, t))
    converter.register_structure_hook(Policy, lambda value, _: read_policy(converter, value))
    known = {**strategies(), **own}
    converter.register_structure_hook(StrategySpec, lambda value, _: _spec(converter, known, value))
    return converter


def _text(value: Any, _: object) -> str:
    if isinstance(value, Decimal | bool):
        raise wrong("a text", value, "quote it if it is a name")
    if not isinstance(value, str):
        raise wrong("a text", value)
    return value


def _flag(value: Any, _: object) -> bool:
    if not isinstance(value, bool):
        raise wrong("true or false", value)
    return value


def _whole(value: Any, _: object) -> int:
    if not isinstance(value, Decimal) or value % 1 != 0:
        raise wrong("a whole number", value)
    return int(value)


def _decimal(value: Any, _: object) -> Decimal:
    if isinstance(value, str):
        try:
            return parse_decimal(value)
        except InvalidNumber:
            raise wrong("a number", value) from None
    if not isinstance(value, Decimal):
        raise wrong("a number", value)
    return value


def _duration(value: Any, _: object) -> Nanos:
    if isinstance(value, Decimal):
        hint = 'add the unit, like "90s", "15m" or "24h"'
        raise wrong("a duration with its unit", value, hint)
    if not isinstance(value, str):
        raise wrong("a duration like 24h", value)
    try:
        return parse_duration(value)
    except InvalidNumber:
        raise wrong("a duration like 90s, 15m or 24h", value) from None


def _choice(value: Any, kind: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise wrong(f"one of {', '.join(kind)}", value, *meant(value, kind)) from None


def _mode(value: Any, _: object) -> Mode:
    try:
        return Mode.parse(value)
    except (ValueError, AttributeError):
        raise wrong(f"one of {', '.join(Mode)}", value, *meant(value, Mode)) from None


def _optional(converter: Converter, kind: Any) -> Hook:
    (inner,) = (one for one in typing.get_args(kind) if one is not types.NoneType)

    def hook(value: Any, _: object) -> Any:
        return None if value is None else converter.structure(value, inner)

    return hook


def _items(converter: Converter, kind: Any) -> Hook:
    inner = typing.get_args(kind)[0]

    def hook(value: Any, _: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise wrong("a list", value)
        made, flaws = _each(converter, ((i, one, inner) for i, one in enumerate(value)))
        if flaws:
            raise Invalid(*flaws)
        return tuple(made.values())

    return hook


def _table(converter: Converter, kind: Any) -> Hook:
    inner = typing.get_args(kind)[1]

    def hook(value: Any, _: object) -> Mapping[str, Any]:
        require_mapping(value)
        made, flaws = _each(converter, ((name, one, inner) for name, one in value.items()))
        if flaws:
            raise Invalid(*flaws)
        return MappingProxyType(made)

    return hook


def _each(
    converter: Converter, parts: Iterable[tuple[Any, Any, Any]]
) -> tuple[dict[Any, Any], list[Flaw]]:
    """Structure each (name, value, kind); return what worked and the flaws of the rest."""
    made: dict[Any, Any] = {}
    flaws: list[Flaw] = []
    for name, value, kind in parts:
        try:
            made[name] = converter.structure(value, kind)
        except Invalid as error:
            flaws += [flaw.below(name) for flaw in error.flaws]
    return made, flaws


def _section(converter: Converter, kind: type) -> Hook:
    attributes = attrs.fields(attrs.resolve_types(kind))

    def hook(value: Any, _: object) -> Any:
        require_mapping(value)
        made, flaws = fill(converter, attributes, value)
        known = [attribute.name for attribute in attributes]
        flaws += [unknown(name, known) for name in value if name not in known]
        if flaws:
            raise Invalid(*flaws)
        return built(kind, made)

    return hook


def _spec(converter: Converter, known: Mapping[str, type[Any]], value: Any) -> StrategySpec:
    """Structure one entry of `strategies.yaml`: shared keys, and those of the class it uses.

    Its strategy is called after its class until it is `named`.
    """
    require_mapping(value)
    shared = shared_fields()
    made, flaws = fill(converter, shared, value)
    use = made.get("use", "")
    if use not in known:
        if "use" in made:
            hints = nearest(use, known)
            flaws.append(Flaw(("use",), f"there is no strategy {shown(use)}", hints))
        raise Invalid(*flaws)
    own = own_fields(known[use])
    details, more = fill(converter, own, value)
    names = [attribute.name for attribute in (*shared, *own)]
    flaws += more + [unknown(name, names) for name in value if name not in names]
    if flaws:
        raise Invalid(*flaws)
    return StrategySpec(**made, strategy=_strategy(known[use], {"id": use, **details}))


ROWS_MAX = 10_081
"""Most closed bars that a strategy may see: the widest window and the bar after it."""


def _strategy(kind: type[Any], settings: Mapping[str, Any]) -> Any:
    """Return a strategy that can be built with its settings and says its look-back."""
    try:
        strategy = built(kind, settings)
        rows = {name: getattr(strategy, name) for name in ("lookback", "hours", "days")}
    except Invalid:
        raise
    except Exception as error:  # whatever a plug-in raises is its own fault
        text = f"{kind.__name__} can't be used: {type(error).__name__}: {error}"
        line = line_of(error, kind.__module__)
        where = f" ({kind.__module__.replace('.', '/')}.py:{line})" if line else ""
        hint = "what a strategy reads of itself must be one of its settings, which never change"
        raise Invalid(Flaw((), text + where, (hint,))) from error
    for name, value in rows.items():
        least = 1 if name == "lookback" else 0
        if type(value) is not int or not least <= value <= ROWS_MAX:
            text = f"{kind.__name__}.{name} must be {least} to {ROWS_MAX} bars, was {value!r}"
            raise Invalid(Flaw((), text))
    if not isinstance(strategy.timeframe, Timeframe):
        raise Invalid(Flaw((), f"{kind.__name__}.timeframe must be a Timeframe"))
    return strategy
