"""`selftest` says how many guards are proven, and names the one that lets something pass."""

from __future__ import annotations

import json

import pytest

from app.command_line.cli import main
from domain.risk.rules.total_cap import TotalCap

pytestmark = pytest.mark.req("M1")


def test_all_guards_are_proven(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selftest"]) == 0

    proven, _, words = capsys.readouterr().out.partition(" ")
    assert words == "guards proven\n"
    assert len(set(proven.split("/"))) == 1


def test_a_guard_that_lets_one_pass_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(TotalCap, "judge", lambda *_: None)

    assert main(["selftest"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("total_cap does not hold: an entry that passes the cap of 15 % by a cent")

    assert main(["selftest", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["ok"]
    assert [each["name"] for each in told["guards"] if not each["proven"]] == ["total_cap"]
    assert told["guards_proven"] == f"{len(told['guards']) - 1}/{len(told['guards'])}"


def test_what_could_not_be_tried_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    small = [f"strategies.{name}.notional_pct=0.01" for name in ("breakout", "baseline")]
    small += [f"strategies.{name}.notional_pct=0.01" for name in ("mean_reversion", "momentum")]
    small += ["strategies.trend_daily.notional_pct=0.01", "policy.proposals.max_notional_pct=0.01"]
    small += ["policy.proposals.min_target_pct=1", "policy.proposals.max_target_pct=5"]
    small += [
        f"strategies.{name}.{key}={value}"
        for name in ("breakout", "mean_reversion", "momentum", "trend_daily")
        for key, value in (("take_profit_pct", 5), ("stop_loss_pct", 4))
    ]
    sets = [word for each in small for word in ("--set", each)]

    code = main(["selftest", *sets])

    out = capsys.readouterr().out
    assert code == 0, out
    assert "gateway was not tried: nothing gets there" in out


def test_a_configuration_that_is_wrong_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selftest", "--set", "policy.caps.total_pct=16"]) == 2
    assert "policy.caps.total_pct: must be <= 15" in capsys.readouterr().err
