"""What a venue says of its own count of our requests: headers in, `Pace` out.

Headers are a stranger's words: a number that is none, or none that can be meant, says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from domain.model.instants import SECOND
from domain.system.rate_budget import UNSAID, Pace

RETRY_AFTER = "retry-after"
LARGEST = 10**6
"""No count and no pause in seconds is meant to be larger."""
_NUMBER = re.compile(r"[0-9]{1,10}(\.[0-9]{1,9})?")


def pace_of(headers: Mapping[str, str], wall_ns: int) -> Pace:
    """Return what `headers`, by lower-case names, say at `wall_ns`."""
    if not headers:
        return UNSAID
    reset_ns = _nanoseconds(headers.get("x-ratelimit-reset", ""))
    return Pace(
        limit=_count(headers.get("x-ratelimit-limit", "")) or None,
        remaining=_count(headers.get("x-ratelimit-remaining", "")),
        reset_ns=reset_ns,
        retry_ns=_retry_ns(headers, wall_ns),
    )


def _retry_ns(headers: Mapping[str, str], wall_ns: int) -> int | None:
    """Return the pause that is asked for, in seconds or until a date by the venue's own clock."""
    text = headers.get(RETRY_AFTER, "")
    until_ns = _date_ns(text)
    if until_ns is None:
        return _nanoseconds(text)
    now_ns = _date_ns(headers.get("date", ""))
    left_ns = until_ns - (wall_ns if now_ns is None else now_ns)
    return left_ns if 0 < left_ns <= LARGEST * SECOND else None


def _nanoseconds(text: str) -> int | None:
    number = _number(text)
    return int(number * SECOND) if number else None


def _count(text: str) -> int | None:
    number = _number(text)
    return None if number is None else int(number)


def _number(text: str) -> float | None:
    if _NUMBER.fullmatch(text.strip()) is None:
        return None
    number = float(text)
    return number if number <= LARGEST else None


def _date_ns(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp()) * SECOND
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
