"""Changing money between the two wallets that pay, at the venue: what it is, and how far it is."""

from __future__ import annotations

from enum import Enum, auto

from attrs import frozen

from domain.model.money import Amount


@frozen
class Conversion:
    """`amount` of `source` into `target`, under the id that the venue gave it when it quoted."""

    trade_id: str
    source: str
    target: str
    amount: Amount


class ConversionState(Enum):
    """How far the venue is with a conversion."""

    QUOTED = auto()
    """Nothing was moved, and nothing is, unless it is committed."""
    STARTED = auto()
    DONE = auto()
    CANCELLED = auto()
    UNKNOWN = auto()
    """A word that we do not know."""
    ABSENT = auto()
    """The venue knows of none."""


@frozen
class ConversionSeen:
    """The venue showed how far it is."""

    state: ConversionState
