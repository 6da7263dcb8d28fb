"""`run.py report` after a real run: every number equals the ledger, in every form."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

from adapters.journal.segments import read_records
from app.run.recovery import CODEC
from domain.model.product import Side
from domain.system.recovery import fold
from tests.builders.runs import BREAKING_OUT, call, records

pytestmark = pytest.mark.xdist_group("report")

BUSY = (
    *BREAKING_OUT,
    "--set=strategies.breakout.lookback_minutes=3",
    "--set=policy.exits.max_hold=5m",
    "--speed=max",
    "--duration=40m",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that bought, sold and kept something."""
    folder = tmp_path_factory.mktemp("run")
    done = call(folder, "--env", "paper", "--no-dashboard", *BUSY, seconds=120)
    assert done.returncode == 0, done.stderr
    return folder


def told(home: Path, *arguments: str) -> dict[str, Any]:
    done = call(home, "report", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.req("X2")
def test_every_number_equals_the_ledger(home: Path) -> None:
    report = told(home)
    journal = read_records(home / "data" / "paper" / "journal")
    messages = ((each.at_ns, CODEC.decode(each.type, each.data)) for each in journal)
    ledger = fold(messages, "USD").ledger
    assert ledger is not None

    assert Decimal(report["cash"]) == ledger.cash
    assert Decimal(report["fees"]) == ledger.fees
    closed = sum(Decimal(trade["profit"]) for trade in report["closed"])
    assert Decimal(report["realised"]) == ledger.realised == closed
    parts = Decimal(report["realised"]) + Decimal(report["unrealised"])
    assert Decimal(report["pnl_net"]) == parts
    assert [lot["lot"] for lot in report["open"]] == [lot.id for lot in ledger.lots]
    fills = [each["fill"] for each in records(home, "FillBooked")]
    assert report["counts"]["fills"] == len(fills)
    assert report["trades"]["total_trades"] >= 3
    sold = sum(Decimal(fill["quantity"]) for fill in fills if fill["side"] == Side.SELL)
    assert sum(Decimal(trade["quantity"]) for trade in report["closed"]) == sold


def test_people_read_it_within_80_columns(home: Path) -> None:
    done = call(home, "report")

    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    for word in ("Equity", "Profit", "realised", "Drawdown", "Closed trades", "held long enough"):
        assert word in done.stdout


class Tags(HTMLParser):
    """Collects what a page loads and what its tables hold."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.rows += tag == "tr"
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_loads_nothing_from_anywhere(home: Path) -> None:
    done = call(home, "report", "--html", "report.html")

    assert done.returncode == 0, done.stderr
    page = Tags()
    page.feed((home / "report.html").read_text(encoding="utf-8"))
    assert page.loads == []
    assert page.rows > told(home)["trades"]["total_trades"]


def test_a_time_without_records_is_no_report(home: Path) -> None:
    done = call(home, "report", "--from", "2100-01-01T00:00:00Z")

    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing was recorded in that time" in done.stderr


def test_a_part_of_the_time_has_a_part_of_the_trades(home: Path) -> None:
    report = told(home)
    middle = report["closed"][len(report["closed"]) // 2]["closed"]

    before, after = told(home, "--to", middle), told(home, "--from", middle)

    assert len(before["closed"]) + len(after["closed"]) == len(report["closed"])
    assert before["closed"]
    assert after["closed"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"), 2, "before --to"),
        (("--from", "yesterday"), 2, "yesterday"),
    ],
)
def test_nonsense_is_refused(home: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = call(home, "report", *arguments)

    assert done.returncode == code
    assert said in done.stderr


def test_without_a_run_there_is_nothing_to_report(tmp_path: Path) -> None:
    done = call(tmp_path, "report")

    assert done.returncode == 1
    assert "no report: expected a journal" in done.stderr


def test_the_last_word_on_equity_is_that_of_the_end(home: Path) -> None:
    (stopped,) = records(home, "RunStopped")

    assert told(home)["equity"] == str(stopped["nlv"])


def test_trades_are_shown_on_the_prices_that_the_run_has_kept(home: Path, tmp_path: Path) -> None:
    done = call(home, "report", "--html", str(tmp_path / "report.html"))

    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    traded = {each["fill"]["product"] for each in records(home, "FillBooked")}
    assert traded
    for product in traded:
        assert f"{product}, trades" in page
    assert page.count('"candlestick"') >= len(traded)


@pytest.mark.req("X2")
def test_the_chain_of_any_trade_ends_in_the_profit_of_the_ledger(home: Path) -> None:
    closed = {each["lot"]: each for each in told(home)["closed"]}
    trade = next(each for each in records(home, "FillBooked") if each["fill"]["side"] == Side.SELL)

    done = call(home, "trace", trade["fill"]["entry_id"], "--json")

    assert done.returncode == 0, done.stderr
    (lot,) = json.loads(done.stdout)["lots"]
    types = [step["type"] for step in lot["steps"]]
    assert lot["lot"] == trade["order"]["lot"]
    assert types[0] == "OrderApproved"
    assert types.index("IntentRaised") < types.index("FillBooked") < types.index("ExitProposed")
    assert lot["result"]["profit"] == closed[lot["lot"]]["profit"]
    shown = call(home, "trace", lot["lot"][:8])
    assert max(map(len, shown.stdout.splitlines())) <= 80
    assert "profit " in shown.stdout.splitlines()[-1]


def exported(home: Path, *words: str) -> list[dict[str, Any]]:
    """Return the rows of a table, the same from CSV and from Parquet."""
    files = [home / f"out.{ending}" for ending in ("csv", "parquet")]
    for file in files:
        done = call(home, "export", *words, "-o", str(file))
        assert done.returncode == 0, done.stderr
    table = parquet.read_table(files[1])
    moments = [field.name for field in table.schema if str(field.type).startswith("timestamp")]
    typed: list[dict[str, Any]] = table.drop_columns(moments).to_pylist()
    texts = list(csv.DictReader(files[0].read_text(encoding="utf-8").splitlines()))
    numbers = [name for name, value in typed[0].items() if isinstance(value, Decimal)]
    assert [[row[name] for name in numbers] for row in typed] == [
        [Decimal(row[name]) if row[name] else None for name in numbers] for row in texts
    ]
    return typed


@pytest.mark.req("X2")
def test_every_export_adds_up_to_the_ledger_to_the_last_digit(home: Path) -> None:
    report = told(home)
    cash, fees, realised = (Decimal(report[name]) for name in ("cash", "fees", "realised"))

    fills = exported(home, "fills")
    lines = exported(home, "ledger")
    lots = exported(home, "lots")
    view = exported(home, "lots", "--method", "hifo")
    marks = exported(home, "equity")

    assert sum(row["fee_currency"] for row in fills) == fees
    assert sum(row["cash_change_currency"] for row in lines) == cash == lines[-1]["cash_currency"]
    assert sum(row["gain_currency"] for row in lots if row["status"] == "sold") == realised
    assert [row["lot"] for row in lots if row["status"] == "open"] == [
        each["lot"] for each in report["open"]
    ]
    for column in ("quantity_asset", "cost_currency"):
        assert sum(row[column] for row in view) == sum(row[column] for row in lots)
    assert marks[-1]["equity_currency"] == Decimal(report["equity"])
    assert marks[-1]["profit_currency"] == Decimal(report["pnl_net"])
