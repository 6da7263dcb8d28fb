"""Chance as a port: numbers in [0, 1) drawn from a seed outside the domain."""

from __future__ import annotations

from collections.abc import Callable

Draw = Callable[[], float]
"""Returns the next number, uniform in [0, 1)."""
