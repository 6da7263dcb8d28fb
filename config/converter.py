"""Plain values to the schema, strictly: nothing is coerced, and every flaw is reported at once."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import attrs
from cattrs import Converter

from config.errors import Flaw, Invalid
from config.fields import shown
from config.mode import Mode
from config.schema import LogLevel, QuoteCurrency
from config.strategies import REGISTRY, StrategySpec, own_fields, shared_fields
from domain.model.errors import InvalidNumber
from domain.model.instants import Nanos, parse_duration
from domain.model.money import parse_decimal

Hook = Callable[[Any, Any], Any]


def make_converter() -> Converter:
    """Return a converter whose hooks raise `Invalid`, its paths relative to the value given."""
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(bool, _flag)
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook(Decimal, _decimal)
    converter.register_structure_hook(Nanos, _duration)
    for choice in (QuoteCurrency, LogLevel):
        converter.register_structure_hook(choice, _choice)
    converter.register_structure_hook(Mode, _mode)
    converter.register_structure_hook_factory(_is_optional, lambda t: _optional(converter, t))
    converter.register_structure_hook_factory(_is_tuple, lambda t: _items(converter, t))
    converter.register_structure_hook_factory(_is_mapping, lambda t: _table(converter, t))
    converter.register_structure_hook_factory(attrs.has, lambda t: _section(converter, t))
    converter.register_structure_hook(StrategySpec, lambda value, _: _spec(converter, value))
    return converter


def _wrong(expected: str, value: object, *hints: str) -> Invalid:
    return Invalid(Flaw((), f"expected {expected}, was {shown(value)}", hints))


def _text(value: Any, _: object) -> str:
    if isinstance(value, Decimal | bool):
        raise _wrong("a text", value, "quote it if it is a name")
    if not isinstance(value, str):
        raise _wrong("a text", value)
    return value


def _flag(value: Any, _: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong("true or false", value)
    return value


def _whole(value: Any, _: object) -> int:
    if not isinstance(value, Decimal) or value % 1 != 0:
        raise _wrong("a whole number", value)
    return int(value)


def _decimal(value: Any, _: object) -> Decimal:
    if isinstance(value, str):
        try:
            return parse_decimal(value)
        except InvalidNumber:
            raise _wrong("a number", value) from None
    if not isinstance(value, Decimal):
        raise _wrong("a number", value)
    return value


def _duration(value: Any, _: object) -> Nanos:
    if isinstance(value, Decimal):
        hint = 'add the unit, like "90s", "15m" or "24h"'
        raise _wrong("a duration with its unit", value, hint)
    if not isinstance(value, str):
        raise _wrong("a duration like 24h", value)
    try:
        return parse_duration(value)
    except InvalidNumber:
        raise _wrong("a duration like 90s, 15m or 24h", value) from None


def _choice(value: Any, kind: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise _wrong(f"one of {', '.join(kind)}", value, *_meant(value, kind)) from None


def _mode(value: Any, _: object) -> Mode:
    try:
        return Mode.parse(value)
    except (ValueError, AttributeError):
        raise _wrong(f"one of {', '.join(Mode)}", value, *_meant(value, Mode)) from None


def _is_optional(kind: Any) -> bool:
    is_union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return is_union and types.NoneType in typing.get_args(kind)


def _optional(converter: Converter, kind: Any) -> Hook:
    (inner,) = (one for one in typing.get_args(kind) if one is not types.NoneType)

    def hook(value: Any, _: object) -> Any:
        return None if value is None else converter.structure(value, inner)

    return hook


def _is_tuple(kind: Any) -> bool:
    return typing.get_origin(kind) is tuple


def _items(converter: Converter, kind: Any) -> Hook:
    inner = typing.get_args(kind)[0]

    def hook(value: Any, _: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _wrong("a list", value)
        made, flaws = _each(converter, ((i, one, inner) for i, one in enumerate(value)))
        if flaws:
            raise Invalid(*flaws)
        return tuple(made.values())

    return hook


def _is_mapping(kind: Any) -> bool:
    return typing.get_origin(kind) is Mapping


def _table(converter: Converter, kind: Any) -> Hook:
    inner = typing.get_args(kind)[1]

    def hook(value: Any, _: object) -> Mapping[str, Any]:
        _require_mapping(value)
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


def _require_mapping(value: Any) -> None:
    if not isinstance(value, dict):
        raise _wrong("a mapping (key: value)", value)


def nearest(word: Any, known: Iterable[str]) -> tuple[str, ...]:
    """Return the hint that names what was probably meant, or all that is known."""
    names = list(known)
    return _meant(word, names) or (f"known here: {', '.join(sorted(names))}",)


def _meant(word: Any, known: Iterable[str]) -> tuple[str, ...]:
    close = get_close_matches(word, list(known), n=1, cutoff=0.5) if isinstance(word, str) else []
    return tuple(f"did you mean {name}?" for name in close)


def unknown(name: str, known: Iterable[str]) -> Flaw:
    """Return the flaw of a key that the schema does not have."""
    hints = nearest(name, known)
    if not name.isascii():
        hints = (f"the key has letters that only look like ASCII: {name!a}", *hints)
    return Flaw((name,), "unknown key", hints)


def _section(converter: Converter, kind: type) -> Hook:
    attributes = attrs.fields(attrs.resolve_types(kind))

    def hook(value: Any, _: object) -> Any:
        _require_mapping(value)
        made, flaws = fill(converter, attributes, value)
        known = [attribute.name for attribute in attributes]
        flaws += [unknown(name, known) for name in value if name not in known]
        if flaws:
            raise Invalid(*flaws)
        return _built(kind, made)

    return hook


def _built(kind: type, made: Mapping[str, Any]) -> Any:
    try:
        return kind(**made)
    except Invalid:
        raise
    except (ValueError, TypeError) as error:
        raise Invalid(Flaw((), str(error))) from error


def fill(
    converter: Converter, attributes: Iterable[Any], value: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Flaw]]:
    """Structure and check the fields that `value` gives; report mandatory ones that it does not."""
    made: dict[str, Any] = {}
    flaws: list[Flaw] = []
    for attribute in attributes:
        name = attribute.name
        try:
            if name in value:
                made[name] = converter.structure(value[name], attribute.type)
                if attribute.validator is not None:
                    attribute.validator(None, attribute, made[name])
            elif attribute.metadata.get("section"):
                made[name] = converter.structure({}, attribute.type)
            elif attribute.metadata.get("mandatory") or attribute.default is attrs.NOTHING:
                raise Invalid(Flaw((), "is missing and mandatory", _shipped(attribute)))
        except Invalid as error:
            flaws += [flaw.below(name) for flaw in error.flaws]
        except (ValueError, TypeError) as error:
            flaws.append(Flaw((name,), str(error)))
    return made, flaws


def _shipped(attribute: Any) -> tuple[str, ...]:
    default: object = attribute.default
    if isinstance(default, int | Decimal):
        return (f"shipped with {shown(Decimal(default))}",)
    return ()


def _spec(converter: Converter, value: Any) -> StrategySpec:
    """Structure one entry of `strategies.yaml`: shared keys, and those of the class it uses.

    Its strategy is called after its class until it is `named`.
    """
    _require_mapping(value)
    shared = shared_fields()
    made, flaws = fill(converter, shared, value)
    use = made.get("use", "")
    if use not in REGISTRY:
        if "use" in made:
            hints = nearest(use, REGISTRY)
            flaws.append(Flaw(("use",), f"there is no strategy {shown(use)}", hints))
        raise Invalid(*flaws)
    own = own_fields(use)
    details, more = fill(converter, own, value)
    known = [attribute.name for attribute in (*shared, *own)]
    flaws += more + [unknown(name, known) for name in value if name not in known]
    if flaws:
        raise Invalid(*flaws)
    return StrategySpec(**made, strategy=_built(REGISTRY[use], {"id": use, **details}))
