"""`backtest` plays, shows, writes and compares; what can't be played is said and nothing starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.command_line.cli import main
from app.commands.backtest import backtest
from domain.model.instants import HOUR, MINUTE, iso
from domain.model.market import Bar
from tests.builders.backtests import BEGIN, LIVELY, candles, file_of

pytestmark = pytest.mark.req("BT2", "BT3")
SETS = [word for each in LIVELY for word in ("--set", each)]
FIVE_HOURS = ["--from", iso(BEGIN), "--to", iso(BEGIN + 5 * HOUR)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of five hours."""
    file = tmp_path_factory.mktemp("made") / "made.json"
    assert main(["backtest", *FIVE_HOURS, *SETS, "--report", str(file)]) == 0
    return file


def test_the_report_has_everything_that_was_asked_for(made: Path) -> None:
    told = json.loads(made.read_text(encoding="utf-8"))

    assert list(told["metrics"]) == [
        "total_trades",
        "win_rate",
        "total_pnl_pct",
        "max_drawdown_pct",
        "profit_factor",
    ]
    assert int(told["metrics"]["total_trades"].partition(".")[0]) == len(told["closed"]) > 0
    assert {"all", "assets", "themes"} == set(told["exposure"])
    assert told["exposure"]["assets"]
    assert told["curve"][-1]["equity"] == told["equity"]
    assert any(line.startswith("fees: 0.6 % resting, 1.2 % taking") for line in told["assumptions"])
    assert any("too few" in line for line in told["warnings"])


def test_json_is_the_report_and_the_same_is_the_same_as_its_baseline(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", *FIVE_HOURS, *SETS, "--json", "--baseline", str(made)]) == 0

    told = capsys.readouterr()
    assert told.out == made.read_text(encoding="utf-8")
    assert "nothing has moved" in told.err


def test_what_has_moved_is_named(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tight = ["--set", "policy.max_order_usd=50"]

    assert main(["backtest", *FIVE_HOURS, *SETS, *tight, "--baseline", str(made)]) == 1

    told = capsys.readouterr()
    assert "moved: total_pnl_pct: was " in told.err
    assert max(len(line) for line in told.out.splitlines()) <= 80


def _changed(made: Path, **changes: Any) -> str:
    known = json.loads(made.read_text(encoding="utf-8"))
    return json.dumps({**known, **changes})


def test_a_baseline_that_can_not_be_compared_is_refused(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = json.loads(made.read_text(encoding="utf-8"))["metrics"]
    texts = {
        "": "Expecting value",
        "[]": "it is no report",
        "{}": "it has no object `metrics`",
        _changed(made, metrics={**metrics, "total_trades": "0"}): "no closed trade",
        _changed(made, market="another"): "the baseline's `market` is another",
        _changed(made, opening={"USD": "5"}): "the baseline's `opening` is",
        _changed(made, fills="bar"): "the baseline's `fills` is bar, here it is tape",
    }
    for number, (text, why) in enumerate(texts.items()):
        file = tmp_path / f"{number}.json"
        file.write_text(text, encoding="utf-8")

        assert main(["backtest", *FIVE_HOURS, *SETS, "--baseline", str(file)]) == 2
        assert why in capsys.readouterr().err


def test_one_strategy_and_its_capital(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--to", iso(BEGIN + HOUR), "--strategy", "momentum", "--capital", "500", "--json"]

    assert main(["backtest", *asked]) == 0

    assert json.loads(capsys.readouterr().out)["opening"] == {"USD": "500"}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (["--strategy", "nobody"], "--strategy: expected one of baseline, breakout"),
        (["--capital", "0"], "expected an amount above 0"),
        (["--market", "nowhere.parquet"], "does not exist"),
        (["--set", "strategies.breakout.enabled=false"], "no strategy is enabled"),
        (["--to", "2020-01-01T00:00:00Z"], "nothing is left to play"),
    ],
)
def test_what_can_not_be_done_is_said(
    asked: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", *asked]) == 2
    assert why in capsys.readouterr().err


def _hostile() -> dict[str, list[Bar]]:
    rows = candles(1, product="BTC-USD")
    twice = [each for bar in rows for each in (bar, bar)]
    holes = [bar for bar in rows if bar.start_ns // MINUTE % 7]
    return {"empty": [], "one": rows[:1], "twice": twice, "holes": holes}


@pytest.mark.parametrize(
    ("name", "code"), [("empty", 2), ("one", 2), ("twice", 0), ("holes", 0), ("nan", 0)]
)
@pytest.mark.req("BT4")
def test_hostile_files_are_played_or_refused_in_words(
    name: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"{name}.csv"
    rows = _hostile().get(name, candles(1, product="BTC-USD"))
    lines = ["ts,symbol,open,high,low,close,volume"]
    for number, bar in enumerate(rows):
        prices = ("nan",) * 4 if name == "nan" and number == 60 else bar_prices(bar)
        lines.append(",".join((iso(bar.start_ns), "BTC-USD", *prices, str(bar.volume))))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    assert main(["backtest", "--market", str(file), *SETS]) == code

    told = capsys.readouterr()
    assert "Traceback" not in told.err
    if code:
        assert told.err.strip()
        assert not told.out


def bar_prices(bar: Bar) -> tuple[str, ...]:
    return str(bar.open), str(bar.high), str(bar.low), str(bar.close)


def test_the_help_says_how_results_are_compared() -> None:
    assert "--baseline momentum.json" in (backtest.help or "")


def test_a_report_that_can_not_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "nowhere" / "r.json"

    for option in ("--report", "--html", "--results"):
        assert main(["backtest", "--to", iso(BEGIN + HOUR), option, str(place)]) == 2
        assert option in capsys.readouterr().err


def test_one_file_is_not_written_over_by_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "here").mkdir()
    same = str(tmp_path / "one"), str(tmp_path / "here" / ".." / "one")
    for first, second in (("report", "html"), ("report", "results"), ("html", "results")):
        asked = [f"--{first}", same[0], f"--{second}", same[1]]
        assert main(["backtest", "--to", iso(BEGIN + HOUR), *asked]) == 2
        told = " ".join(capsys.readouterr().err.split())
        assert f"--{second}: {same[1]} is already what --{first} writes" in told
    assert not (tmp_path / "one").exists()


def test_what_can_not_be_written_after_all_is_said_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "trades.parquet").mkdir()  # in the place of a file
    asked = ["backtest", "--to", iso(BEGIN + HOUR), "--results", str(tmp_path)]

    assert main(asked) == 2

    told = capsys.readouterr().err
    assert "--results" in told
    assert "Traceback" not in told
    assert not [file for file in tmp_path.iterdir() if file.is_file()]


def test_page_and_tables_are_written_where_they_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, folder = tmp_path / "sheet.html", tmp_path / "results"
    asked = ["--html", str(page), "--results", str(folder), "--trials", "50"]

    assert main(["backtest", *FIVE_HOURS, *SETS, *asked]) == 0

    told = capsys.readouterr()
    assert f"written: {page}" in told.err
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(file.name for file in folder.iterdir()) == [
        *("equity.parquet", "orders.parquet", "refusals.parquet", "trades.parquet"),
    ]
    assert "50 settings were tried on this market" in " ".join(told.out.split())


def test_without_a_page_it_says_how_to_get_one_and_does_no_work_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("nobody asked for it")

    monkeypatch.setattr("app.backtest.analysis.analyse", fail)

    assert main(["backtest", "--to", iso(BEGIN + HOUR)]) == 0
    assert "add: --html sheet.html" in capsys.readouterr().err


@pytest.mark.parametrize("trials", ["0", "-1", "many"])
def test_a_number_of_trials_counts_this_one(
    trials: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", "--trials", trials]) == 2
    assert "--trials" in capsys.readouterr().err


def test_candles_of_all_products_in_a_folder_are_one_market(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("BTC-USD", "ETH-USD"):
        file_of(tmp_path / f"{name}.parquet", candles(2, product=name))

    assert main(["backtest", "--market", str(tmp_path), *SETS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["products"] == ["BTC-USD", "ETH-USD"]


@pytest.mark.req("BT1")
def test_a_market_that_does_not_stay_in_memory_gives_the_same_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("BTC-USD", "ETH-USD"):
        rows = candles(4, product=name)
        file_of(tmp_path / f"{name}-1.parquet", rows[:200])
        file_of(tmp_path / f"{name}-2.parquet", rows[190:])
    asked = ["backtest", "--market", str(tmp_path), *SETS, "--json"]
    assert main(asked) == 0
    want = capsys.readouterr().out

    monkeypatch.setattr("adapters.simulator.market_data.candles.MOST_ROWS", 0)
    monkeypatch.setattr("adapters.simulator.market_data.scratch.USED_ROWS", 10)

    assert main(asked) == 0
    assert capsys.readouterr().out == want


def test_a_run_to_be_like_has_to_be_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = f"--data-dir={tmp_path}"

    assert main(["backtest", *FIVE_HOURS, "--like", "last", "--env", "paper", folder]) == 2
    assert "--like" in capsys.readouterr().err
    assert main(["backtest", *FIVE_HOURS, "--like", "first"]) == 2
    assert "counted from 1, or `last`" in capsys.readouterr().err
    assert main(["backtest", *FIVE_HOURS, "--env", "paper"]) == 2
    assert "says whose run --like means" in capsys.readouterr().err
