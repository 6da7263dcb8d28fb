"""`adopt` asks the running instance: nobody else can say what is foreign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import app.commands.operating
from adapters.control.instances import InstanceLock
from app.command_line.cli import cli

pytestmark = pytest.mark.req("REC1")
WORDS = ("eth-usd", "0.010", "--cost", "34.50", "--stop", "3200")


def adopted(data: Path, *words: str) -> Result:
    return CliRunner().invoke(
        cli, ["adopt", *words, "--data-dir", str(data)], standalone_mode=False
    )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    lock = InstanceLock(tmp_path / "paper")
    lock.acquire("now")
    yield tmp_path
    lock.release()


@pytest.mark.parametrize("code", [0, 1])
def test_the_answer_of_the_instance_is_told_with_its_code(
    running: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    asked: list[object] = []

    def answer(_: Path, verb: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        asked.append((verb, dict(payload)))
        return {"code": code, "lines": ["what came of it"]}

    monkeypatch.setattr(app.commands.operating, "send_request", answer)
    done = adopted(running, *WORDS)

    assert done.return_value == code
    assert "paper: what came of it" in done.output
    subject = "ETH-USD 0.01 34.5 3200"
    assert asked == [("adopt", {"reason": "adopted by hand", "subject": subject})]


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


def test_where_nothing_runs_it_says_what_to_do(tmp_path: Path) -> None:
    done = adopted(tmp_path, *WORDS)

    assert done.return_value == 1
    assert "start it first" in done.output
