"""Connections that break at any moment: books are whole again, no minute and no trade is lost."""

from __future__ import annotations

import random
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from adapters.simulator.faults.base import CLOSINGS
from domain.model.instants import MINUTE
from tests.builders.full import IS_FULL
from tests.builders.price_paths import Line, script
from tests.builders.simulator import fault
from tests.builders.steps import START
from tests.builders.witness import Witness, candles_of
from tests.builders.world import Setting, World

DISCONNECTS = 500 if IS_FULL else 15
NAMES = ("BTC-USD", "ETH-USD", "SOL-USD")
FIRST_S, LEAST_S, MOST_S = 15.0, 3.0, 12.0
WHOLE_AGAIN_S = 60
MEMBERS = ("open", "high", "low", "close", "volume")


def moments(draw: random.Random) -> list[float]:
    """Return seconds after the start: any, also within a minute's last second."""
    found, at = [], FIRST_S
    for _ in range(DISCONNECTS):
        at += draw.uniform(LEAST_S, MOST_S)
        found.append(round(at, 3))
    return found


def walks(draw: random.Random, seconds: float) -> list[Line]:
    """Return price paths that go up and down and up."""
    found = []
    for name in NAMES:
        price, corners = 100.0, []
        for at in range(5, int(seconds) + 60, 7):
            price = max(50.0, price + draw.uniform(-0.6, 0.6))
            corners.append((float(at), f"{price:.2f}"))
        found.append(Line(name, tuple(corners)))
    return found


@pytest.mark.slow
@pytest.mark.req("ST1")
def test_after_each_of_many_disconnects_books_are_the_venues_and_no_trade_is_lost(
    tmp_path: Path,
) -> None:
    draw = random.Random("disconnects")
    at_s = moments(draw)
    minutes = int(at_s[-1] // 60) + 3
    faults = tuple(fault("disconnect", at=f"{at}s", code=draw.choice(CLOSINGS)) for at in at_s)
    market = script(walks(draw, minutes * 60), minutes=minutes)

    with World(Setting(folder=tmp_path, market=market, faults=faults)) as world:
        witness = Witness(world)
        world.start()
        for at in at_s:
            world.until(partial(lambda at: world.now_s > at + 0.5, at))
            assert world.until(witness.agrees, WHOLE_AGAIN_S), f"the disconnect at {at} s"
        world.until(lambda: world.now_s > (minutes - 1) * 60 + 20)

        assert sum(each["struck"] for each in world.faults.documents()) == DISCONNECTS
        assert witness.wrong == [], "prices that the venue's book never had"
        for product in NAMES:
            candles = candles_of(world, product, START + MINUTE, START + (minutes - 2) * MINUTE)
            assert len(candles) >= minutes - 4
            for start_ns, row in candles.items():
                (bar,) = witness.bars[product][start_ns]  # a closed bar never changes
                ours = (bar.open, bar.high, bar.low, bar.close, bar.volume)
                assert ours == tuple(Decimal(row[name]) for name in MEMBERS)
