"""The baselines of short backtests: is every strategy still what it was when they were written?

    python -m scripts.backtest_baselines --check
    python -m scripts.backtest_baselines

Plays one short backtest of each shipped strategy on the generated market, and some on recorded
ones (BULKHEAD_SHARED_DATA, then ../shared/data; passed over where neither is there), and compares
each with its file below tests/golden/backtests: five figures within 2 %, and the hash of the list
of orders. `--check` ends with 1 if anything is another; without it what has changed is said, and
the files are written anew: commit them with the change that explains them.

Each file is a baseline of `run.py backtest --baseline FILE`; its `command` is how it was played.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from app.backtest.order_lists import differing
from domain.results.regression import metrics_of, moved
from scripts.backtest_results import reported
from scripts.pages import ROOT

FOLDER = Path("tests/golden/backtests")
KEPT = ("schema", "market", "from", "to", "opening", "fills", "metrics", "order_hashes")
"""Members of a report that a baseline needs."""
Baseline = dict[str, Any]


@frozen
class Case:
    """A short backtest with closed trades. `market`: a path below the recorded markets, or ""."""

    name: str
    words: tuple[str, ...]
    market: str = ""

    @property
    def file(self) -> Path:
        """Return where its baseline is kept."""
        return ROOT / FOLDER / f"{self.name}.json"

    def command(self, data: Path | None) -> list[str]:
        """Return the words after `run.py`; `data` is the folder of recorded markets."""
        place = (data or Path("../shared/data")) / self.market
        return ["backtest", *(["--market", str(place)] if self.market else []), *self.words]


def _case(strategy: str, begin: str, end: str, *sets: str, market: str = "") -> Case:
    words = ["--strategy", strategy, "--from", begin, "--to", end]
    words += [word for each in sets for word in ("--set", f"strategies.{strategy}.{each}")]
    kind = market.rpartition("/")[2] or "generated"
    return Case(f"{strategy}-{kind}", tuple(words), market)


CASES = (
    _case("baseline", "2026-01-06T22:58:00Z", "2026-01-07T00:10:00Z", "max_hold=1h"),
    _case("breakout", "2026-01-05T00:00:00Z", "2026-01-07T00:00:00Z"),
    _case("mean_reversion", "2026-01-07T02:30:00Z", "2026-01-07T10:00:00Z"),
    _case("momentum", "2026-01-05T08:00:00Z", "2026-01-05T20:00:00Z"),
    _case("trend_daily", "2026-01-22T00:00:00Z", "2026-01-22T01:30:00Z", "max_hold=1h"),
    _case(
        *("breakout", "2023-03-12T00:00:00Z", "2023-03-15T00:00:00Z"),
        market="candles/coinbase_1m_2023-03",
    ),
    _case(
        *("mean_reversion", "2025-06-20T00:00:00Z", "2025-06-22T00:00:00Z"),
        market="candles/binance_1m_2025-05_08",
    ),
)


def baseline(case: Case, report: Mapping[str, Any]) -> Baseline:
    """Return what is kept of a report."""
    return {"command": case.command(None), **{name: report[name] for name in KEPT}}


def changes(before: Baseline | None, now: Baseline) -> Iterator[str]:
    """Yield what is another than in a baseline, in words; the figures only beyond 2 %."""
    if before is None:
        yield "there was no baseline"
        return
    for name in ("command", "market", "from", "to", "opening", "fills"):
        if before.get(name) != now[name]:
            yield f"`{name}` was {before.get(name)}, is {now[name]}"
    for each in moved(metrics_of(before.get("metrics")), metrics_of(now["metrics"])):
        yield f"moved: {each}"
    for strategy in differing(before.get("order_hashes") or {}, now["order_hashes"]):
        yield f"other orders of {strategy}"


def known(case: Case) -> Baseline | None:
    """Return the baseline of a case, None before it is written for the first time."""
    if not case.file.is_file():
        return None
    found: Baseline = json.loads(case.file.read_text(encoding="utf-8"))
    return found


def main(arguments: list[str]) -> int:
    """Play all cases; compare or write their baselines."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    beside = os.environ.get("BULKHEAD_SHARED_DATA") or ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(beside), help="the recorded markets")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    asked = parser.parse_args(arguments)
    differ = 0
    for case in CASES:
        if case.market and not (asked.data / case.market).exists():
            print(f"{case.name}: passed over, {asked.data / case.market} is not there")
            continue
        now = baseline(case, reported(case.command(asked.data)))
        found = list(changes(known(case), now))
        differ += bool(found)
        print(f"{case.name}: {'; '.join(found) or 'the same'}", flush=True)
        if not asked.check:
            case.file.parent.mkdir(parents=True, exist_ok=True)
            case.file.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    if differ and asked.check:
        sys.stderr.write("meant so? then: python -m scripts.backtest_baselines\n")
    return 1 if differ and asked.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
