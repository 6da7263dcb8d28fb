"""Who hears what the feed tells and holds it against the venue's own books."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from typing import Any

from actors.kernel.topology import FEED
from adapters.runtime.binding import Seen
from adapters.simulator.engine.book import Shown
from domain.messages.market import BarClosed, HistoryLoaded, QuoteMoved
from domain.model.instants import MINUTE, SECOND
from domain.model.market import Bar, Quote
from domain.model.product import ProductId
from tests.builders.faults import override
from tests.builders.world import World

Tops = tuple[Decimal, Decimal]


def ask(world: World, path: str, **query: str) -> dict[str, Any]:
    """Return what the venue answers to anybody."""
    asked = {name: [value] for name, value in query.items()}
    answer = world._ask("GET", f"/api/v3/brokerage/market{path}", asked, b"").run()
    assert answer is not None
    status, body, *_ = answer
    assert status == 200, body
    return dict(json.loads(body))


def top_of(world: World, product: str) -> Tops:
    """Return best bid and offer of the venue's own book, whatever it answers; 0 for none."""
    return _top(world.engine._books[ProductId(product)].shown())


def _top(sides: Shown) -> Tops:
    bid, ask = (side[0].price if side else Decimal(0) for side in sides)
    return bid, ask


def candles_of(world: World, product: str, first_ns: int, end_ns: int) -> dict[int, dict[str, str]]:
    span = {"start": str(first_ns // SECOND), "end": str(end_ns // SECOND)}
    path = f"/products/{product}/candles"
    rows = ask(world, path, granularity="ONE_MINUTE", **span)["candles"]
    return {int(row["start"]) * SECOND: row for row in rows}


class Witness:
    """Hears what the feed tells, and looks at the venue's own books whenever time goes on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._names = tuple(each.id for each in world.setting.market.products)
        self._tops: dict[str, set[Tops]] = defaultdict(set)
        self.told: dict[str, Tops] = {}
        self.wrong: list[Quote] = []
        self.bars: dict[str, dict[int, set[Bar]]] = defaultdict(lambda: defaultdict(set))
        world.runtime.observe((FEED,), self.hear)
        for name in self._names:
            self._note_tops_of(name)

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

    def _note_tops_of(self, name: str) -> None:
        """Note the best prices of a book whenever the venue itself looks at it.

        Our own orders move them too, if only within an instant.
        """
        book, tops = self._world.engine._books[ProductId(name)], self._tops[name]
        look = book.shown

        def shown() -> Shown:
            sides = look()
            tops.add(_top(sides))
            return sides

        override(book, shown=shown)

    def agrees(self) -> bool:
        """Tell whether the newest quotes are the best prices of the venue's books."""
        return all(self.told.get(name) == top_of(self._world, name) for name in self._names)
