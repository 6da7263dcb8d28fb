"""`torture` refuses what it can't try before anything begins; what it does: e2e/test_torture.py."""

from __future__ import annotations

import pytest

from app.command_line.cli import main

pytestmark = pytest.mark.req("E1")


def test_a_strategy_that_there_is_not_is_refused_with_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["torture", "--strategy", "spamer"]) == 2

    said = capsys.readouterr().err
    assert "did you mean spammer" in said
    assert "mutator" in said


def test_a_configuration_that_is_wrong_is_told_before_anything_begins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["torture", "--set", "policy.caps.total_pct=16"]) == 2
    assert "policy.caps.total_pct: must be <= 15" in capsys.readouterr().err
