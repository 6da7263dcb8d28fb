"""Every shipped strategy still sends the orders of its baseline; what has changed is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.command_line.cli import main as command
from app.commands.backtest import SAME_ORDERS
from config.loading import load
from scripts import backtest_baselines as baselines
from scripts.backtest_baselines import CASES, FOLDER, Case, baseline, changes, known, main
from scripts.pages import ROOT
from tests.builders.recorded import shared_data

pytestmark = pytest.mark.req("BT1", "BT3")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_orders_and_figures_are_those_of_the_baseline(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    data = shared_data() if case.market else None

    code = command([*case.command(data), "--baseline", str(case.file)])

    told = capsys.readouterr().err
    assert code == 0, f"{told}\nmeant so? then: python -m scripts.backtest_baselines"
    assert SAME_ORDERS in told, f"{told}\nmeant so? then: python -m scripts.backtest_baselines"


def test_each_shipped_strategy_has_a_baseline_with_closed_trades_and_no_file_is_left() -> None:
    invented = [case for case in CASES if not case.market]

    assert sorted(each.words[1] for each in invented) == sorted(load(Path("config")).strategies)
    assert {each.name for each in (ROOT / FOLDER).iterdir()} == {each.file.name for each in CASES}
    for case in CASES:
        found = known(case)
        assert found is not None
        assert found["command"] == case.command(None)
        assert int(found["metrics"]["total_trades"]) > 0
        assert list(found["order_hashes"]) == [case.words[1]]


def _changed(**more: Any) -> tuple[str, ...]:
    before = known(CASES[1])
    assert before is not None
    return tuple(changes({**before, **more}, before))


def test_what_has_changed_is_said() -> None:
    found = known(CASES[1])
    assert found is not None
    figures = {**found["metrics"], "total_trades": "40"}

    assert _changed() == ()
    assert _changed(metrics=figures) == ("moved: total_trades: was 40, is 4 (-90.0 %)",)
    assert _changed(order_hashes={"breakout": "0" * 16}) == ("other orders of breakout",)
    assert _changed(market="another")[0].startswith("`market` was another, is generated")
    assert list(changes(None, found)) == ["there was no baseline"]


def test_they_are_written_anew_with_what_changed_and_checked_without_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case, recorded = CASES[1], next(each for each in CASES if each.market)
    found = known(case)
    assert found is not None
    report = {**found, "order_hashes": {"breakout": "f" * 16}, "beside": 1}
    monkeypatch.setattr(baselines, "ROOT", tmp_path)
    monkeypatch.setattr(baselines, "CASES", (case, recorded))
    monkeypatch.setattr(baselines, "reported", lambda _: report)
    case.file.parent.mkdir(parents=True)
    case.file.write_text(json.dumps(found), encoding="utf-8")
    nowhere = ["--data", str(tmp_path / "nowhere")]

    assert main(["--check", *nowhere]) == 1
    told = capsys.readouterr()
    assert "breakout-generated: other orders of breakout" in told.out
    assert f"{recorded.name}: passed over" in told.out
    assert "python -m scripts.backtest_baselines" in told.err
    assert known(case) == found

    assert main(nowhere) == 0
    assert "other orders of breakout" in capsys.readouterr().out
    assert known(case) == baseline(case, report)
    assert main(["--check", *nowhere]) == 0
