"""How people write products and assets, and what the venue calls them: BTC/USD, btcusd, BTC."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

USUAL_QUOTE = "USD"
QUOTES = ("USDT", "USDC", "USD", "EUR", "GBP")
"""Currencies by which the two halves of a name without a mark between them are told apart."""
_MARKS = re.compile(r"[-/_:. ]+")
_PART = re.compile(r"[A-Z0-9]{1,20}")
LONGEST = 41


def product_meant(text: str, known: Iterable[str] = ()) -> str:
    """Return "; did you mean BTC-USD?" for what probably stands for a product, else "".

    Where it is `known` which products there are, it is one of those.
    """
    names, found = sorted(known), _product(text)
    if names and found not in names:  # the quote of most is the same: bases tell them apart
        by_base = {name.rpartition("-")[0]: name for name in reversed(names)}
        near = get_close_matches(found.partition("-")[0], by_base, n=1, cutoff=0.6)
        found = by_base[near[0]] if near else ""
    return f"; did you mean {found}?" if found and found != text else ""


def asset_meant(text: str) -> str:
    """Return "; did you mean BTC?" for what probably stands for an asset, else ""."""
    base = _product(text).partition("-")[0]
    return f"; did you mean {base}?" if base and base != text else ""


def _product(text: str) -> str:
    """Return the product in the venue's spelling, "" where it can't be one."""
    upper = text.strip().upper()
    parts = _MARKS.split(upper) if len(upper) <= LONGEST else []
    if not parts or not all(_PART.fullmatch(part) for part in parts):
        return ""
    if len(parts) == 1:
        (name,) = parts
        quote = next((each for each in QUOTES if name.endswith(each) and name != each), "")
        parts = [name.removesuffix(quote), quote or USUAL_QUOTE]
    return "-".join(parts) if len(parts) == 2 else ""
