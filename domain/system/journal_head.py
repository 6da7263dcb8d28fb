"""Where a journal stands, in words that a person can keep and a program can read again."""

from __future__ import annotations

import re

LINEAGE_DIGITS = 8
"""Digits of a lineage that are told: enough to tell the few of one folder apart."""
LEAST_DIGITS = 16
"""Digits of a hash that must be given at least."""
_TOLD = re.compile(r"journal ([0-9a-f]{8}) at record ([1-9][0-9]{0,17}), hash ([0-9a-f]{64})\b")
_TYPED = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{16,64})")


def head_in_words(lineage: str, seq: int, digest: str) -> str:
    """Return where the journal of `lineage` stands: at record `seq`, which has this hash."""
    return f"journal {lineage[:LINEAGE_DIGITS]} at record {seq}, hash {digest}"


def read_head(text: str) -> tuple[str, int, str] | None:
    """Return beginning of the lineage, record number and hash that `text` tells, None if none."""
    found = _TOLD.search(text)
    return None if found is None else (found[1], int(found[2]), found[3])


def typed_head(text: str) -> tuple[int, str]:
    """Return record number and hash of a head that a person typed as RECORD:HASH.

    Raises:
        ValueError: it is none, or fewer than `LEAST_DIGITS` digits of the hash are there.
    """
    found = _TYPED.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(
            f"expected RECORD:HASH with at least {LEAST_DIGITS} digits of the hash, as in"
            f" 812:5f0c3a9d41b2c6e7, was {text!r}"
        )
    return int(found[1]), found[2]
