"""Windows of recorded markets, and what a strategy made of each: the rows of a study."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet
from attrs import asdict, frozen

from domain.model.instants import DAY, MINUTE, Nanos, parse_iso

LINES = Path("docs/strategy-results.jsonl")
HISTORY_DAYS = 22
"""What the longest look-back (21 days) and the regime's week need before a window."""
SHIPPED = ("baseline", "breakout", "mean_reversion", "momentum", "trend_daily")
TAKER = 0.012


@frozen(kw_only=True)
class Window:
    """A stretch of a recording: `assets` of the set `folder`, from `begin` on for so many minutes.

    `why` says to people why this stretch and no other.
    """

    name: str
    folder: str
    assets: tuple[str, ...]
    quote: str
    begin: str
    minutes: int
    why: str

    @property
    def begin_ns(self) -> Nanos:
        """Return where trading begins."""
        return parse_iso(self.begin)

    def cut(self, data: Path) -> pa.Table:
        """Return its candles and the history before them, as products that USD pays for."""
        return pa.concat_tables([self._cut(data, asset) for asset in self.assets])

    def _cut(self, data: Path, asset: str) -> pa.Table:
        whole = parquet.read_table(
            data / "candles" / self.folder / f"{asset}-{self.quote}.parquet",
            columns=["ts", "open", "high", "low", "close", "volume"],
        )
        starts = compute.cast(whole["ts"], pa.int64())
        first, end = self.begin_ns - HISTORY_DAYS * DAY, self.begin_ns + self.minutes * MINUTE
        inside = compute.and_(compute.greater_equal(starts, first), compute.less(starts, end))
        rows = whole.filter(inside)
        return rows.append_column("symbol", pa.array([f"{asset}-USD"] * len(rows)))


FIRST_DAY = "noon of the first day with three weeks of history before it, whatever came of it"
SIX = ("ADA", "BTC", "DOGE", "ETH", "LINK", "SOL")
WINDOWS = (
    Window(
        name="2021-05",
        folder="binance_1m_2021-04_05",
        assets=("ADA", "BTC", "DOGE", "ETH", "LINK", "XRP"),
        quote="USDT",
        begin="2021-05-19T11:30:00Z",
        minutes=120,
        why=(
            "the crash of 19 May: BTC lost a fifth within two hours. By its week the regime was a"
            " crash before, which blocks entries"
        ),
    ),
    Window(
        name="2023-03",
        folder="coinbase_1m_2023-03",
        assets=("BTC",),
        quote="USD",
        begin="2023-03-12T22:00:00Z",
        minutes=120,
        why="the evening on which the depositors of a failed bank were made whole",
    ),
    Window(
        name="2023-04",
        folder="binance_1m_2023-03_05",
        assets=SIX,
        quote="USDT",
        begin="2023-04-23T12:00:00Z",
        minutes=120,
        why=FIRST_DAY,
    ),
    Window(
        name="2023-12",
        folder="coinbase_1m_2023-11_12",
        assets=SIX,
        quote="USD",
        begin="2023-12-17T12:00:00Z",
        minutes=120,
        why=FIRST_DAY,
    ),
    Window(
        name="2025-06",
        folder="binance_1m_2025-05_08",
        assets=("BTC", "ETH"),
        quote="USDT",
        begin="2025-06-10T12:00:00Z",
        minutes=120,
        why=FIRST_DAY,
    ),
)


@frozen(kw_only=True)
class Row:
    """A strategy on a window. Money in USD as decimal texts; percentages after fees.

    `sold` are the profits of its closed trips, `unsold` those of the lots it holds at the end,
    valued at the best bid less the fee of selling them; each in percent of what was paid.
    `lacks` says why it could not be played; everything else is empty then.
    """

    window: str
    strategy: str
    hold_pct: str
    sold: tuple[str, ...] = ()
    unsold: tuple[str, ...] = ()
    gross: str = "0"
    fees: str = "0"
    net: str = "0"
    net_pct: str = "0"
    lacks: str = ""


def held_pct(table: pa.Table, begin_ns: Nanos) -> float:
    """Return what the products brought in equal parts, bought at `begin_ns` and sold at the end.

    In percent, after the taker fee of both ways.
    """
    inside = table.filter(compute.greater_equal(compute.cast(table["ts"], pa.int64()), begin_ns))
    kept = (1 - TAKER) / (1 + TAKER)
    found = []
    for name in sorted(set(inside["symbol"].to_pylist())):
        own = inside.filter(compute.equal(inside["symbol"], name)).sort_by("ts")
        found.append(own["close"][-1].as_py() / own["open"][0].as_py() * kept - 1)
    return float(100 * sum(found) / len(found))


def known(lines: Path) -> dict[tuple[str, str], Row]:
    """Return the rows of `lines` by window and strategy."""
    if not lines.is_file():
        return {}
    read = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    rows = [_row(each) for each in read]
    return {(row.window, row.strategy): row for row in rows}


def _row(read: dict[str, Any]) -> Row:
    return Row(**{**read, "sold": tuple(read["sold"]), "unsold": tuple(read["unsold"])})


def keep(rows: Mapping[tuple[str, str], Row], lines: Path) -> None:
    """Write the rows of the windows and strategies there are, in their order."""
    order = [(window.name, strategy) for window in WINDOWS for strategy in SHIPPED]
    texts = [json.dumps(asdict(rows[each])) + "\n" for each in order if each in rows]
    lines.write_text("".join(texts), encoding="utf-8")
