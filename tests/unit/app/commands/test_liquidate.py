"""`liquidate` lists, asks, and says yes only when somebody who sells says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import app.commands.liquidate as command
from app.command_line.cli import cli
from app.run.recovery import operate_offline

pytestmark = pytest.mark.req("RB5")


def liquidated(paper: Path, *words: str, answer: str = "") -> Result:
    line = ["liquidate", *words, "--data-dir", str(paper.parent)]
    return CliRunner().invoke(cli, line, input=answer, standalone_mode=False)


class Trader:
    """A trader that runs, and answers one after the other."""

    def __init__(self, *answers: tuple[int, list[str]] | None) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.is_fenced = False

    def order(self, _: Path, reason: str) -> tuple[int, list[str]] | None:
        self.asked.append(reason)
        return self.answers.pop(0)

    def fence(self, _: Path) -> None:
        self.is_fenced = True


@pytest.fixture
def runs(paper: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Trader]:
    """Return how to have a trader run that gives these answers."""
    operate_offline(paper, (), "pause", "news")

    def running(*answers: tuple[int, list[str]] | None, is_silent: bool = False) -> Trader:
        trader = Trader(*answers)
        changes: dict[str, Any] = {
            "order": trader.order,
            "fence": trader.fence,
            "is_running": lambda _: True,
            "is_silent": lambda *_: is_silent,
        }
        for name, change in changes.items():
            monkeypatch.setattr(command, name, change)
        return trader

    return running


SELLING = (1, ["not confirmed: still selling"])
SOLD = (0, ["liquidated: nothing that can be sold is owned any more"])


def test_it_is_asked_until_all_is_sold_and_news_are_told_once(
    paper: Path, runs: Callable[..., Trader]
) -> None:
    trader = runs(SELLING, None, SELLING, SOLD)

    done = liquidated(paper, "--emergency")

    assert done.return_value == 0
    assert trader.asked == ["liquidate --emergency"] * 4
    assert done.output.count("still selling") == 1
    assert "paper: liquidated" in done.output
    assert "nothing trades there until" in done.output
    assert not trader.is_fenced


def test_who_does_not_answer_is_ended_in_an_emergency_only(
    paper: Path, runs: Callable[..., Trader]
) -> None:
    trader = runs(None, SOLD, is_silent=True)
    unsure = liquidated(paper, answer="y\n")
    assert unsure.return_value == 1
    assert "does not answer; `liquidate --emergency` ends it" in unsure.output
    assert not trader.is_fenced

    trader = runs(None, SOLD, is_silent=True)
    assert liquidated(paper, "--emergency").return_value == 0
    assert trader.is_fenced


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_without_a_yes_nothing_is_done(
    paper: Path, runs: Callable[..., Trader], answer: str
) -> None:
    trader = runs(SOLD)

    done = liquidated(paper, answer=answer)

    assert done.return_value == 1
    assert "nothing was done" in done.output
    assert trader.asked == []


def test_a_dry_run_lists_and_asks_nobody(paper: Path, runs: Callable[..., Trader]) -> None:
    trader = runs(SOLD)

    done = liquidated(paper, "--dry-run", "--emergency")

    assert done.return_value == 0
    assert "paper: nothing is owned, no order rests" in done.output
    assert trader.asked == []


def test_what_takes_too_long_is_no_yes(
    paper: Path, runs: Callable[..., Trader], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs()
    monkeypatch.setattr(command, "LIMIT_SECONDS", 0.0)

    done = liquidated(paper, "--emergency")

    assert done.return_value == 1
    assert "NOT liquidated: not all was sold within" in done.output


def test_where_nothing_ever_ran_nothing_is_done(tmp_path: Path) -> None:
    done = liquidated(tmp_path / "paper", "--emergency")

    assert done.return_value == 1
    assert "nothing ever ran" in done.output
