"""How far a backtest is from paper trading behind the whole protocol of the venue, trade by trade.

The same recorded days are traded on paper at `--speed max`, and played by the `events` engine
(`replay`). Trades are found again by strategy, product and the bar on which they were decided.
Budget: no fill that paper trading does not have, at most 2 bps of price a round trip, and a cause
for every difference; ends with 1 above it.

With `--jitter 10` paper decides up to 6 s later than two seconds after the minute, as it is
shipped. The backtest decides at the same instants: the same draw. With `--plain` it decides after
two seconds, as `replay` does, and prices differ for that alone. What was decided on another bar is
named, and its prices are those of another minute: they don't count for the mean. Two days take a
quarter of an hour. Recorded markets: BULKHEAD_SHARED_DATA, or ../shared/data.

Usage: python benchmarks/backtest_distance.py [--from TIME] [--duration D] [--jitter PCT]
       [--plain] [--of HOME] [--smoke]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet
from attrs import frozen

from app.commands.journals import JOURNAL
from app.commands.replay import planned
from app.replay.document import document
from app.replay.play import play as play_again
from app.replay.play import same_instants
from scripts.paper_runs import data_of, play

ROOT = Path(__file__).resolve().parents[1]
DEMO = Path("demo/coinbase_1m_2023-12-10_2023-12-12.parquet")
PRODUCTS = ("ADA-USD", "BTC-USD", "DOGE-USD", "ETH-USD", "LINK-USD", "SOL-USD")
OFTEN = ("strategies.breakout.lookback_minutes=60", "strategies.breakout.volume_minutes=10")
"""The shipped strategy with shorter windows, so that two days have some dozen trades."""
BUDGET_BPS = Decimal(2)
BPS = Decimal(10_000)


@frozen(kw_only=True)
class Leg:
    """What was bought or sold of one trade: quantity, mean price, and when it was first done."""

    quantity: Decimal
    price: Decimal
    at: datetime


@frozen(kw_only=True)
class Distance:
    """One trade of both. Prices in bps of paper's: above zero where the backtest did better."""

    product: str
    bar: str
    entry_bps: Decimal
    exit_bps: Decimal | None
    entry_s: float
    exit_s: float | None
    share: Decimal
    """What the backtest filled of its order, less what paper did."""

    @property
    def bps(self) -> Decimal:
        """Return how far the prices of the round trip lie off, whatever the side."""
        return abs(self.entry_bps) + abs(self.exit_bps or Decimal(0))


def legs(trip: dict[str, Any], side: str) -> Leg | None:
    """Return one side of a trade, None where nothing was traded."""
    fills = [fill for fill in trip["fills"] if fill["side"] == side]
    if not fills:
        return None
    quantity = sum((Decimal(fill["quantity"]) for fill in fills), Decimal(0))
    worth = sum((Decimal(fill["quantity"]) * Decimal(fill["price"]) for fill in fills), Decimal(0))
    return Leg(quantity=quantity, price=worth / quantity, at=datetime.fromisoformat(fills[0]["at"]))


def filled(trip: dict[str, Any] | None) -> bool:
    """Tell whether anything was bought."""
    return trip is not None and legs(trip, "BUY") is not None


def distance(trade: dict[str, Any]) -> Distance | None:
    """Return how far a trade of both is apart; None where only one of them bought anything."""
    run, own = trade["run"], trade["replay"]
    if not (filled(run) and filled(own)):
        return None
    bought, buys = legs(run, "BUY"), legs(own, "BUY")
    assert bought is not None  # it has just been looked at
    assert buys is not None
    sold, sales = legs(run, "SELL"), legs(own, "SELL")
    exit_bps = exit_s = None
    if sold is not None and sales is not None:
        exit_bps = BPS * (sales.price / sold.price - 1)
        exit_s = (sales.at - sold.at).total_seconds()
    return Distance(
        product=trade["product"],
        bar=trade["bar"],
        entry_bps=BPS * (1 - buys.price / bought.price),
        exit_bps=exit_bps,
        entry_s=(buys.at - bought.at).total_seconds(),
        exit_s=exit_s,
        share=buys.quantity / Decimal(own["approved"]) - bought.quantity / Decimal(run["approved"]),
    )


def table(told: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the lines that show a comparison, and what of the budget is missed."""
    trades = told["trades"]
    found = [each for trade in trades if (each := distance(trade)) is not None]
    missed = [t for t in trades if filled(t["run"]) and not filled(t["replay"])]
    extra = [t for t in trades if filled(t["replay"]) and not filled(t["run"])]
    moved = shifted(told)
    bps = [each.bps for each in found if (each.product, each.bar) not in moved]
    mean = sum(bps, Decimal(0)) / len(bps) if bps else Decimal(0)
    exits = [abs(each.exit_s) for each in found if each.exit_s is not None]
    rows = (
        ("entries filled by both", f"{len(found)}"),
        ("missed by the backtest", f"{len(missed)}"),
        ("extra in the backtest", f"{len(extra)}"),
        ("of both, decided on another bar", f"{len(found) - len(bps)}"),
        ("price of a round trip, mean", f"{mean:.2f} bps"),
        ("price of a round trip, largest", f"{max(bps, default=Decimal(0)):.2f} bps"),
        ("time of entries, largest", f"{max((abs(d.entry_s) for d in found), default=0):.1f} s"),
        ("sold by both; time of exits, largest", f"{len(exits)}; {max(exits, default=0):.1f} s"),
        ("filled share, largest", f"{max((abs(d.share) for d in found), default=Decimal(0)):.2%}"),
        ("profit on paper", f"{Decimal(told['pnl']['run']):.2f}"),
        ("profit of the backtest", f"{Decimal(told['pnl']['replay']):.2f}"),
        ("difference that nothing explains", f"{Decimal(told['residual']):.2f}"),
    )
    lines = ["| what | |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)]
    wrong = [f"extra fill: {t['product']} of {t['bar']}" for t in extra]
    if mean > BUDGET_BPS:
        wrong.append(f"{mean:.2f} bps a round trip, above {BUDGET_BPS}")
    if not told["is_explained"]:
        wrong.append("a difference has no cause: see `python run.py replay`")
    return [*lines, "", *causes(told, found)], wrong


def shifted(told: dict[str, Any]) -> set[tuple[str, str]]:
    """Return product and bar of trades that the two have decided on different bars."""
    differences = told["verdicts"]["differences"]
    return {(each["product"], each["bar"]) for each in differences if each["run"] is not None}


def causes(told: dict[str, Any], found: list[Distance]) -> Iterator[str]:
    """Yield every difference: by cause, then the verdicts, then prices that are not the same."""
    sums: Counter[tuple[str, str]] = Counter()
    amounts: dict[tuple[str, str], Decimal] = {}
    for piece in told["pieces"]:
        key = str(piece["part"]), piece["why"]
        sums[key] += 1
        amounts[key] = amounts.get(key, Decimal(0)) + Decimal(piece["amount"])
    for (part, why), count in sorted(sums.items()):
        yield f"- {part}: {why}: {count} times, {amounts[part, why]:+.2f}"
    for each in told["verdicts"]["differences"]:
        paper, own = (_verdict(each[side]) for side in ("run", "replay"))
        what = f"{each['product']}, bar {each['bar']}"
        yield f"- {what}: paper {paper}; backtest {own}: {each['why']}"
    for difference in told["exits"]["differences"]:
        yield f"- exit of {difference['product']}, {difference['kind']}: {difference['why']}"
    for trade in found:
        if trade.bps:
            moved = "" if trade.exit_bps is None else f", sold {trade.exit_bps:+.2f} bps"
            late = f"{trade.entry_s:+.1f} s"
            yield (
                f"- {trade.product}, bar {trade.bar}: bought {trade.entry_bps:+.2f} bps, {late}"
                f"{moved}"
            )


def _verdict(told: dict[str, Any] | None) -> str:
    if told is None:
        return "nothing proposed"
    return "approved" if told["approved"] else f"refused ({told['reason']}: {told['told']})"


def recorded(folder: Path) -> Path | None:
    """Write the products of the recorded days; None where the recordings are absent."""
    beside = os.environ.get("BULKHEAD_SHARED_DATA") or ROOT.parent / "shared" / "data"
    file = Path(beside) / DEMO
    if not file.is_file():
        return None
    whole = parquet.read_table(file)
    market = folder / "six.parquet"
    parquet.write_table(whole.filter(compute.is_in(whole["symbol"], pa.array(PRODUCTS))), market)
    return market


def replayed(home: Path, *, is_same_draw: bool) -> dict[str, Any]:
    """Return what `replay --json` says of the run in `home`; with the same draw, its decisions are
    made at the instants at which the run made them.
    """
    plan = planned(data_of(home) / JOURNAL, None, None)
    plan = same_instants(plan) if is_same_draw else plan
    found = document(plan, play_again(plan, lambda _: None))
    return dict(json.loads(json.dumps(found)))


def main(arguments: list[str]) -> int:
    """Print the distance; return 1 where it is above the budget."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--from", dest="begin", default="2023-12-11T00:00:00Z", metavar="TIME")
    parser.add_argument("--duration", default="2d", help="of market time")
    parser.add_argument("--jitter", default="0", metavar="PCT", help="random delay of decisions")
    parser.add_argument("--plain", action="store_true", help="decide two seconds after minutes")
    parser.add_argument("--of", type=Path, metavar="HOME", help="folder with data/ of a paper run")
    parser.add_argument("--smoke", action="store_true", help="smallest size, an invented market")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        sets = (*OFTEN, f"policy.loop.jitter_pct={asked.jitter}")
        words = [word for each in sets for word in ("--set", each)]
        if asked.smoke:
            play(home, "--duration", "20m", *words)
        elif asked.of is None:
            market = recorded(home)
            if market is None:
                print("no recorded markets: set BULKHEAD_SHARED_DATA to their folder")
                return 0
            span = ("--from", asked.begin, "--duration", asked.duration)
            play(home, "--market", str(market), *span, *words)
        traded = (asked.of or home).resolve()
        lines, wrong = table(replayed(traded, is_same_draw=not asked.plain))
    print("\n".join(lines))
    for each in wrong:
        print(f"above the budget: {each}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
