"""No benchmark rots: CI starts each, and two checkouts can be compared row by row."""

from __future__ import annotations

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
