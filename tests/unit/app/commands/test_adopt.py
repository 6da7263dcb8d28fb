"""`adopt` asks the running instance: nobody else can say what is foreign."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from app.command_line.cli import cli

pytestmark = pytest.mark.req("REC1")
WORDS = ("eth-usd", "0.010", "--cost", "34.50", "--stop", "3200")


def adopted(data: Path, *words: str) -> Result:
    return CliRunner().invoke(
        cli, ["adopt", *words, "--data-dir", str(data)], standalone_mode=False
    )


def test_numbers_are_asked_for_plain_and_products_as_the_venue_names_them(
    running: Path, asked: list[Any]
) -> None:
    assert adopted(running, *WORDS).return_value == 0
    subject = "ETH-USD 0.01 34.5 3200"
    assert asked == [("paper", "adopt", {"reason": "adopted by hand", "subject": subject})]


@pytest.mark.parametrize(
    "words",
    [
        ("ETH-USD", "0", "--cost", "1", "--stop", "1"),
        ("ETH-USD", "1", "--cost", "-1", "--stop", "1"),
        ("ETH-USD", "1", "--cost", "1", "--stop", "NaN"),
        ("ETH-USD", "1", "--cost", "1"),
        ("ETH-USD", "much", "--cost", "1", "--stop", "1"),
    ],
)
def test_what_is_no_number_above_zero_is_bad_usage(running: Path, words: tuple[str, ...]) -> None:
    assert isinstance(adopted(running, *words).exception, click.UsageError)
