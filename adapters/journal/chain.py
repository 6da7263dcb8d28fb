"""The record chain: canonical JSON, one record a line, each line bound to the one before it.

A line is the canonical JSON of the record with `"hash"` appended as last member. The hash is the
SHA-256 of the canonical JSON without that member, which holds `prev`, the hash of the record
before. Canonical means: UTF-8, sorted keys, no white space, no floats, nothing that is absent.
Pure: no files, no clock. Source: decision 13.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any, NoReturn

import msgspec
from attrs import frozen

from domain.model.instants import Nanos, parse_iso
from domain.model.money import plain
from domain.model.secrets import redacted

_HASH_MEMBER = b',"hash":"'
_NUMBER_MEMBER = b',"seq":'
_EMPTIED = b'"emptied":true'
_HASH_DIGITS = 64
_CLOSING = b'"}'
_SUFFIX_SIZE = len(_HASH_MEMBER) + _HASH_DIGITS + len(_CLOSING)


@frozen
class Head:
    """Where a chain ends: the sequence number and hash of its last record."""

    seq: int
    hash: str


GENESIS = Head(0, "0" * _HASH_DIGITS)
"""The head of a chain without records; the first record's `prev` is its hash."""


class LineBroken(Exception):
    """A line is not the record that belongs there."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found


class Body(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The members of a record's line that are hashed; None and empty `data` are left out.

    `at` is market time and `wall` UTC wall time, both RFC 3339. `envelope`, `correlation` and
    `causation` number the messages of the run (`actors.kernel.envelope`). `emptied`: its data were
    removed later, and the hash in its line is that of the whole record.
    """

    seq: int
    prev: str
    type: str
    at: str
    wall: str | None = None
    actor: str | None = None
    epoch: int | None = None
    envelope: int | None = None
    correlation: int | None = None
    causation: int | None = None
    config: str | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    emptied: bool = False


@frozen
class Record:
    """One record that has been checked. `seq` counts from 1 over the whole lineage.

    `at` is market time and `wall` UTC wall time, both RFC 3339; `envelope`, `correlation` and
    `causation` number the messages of the run. None means not recorded. Of one that `is_emptied`
    the data are gone, and its own hash can't be computed again.
    """

    seq: int
    prev: str
    hash: str
    type: str
    at: str
    data: dict[str, Any]
    wall: str | None
    actor: str | None
    epoch: int | None
    envelope: int | None
    correlation: int | None
    causation: int | None
    config: str | None
    is_emptied: bool = False

    @property
    def at_ns(self) -> Nanos:
        """Market time in nanoseconds."""
        return parse_iso(self.at)


def _refuse_float(text: str) -> NoReturn:
    raise ValueError(f"the float {text}")


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Body, float_hook=_refuse_float)


def exact(value: Any) -> Any:
    """Return `value` as plain JSON data, decimals as plain strings and tuples as lists.

    Raises:
        TypeError: something in it is no str, int, bool, None, Decimal, list, tuple or dict with
            str keys; a float is refused because it is not exact.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is dict:
        return {_key(key): exact(member) for key, member in value.items()}
    if kind is list or kind is tuple:
        return [exact(member) for member in value]
    if kind is Decimal and value.is_finite():
        return plain(value)
    raise TypeError(f"expected exact JSON data, found {value!r} ({kind.__name__})")


def _key(key: Any) -> str:
    if type(key) is not str:
        raise TypeError(f"expected a text as key, found {key!r}")
    return key


def _encode(value: Any) -> bytes:
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError as error:
        raise TypeError(f"expected text that UTF-8 can hold: {error}") from error


def canonical(value: Any) -> bytes:
    """Return the one canonical JSON form of `value`.

    Raises:
        TypeError: `value` is not exact JSON data (see `exact`), or holds a lone surrogate.
    """
    return _encode(exact(value))


def seal(body: Body) -> tuple[bytes, str]:
    """Return the line of `body`, less any secret, with its line end, and its hash.

    Raises:
        TypeError: the data is not exact JSON data, or holds a lone surrogate.
    """
    text = redacted(_encode(body).decode()).encode()
    digest = sha256(text).hexdigest()
    return b"".join((text[:-1], _HASH_MEMBER, digest.encode(), _CLOSING, b"\n")), digest


def body(head: Head, kind: str, data: Mapping[str, Any], *, at: str, **context: Any) -> Body:
    """Return the record that follows `head`.

    Raises:
        TypeError: `data` is not exact JSON data.
    """
    return Body(seq=head.seq + 1, prev=head.hash, type=kind, at=at, data=exact(data), **context)


def check_line(line: bytes, prev: str, seq: int) -> Record:
    """Return the record on `line` (without line end) if it is record `seq` and follows `prev`.

    Raises:
        LineBroken: it is not, or not in canonical form.
    """
    text, digest = _split(line)
    found = sha256(text).hexdigest()
    is_whole = digest == found
    if not is_whole and _EMPTIED not in text:
        raise LineBroken(f"a record with hash {_short(found)}", f"hash {_short(digest)}")
    body = _parse(text)
    if body.emptied is is_whole or (body.emptied and body.data):
        raise LineBroken(f"a record with hash {_short(found)}", f"hash {_short(digest)}")
    if body.seq != seq:
        raise LineBroken(f"record {seq}", f"record {body.seq}")
    if body.prev != prev:
        raise LineBroken(f"prev {_short(prev)}", f"prev {_short(body.prev)}")
    return _record(body, digest)


def emptied(line: bytes) -> bytes:
    """Return a whole line of a journal without its data: number, time and hash stay.

    Raises:
        LineBroken: it is no line of a journal.
    """
    text, digest = _split(line.rstrip(b"\n"))
    body = msgspec.structs.replace(_parse(text), data={}, emptied=True)
    return b"".join((_encoder.encode(body)[:-1], _HASH_MEMBER, digest.encode(), _CLOSING, b"\n"))


def record_number(line: bytes) -> int:
    """Return the number that a whole line of a journal holds.

    Raises:
        ValueError: it holds none.
    """
    at = line.rfind(_NUMBER_MEMBER)
    if at < 0:
        raise ValueError("expected a record, found a line without its number")
    return int(line[at + len(_NUMBER_MEMBER) :].partition(b",")[0])


def record_hash(line: bytes) -> str:
    """Return the hash that a whole line of a journal ends in."""
    return line.rstrip(b"\n")[-_HASH_DIGITS - len(_CLOSING) : -len(_CLOSING)].decode("latin-1")


def _split(line: bytes) -> tuple[bytes, str]:
    at = len(line) - _SUFFIX_SIZE
    is_closed = line.endswith(_CLOSING) and line.startswith(_HASH_MEMBER, max(at, 0))
    if at < 0 or not is_closed:
        raise LineBroken(
            "a record that ends in its hash", repr(line[-80:].decode("utf-8", "replace"))
        )
    return line[:at] + b"}", line[-_HASH_DIGITS - len(_CLOSING) : -len(_CLOSING)].decode("latin-1")


def _parse(text: bytes) -> Body:
    try:
        body = _decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise LineBroken(
            "the canonical JSON of a record", f"{type(error).__name__}: {error}"
        ) from None
    if _encoder.encode(body) != text:
        raise LineBroken("the canonical form of the record", "another spelling of it")
    return body


def _record(body: Body, digest: str) -> Record:
    return Record(
        body.seq,
        body.prev,
        digest,
        body.type,
        body.at,
        body.data,
        body.wall,
        body.actor,
        body.epoch,
        body.envelope,
        body.correlation,
        body.causation,
        body.config,
        body.emptied,
    )


def _short(digest: str) -> str:
    return f"{digest[:12]}…"
