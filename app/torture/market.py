"""The market of a torture: an ordinary invented one, until all of its prices fall at once."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

from attrs import frozen

from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.server.opened_world import REPEATABLE_ORIGIN_NS
from domain.model.instants import HOUR, MINUTE, Nanos, iso
from domain.model.market import Bar
from domain.model.money import ONE, Price
from domain.model.product import ProductId

BEGIN: Nanos = REPEATABLE_ORIGIN_NS
HISTORY_NS = 25 * HOUR
KEPT = Decimal("0.52")
"""What a price keeps when it falls: nearly the whole gap that the bound takes for granted."""
COLUMNS = ("ts", "symbol", "open", "high", "low", "close", "volume")


@frozen(eq=False)
class TortureMarket:
    """Minute bars by product, oldest first, and in which minute of trading all prices fall."""

    bars: dict[ProductId, list[Bar]]
    falls_at_ns: int

    def write(self, folder: Path) -> None:
        """Write the candles as a file that `--market` takes."""
        folder.mkdir(parents=True)
        with (folder / "candles.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            for product, bars in self.bars.items():
                for bar in bars:
                    prices = bar.open, bar.high, bar.low, bar.close
                    rows.writerow((iso(bar.start_ns), product, *prices, bar.volume))


def torture_market(seed: int, minutes: int, falls_after: int, quote: str) -> TortureMarket:
    """Return a market that is traded for `minutes` and falls by nearly half after `falls_after`."""
    source = GeneratedMarket(seed, BEGIN)
    falls_at_ns = BEGIN + falls_after * MINUTE
    end_ns = Nanos(BEGIN + (minutes + 2) * MINUTE)
    found: dict[ProductId, list[Bar]] = {}
    for product in source.products:
        bars = source.candles(product.id, Nanos(BEGIN - HISTORY_NS), end_ns)
        name, tick = ProductId(f"{product.base}-{quote}"), product.price_increment
        found[name] = [_fallen(each, name, tick, falls_at_ns) for each in bars]
    return TortureMarket(found, falls_at_ns)


def _fallen(bar: Bar, name: ProductId, tick: Decimal, falls_at_ns: int) -> Bar:
    kept = KEPT if bar.start_ns >= falls_at_ns else ONE
    low, high, first, last = (
        Price((each * kept).quantize(tick)) for each in (bar.low, bar.high, bar.open, bar.close)
    )
    return Bar(name, bar.start_ns, first, high, low, last, bar.volume)
