"""A shadow beside a trader in a process of its own: threads, files, and the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders.runs import EAGER, ROOT, call, paper, records, verified


@pytest.mark.req("SH1")
def test_a_shadow_watches_a_trader_on_threads(tmp_path: Path) -> None:
    beside = ("--shadow", str(ROOT / "config"))
    told = paper(tmp_path, *EAGER, *beside, "--speed", "60", "--duration", "15m", "--seed", "3")

    assert int(told["orders"]) > 0
    verified(tmp_path)
    done = call(tmp_path, "shadow", "report", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["ended"] == "stopped"
    assert report["cycles"] + report["skipped"] > 0
    assert report["counts"]["only-primary"] > 0, (
        "a day's high is not passed in a quarter of an hour"
    )
    assert report["decisions"] == report["counts"]["only-primary"]
    assert report["pnl"]["shadow"] == "0"
    assert "strategies.breakout.lookback_minutes" in {each["name"] for each in report["differs"]}
    intents = records(tmp_path, "IntentRaised")
    assert not any(each["intent"]["client_order_id"].startswith("shadow") for each in intents)
