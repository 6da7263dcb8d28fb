"""Paper does not start over what live trading owns, unless that is meant."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.journal.codec import Codec
from adapters.journal.segments import open_journal
from app.command_line.cli import main
from app.run.live_positions import owned_live
from domain.messages.catalogue import CATALOGUE
from domain.messages.journal import RunStarted
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import StatementTaken
from domain.model.money import ZERO
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from tests.builders.messages import NOW, a_moved, an_intent, booked
from tests.builders.runs import paper

pytestmark = pytest.mark.req("RB5", "M1")

CODEC = Codec(CATALOGUE)
ENTRY = an_intent()
BOUGHT = (
    StatementTaken("start", (AccountBalance("USD", Decimal(10_000), ZERO),)),
    IntentRaised(ENTRY),
    booked(ENTRY),
    a_moved(ENTRY, OrderState.FILLED, "2"),
)
Said = pytest.CaptureFixture[str]


def traded_live(data: Path, *bodies: object) -> Path:
    """Write the journal of a live run; return its newest segment."""
    run = CODEC.encode(RunStarted("live", "coinbase", "w", "c", "p", 1))
    journal, _ = open_journal(data / "live" / "journal", run, at_ns=NOW)
    for body in bodies:
        journal.append(CODEC.name(body), CODEC.encode(body), at_ns=NOW)
    journal.close()
    return max((data / "live" / "journal").glob("*.jsonl"))


def start(home: Path, *words: str) -> int:
    place = (f"--data-dir={home / 'data'}", f"--log-dir={home / 'logs'}")
    virtual = ("--speed", "max", "--cycles", "1", "--plain", "--quiet")
    return main(["--env", "paper", *virtual, *words, *place])


def test_where_nothing_is_owned_live_paper_starts(tmp_path: Path) -> None:
    assert owned_live([tmp_path / "data"]) == ()
    traded_live(tmp_path / "data")
    assert owned_live([tmp_path / "data"]) == ()


def test_what_is_owned_live_is_named_and_refuses_paper(tmp_path: Path, capsys: Said) -> None:
    traded_live(tmp_path / "data", *BOUGHT)

    assert start(tmp_path) == 4

    told = capsys.readouterr()
    assert told.out == ""
    assert "live trading owns BTC-USD 2, and a paper run watches none of it" in told.err
    assert "liquidate --data-dir" in told.err
    assert "--leave-live-positions" in told.err
    assert not (tmp_path / "data" / "paper").exists()


def test_who_means_it_leaves_them(tmp_path: Path) -> None:
    traded_live(tmp_path / "data", *BOUGHT)

    paper(tmp_path, "--speed", "max", "--cycles", "1", "--leave-live-positions")


def test_an_order_of_which_nobody_knows_the_end_counts_too(tmp_path: Path) -> None:
    traded_live(tmp_path / "data", BOUGHT[0], BOUGHT[1])

    (told,) = owned_live([tmp_path / "data"])
    assert "an order of which the end is not known" in told


def test_a_journal_that_can_not_be_trusted_refuses_too(tmp_path: Path) -> None:
    segment = traded_live(tmp_path / "data", *BOUGHT)
    segment.write_bytes(segment.read_bytes().replace(b'"10000"', b'"10001"', 1))

    (told,) = owned_live([tmp_path / "data"])
    assert "what live trading owns is not known" in told
    assert "audit verify --env live" in told


def test_a_journal_that_can_not_be_read_is_a_folder_that_can_not_be_used(
    tmp_path: Path, capsys: Said
) -> None:
    segment = traded_live(tmp_path / "data", *BOUGHT)
    segment.unlink()
    segment.mkdir()

    assert start(tmp_path) == 2
    told = capsys.readouterr().err
    assert "what live trading owns can't be read" in told
    assert str(segment) in told


def test_another_world_is_refused_too(tmp_path: Path, capsys: Said) -> None:
    traded_live(tmp_path / "data", *BOUGHT)

    assert start(tmp_path, "--seed", "7") == 4
    assert "live trading owns" in capsys.readouterr().err


def test_the_word_is_for_paper_alone(tmp_path: Path, capsys: Said) -> None:
    words = ["--env", "live", "--leave-live-positions", f"--data-dir={tmp_path}"]

    assert main(words) == 2
    assert "is for paper" in capsys.readouterr().err
