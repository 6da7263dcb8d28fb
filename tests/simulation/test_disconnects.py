"""Connections that break at any moment: books are whole again, no minute and no trade is lost."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from actors.kernel.topology import FEED
from adapters.runtime.binding import Seen
from adapters.simulator.faults.base import CLOSINGS
from domain.messages.market import BarClosed, HistoryLoaded, QuoteMoved
from domain.model.instants import MINUTE, SECOND
from domain.model.market import Bar, Quote
from tests.builders.full import IS_FULL
from tests.builders.price_paths import Line, script
from tests.builders.simulator import fault
from tests.builders.steps import START
from tests.builders.world import Setting, World

DISCONNECTS = 500 if IS_FULL else 15
NAMES = ("BTC-USD", "ETH-USD", "SOL-USD")
FIRST_S, LEAST_S, MOST_S = 15.0, 3.0, 12.0
WHOLE_AGAIN_S = 60
MEMBERS = ("open", "high", "low", "close", "volume")
Tops = tuple[Decimal, Decimal]


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


def ask(world: World, path: str, **query: str) -> dict[str, Any]:
    """Return what the venue answers to anybody."""
    asked = {name: [value] for name, value in query.items()}
    answer = world._ask("GET", f"/api/v3/brokerage/market{path}", asked, b"").run()
    assert answer is not None
    status, body, *_ = answer
    assert status == 200, body
    return dict(json.loads(body))


def top_of(world: World, product: str) -> Tops:
    """Return best bid and offer of the venue's own book."""
    book = ask(world, "/product_book", product_id=product, limit="1")["pricebook"]
    return Decimal(book["bids"][0]["price"]), Decimal(book["asks"][0]["price"])


def candles_of(world: World, product: str, first_ns: int, end_ns: int) -> dict[int, dict[str, str]]:
    span = {"start": str(first_ns // SECOND), "end": str(end_ns // SECOND)}
    path = f"/products/{product}/candles"
    rows = ask(world, path, granularity="ONE_MINUTE", **span)["candles"]
    return {int(row["start"]) * SECOND: row for row in rows}


class Witness:
    """Hears what the feed tells, and looks at the venue's own books whenever time goes on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looked_ns = 0
        self._tops: dict[str, set[Tops]] = defaultdict(set)
        self.told: dict[str, Tops] = {}
        self.wrong: list[Quote] = []
        self.bars: dict[str, dict[int, set[Bar]]] = defaultdict(lambda: defaultdict(set))
        world.runtime.observe((FEED,), self.hear)
        world.before_step = self.look

    def look(self) -> None:
        if self._looked_ns != self._world.clock.now_ns:
            self._looked_ns = self._world.clock.now_ns
            for product in NAMES:
                self._tops[product].add(top_of(self._world, product))

    def hear(self, seen: Seen) -> None:
        match seen.message:
            case QuoteMoved(quote) if seen.is_said:
                self.told[quote.product] = top = (quote.bid, quote.ask)
                if top not in self._tops[quote.product]:
                    self.wrong.append(quote)
            case BarClosed(bar) if seen.is_said:
                self.bars[bar.product][bar.start_ns].add(bar)
            case HistoryLoaded(product, width_ns, found) if seen.is_said and width_ns == MINUTE:
                for bar in found:
                    self.bars[product][bar.start_ns].add(bar)

    def agrees(self) -> bool:
        """Tell whether the newest quotes are the best prices of the venue's books."""
        return all(self.told.get(name) == top_of(self._world, name) for name in NAMES)


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
