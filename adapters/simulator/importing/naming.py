"""Products as other tools name them: in a column, or in the name of a file."""

from __future__ import annotations

import re
from pathlib import Path

from adapters.simulator.market_data.source import MarketError
from domain.model.product import ProductId
from domain.model.spelling import QUOTES

_QUOTE = "|".join(QUOTES)
_WHOLE = re.compile(rf"([A-Z0-9]{{1,20}})[-/_]([A-Z0-9]{{2,20}})|([A-Z0-9]{{2,20}}?)({_QUOTE})")
_IN_NAME = re.compile(rf"(?<![A-Z0-9])([A-Z0-9]{{2,20}}?)[-_]?({_QUOTE})(?![A-Z0-9])")
_NO_SPOT = re.compile(r"futures|perp|swap|funding", re.IGNORECASE)


def product_of_cell(text: str) -> ProductId | None:
    """Return the product that is named BTC-USD, BTC/USD, btc_usd or BTCUSD; None: it names none."""
    found = _WHOLE.fullmatch(text.strip().upper())
    if found is None:
        return None
    base, quote, joined, known = found.groups()
    return ProductId(f"{base or joined}-{quote or known}")


def product_of_file(file: Path) -> ProductId:
    """Return the product that a file is named after.

    Raises:
        MarketError: its name has none, or several, or is not one of spot prices.
    """
    if _NO_SPOT.search(file.name):
        raise MarketError(f"{file}: expected spot prices, the name says that they are others")
    name = file.name.upper()
    found = sorted({f"{base}-{quote}" for base, quote in _IN_NAME.findall(name)})
    if len(found) != 1:
        said = f"its name says {' and '.join(found)}" if found else "its name does not say which"
        raise MarketError(f"{file}: whose prices are these? {said}: name it with --product BTC-USD")
    return ProductId(found[0])
