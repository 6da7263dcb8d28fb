"""Markets that walk along price paths: round trips that end by target, stop and longest hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise

from attrs import frozen

from adapters.simulator.market_data.source import Step
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import ProductId
from tests.builders.messages import a_level
from tests.builders.steps import START, product, step
from tests.fakes.markets import Script

HISTORY_MINUTES = 72
STEP_S = 2.0
FIRST_STEP_S = 0.5
"""Steps fall between the seconds: never at the instant of a cycle."""
USUAL, BUSY = Decimal(1), Decimal(5)
Corners = Sequence[tuple[float, str]]
"""Corners (seconds after START, price) of a price path; straight lines between."""


@frozen
class Line:
    """The price path of one product, and in which minutes it trades five times as much."""

    name: str
    corners: Corners
    busy: tuple[int, ...] = ()


TO_TARGET = Line(
    "BTC-USD",
    ((60, "100"), (110, "102"), (128, "102"), (140, "101"), (150, "101"), (200, "112")),
    (1,),
)
TO_STOP = Line(
    "ETH-USD",
    ((60, "100"), (110, "102"), (128, "102"), (140, "101"), (150, "101"), (200, "96")),
    (1,),
)
TO_MAX_HOLD = Line("SOL-USD", ((120, "100"), (170, "102"), (186, "102"), (196, "101.5")), (2,))
RUNS_AWAY = Line("LINK-USD", ((60, "100"), (110, "102"), (122, "102"), (124, "103")), (1,))
USUAL_LINES = (TO_TARGET, TO_STOP, TO_MAX_HOLD, RUNS_AWAY)
"""Two round trips within 200 s, one ended by the longest hold after 370 s, one entry that rests."""


def price_at(line: Line, at_s: float) -> Decimal:
    """Return the price of `line` at that second, in cents."""
    corners = [(0.0, "100"), *line.corners]
    for (begin, first), (end, last) in pairwise(corners):
        if at_s <= end:
            share = Decimal(str((at_s - begin) / (end - begin))) if end > begin else Decimal(1)
            value = Decimal(first) + (Decimal(last) - Decimal(first)) * share
            return value.quantize(Decimal("0.01"))
    return Decimal(corners[-1][1]).quantize(Decimal("0.01"))


def script(lines: Iterable[Line] = USUAL_LINES, minutes: int = 8) -> Script:
    """Return a market that walks `lines`: a trade and a book every two seconds."""
    chosen = sorted(lines, key=lambda line: line.name)
    steps: list[Step] = []
    history: list[Bar] = []
    for line in chosen:
        name = ProductId(line.name)
        count = int((minutes * 60 - FIRST_STEP_S) / STEP_S)
        steps.append(_step(line, 0.0))
        steps += [_step(line, FIRST_STEP_S + number * STEP_S) for number in range(count)]
        for minute in range(-HISTORY_MINUTES, 0):
            flat = Price(Decimal("100.00"))
            start = Nanos(START + minute * MINUTE)
            history.append(Bar(name, start, flat, flat, flat, flat, Quantity(Decimal(30))))
    return Script(
        *steps,
        products=tuple(product(line.name) for line in chosen),
        minutes=minutes,
        history=tuple(history),
    )


def _step(line: Line, at_s: float) -> Step:
    price = price_at(line, at_s)
    quantity = BUSY if int(at_s // 60) in line.busy else USUAL
    cent = Decimal("0.01")
    bids = tuple(a_level(str(price - cent * depth), "5") for depth in (1, 2, 3))
    asks = tuple(a_level(str(price + cent * depth), "5") for depth in (1, 2, 3))
    trades = ((str(price), str(quantity)),)
    return step(at_s, *trades, bids=bids, asks=asks, name=ProductId(line.name))
