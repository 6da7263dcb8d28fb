"""No benchmark rots: CI starts each, and two checkouts can be compared row by row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from benchmarks import peers
from benchmarks.backtest import contest, reference
from benchmarks.backtest.rules import MINUTE_NS, Rule, Task
from benchmarks.compare import best, figures
from benchmarks.smoke import ABOUT_THEM, benchmarks
from tests.house.tidy import ROOT

PRINTED = """
quote at the stop -> approved exit (target p50 <= 300, p99 <= 2 000)
                                       p50 us     p99 us     max us     n  x floor
direct calls (floor)                     20.2    14548.7     8166.8    20     1.00
threads                                 386.0      666.9      656.0    20    19.15

frames of level2 to clients, in the process
 clients   frames  us a frame  floor us  x floor
      50     6900       19.91     3.800      5.2

start to READY                      median s   max s   n  x floor  target
5 generated products                    9.03    9.03   1     0.78       3
26 recorded products: no data here
durable_append           {'p50_us': 3981.5, 'p99_us': 28756.9, 'max_us': 23378.5}
"""


def test_ci_starts_every_benchmark_and_the_readme_names_it() -> None:
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    programs = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}

    assert {path.stem for path in benchmarks()} == programs - {*ABOUT_THEM, "parts"}
    assert all(f"python benchmarks/{path.name}" in readme for path in benchmarks())
    assert "python -m benchmarks.smoke" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_each_row_of_a_printed_table_gives_the_figure_below_its_unit() -> None:
    assert dict(figures(PRINTED)) == {
        "quote at the stop -> approved exit: direct calls (floor)": 20.2,
        "quote at the stop -> approved exit: threads": 386.0,
        "frames of level2 to clients: 50": 19.91,
        "5 generated products": 9.03,
        "durable_append": 3981.5,
    }


def test_the_best_of_all_rounds_is_compared() -> None:
    assert best([{"a": 2.0, "b": 5.0}, {"a": 1.5}]) == {"a": 1.5, "b": 5.0}


ALIKE = contest.Contestant(name="somebody", module="", executes_alike=True)
OTHERWISE = contest.Contestant(name="somebody", module="", executes_alike=False)
RULE = Rule(enter=2, leave=2, volume=1)


def took(*trips: tuple[int, ...]) -> contest.Took:
    rows = np.array(trips, np.int64).reshape(-1, 5)
    return contest.Took(engine_s=1, wall_s=1, cpu_s=1, peak_mb=1, trips=rows, refused=())


def rising_twice(folder: Path) -> Task:
    """Closes of one product; each open is the close before, and volume doubles with each rise."""
    closes = [5, 5, 5, 6, 7, 6, 4, 4, 9, 3, 3]
    opens = [5, *closes[:-1]]
    starts = pa.array(np.arange(len(closes)) * MINUTE_NS, pa.timestamp("ns", "UTC"))
    highs, lows = (list(map(of, opens, closes)) for of in (max, min))
    prices = {"open": opens, "high": highs, "low": lows, "close": closes}
    table = {name: pa.array(np.array(each) / 1000) for name, each in prices.items()}
    volume = pa.array(np.array([1, 1, 1, 2, 4, 1, 1, 1, 2, 1, 1], np.float64))
    parquet.write_table(pa.table({"ts": starts, **table, "volume": volume}), folder / "A.parquet")
    return Task(folder, RULE, 3, 8, Path(), False)


@pytest.mark.req("BT4")
def test_the_rule_buys_and_sells_at_the_open_after_its_signal(tmp_path: Path) -> None:
    task = rising_twice(tmp_path)

    assert reference.trips(task).tolist() == [[0, 4, 7, 6, 4], [0, 9, 10, 9, 3]]
    assert reference.trips(task, {(0, 4)}).tolist() == [[0, 5, 7, 7, 4], [0, 9, 10, 9, 3]]


@pytest.mark.req("BT4")
def test_a_peer_that_trades_otherwise_is_named() -> None:
    expected = np.array([[0, 4, 7, 6, 4]], np.int64)

    assert peers.verdict(ALIKE, took((0, 4, 7, 6, 4)), expected) == ""
    assert peers.verdict(OTHERWISE, took((0, 4, 7, 8, 2)), expected) == ""
    assert "[0, 4, 7, 8, 4] and not [0, 4, 7, 6, 4]" in peers.verdict(
        ALIKE, took((0, 4, 7, 8, 4)), expected
    )
    assert "[0, 5, 7]" in peers.verdict(OTHERWISE, took((0, 5, 7, 6, 4)), expected)
    assert peers.verdict(ALIKE, took(), expected) == "0 trips where 1 are expected"


def test_what_would_take_too_long_is_known_by_the_last_run() -> None:
    pace = contest.Pace()
    assert pace.expected_s(ALIKE, "dense", 1_000_000) == 0

    pace.note(ALIKE, "dense", 20, 1_000)
    assert pace.expected_s(ALIKE, "dense", 5_000) == 100
    assert pace.expected_s(ALIKE, "dense", 100) == 0, "a smaller size is tried"
    assert pace.expected_s(ALIKE, "sparse", 5_000) == 0


def test_the_measured_part_of_the_page_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "peers.md"
    page.write_text(f"before\n{peers.BEGINS}old\n{peers.ENDS}after\n", encoding="utf-8")

    peers.write(page, "new\n")
    peers.write(page, "newer\n")

    told = page.read_text(encoding="utf-8")
    assert told == f"before\n{peers.BEGINS}newer\n{peers.ENDS}after\n"
    assert peers.BEGINS in peers.PAGE.read_text(encoding="utf-8")
