"""Forms on the wire: requests, answers, errors, numbers and instants as the venue writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import attrs
import msgspec
from attrs import frozen

from domain.model.instants import iso

Json = dict[str, Any]
"""One JSON object."""

PREFIX = "/api/v3/brokerage"

stamp = lru_cache(maxsize=4096)(iso)
"""RFC 3339 text of an instant, remembered: one instant stands in many frames."""


@frozen
class Request:
    """One REST request after authorisation; `query` has every value of a repeated key."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = attrs.field(factory=dict)
    body: bytes = b""
    can_trade: bool = True
    """What the key of the request may do, for key_permissions."""
    key: str = ""
    """The name of that key; empty where none was needed."""


@frozen
class Response:
    """One REST answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = attrs.field(factory=dict)


class Refused(Exception):
    """A request that the venue answers with an HTTP error."""

    def __init__(self, status: int, error: str, details: str) -> None:
        super().__init__(f"{status} {error}: {details}")
        self.status = status
        self.error = error
        self.details = details

    def response(self) -> Response:
        """Return the answer in the venue's error form."""
        body = {"error": self.error, "error_details": self.details, "message": self.details}
        return Response(self.status, encode(body))


def invalid(details: str) -> Refused:
    """Return the refusal of a request that is malformed."""
    return Refused(400, "INVALID_ARGUMENT", details)


def encode(value: object) -> bytes:
    """Return compact JSON; one SDK depends on there being no space after a colon."""
    return msgspec.json.encode(value)


def decode_object(body: bytes) -> Json:
    """Return the JSON object in `body`; an empty body is an empty object.

    Raises:
        Refused: `body` is no JSON object.
    """
    if not body.strip():
        return {}
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid("expected a JSON object as body") from error
    if not isinstance(value, dict):
        raise invalid("expected a JSON object as body")
    return value


def text(value: Decimal) -> str:
    """Return `value` with the decimals it has and never with an exponent."""
    written = str(value)
    return format(value, "f") if "E" in written else written


def one(query: Mapping[str, Sequence[str]], name: str) -> str | None:
    """Return the value of a query key; absent and empty are the same."""
    values = query.get(name)
    return values[0] or None if values else None


def many(query: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    """Return all values of a repeated query key."""
    return tuple(value for value in query.get(name, ()) if value)


def flag(query: Mapping[str, Sequence[str]], name: str) -> bool:
    """Return a boolean query value in any case; absent is no."""
    return (one(query, name) or "").lower() == "true"


def whole(query: Mapping[str, Sequence[str]], name: str) -> int | None:
    """Return a whole number >= 0 from the query, None where absent.

    Raises:
        Refused: the value is no such number.
    """
    value = one(query, name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise invalid(f"{name} must be a whole number")
    return int(value)
