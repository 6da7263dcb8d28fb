"""What each shipped strategy makes of every whole recording, by backtest; the golden results.

    python -m scripts.backtest_results --data ../shared/data
    python -m scripts.backtest_results --data ../shared/data --only momentum --again
    python -m scripts.backtest_results --verify coinbase_1m_2023-03
    python -m scripts.backtest_results --check

Plays `run.py backtest --market SET --strategy NAME` with the shipped configuration on every set of
minutes below `candles/`, from the first row after the strategy's look-back to the last row. One
JSON line each goes into docs/backtest-results.jsonl, with a hash of the list of trades;
docs/backtest-results.md is printed from these lines. `--verify` plays a set again and ends with 1
if anything of a line has changed; `--check` runs nothing and compares the page alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from scripts.pages import ROOT, write_or_check

PAGE, LINES = Path("docs/backtest-results.md"), ROOT / "docs/backtest-results.jsonl"
STRATEGIES = ("baseline", "breakout", "mean_reversion", "momentum", "trend_daily")
SETS = (
    "coinbase_1m_2018-04",
    "bitfinex_1m_2018",
    "binance_1m_2021-04_05",
    "coinbase_1m_2023-03",
    "binance_1m_2023-03_05",
    "coinbase_1m_2023-11_12",
    "binance_1m_2025-05_08",
)
TOO_SHORT = ("nothing is left to play", "needs rows from")
OF_A_LOT = ("product", "opened", "closed", "quantity", "entry_price", "exit_price", "profit")
"""What the hash is of; names of lots hold those of the files."""
Row = dict[str, Any]
Key = tuple[str, str]
INTRO = """# What the strategies make of whole recordings

Made by `python -m scripts.backtest_results` from docs/backtest-results.jsonl; do not edit.

Each strategy alone, with the shipped configuration and 10,000 USD, on every recording of minutes
that the project tests with: `run.py backtest --market SET --strategy NAME`
([backtest.md](backtest.md)), with the fees of a new account (60 bps for makers, 120 bps for
takers). Trading begins where the strategy's look-back has passed, so that spans differ a little.
Holding means: all products in equal parts, bought at the beginning and sold at the end, after fees;
it has the whole account in the market, a strategy a small part of it. Recordings against USDT are
played as if they were against USD.

{verdict}

`orders` is the beginning of a hash of the list of trades. `--verify SET` plays a set again and says
what has changed.
"""
HEAD = """
| strategy | from | trades | won % | profit % | before fees | fees | drawdown % | factor | orders |
|---|---|---|---|---|---|---|---|---|---|
"""


class NothingToPlay(Exception):
    """A recording is shorter than a look-back."""


def played(name: str, strategy: str, data: Path) -> Row:
    """Return what `strategy` makes of the set.

    Raises:
        RuntimeError: the backtest did not end with 0; the text is its own.
    """
    with tempfile.TemporaryDirectory() as market:
        for file in (data / "candles" / name).glob("*.parquet"):
            if not file.stem.endswith("_quote"):  # bars of bids and offers, without trades
                (Path(market) / file.name).symlink_to(file.resolve())
        row: Row = {"set": name, "strategy": strategy}
        try:
            report = reported(["backtest", "--market", market, "--strategy", strategy])
        except NothingToPlay:
            return {**row, "lacks": "the recording is shorter than its look-back"}
    return {**row, **row_of(report)}


def reported(words: list[str]) -> dict[str, Any]:
    """Return the report of `run.py` with these words, in a process of its own.

    Raises:
        NothingToPlay: the market is shorter than what the strategy looks back on.
        RuntimeError: it did not end with 0; the text is its own.
    """
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *words, "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if done.returncode == 2 and any(each in done.stderr for each in TOO_SHORT):
        raise NothingToPlay(done.stderr)
    if done.returncode != 0:
        told = " ".join(words)
        raise RuntimeError(f"{told}: ended with {done.returncode}: {done.stderr[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def row_of(report: Mapping[str, Any]) -> Row:
    """Return what is kept of a report: figures as the report has them, and a hash of its trades."""
    lots = [*report["closed"], *report["open"]]
    listed = json.dumps([[lot.get(name) for name in OF_A_LOT] for lot in lots])
    return {
        "from": report["from"],
        "to": report["to"],
        "products": len(report["products"]),
        "metrics": report["metrics"],
        "pnl_net": report["pnl_net"],
        "fees": report["fees"],
        "buy_and_hold_pct": report["buy_and_hold_pct"],
        "open": len(report["open"]),
        "orders": hashlib.sha256(listed.encode()).hexdigest()[:16],
    }


def known() -> dict[Key, Row]:
    """Return the lines by set and strategy."""
    if not LINES.is_file():
        return {}
    rows = [json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines()]
    return {(row["set"], row["strategy"]): row for row in rows}


def keep(rows: Mapping[Key, Row]) -> None:
    """Write the lines in the order of sets and strategies."""
    order = [(name, strategy) for name in SETS for strategy in STRATEGIES]
    texts = [json.dumps(rows[each]) + "\n" for each in order if each in rows]
    LINES.write_text("".join(texts), encoding="utf-8")


def render(rows: Mapping[Key, Row]) -> str:
    """Return the page of the lines."""
    parts = [INTRO.format(verdict=verdict(rows.values()))]
    for name in SETS:
        own = [rows[name, each] for each in STRATEGIES if (name, each) in rows]
        if own:
            parts += [f"\n## {name}\n\n{_about(own)}\n", HEAD, *(_line(row) for row in own)]
    return "".join(parts)


def verdict(rows: Iterable[Row]) -> str:
    """Return in a sentence what they come to together."""
    told = [row for row in rows if "lacks" not in row]
    trades = sum(int(row["metrics"]["total_trades"]) for row in told)
    net, fees = (
        sum((Decimal(row[key]) for row in told), Decimal(0)) for key in ("pnl_net", "fees")
    )
    gained = [int(row["metrics"]["total_trades"]) for row in told if Decimal(row["pnl_net"]) > 0]
    by_few = f", each by at most {max(gained)} round trips" if gained else ""
    return textwrap.fill(
        f"{len(told)} runs made {trades:,} round trips: {net + fees:+,.2f} USD before fees,"
        f" {fees:,.2f} USD of fees, {net:+,.2f} USD after them. {len(gained)} runs gained{by_few}."
        " That is no edge: what these strategies decide is worth less than it costs to trade it as"
        " a new account. They are shipped to show how rules trade and are judged, and the results"
        " can be had again.",
        100,
    )


def _about(rows: list[Row]) -> str:
    first = next((row for row in rows if "lacks" not in row), None)
    if first is None:
        return "Too short for each of them."
    held = first["buy_and_hold_pct"]
    told = "not known" if held is None else f"{Decimal(held):+.2f} %"
    return (
        f"{first['products']} products to {first['to'][:10]};"
        f" holding from {first['from'][:10]} on: {told}."
    )


def _line(row: Row) -> str:
    name = f"| `{row['strategy']}` |"
    if "lacks" in row:
        return f"{name} {row['lacks']} | | | | | | | | |\n"
    made = row["metrics"]
    before = Decimal(row["pnl_net"]) + Decimal(row["fees"])
    won, factor = (_short(made[key]) for key in ("win_rate", "profit_factor"))
    return (
        f"{name} {row['from'][:10]} | {made['total_trades']} | {won} |"
        f" {Decimal(made['total_pnl_pct']):+.2f} | {before:+.2f} | {Decimal(row['fees']):.2f} |"
        f" {_short(made['max_drawdown_pct'])} | {factor} | `{row['orders']}` |\n"
    )


def _short(text: str | None) -> str:
    return "–" if text is None else f"{Decimal(text):.2f}"


def verified(name: str, data: Path, rows: Mapping[Key, Row]) -> int:
    """Play a set again; say what has changed, and return 1 if anything has, or nothing is known."""
    changed = 0
    if not any(key[0] == name for key in rows):
        print(f"{name}: nothing is known of it; play it first")
        return 1
    for strategy in STRATEGIES:
        before = rows.get((name, strategy))
        if before is None:
            continue
        now = played(name, strategy, data)
        differs = sorted(key for key in before | now if before.get(key) != now.get(key))
        changed += bool(differs)
        print(f"{name}, {strategy}: {'changed: ' + ', '.join(differs) if differs else 'the same'}")
    return 1 if changed else 0


def main(arguments: list[str]) -> int:
    """Play what is missing, and print the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    beside = os.environ.get("BULKHEAD_SHARED_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(beside), help="the recorded markets")
    parser.add_argument("--only", choices=STRATEGIES, action="append", help="this strategy")
    parser.add_argument("--again", action="store_true", help="also what is known already")
    parser.add_argument("--verify", choices=SETS, metavar="SET", help="play a set again, compare")
    parser.add_argument("--check", action="store_true", help="compare the page, run nothing")
    asked = parser.parse_args(arguments)
    if asked.verify:
        return verified(asked.verify, asked.data, known())
    for name in () if asked.check else SETS:
        for strategy in asked.only or STRATEGIES:
            if (name, strategy) not in known() or asked.again:
                row = played(name, strategy, asked.data)
                keep({**known(), (name, strategy): row})
                print(f"{name}, {strategy}: {row.get('pnl_net', row.get('lacks'))}", flush=True)
    return write_or_check(PAGE, render(known()), "scripts.backtest_results", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
