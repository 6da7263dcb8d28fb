"""Instants and durations as whole nanoseconds (UTC); no clock is read here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NewType

from domain.model.errors import InvalidNumber

Nanos = NewType("Nanos", int)
"""UTC nanoseconds since 1970, or a duration in nanoseconds."""

MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)?$"
)
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
_DURATION = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$")
_UNITS = {"ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, None: SECOND}


def iso(at_ns: int) -> str:
    """Return `at_ns` as RFC 3339 with `Z` and up to nine fractional digits, zeros trimmed."""
    seconds, rest = divmod(at_ns, SECOND)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{rest:09d}".rstrip("0") + "Z" if rest else text + "Z"


def parse_iso(text: str) -> Nanos:
    """Return the instant written in `text` (RFC 3339, 0 to 9 fractional digits; no zone means UTC).

    Raises:
        InvalidNumber: `text` is no such instant.
    """
    match = _ISO.match(text)
    if match is None:
        raise InvalidNumber(f"expected a time like 2023-12-12T04:00:00Z, was {text!r}")
    day, clock, fraction, zone = match.groups()
    offset = "+00:00" if zone in (None, "Z") else zone
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{offset}")
    except ValueError as error:
        raise InvalidNumber(f"expected a time like 2023-12-12T04:00:00Z, was {text!r}") from error
    whole = (moment - _EPOCH) // timedelta(seconds=1) * SECOND
    return Nanos(whole + int((fraction or "0").ljust(9, "0")))


def parse_typed_time(text: str) -> Nanos:
    """Return the instant that a person typed: as `parse_iso`, or a date, which is its midnight UTC.

    Raises:
        InvalidNumber: `text` is neither.
    """
    return parse_iso(f"{text}T00:00:00Z" if _DATE.match(text) else text)


def parse_duration(text: str) -> Nanos:
    """Return the duration written in `text`, like "90s", "250ms", "6h", "1.5m", "2d".

    A bare number is seconds.

    Raises:
        InvalidNumber: `text` is no such duration.
    """
    match = _DURATION.match(text.strip())
    if match is None:
        raise InvalidNumber(f"expected a duration like 90s, 15m or 6h, was {text!r}")
    number, unit = match.groups()
    whole, _, fraction = number.partition(".")
    scale = _UNITS[unit]
    return Nanos(int(whole) * scale + int((fraction or "0").ljust(9, "0")[:9]) * scale // SECOND)


def bucket_start(at_ns: int, width_ns: int) -> Nanos:
    """Return the start of the bucket of `width_ns` that holds `at_ns` (buckets count from 1970)."""
    return Nanos(at_ns - at_ns % width_ns)
