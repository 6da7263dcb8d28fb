"""Values as the venue writes them: instants, numbers that may be missing, sides, statuses."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from domain.model.errors import InvalidNumber, ProtocolBroken
from domain.model.instants import Nanos, parse_iso
from domain.model.money import ZERO, parse_decimal
from domain.model.orders import VenueStatus
from domain.model.product import Side

_SECOND_CHARS = 19
"""Length of a text down to whole seconds, like 2023-12-12T04:00:00."""

MOST_DIGITS = 40
"""Before the point, and after it. What has more is no price and no amount of anything: it would
only overflow whatever is calculated with it."""

LARGEST, SMALLEST = Decimal(1).scaleb(MOST_DIGITS), Decimal(1).scaleb(-MOST_DIGITS)

_SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
_STATUSES = {status.value: status for status in VenueStatus}


@lru_cache(maxsize=1024)
def _second(text: str) -> int:
    return parse_iso(text + "Z")


def instant(text: str) -> Nanos:
    """Return the instant in a venue's time stamp (RFC 3339, 0 to 9 fractional digits).

    Raises:
        ProtocolBroken: it is no time stamp.
    """
    try:
        digits = text[_SECOND_CHARS + 1 : -1]
        is_usual = (
            text[-1:] == "Z" and text[_SECOND_CHARS : _SECOND_CHARS + 1] == "." and digits.isascii()
        )
        if is_usual and digits.isdigit() and len(digits) <= 9:
            return Nanos(_second(text[:_SECOND_CHARS]) + int(digits.ljust(9, "0")))
        return parse_iso(text)
    except InvalidNumber as error:
        raise ProtocolBroken(f"expected a time stamp, was {text[:40]!r}") from error


def instant_or_none(text: str | None) -> Nanos | None:
    """Return the instant, None where the venue says "not set" (absent, empty or year 1)."""
    if not text:
        return None
    at_ns = instant(text)
    return at_ns if at_ns > 0 else None


def number(text: str) -> Decimal:
    """Return the finite number in `text`.

    Raises:
        ProtocolBroken: it is none.
    """
    try:
        value = parse_decimal(text)
    except InvalidNumber as error:
        raise ProtocolBroken(f"expected a number, was {text[:40]!r}") from error
    if value and not SMALLEST <= abs(value) <= LARGEST:
        raise ProtocolBroken(
            f"expected a number of at most {MOST_DIGITS} digits, was {text[:40]!r}"
        )
    return value


def number_from_zero(text: str) -> Decimal:
    """Return the number in `text`, which must not be negative.

    Raises:
        ProtocolBroken: it is no number, or below zero.
    """
    value = number(text)
    if value < 0:
        raise ProtocolBroken(f"expected a number from zero, was {text[:40]!r}")
    return value


def not_negative(text: str) -> Decimal:
    """Return the number, zero where the venue leaves it empty.

    Raises:
        ProtocolBroken: it is no number, or below zero.
    """
    return number_from_zero(text) if text else ZERO


def number_or_zero(text: str) -> Decimal:
    """Return the number; the venue leaves some totals of zero empty."""
    return number(text) if text else ZERO


def positive(text: str) -> Decimal:
    """Return the number in `text`, which has to be above zero.

    Raises:
        ProtocolBroken: it is not.
    """
    value = number(text)
    if value <= 0:
        raise ProtocolBroken(f"expected a number above zero, was {text[:40]!r}")
    return value


def text(value: str) -> str:
    """Return an identity or a name, which is never empty.

    Raises:
        ProtocolBroken: it is.
    """
    if not value:
        raise ProtocolBroken("expected a text, was empty")
    return value


def side(text: str) -> Side:
    """Return the side.

    Raises:
        ProtocolBroken: it is neither BUY nor SELL.
    """
    found = _SIDES.get(text)
    if found is None:
        raise ProtocolBroken(f"expected BUY or SELL, was {text[:40]!r}")
    return found


def status(text: str) -> VenueStatus:
    """Return the order status; one that we do not know is UNKNOWN."""
    return _STATUSES.get(text, VenueStatus.UNKNOWN)
