"""The market and account that a simulator is asked for, and the one JSON value it travels as."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from adapters.simulator.engine.quirks import VenueQuirks
from domain.model.errors import InvalidNumber
from domain.model.instants import HOUR, Nanos
from domain.model.money import parse_decimal

if TYPE_CHECKING:
    from cattrs import Converter

GENERATED = "generated"
DEFAULT_SEED = 1
DEFAULT_LOOKBACK_NS = Nanos(24 * HOUR)
LARGEST_BALANCE, BALANCE_DIGITS = Decimal(10**9), 18
"""The most that a world opens with in one currency, and how many digits after its point."""


def parse_balance_amount(text: str) -> Decimal:
    """Return the opening balance written in `text`, in units of its currency.

    Raises:
        InvalidNumber: no world opens with that.
    """
    amount = parse_decimal(text)
    digits = -int(amount.normalize().as_tuple().exponent) if amount else 0
    if not 0 <= amount <= LARGEST_BALANCE or digits > BALANCE_DIGITS:
        raise InvalidNumber(
            f"expected an amount from 0 to {LARGEST_BALANCE:,} with at most {BALANCE_DIGITS} digits"
            f" after the point, was {text[:40]!r}"
        )
    return amount


@frozen(kw_only=True)
class WorldOptions:
    """The world asked for; None means what its folder has, else the default.

    A field that is added here reaches a simulator in this process and in another alike.
    """

    market: str = GENERATED
    """`generated`, a file or folder, or mirror:URL."""
    from_ns: Nanos | None = None
    """Where a recorded market begins to trade, after `lookback_ns` of history (market time)."""
    lookback_ns: Nanos = DEFAULT_LOOKBACK_NS
    seed: int | None = None
    speed: Decimal | None = Decimal(1)
    """1 to 60; None: virtual time, which takes nothing from wall clock or random source."""
    opening: Mapping[str, Decimal] | None = None
    """What a new world's account starts with, per currency."""
    quirks: VenueQuirks = VenueQuirks()
    faults: Path | None = None
    """A script of what goes wrong, from the start of serving on."""

    @property
    def is_virtual(self) -> bool:
        """Whether nothing but the trader's own steps moves time."""
        return self.speed is None

    @property
    def pace(self) -> Decimal:
        """The speed at which frames are spread: virtual time shows every one."""
        return Decimal(1) if self.speed is None else self.speed


def to_json(options: WorldOptions) -> str:
    """Return `options`, or the part of a longer value that they are, on one line."""
    return json.dumps(_converter().unstructure(options, unstructure_as=WorldOptions))


def from_json(text: str) -> WorldOptions:
    """Return the options that `to_json` wrote."""
    return _converter().structure(json.loads(text), WorldOptions)


@functools.cache
def _converter() -> Converter:
    from cattrs import Converter  # `status` and `kill` never need it, and start sooner

    converter = Converter(forbid_extra_keys=True)
    for exact in (Decimal, Path):
        converter.register_unstructure_hook(exact, str)
        converter.register_structure_hook(exact, lambda value, kind: kind(value))
    return converter
