"""`release` asks the running instance, and nobody else can say what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.command_line.cli import cli

pytestmark = pytest.mark.req("REC1")


def test_a_lot_is_given_up_by_its_name(running: Path, asked: list[Any]) -> None:
    words = ["release", "lot-1", "--reason", "sold by hand", "--data-dir", str(running)]
    done = CliRunner().invoke(cli, words, standalone_mode=False)

    assert done.return_value == 0
    assert asked == [("paper", "release", {"reason": "sold by hand", "subject": "lot-1"})]


def test_a_reason_may_be_left_out(running: Path, asked: list[Any]) -> None:
    words = ["release", "lot-1", "--data-dir", str(running)]
    done = CliRunner().invoke(cli, words, standalone_mode=False)

    assert done.return_value == 0
    assert asked == [("paper", "release", {"reason": "released by hand", "subject": "lot-1"})]
