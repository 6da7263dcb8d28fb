"""Entries of the venue's lists and frames, each read by itself under the reader's law."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from domain.model.entries import Entries, EntryKind, read_each
from domain.model.errors import ProtocolBroken

F = TypeVar("F")
T = TypeVar("T")
V = TypeVar("V")
UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What the decoder raises on bytes of a stranger."""
EachEntry = Callable[[Iterable[msgspec.Raw]], Entries[T]]

_any = msgspec.json.Decoder(dict[str, Any])
_NAMES = {"product_id": "name", "currency": "name"}
_IDENTITIES = ("order_id", "client_order_id")


def each(kind: EntryKind, form: type[F], convert: Callable[[F], T | None]) -> EachEntry[T]:
    """Return a function that reads entries of `form`, each by itself."""
    decoder = msgspec.json.Decoder(form)

    def read(raw: msgspec.Raw) -> T | None:
        try:
            decoded = decoder.decode(raw)
        except UNDECODABLE as error:
            raise ProtocolBroken(_member_first(str(error))) from error
        return convert(decoded)

    return lambda raws: read_each(kind, raws, read, identity)


def each_whole(
    kind: EntryKind, form: type[F], convert: Callable[[F, Mapping[str, Any]], T | None]
) -> EachEntry[T]:
    """Return such a function for entries of which members that `form` does not name count too."""
    decoder = msgspec.json.Decoder(form)

    def read(raw: msgspec.Raw) -> T | None:
        try:
            decoded, said = decoder.decode(raw), _any.decode(raw)
        except UNDECODABLE as error:
            raise ProtocolBroken(_member_first(str(error))) from error
        return convert(decoded, said)

    return lambda raws: read_each(kind, raws, read, identity)


def identity(raw: msgspec.Raw) -> Mapping[str, str]:
    """Return what an entry says of itself, by the names of `Unread`, as far as that is text."""
    return dict(_said(_any.decode(raw)))


def member(name: str, read: Callable[[V], T], value: V) -> T:
    """Return `value` by `read`, which is about the member `name` of an entry.

    Raises:
        ProtocolBroken: it can't be read; the text begins with the member.
    """
    try:
        return read(value)
    except ProtocolBroken as error:
        raise ProtocolBroken(f"{name}: {error}") from error


def _said(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for member_name, name in _NAMES.items():
        if isinstance(entry.get(member_name), str):
            yield name, entry[member_name]
    for name in _IDENTITIES:
        if isinstance(entry.get(name), str):
            yield name, entry[name]


def _member_first(text: str) -> str:
    """Return the decoder's "Expected `str`, got `int` - at `$.side`" the other way round."""
    what, _, place = text.partition(" - at ")
    return f"{place.strip('`$.')}: {what}" if place else what
