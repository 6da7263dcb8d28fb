"""The study of the strategies: golden results of real runs, and a page that says what they show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from attrs import evolve, frozen

from domain.model.instants import DAY, HOUR, parse_iso
from scripts.pages import ROOT
from scripts.strategy_results import played
from scripts.strategy_results_page import PAGE, interval, render, verdict
from scripts.strategy_rows import (
    HISTORY_DAYS,
    LINES,
    SHIPPED,
    WINDOWS,
    Row,
    Window,
    held_pct,
    keep,
    known,
)
from tests.builders.recorded import shared_data

WINDOW = Window(
    name="of a test",
    folder="coinbase_1m_2023-11_12",
    assets=("SOL",),
    quote="USD",
    begin="2023-12-22T00:00:00Z",
    minutes=3,
    why="it is short",
)


@frozen
class Golden:
    """What a strategy made of a few minutes of one product."""

    asset: str
    begin: str
    minutes: int
    row: Row


def a_row(strategy: str, **changes: Any) -> Row:
    row = Row(window=WINDOW.name, strategy=strategy, hold_pct="0")
    return evolve(row, **changes)


GOLDEN = (
    Golden(
        "AVAX",
        "2023-12-04T10:59:00Z",
        18,
        a_row(
            "baseline",
            hold_pct="-6.65",
            sold=("-10.7543",),
            gross="-10.5533",
            fees="1.9693",
            net="-12.5226",
            net_pct="-0.1252",
        ),
    ),
    Golden(
        "ETC",
        "2023-12-09T08:29:00Z",
        17,
        a_row(
            "breakout",
            hold_pct="-5.30",
            sold=("-5.7774",),
            gross="-1.9890",
            fees="0.8655",
            net="-2.8544",
            net_pct="-0.0285",
        ),
    ),
    Golden(
        "LINK",
        "2023-12-04T12:56:00Z",
        10,
        a_row(
            "mean_reversion",
            hold_pct="-1.74",
            sold=("-1.3300",),
            gross="0.7051",
            fees="2.6764",
            net="-1.9713",
            net_pct="-0.0197",
        ),
    ),
    Golden(
        "SOL",
        "2023-12-22T16:56:00Z",
        10,
        a_row(
            "momentum",
            hold_pct="-1.72",
            sold=("-1.8105",),
            gross="-0.0158",
            fees="2.6678",
            net="-2.6836",
            net_pct="-0.0268",
        ),
    ),
    Golden(
        "SOL",
        "2023-12-22T00:00:00Z",
        3,
        a_row(
            "trend_daily",
            hold_pct="-1.83",
            unsold=("-1.2528",),
            gross="0.8209",
            fees="0.8893",
            net="-1.8569",
            net_pct="-0.0186",
        ),
    ),
)
"""Each ends with a sale but the last: by the stop, or because the reason to hold is gone."""


@pytest.mark.slow
@pytest.mark.req("STR1", "S1")
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda each: each.row.strategy)
def test_each_strategy_earns_on_recorded_minutes_what_it_did(golden: Golden) -> None:
    window = evolve(WINDOW, assets=(golden.asset,), begin=golden.begin, minutes=golden.minutes)

    assert played(window, golden.row.strategy, shared_data()) == golden.row


def test_no_shipped_strategy_goes_without_a_golden_result() -> None:
    shipped = {path.stem for path in (ROOT / "domain" / "strategies").glob("[a-z]*.py")}

    assert set(SHIPPED) == shipped == {each.row.strategy for each in GOLDEN}


def test_the_committed_page_is_the_one_that_the_kept_rows_give() -> None:
    rows = known(ROOT / LINES)

    assert (ROOT / PAGE).read_text(encoding="utf-8") == render(rows)
    assert rows.keys() == {(window.name, name) for window in WINDOWS for name in SHIPPED}


def test_rows_are_kept_in_order_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    first, last = WINDOWS[0].name, WINDOWS[-1].name
    late, early = (
        a_row(SHIPPED[0], window=name, sold=("1.5",), unsold=("-2", "3")) for name in (last, first)
    )

    keep({(last, SHIPPED[0]): late, (first, SHIPPED[0]): early}, file)

    assert list(known(file).values()) == [early, late]


def test_an_interval_holds_the_mean_and_few_lots_have_none() -> None:
    found = interval([-3.0, -1.0, 0.5, 2.0, -1.5, -2.5])

    assert found is not None
    assert found[0] < -0.92 < found[1]
    assert found == interval([-3.0, -1.0, 0.5, 2.0, -1.5, -2.5]), "the same resamples each time"
    assert interval([1.0, 1.0, 1.0, 1.0]) is None
    assert interval([-2.0] * 5) == (-2.0, -2.0)


def rows_of(**lots: tuple[str, ...]) -> dict[tuple[str, str], Row]:
    return {
        (WINDOW.name, name): a_row(name, sold=sold, gross="5", fees="3", net="2")
        for name, sold in lots.items()
    }


def test_only_a_mean_that_is_surely_above_nothing_counts_as_an_edge() -> None:
    doubtful, sure = ("9", "-3", "4", "-5", "8"), ("1", "2", "1", "2", "3")

    assert verdict(rows_of(breakout=doubtful)).startswith("None of the strategies surely")
    assert verdict(rows_of(breakout=doubtful, momentum=sure)).startswith("Only momentum surely")
    assert "too short to show one" in verdict(rows_of(breakout=sure[:4]))


def test_what_could_not_be_played_says_so_and_adds_nothing() -> None:
    rows = rows_of(breakout=("1",))
    name = WINDOWS[0].name
    lacking = a_row("trend_daily", window=name, lacks="too little history")

    page = render({**rows, (name, "trend_daily"): lacking})

    assert "| `trend_daily` | too little history |" in page


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two products against USDT, one of which doubles, for a month of hours around the window."""
    folder = tmp_path / "candles" / WINDOW.folder
    folder.mkdir(parents=True)
    begin_ns = parse_iso(WINDOW.begin)
    starts = [begin_ns + hour * HOUR for hour in range(-30 * 24, 3)]
    for asset, last in (("ONE", 100.0), ("TWO", 200.0)):
        closes = [100.0 if start <= begin_ns else last for start in starts]
        table = pa.table({"ts": pa.array(starts, pa.timestamp("ns")), "open": closes})
        for name in ("high", "low", "close", "volume"):
            table = table.append_column(name, pa.array(closes))
        parquet.write_table(table, folder / f"{asset}-USDT.parquet")
    return tmp_path


def test_a_window_is_cut_out_with_three_weeks_before_it_and_paid_for_in_usd(data: Path) -> None:
    window = evolve(WINDOW, assets=("ONE", "TWO"), quote="USDT", minutes=120)

    table = window.cut(data)

    starts = table["ts"].cast(pa.int64()).to_pylist()
    assert min(starts) == window.begin_ns - HISTORY_DAYS * DAY
    assert max(starts) == window.begin_ns + HOUR
    assert set(table["symbol"].to_pylist()) == {"ONE-USD", "TWO-USD"}


def test_holding_is_of_equal_parts_after_the_taker_fee_of_both_ways(data: Path) -> None:
    window = evolve(WINDOW, assets=("ONE", "TWO"), quote="USDT", minutes=120)
    kept = (1 - 0.012) / (1 + 0.012)

    assert held_pct(window.cut(data), window.begin_ns) == pytest.approx(
        100 * ((kept - 1) + (2 * kept - 1)) / 2
    )
