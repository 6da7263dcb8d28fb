"""Small helps for what people read: numbers with their nouns, and what a word may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 lot", "2 lots", "1,000 lots"; `plural` where it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def meant(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean NAME?" for the nearest of the `known` names, "" if none is near."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""
