"""`liquidate` lists, asks, and says yes only when somebody who sells says so."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import app.commands.liquidate as command
from app.command_line.cli import cli
from app.commands.liquidating import NotLiquidated
from app.run.recovery import operate_offline
from domain.messages.control import LIQUIDATION
from domain.messages.supervision import BootCompleted
from domain.model.breakers import Effect
from domain.model.conversion import Conversion
from domain.model.money import Amount
from domain.portfolio.ledger import open_ledger
from domain.portfolio.proceeds import Proceeds
from domain.system.recovery import Recovered
from tests.builders.messages import MAKER, TAKER, a_breaker, a_product

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


ONE = Conversion("t-1", "USD", "USDC", Amount(Decimal(60)))
DOUBTFUL = Proceeds(Decimal(100), is_begun=True, pending=(ONE,))


def known(monkeypatch: pytest.MonkeyPatch, proceeds: Proceeds) -> None:
    """Let the journal say that a liquidation has sold all and halts, and so much of its money."""
    halt = a_breaker(Effect.HALT, name=LIQUIDATION, is_latched=True)
    state = Recovered(
        ledger=open_ledger("USD", Amount(Decimal(100))),
        boot=BootCompleted((a_product(),), MAKER, TAKER, True),
        breakers=(halt,),
        proceeds=proceeds,
    )
    monkeypatch.setattr(command, "_state", lambda _: state)


def test_a_dry_run_says_what_would_be_converted_and_what_is_in_doubt(
    paper: Path, runs: Callable[..., Trader], monkeypatch: pytest.MonkeyPatch
) -> None:
    trader = runs(SOLD)
    known(monkeypatch, DOUBTFUL)

    done = liquidated(paper, "--dry-run")

    assert "paper: it is not known whether 60.00 USD became USDC (trade t-1)" in done.output
    assert "paper: to convert: 40.00 USD that sales before have brought" in done.output
    assert trader.asked == []


def test_what_is_sold_and_in_doubt_is_no_yes_and_says_that_all_is_sold(
    paper: Path, runs: Callable[..., Trader], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs()
    known(monkeypatch, DOUBTFUL)
    monkeypatch.setattr(command, "LIMIT_SECONDS", 0.0)

    done = liquidated(paper, "--emergency")

    assert done.return_value == 1
    assert "all is sold, but it is not known whether 60.00 USD became USDC" in done.output


@pytest.mark.parametrize(
    ("proceeds", "is_over"),
    [
        (Proceeds(Decimal(100), is_begun=True, converted=Decimal(100)), True),
        (Proceeds(Decimal("0.009"), is_begun=True), True),
        (Proceeds(Decimal(100), is_begun=True), False),
        (Proceeds(pending=(ONE,)), False),
    ],
)
def test_a_liquidation_is_over_once_nothing_is_left_to_convert_or_to_find_out(
    paper: Path, monkeypatch: pytest.MonkeyPatch, proceeds: Proceeds, is_over: bool
) -> None:
    operate_offline(paper, (), "pause", "news")
    known(monkeypatch, proceeds)
    started: list[Path] = []

    def start(_: Any, folder: Path, since_s: float) -> Any:
        started.append(folder)
        raise NotLiquidated("that is enough")

    monkeypatch.setattr(command, "Seller", start)
    done = liquidated(paper, "--emergency")

    assert ("liquidated before" in done.output) is is_over
    assert started == ([] if is_over else [paper])
