"""Frozen messages to JSON data and back, strictly both ways, by their annotations.

Decimals are plain strings, enums their value if that is text and else their name, tuples lists.
A class inside a union is tagged with its name under `_type`. What a type does not say is refused:
an extra member, a text where a number belongs, another spelling of a decimal. Missing members take
their default if they have one, so a message may grow and its old records can still be read;
where that is not enough, an upcaster brings the record up to date.

Not cattrs: its built-in hooks for numbers and enums coerce, and take precedence over a catch-all
that refuses; here a type without a rule is refused when the codec is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from types import NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin

import attrs
import msgspec
from attrs import frozen

from adapters.journal.upcast import TAG, UPCASTERS, Upcaster
from domain.model.errors import InvalidNumber, JournalError
from domain.model.money import parse_decimal, plain

_PLAIN = frozenset({str, int, bool})


class CodecError(JournalError):
    """A message can't be told as data, or data is not the message it should be."""


@frozen
class _Form:
    """How values of one type are told: `read` data to value, `write` value to data."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


class Codec:
    """Converts the messages of one catalogue (name to frozen attrs class).

    `upcasters` bring the data of old records up to date, by the message's name.

    Raises:
        CodecError: at construction, if a class has a field that can't be told exactly.
    """

    def __init__(
        self, catalogue: Mapping[str, type], upcasters: Mapping[str, Upcaster] = UPCASTERS
    ) -> None:
        self._names = {kind: name for name, kind in catalogue.items()}
        self._forms = {name: _class(kind) for name, kind in catalogue.items()}
        self._upcasters = upcasters

    def knows(self, message: object) -> bool:
        """Tell whether the catalogue holds the message's class."""
        return type(message) in self._names

    def name(self, message: object) -> str:
        """Return the name of the message's class in the catalogue.

        Raises:
            CodecError: the catalogue does not hold it.
        """
        try:
            return self._names[type(message)]
        except KeyError:
            raise _unknown(type(message).__name__) from None

    def encode(self, message: object) -> dict[str, Any]:
        """Return the message's members as JSON data.

        Raises:
            CodecError: the catalogue does not hold it, or a member is not what its type says.
        """
        name = self.name(message)
        with _at(name):
            data: dict[str, Any] = self._forms[name].write(message)
        return data

    def decode(self, name: str, data: Mapping[str, Any]) -> Any:
        """Return the message `name` that `data` tells.

        Raises:
            CodecError: the name is unknown or the data is not exactly such a message.
        """
        if name not in self._forms:
            raise _unknown(repr(name))
        with _at(name):
            upcast = self._upcasters.get(name)
            return self._forms[name].read(data if upcast is None else upcast(data))

    def decode_json(self, name: str, text: bytes | msgspec.Raw) -> Any:
        """Return the message `name` that a JSON object tells, as `decode` does.

        Of its lists one member is read after the other, so that hardly more is ever in memory than
        the message itself.

        Raises:
            CodecError: the name is unknown, or the text is no JSON or not exactly such a message.
        """
        try:
            members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
            return self.decode(name, {one: _parsed(raw) for one, raw in members.items()})
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise CodecError(f"{name}: it can't be read: {error}") from error


class _Parts:
    """A list in JSON whose members are parsed when their turn comes."""

    __slots__ = ("_parts",)

    def __init__(self, raw: msgspec.Raw) -> None:
        self._parts = msgspec.json.decode(raw, type=list[msgspec.Raw])

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Any]:
        return map(msgspec.json.decode, self._parts)

    def __repr__(self) -> str:
        return f"a list of {len(self)}"


def _parsed(raw: msgspec.Raw) -> Any:
    is_list = bytes(memoryview(raw)[:1]) == b"["
    return _Parts(raw) if is_list else msgspec.json.decode(raw)


def _unknown(name: str) -> CodecError:
    return CodecError(f"expected a message of the catalogue, found {name}")


@contextmanager
def _at(place: str) -> Iterator[None]:
    try:
        yield
    except CodecError as error:
        raise CodecError(f"{place}: {error}") from None


def _expect(is_right: bool, wanted: object, value: object) -> None:
    if not is_right:
        name = wanted.__name__ if isinstance(wanted, type) else wanted
        raise CodecError(f"expected {name}, found {value!r} ({type(value).__name__})")


def _form(kind: Any) -> _Form:
    """Return the form of a type, or refuse the type."""
    if kind in _PLAIN:
        return _plain(kind)
    if kind is Decimal:
        return _Form(_read_decimal, _write_decimal)
    if isinstance(kind, NewType):
        return _form(kind.__supertype__)
    if get_origin(kind) is tuple:
        return _tuple(*get_args(kind))
    if get_origin(kind) is frozenset:
        return _frozenset(*get_args(kind))
    if get_origin(kind) is Mapping:
        return _mapping(*get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return _union(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind)
    if isinstance(kind, type) and issubclass(kind, str):
        return _text(kind)
    if isinstance(kind, type) and attrs.has(kind):
        return _class(kind)
    raise CodecError(f"a journaled message can't hold {kind!r}: it has no exact JSON form")


def _plain(kind: type) -> _Form:
    def check(value: Any) -> Any:
        if type(value) is not kind:
            _expect(False, kind, value)
        return value

    return _Form(check, check)


def _text(kind: type[str]) -> _Form:
    """Return the form of texts that their class checks."""

    def read(value: Any) -> str:
        _expect(type(value) is str, kind, value)
        try:
            return kind(value)
        except ValueError as error:
            raise CodecError(str(error)) from None

    def write(value: Any) -> str:
        _expect(type(value) is kind, kind, value)
        return str(value)

    return _Form(read, write)


def _read_decimal(value: Any) -> Decimal:
    _expect(type(value) is str, "a decimal as text", value)
    return _decimal(value)


@lru_cache(maxsize=4_096)
def _decimal(text: str) -> Decimal:
    """Return the number in `text`; a journal says the same ones over and over."""
    try:
        number = parse_decimal(text)
    except InvalidNumber as error:
        raise CodecError(str(error)) from None
    _expect(plain(number) == text, "a decimal in its plain form", text)
    return number


def _write_decimal(value: Any) -> str:
    _expect(type(value) is Decimal and value.is_finite(), "a finite Decimal", value)
    return plain(value)


def _enum(kind: type[Enum]) -> _Form:
    tokens = {one: one.value if isinstance(one.value, str) else one.name for one in kind}
    members = {token: member for member, token in tokens.items()}

    def read(value: Any) -> Enum:
        is_known = type(value) is str and value in members
        _expect(is_known, f"one of {', '.join(members)}", value)
        return members[value]

    def write(value: Any) -> str:
        _expect(type(value) is kind, kind, value)
        return tokens[value]

    return _Form(read, write)


def _is_list(value: Any) -> bool:
    return type(value) in (list, _Parts)


def _tuple(*kinds: Any) -> _Form:
    if kinds[1:] == (...,):
        return _tuple_of_many(_form(kinds[0]))
    forms = [_form(kind) for kind in kinds]
    size = len(forms)

    def read(value: Any) -> tuple[Any, ...]:
        _expect(_is_list(value) and len(value) == size, f"a list of {size}", value)
        return tuple(form.read(one) for form, one in zip(forms, value, strict=True))

    def write(value: Any) -> list[Any]:
        _expect(type(value) is tuple and len(value) == size, f"a tuple of {size}", value)
        return [form.write(one) for form, one in zip(forms, value, strict=True)]

    return _Form(read, write)


def _tuple_of_many(form: _Form) -> _Form:
    def read(value: Any) -> tuple[Any, ...]:
        _expect(_is_list(value), "a list", value)
        return tuple(form.read(one) for one in value)

    def write(value: Any) -> list[Any]:
        _expect(type(value) is tuple, "a tuple", value)
        return [form.write(one) for one in value]

    return _Form(read, write)


def _frozenset(kind: Any) -> _Form:
    """Return the form of a set of texts: sorted, so that equal sets read alike."""
    many = _tuple_of_many(_form(kind))

    def read(value: Any) -> frozenset[Any]:
        found = many.read(value)
        is_canonical = all(one < other for one, other in pairwise(found))
        _expect(is_canonical, "a sorted list without doubles", value)
        return frozenset(found)

    def write(value: Any) -> list[Any]:
        _expect(type(value) is frozenset, "a frozenset", value)
        told: list[Any] = many.write(tuple(sorted(value)))
        return told

    return _Form(read, write)


def _mapping(key: Any, member: Any) -> _Form:
    """Return the form of a mapping: pairs in its own order, which goes on to hold."""
    pairs = _tuple_of_many(_tuple(key, member))

    def read(value: Any) -> dict[Any, Any]:
        found = dict(pairs.read(value))
        _expect(len(found) == len(value), "each key once", value)
        return found

    def write(value: Any) -> list[Any]:
        _expect(isinstance(value, Mapping), "a mapping", value)
        told: list[Any] = pairs.write(tuple(value.items()))
        return told

    return _Form(read, write)


def _union(kind: Any) -> _Form:
    members = [one for one in get_args(kind) if one is not NoneType]
    form = _form(members[0]) if len(members) == 1 else _tagged(members)
    if len(members) == len(get_args(kind)):
        return form
    return _Form(
        lambda value: None if value is None else form.read(value),
        lambda value: None if value is None else form.write(value),
    )


def _tagged(members: list[Any]) -> _Form:
    if not all(isinstance(one, type) and attrs.has(one) for one in members):
        raise CodecError(f"a union of {members!r} can't be tagged: use classes only")
    forms = {one.__name__: _class(one) for one in members}
    if len(forms) < len(members):
        raise CodecError(f"a union of {members!r} can't be tagged: two classes share a name")
    wanted = f"one of {', '.join(forms)}"

    def read(value: Any) -> Any:
        tag = value.get(TAG) if type(value) is dict else None
        _expect(type(tag) is str and tag in forms, f"{wanted} under {TAG}", value)
        return forms[str(tag)].read({name: one for name, one in value.items() if name != TAG})

    def write(value: Any) -> dict[str, Any]:
        tag = type(value).__name__
        _expect(type(value) in members, wanted, value)
        return {TAG: tag, **forms[tag].write(value)}

    return _Form(read, write)


def _class(kind: type) -> _Form:
    fields = attrs.fields(attrs.resolve_types(kind))
    forms = {field.name: _member(kind, field) for field in fields}
    mandatory = frozenset(field.name for field in fields if field.default is attrs.NOTHING)

    def read(value: Any) -> Any:
        _expect(type(value) is dict, f"the members of {kind.__name__}", value)
        if unknown := [name for name in value if name not in forms]:
            raise CodecError(f"unknown member {', '.join(unknown)}")
        if missing := sorted(mandatory.difference(value)):
            raise CodecError(f"missing member {', '.join(missing)}")
        return kind(**{name: forms[name].read(member) for name, member in value.items()})

    def write(value: Any) -> dict[str, Any]:
        _expect(type(value) is kind, kind, value)
        return {name: form.write(getattr(value, name)) for name, form in forms.items()}

    return _Form(read, write)


def _member(kind: type, field: attrs.Attribute[Any]) -> _Form:
    """Return the form of a field, whose errors name the field."""
    with _at(f"{kind.__name__}.{field.name}"):
        if not field.init or field.alias != field.name:
            raise CodecError("a journaled field must be set by its own name at construction")
        form = _form(field.type)

    def read(value: Any) -> Any:
        try:
            return form.read(value)
        except CodecError as error:
            raise CodecError(f"{field.name}: {error}") from None

    def write(value: Any) -> Any:
        try:
            return form.write(value)
        except CodecError as error:
            raise CodecError(f"{field.name}: {error}") from None

    return _Form(read, write)
