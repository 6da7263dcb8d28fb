"""docs/strategy-results.md, printed from the lines that scripts.strategy_results keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from scripts.pages import ROOT, write_or_check
from scripts.strategy_rows import LINES, SHIPPED, WINDOWS, Row, Window, known

PAGE = Path("docs/strategy-results.md")
SEED = 20261129
RESAMPLES = 10_000
FEWEST = 5
"""An interval of fewer lots says nothing."""
Rows = Mapping[tuple[str, str], Row]
INTRO = """# What the strategies earn

Made by `python -m scripts.strategy_results` from docs/strategy-results.jsonl; do not edit.

{verdict}

Each strategy alone, with the shipped configuration, on recorded minutes at `--speed max`: 10,000
USD, fees of a new account (60 bps for makers, 120 bps for takers). Cash would have earned 0. The
windows are short on purpose, so that all of them can be run again within an hour; they show what
happens and cannot show that something works. Recordings against USDT are played as if they were
against USD. Candles are expanded to steps within their minute by the embedded venue, whose books
are thicker or thinner than the real ones were.

| column | what it is |
|---|---|
| sold, held | lots that were sold, and lots that are held at the end |
| gross | profit before fees, held lots at the best bid, USD |
| fees | paid so far, USD |
| net | profit after fees, those of selling what is held included, USD |
| net % | the same in percent of the account; a strategy buys with a small part of it |
| mean lot % | mean profit of a lot after all fees, in percent of what was paid for it |
| 95 % of the mean | of {resamples} resamples (seed {seed}); left out below {fewest} lots |

Lots of one window rise and fall together, so the true intervals are wider than these.
Holding means: bought in equal parts when the window begins, sold when it ends, taker fees both
ways. It has the whole account in the market, a strategy hardly a tenth of it: compare it with the
mean of a lot.
"""
HEAD = """
| strategy | sold | held | gross | fees | net | net % | mean lot % | 95 % of the mean |
|---|---|---|---|---|---|---|---|---|
"""


def render(rows: Rows) -> str:
    """Return the page of `rows`."""
    intro = INTRO.format(
        verdict=verdict(rows), resamples=f"{RESAMPLES:,}", seed=SEED, fewest=FEWEST
    )
    return intro + "".join([*(_of(each, rows) for each in WINDOWS), _together(rows)])


def verdict(rows: Rows) -> str:
    """Return in a few sentences what the rows say about the strategies together."""
    lots = sum(len(_lots(row)) for row in rows.values())
    before, paid, after = (
        sum(float(getattr(row, name)) for row in rows.values()) for name in ("gross", "fees", "net")
    )
    return (
        f"{_edge(rows)} Together they bought\n{lots} lots,"
        f" which brought {before:+.2f} USD before fees and {after:+.2f} USD after them:"
        f" {paid:.2f} USD are paid,\nthe rest is due when what they hold is sold."
    )


def _edge(rows: Rows) -> str:
    within = {name: _within(_of_strategy(rows, name)) for name in SHIPPED}
    better = [name for name, found in within.items() if found is not None and found[0] > 0]
    if better:
        return f"Only {' and '.join(better)} surely earned more than nothing."
    if any(within.values()):
        return "None of the strategies surely earned more than nothing."
    return "No strategy has shown an edge, and these windows are too short to show one."


def _within(rows: Sequence[Row]) -> tuple[float, float] | None:
    return interval([value for row in rows for value in _lots(row)])


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return where the mean of `values` lies with 95 %, by the bootstrap; None of too few."""
    if len(values) < FEWEST:
        return None
    drawn = np.random.default_rng(SEED).choice(values, (RESAMPLES, len(values)))
    low, high = np.percentile(drawn.mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def _of(window: Window, rows: Rows) -> str:
    own = [rows[window.name, name] for name in SHIPPED if (window.name, name) in rows]
    if not own:
        return ""
    begin = window.begin[:16].replace("T", " ")
    assets = ", ".join(window.assets)
    return (
        f"\n## {window.name}\n\nFrom {begin} UTC on, {window.minutes // 60} hours of {assets}"
        f" (`{window.folder}`).\nWhy this one: {window.why}.\n"
        f"Holding: {float(own[0].hold_pct):+.2f} %.\n"
        f"{HEAD}" + "".join(_line(row.strategy, [row]) for row in own)
    )


def _together(rows: Rows) -> str:
    lines = (_line(name, _of_strategy(rows, name)) for name in SHIPPED)
    return f"\n## All windows together\n{HEAD}" + "".join(lines)


def _of_strategy(rows: Rows, name: str) -> list[Row]:
    return [row for row in rows.values() if row.strategy == name]


def _lots(row: Row) -> list[float]:
    return [float(each) for each in (*row.sold, *row.unsold)]


def _line(name: str, rows: Sequence[Row]) -> str:
    played = [row for row in rows if not row.lacks]
    if not played:
        return f"| `{name}` | {' '.join(row.lacks for row in rows)} | | | | | | | |\n"
    lots = [value for row in played for value in _lots(row)]
    gross, fees, net, pct = (
        sum(float(getattr(row, key)) for row in played)
        for key in ("gross", "fees", "net", "net_pct")
    )
    mean = f"{np.mean(lots):+.2f}" if lots else "–"
    within = interval(lots)
    span = "–" if within is None else f"{within[0]:+.2f} to {within[1]:+.2f}"
    sold, held = (sum(len(getattr(row, key)) for row in played) for key in ("sold", "unsold"))
    return (
        f"| `{name}` | {sold} | {held} | {gross:+.2f} | {fees:.2f} | {net:+.2f} | {pct:+.3f} |"
        f" {mean} | {span} |\n"
    )


def write_or_check_page(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare; return the exit code."""
    text = render(known(ROOT / LINES))
    return write_or_check(PAGE, text, "scripts.strategy_results", arguments)
