"""How numbers are shown to people: two decimals, signs, spans; the exact values stay in JSON."""

from __future__ import annotations

from decimal import Decimal

from domain.model.instants import DAY, HOUR, MINUTE, SECOND, iso

NOT_KNOWN = "–"
MINUS = "\u2212"


def money(value: Decimal | None) -> str:
    """Return an amount with two decimals and thousands, like 9,992.81."""
    return NOT_KNOWN if value is None else f"{value:,.2f}".replace("-", MINUS)


def signed(value: Decimal | None) -> str:
    """Return a profit or loss with its sign, like +3.12."""
    if value is None:
        return NOT_KNOWN
    text = f"{value:+,.2f}"
    return "0.00" if text.strip("+-") == "0.00" else text.replace("-", MINUS)


def percent(value: Decimal | None, *, is_signed: bool = False) -> str:
    """Return percents with two decimals, like 0.12 %."""
    return NOT_KNOWN if value is None else f"{signed(value) if is_signed else money(value)} %"


def price(value: Decimal | None) -> str:
    """Return a price with five digits that tell it apart, at least two behind the point."""
    if value is None:
        return NOT_KNOWN
    whole, _, part = f"{value:,.{max(2, 4 - value.adjusted())}f}".partition(".")
    return f"{whole}.{part[:2]}{part[2:].rstrip('0')}"


def quantity(value: Decimal) -> str:
    """Return a quantity without zeros at its end."""
    return f"{value.normalize():f}"


def size(value: Decimal) -> str:
    """Return a quantity with five digits that tell it apart, without zeros at its end."""
    text = f"{value:,.{max(0, 4 - value.adjusted())}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def span(length_ns: int | None) -> str:
    """Return how long something took in its two largest units, like 4 h 25 min."""
    if length_ns is None:
        return NOT_KNOWN
    units = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))
    parts, left = [], length_ns
    for size, unit in units:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def moment(at_ns: int | None) -> str:
    """Return a market time to the second, like 2023-12-12 14:31:00."""
    return NOT_KNOWN if at_ns is None else iso(at_ns)[:19].replace("T", " ")
