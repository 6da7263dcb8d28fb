"""Members of a fault as they stand in a script: what each must look like and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
from attrs import frozen

from domain.model.errors import InvalidNumber
from domain.model.instants import Nanos, parse_duration
from domain.model.money import parse_decimal
from domain.model.product import ProductId, Side

MEMBER = "member"
"""Where attrs metadata keep a `ScriptMember`."""


class Malformed(Exception):
    """A value is none of its form."""


@frozen
class Form:
    """What a value must look like: `expected` completes "expected …"; `read` returns it typed."""

    expected: str
    read: Callable[[object], Any]


@frozen
class ScriptMember:
    """One member of a fault: its name in a script, its form, and a line for people."""

    name: str
    form: Form
    doc: str


def member(name: str, form: Form, doc: str, default: Any = attrs.NOTHING) -> Any:
    """Return an attrs field that scripts call `name`; without a default it must be given."""
    return attrs.field(default=default, metadata={MEMBER: ScriptMember(name, form, doc)})


def _duration(value: object) -> Nanos:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Malformed
    try:
        return parse_duration(str(value))
    except InvalidNumber as error:
        raise Malformed from error


def _signed_duration(value: object) -> Nanos:
    if isinstance(value, str) and value.startswith("-"):
        return Nanos(-_duration(value[1:]))
    return _duration(value)


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Malformed
    try:
        return parse_decimal(str(value))
    except InvalidNumber as error:
        raise Malformed from error


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise Malformed
    return value


def _path(value: object) -> str:
    text = _text(value)
    if not all(text.split(".")):
        raise Malformed
    return text


def _anything(value: object) -> object:
    return value


def _product(value: object) -> ProductId:
    return ProductId(_text(value))


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise Malformed
    return value


def _side(value: object) -> Side:
    found = next((side for side in Side if side == value), None)
    if found is None:
        raise Malformed
    return found


def _checked(read: Callable[[object], Any], holds: Callable[[Any], bool]) -> Callable[..., Any]:
    def checked(value: object) -> Any:
        found = read(value)
        if not holds(found):
            raise Malformed
        return found

    return checked


def up_to(longest: str) -> Form:
    """Return the form of a duration of at most `longest`."""
    limit_ns = parse_duration(longest)
    read = _checked(_duration, lambda found: found <= limit_ns)
    return Form(f"a duration such as 2s, at most {longest}", read)


def whole(least: int, most: int) -> Form:
    """Return the form of a whole number."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Malformed
        return value

    return Form(f"a whole number from {least} to {most}", read)


def number(least: str, most: str) -> Form:
    """Return the form of a number between two others, both included."""
    low, high = Decimal(least), Decimal(most)
    read = _checked(_number, lambda found: low <= found <= high)
    return Form(f"a number from {least} to {most}", read)


def one_of(*words: str | int) -> Form:
    """Return the form of one of some words."""

    def read(value: object) -> str | int:
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in words:
            raise Malformed
        return value

    return Form("one of " + ", ".join(map(str, words)), read)


def some_of(*words: str) -> Form:
    """Return the form of one of some words, or of a list of them."""

    def read(value: object) -> tuple[str, ...]:
        found = value if isinstance(value, list) else [value]
        if not found or any(not isinstance(each, str) or each not in words for each in found):
            raise Malformed
        return tuple(dict.fromkeys(found))

    return Form("one or a list of " + ", ".join(words), read)


DURATION = Form("a duration such as 20s or 1.5m", _duration)
PERIOD = Form("a duration above zero such as 20s", _checked(_duration, lambda found: found > 0))
SIGNED = Form("a duration such as 2s or -2s", _signed_duration)
SHARE = Form(
    "a number above 0 and up to 1", _checked(_number, lambda found: Decimal(0) < found <= 1)
)
AMOUNT = Form('an amount such as "250" or "-0.5"', _checked(_number, lambda found: found != 0))
QUANTITY = Form('an amount above zero such as "0.5"', _checked(_number, lambda found: found > 0))
TEXT = Form("a text", _text)
PATH = Form("names or numbers with dots between, * for each entry", _path)
ANYTHING = Form("any JSON value", _anything)
PRODUCT = Form("a product such as BTC-USD", _product)
SWITCH = Form("true or false", _switch)
SIDE = Form("BUY or SELL", _side)
