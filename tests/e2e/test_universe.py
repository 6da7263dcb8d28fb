"""Bans, the regime and `why`, as an operator gives and asks them of what runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders.runs import EAGER, call, records, status, trader

SECONDLY = (*EAGER, "--set=policy.loop.interval_seconds=1", "--speed=10")


def excluded(home: Path) -> dict[str, Any]:
    """Return the products that may not be bought, with the reason of each."""
    rows = (status(home).get("universe") or {}).get("excluded", ())
    return {each["product"]: each["exclusion_reason"] for each in rows}


@pytest.mark.req("U1", "U3")
def test_a_ban_and_a_crash_keep_entries_out_over_a_restart_until_they_are_lifted(
    tmp_path: Path,
) -> None:
    with trader(tmp_path, *SECONDLY) as running:
        running.ready()
        banned = call(tmp_path, "ban", "add", "ETH-USD", "--reason", "exploit")
        assert banned.returncode == 0, banned.stderr
        running.wait_until(lambda: excluded(tmp_path).get("ETH-USD") == "banned")
        set_ = call(tmp_path, "regime", "set", "crash", "--reason", "bank run")
        assert set_.returncode == 0, set_.stderr
        running.wait_until(lambda: status(tmp_path)["regime"]["provenance"] == "operator")
        begun, cycles = (len(records(tmp_path, each)) for each in ("IntentRaised", "RoundJudged"))
        running.wait_until(lambda: len(records(tmp_path, "RoundJudged")) >= cycles + 3)
        entries = records(tmp_path, "IntentRaised")[begun:]
        assert [each for each in entries if "worst_case" in each["intent"]["order"]] == []
        running.interrupt()

    with trader(tmp_path, *SECONDLY) as running:
        assert "crash_regime" in running.ready()["by"]
        running.wait_until(lambda: excluded(tmp_path).get("ETH-USD") == "banned")
        assert "ETH until " in call(tmp_path, "ban", "list").stdout
        why = json.loads(call(tmp_path, "why", "ETH-USD", "--json").stdout)
        assert why["reason"] == "banned"
        assert any("crash_regime" in each for each in why["sentences"])
        for words in (("ban", "clear", "ETH-USD"), ("regime", "clear")):
            assert call(tmp_path, *words, "--reason", "over").returncode == 0
        running.wait_until(lambda: "ETH-USD" not in excluded(tmp_path))
        running.wait_until(lambda: status(tmp_path)["regime"]["regime"] != "crash")
        running.interrupt()
