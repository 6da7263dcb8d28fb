"""`close` asks the running instance: nothing else sells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.command_line.cli import cli

pytestmark = pytest.mark.req("X6")


def test_a_product_is_named_as_the_venue_does(running: Path, asked: list[Any]) -> None:
    words = ["close", "eth-usd", "--reason", "sold by hand", "--data-dir", str(running)]
    done = CliRunner().invoke(cli, words, standalone_mode=False)

    assert done.return_value == 0
    assert asked == [("paper", "close", {"reason": "sold by hand", "subject": "ETH-USD"})]


def test_a_reason_may_be_left_out(running: Path, asked: list[Any]) -> None:
    words = ["close", "eth-usd", "--data-dir", str(running)]
    done = CliRunner().invoke(cli, words, standalone_mode=False)

    assert done.return_value == 0
    assert asked == [("paper", "close", {"reason": "closed by hand", "subject": "ETH-USD"})]
