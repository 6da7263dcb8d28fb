"""The parts into which the difference between a run and its replay falls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import StrEnum

from attrs import frozen

from domain.model.instants import Nanos
from domain.model.money import ZERO
from domain.model.product import ProductId, Side
from domain.replay.hindrances import Flow, Hinderer, Hindrance

Touch = Callable[[ProductId, Side, Nanos], Decimal | None]
"""The best price at which one could have bought (or sold) a product then; None: not known."""


class PnlPart(StrEnum):
    """Why a run earned something else than its replay."""

    TIMING = "signal_timing"
    LATENCY = "latency"
    PRICE = "spread_and_price"
    FEES = "fees"
    MISSED = "missed_fills"
    EXTRA = "extra_fills"
    SIZE = "size_and_rounding"
    PERSON = "human_action"
    SYSTEM = "faults_halts_refusals"


@frozen(kw_only=True)
class Cause:
    """Why the two differ in something; `part` is None where nothing explains it."""

    part: PnlPart | None
    why: str


UNEXPLAINED = Cause(part=None, why="nothing explains it")


def cause_of(hindrance: Hindrance) -> Cause:
    """Return what somebody who came between makes of a difference."""
    is_person = hindrance.by is Hinderer.PERSON
    return Cause(part=PnlPart.PERSON if is_person else PnlPart.SYSTEM, why=hindrance.why)


def cause_of_flow(flow: Flow) -> Cause:
    """Return what money that came or went makes of a difference."""
    return Cause(part=PnlPart.PERSON, why=flow.why)


@frozen(kw_only=True)
class Piece:
    """A part of the difference in quote currency: above zero where the run earned more."""

    cause: Cause
    amount: Decimal
    product: ProductId
    at_ns: Nanos


def sums(pieces: Iterable[Piece]) -> dict[PnlPart, Decimal]:
    """Return what the pieces of each part come to; what nothing explains is none."""
    found = dict.fromkeys(PnlPart, ZERO)
    for piece in pieces:
        if piece.cause.part is not None:
            found[piece.cause.part] += piece.amount
    return found
