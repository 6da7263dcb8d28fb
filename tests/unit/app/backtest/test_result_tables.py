"""The tables for notebooks equal the report and the books, with exact types."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars
import pyarrow.parquet as parquet
import pytest
from attrs import evolve

from app.backtest.outcome import BacktestOutcome
from app.backtest.result_tables import write_results
from app.results.tabular import DoesNotFit
from domain.model.money import Price
from domain.model.orders import TERMINAL, OrderState
from tests.builders.backtests import CAPPED, plan, played

pytestmark = pytest.mark.req("BT2")


@pytest.fixture(scope="module")
def outcome() -> BacktestOutcome:
    """Return one with trades, and with refusals of a cap."""
    return played(plan(hours=12, sets=CAPPED))


@pytest.fixture(scope="module")
def folder(outcome: BacktestOutcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("results") / "new"
    files = write_results(outcome, place)
    assert sorted(place.iterdir()) == sorted(files)
    return place


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    table = parquet.read_table(folder / f"{name}.parquet")
    moments = [field.name for field in table.schema if str(field.type).startswith("timestamp")]
    typed: list[dict[str, Any]] = table.drop_columns(moments).to_pylist()
    return typed


def test_trades_add_up_to_the_books(outcome: BacktestOutcome, folder: Path) -> None:
    found, results = rows(folder, "trades"), outcome.results

    closed = [row for row in found if row["is_closed"]]
    assert len(closed) == results.summary.trades > 0
    assert sum(row["profit_currency"] for row in closed) == results.summary.profit
    assert [row["lot"] for row in found if not row["is_closed"]] == [lot.id for lot in results.lots]
    assert {row["asset"] for row in found} <= {"BTC", "DOGE", "ETH", "LINK", "SOL"}
    assert all(row["stop_currency"] < row["entry_currency"] for row in found)


def test_orders_have_their_fills_and_their_ends(outcome: BacktestOutcome, folder: Path) -> None:
    found = rows(folder, "orders")

    assert len(found) == outcome.results.counts.orders
    assert sum(row["fees_currency"] for row in found) == outcome.results.fees
    bought = sum(row["value_currency"] for row in found if row["side"] == "BUY")
    assert bought == sum(trip.bought_for for trip in outcome.results.trips)
    lots = {row["lot"] for row in rows(folder, "trades")}
    assert {row["lot"] for row in found if row["filled_asset"]} <= lots
    ended = parquet.read_table(folder / "orders.parquet").column("ended_utc").to_pylist()
    for row, at in zip(found, ended, strict=True):
        assert (at is not None) == (OrderState(row["state"]) in TERMINAL)
    assert {"post-only limit", "stop limit"} <= {row["type"] for row in found}


def test_equity_is_the_curve(outcome: BacktestOutcome, folder: Path) -> None:
    found, points = rows(folder, "equity"), outcome.results.points

    assert [row["equity_currency"] for row in found] == [point.nlv for point in points]
    assert max(row["drawdown_pct"] for row in found) == max(
        round(point.drawdown_pct, 18) for point in points
    )


def test_refusals_are_all_that_were_told(outcome: BacktestOutcome, folder: Path) -> None:
    found = rows(folder, "refusals")

    counts = outcome.results.counts
    told = dict(counts.refused_entries)
    assert told
    for rule, count in told.items():
        entries = [row for row in found if row["rule"] == rule and row["purpose"] == "entry"]
        assert len(entries) == count
    assert all(row["observed"] and row["rules"] >= 1 for row in found)


def test_polars_reads_them_with_exact_decimals_and_times_in_utc(folder: Path) -> None:
    for file in folder.iterdir():
        schema = polars.read_parquet(file).schema
        for name, kind in schema.items():
            if name.endswith(("_currency", "_asset", "_pct")):
                assert isinstance(kind, polars.Decimal), (file.name, name)
            if name.endswith("_utc"):
                assert kind == polars.Datetime("ns", "UTC"), (file.name, name)


def test_the_same_results_are_the_same_bytes(outcome: BacktestOutcome, folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    files = write_results(outcome, folder)

    assert {file.name: file.read_bytes() for file in files} == before
    assert {file.name for file in folder.iterdir()} == set(before)


def test_a_number_that_does_not_fit_leaves_the_file_that_was_there(
    outcome: BacktestOutcome, tmp_path: Path
) -> None:
    write_results(outcome, tmp_path)
    before = (tmp_path / "trades.parquet").read_bytes()
    (first, *rest) = outcome.results.trips
    huge = evolve(first, stop_price=Price(Decimal(10) ** 25))
    results = evolve(outcome.results, trips=(huge, *rest))

    with pytest.raises(DoesNotFit, match="stop_currency"):
        write_results(evolve(outcome, results=results), tmp_path)

    assert (tmp_path / "trades.parquet").read_bytes() == before
