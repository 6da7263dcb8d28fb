"""Reports are what the published schema says, and what is no report is told apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import msgspec
import pytest
from attrs import evolve

from app.backtest.outcome import BacktestOutcome
from app.backtest.plan import BacktestEngine
from app.backtest.report import report
from app.backtest.report_schema import SCHEMA, Report, checked
from app.backtest.trail import OrderTrail
from scripts import backtest_schema, pages
from tests.builders.backtests import idle, plan, played

pytestmark = pytest.mark.req("BT2")
PUBLISHED = json.loads(backtest_schema.PAGE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def outcome() -> BacktestOutcome:
    """Return one with closed and open lots, refusals and a halt."""
    sets = (
        "strategies.breakout.lookback_minutes=60",
        "strategies.breakout.volume_minutes=10",
        "strategies.breakout.stop_loss_pct=1",
        "policy.stops.daily_pct=0.4",
        "policy.caps.position_pct=2",
        "policy.caps.asset_pct=2",
    )
    return played(plan(hours=20, sets=sets))


def written(outcome: BacktestOutcome) -> dict[str, Any]:
    """Return the report as a file has it."""
    return dict(json.loads(json.dumps(report(outcome))))


def test_the_published_schema_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    page, text = backtest_schema.PAGE, backtest_schema.render()

    assert pages.write_or_check(page, text, "scripts.backtest_schema", ["--check"]) == 0
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)


def test_a_report_is_what_the_schema_says(outcome: BacktestOutcome) -> None:
    told = written(outcome)

    jsonschema.validate(told, PUBLISHED)
    assert checked(told).schema == SCHEMA == told["schema"]
    assert list(told) == [field.encode_name for field in msgspec.structs.fields(Report)]
    lists = ("closed", "halts", "months", "curve", "exposure_curve", "buy_and_hold_curve")
    assert all(told[name] for name in lists)


def test_one_of_a_market_in_which_nothing_was_traded_is_too() -> None:
    told = written(idle())

    jsonschema.validate(told, PUBLISHED)
    checked(told)
    assert told["closed"] == []
    assert told["statistics"]["mean_profit"] is None


def test_what_is_not_known_is_null(outcome: BacktestOutcome) -> None:
    unknown = OrderTrail()
    unknown.fills_without_book = 1
    told = written(evolve(outcome, trail=unknown, held_pct=None, trials=9))

    jsonschema.validate(told, PUBLISHED)
    assert told["costs"]["spread"] is told["buy_and_hold_pct"] is None
    assert told["costs"]["cases"] == []
    assert told["statistics"]["trials"] == 9


def test_both_engines_have_the_same_report_but_for_the_rounds_that_they_held() -> None:
    asked = plan(hours=4)
    columns, events = (written(played(evolve(asked, engine=each))) for each in BacktestEngine)

    assert columns["closed"]
    assert columns["costs"]["spread"] is not None
    for told in (columns, events):
        del told["counts"]["cycles"]
    assert columns == events


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda told: told.pop(name)


@pytest.mark.parametrize(
    "spoil",
    [
        _without("schema"),
        _without("foregone"),
        lambda told: told.update(schema=2),
        lambda told: told.update(extra=1),
        lambda told: told.update(equity=9817.75),
        lambda told: told.update(equity="NaN"),
        lambda told: told.update(to="yesterday"),
        lambda told: told["metrics"].pop("win_rate"),
        lambda told: told["closed"][0].update(profit=None),
        lambda told: told["statistics"].update(trials=0),
        lambda told: told["counts"].update(orders=-1),
    ],
)
def test_what_is_no_report_is_refused(
    outcome: BacktestOutcome, spoil: Callable[[dict[str, Any]], object]
) -> None:
    told = written(outcome)
    spoil(told)

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, PUBLISHED)
    with pytest.raises(msgspec.ValidationError):
        checked(told)
