"""Numbers and lines of a status, short enough for 80 columns whatever the document holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal

from rich.cells import cell_len, chop_cells, set_cell_size

from domain.model import figures
from domain.model.instants import MINUTE, SECOND

LARGEST, SMALLEST = 15, -8
"""Powers of ten between which a number is written out; others are shown as 1.23e+20."""
_WORD = re.compile(r" *[^ ]+")
"""A word with the spaces before it."""
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_EVEN)


def money(value: Decimal | None) -> str:
    """Return an amount with two decimals."""
    return _within(value, figures.money)


def signed(value: Decimal | None) -> str:
    """Return a profit or loss with its sign and two decimals."""
    return _within(value, figures.signed)


def percent(value: Decimal | None) -> str:
    """Return percents with two decimals."""
    return f"{money(value)} %" if value is not None else figures.NOT_KNOWN


def signed_percent(value: Decimal | None) -> str:
    """Return percents with their sign."""
    return f"{signed(value)} %" if value is not None else figures.NOT_KNOWN


def price(value: Decimal | None, increment: Decimal | None) -> str:
    """Return a price to the digits of its product's increment, where that is known."""
    places = _places(increment)
    if value is None or places is None:
        return _within(value, figures.price, smallest=SMALLEST)
    return _within(value, lambda known: f"{known:,.{places}f}")


def quantity(value: Decimal | None, increment: Decimal | None) -> str:
    """Return a quantity to the digits of its product's increment, without zeros at its end."""
    places = -SMALLEST if (known := _places(increment)) is None else known

    def written(amount: Decimal) -> str:
        text = f"{amount:,.{places}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    return _within(value, written, smallest=-places)


COUNTED = ("entries", "losses", "orders", "products")
"""Units of limits that are whole numbers and speak for themselves."""


def amount(value: Decimal | None, unit: str) -> str:
    """Return a number of a limit with its unit."""
    if unit in COUNTED:
        return quantity(value, None)
    if unit == "s":
        return f"{quantity(value, None)} s"
    return percent(value) if unit == "%" else f"{money(value)} {unit}".strip()


def difference(one: Decimal, other: Decimal) -> Decimal | None:
    """Return `one` less `other`; None where they are no amounts that anybody has."""
    if max(abs(one.adjusted()), abs(other.adjusted())) > LARGEST:
        return None
    return one - other


def distance(price_now: Decimal | None, price_then: Decimal | None) -> Decimal | None:
    """Return how far `price_then` is from `price_now`, in percent of the latter."""
    if price_now is None or price_then is None or not price_now > 0:
        return None
    if max(abs(price_now.adjusted()), abs(price_then.adjusted())) > LARGEST:
        return None
    return (price_then / price_now - 1) * 100


def age(length_ns: int) -> str:
    """Return how old something is: to the tenth of a second below a minute."""
    if length_ns < MINUTE:
        return f"{max(0, length_ns) / SECOND:.1f} s"
    return figures.span(length_ns)


def short(text: str, cells: int) -> str:
    """Return `text` in at most so many columns, "…" for what is cut off."""
    return text if cell_len(text) <= cells else set_cell_size(text, cells - 1).rstrip() + "…"


def wrapped(text: str, width: int, indent: int = 0) -> Iterator[str]:
    """Yield lines of at most `width` columns, broken between words; later ones are indented.

    Spaces stay as they are, but for those at which a line is broken.
    """
    margin, line = " " * min(indent, width // 2), ""
    for word in _WORD.findall(text):
        if not line or cell_len(line + word) <= width:
            line += word
        else:
            yield line
            line = margin + word.lstrip(" ")
        while cell_len(line) > width:  # a word that is longer than a line
            begin, *rest = chop_cells(line, width)
            yield begin
            line = margin + "".join(rest)
    yield line


def _within(
    value: Decimal | None, form: Callable[[Decimal], str], *, smallest: int | None = None
) -> str:
    if value is None:
        return figures.NOT_KNOWN
    if not value:
        return form(Decimal(0))
    power = value.adjusted()
    if power > LARGEST or (smallest is not None and power < smallest):
        return f"{value:.2e}"
    return form(_ROUNDING.plus(value) if power > -LARGEST else Decimal(0))


def _places(increment: Decimal | None) -> int | None:
    if increment is None or not increment > 0 or abs(increment.adjusted()) > LARGEST:
        return None
    exponent = increment.normalize(_ROUNDING).as_tuple().exponent
    return min(max(0, -exponent), LARGEST) if isinstance(exponent, int) else None


def share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return `part` in percent of `whole`; None where that says nothing."""
    if part is None or whole is None or not whole > 0:
        return None
    if part and max(abs(part.adjusted()), abs(whole.adjusted())) > LARGEST:
        return None
    return part / whole * 100
