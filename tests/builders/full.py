"""What a check in passing tries of many variants, and what BULKHEAD_FULL tries: all of them."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
IS_FULL = "BULKHEAD_FULL" in os.environ


def some(variants: Sequence[T], count: int = 1) -> Sequence[T]:
    """Return the first `count` variants of a kind; with BULKHEAD_FULL all."""
    return variants if IS_FULL else variants[:count]


def one_in(count: int, variants: Sequence[T], name: str) -> Sequence[T]:
    """Return one in `count` variants, others for another `name`; with BULKHEAD_FULL all."""
    return variants if IS_FULL else variants[zlib.crc32(name.encode()) % count :: count]
