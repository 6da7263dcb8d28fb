"""A sweep on the terminal: within 80 columns, what to type next, and whether it was worth it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from app.sweep.findings import SweepFindings
from app.sweep.plan import SweepPlan
from app.sweep.table import show, verdict
from tests.builders.sweeps import plan
from tests.unit.app.sweep.test_findings import findings, fold

pytestmark = pytest.mark.req("BT2")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SweepPlan:
    return plan(tmp_path_factory.mktemp("sweep"))


def shown(found: SweepFindings) -> str:
    out = io.StringIO()
    show(found, Console(file=out, width=80, highlight=False))
    return out.getvalue()


def test_it_shows_folds_and_what_to_go_on_with(small: SweepPlan) -> None:
    found = findings(small, fold(small, 1, [9.0, 2.0], 3.0), fold(small, 2, [1.0, 4.0], 2.0))

    told = shown(found)

    assert "--set strategies.breakout.lookback_minutes=25" in told
    assert "50.00 %" in told, "the decay of fold 2"
    assert "better than the settings as they are, where it was judged" in told
    assert "Beware" in told
    assert max(len(line) for line in told.splitlines()) <= 80


def test_what_is_not_known_is_a_dash_and_what_is_not_better_is_said(small: SweepPlan) -> None:
    none = findings(small, fold(small, 1, [None], None))
    worse = findings(small, fold(small, 1, [9.0], 0.5))

    assert "–" in shown(none)
    assert verdict(none) == "no trial had a result"
    assert verdict(worse) == "not better than the settings as they are, where it was judged"
    assert "--set" not in shown(none)
