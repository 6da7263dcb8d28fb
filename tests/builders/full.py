"""What a check in passing tries of many variants, and what BULKHEAD_FULL tries: all of them."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from typing import TypeVar

import pytest

T = TypeVar("T")
IS_FULL = "BULKHEAD_FULL" in os.environ
only_whole = pytest.mark.skipif(not IS_FULL, reason="takes long; BULKHEAD_FULL=1 tries it")
"""Marks a test that is not for passing by: something shorter of its kind is."""


def some(variants: Sequence[T], count: int = 1) -> Sequence[T]:
    """Return the first `count` variants of a kind; with BULKHEAD_FULL all."""
    return variants if IS_FULL else variants[:count]


def one_in(count: int, variants: Sequence[T], name: str) -> Sequence[T]:
    """Return one in `count` variants, others for another `name`; with BULKHEAD_FULL all."""
    return variants if IS_FULL else variants[zlib.crc32(name.encode()) % count :: count]
