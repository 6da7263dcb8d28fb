"""The tables say what the journal says, however often and wherever they were brought up to date."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.journal.errors import JournalBroken
from adapters.journal.segments import SegmentWriter, open_journal
from app.results.read_model import FILE, refresh
from app.results.read_model_rows import TABLES
from app.run.folding import CODEC
from domain.messages.decisions import OrderApproved
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import EquityMarked, StatementTaken
from domain.messages.supervision import BootCompleted
from domain.model.money import ZERO, Amount
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from tests.builders.messages import (
    LINEAGE,
    MAKER,
    NOW,
    TAKER,
    a_moved,
    a_product,
    an_intent,
    approved,
    booked,
)
from tests.builders.numbers import decimals

pytestmark = pytest.mark.req("AUD1")

RUN = RunStarted("paper", "embedded", "world-1", "c", "p", 7)
BOOT = BootCompleted((a_product(),), MAKER, TAKER, is_clean=True)
(CASH,) = decimals(90_000)
STATEMENT = StatementTaken("start", (AccountBalance("USD", CASH, ZERO),))


def opened(home: Path) -> SegmentWriter:
    journal, _ = open_journal(home / "journal", CODEC.encode(RUN), at_ns=NOW, lineage=LINEAGE)
    return journal


def say(journal: SegmentWriter, *messages: object) -> None:
    for each in messages:
        journal.append(
            CODEC.name(each), CODEC.encode(each), at_ns=NOW + journal.head.seq, correlation=7
        )


def trade(journal: SegmentWriter, number: int) -> None:
    intent = an_intent(approved(approval=number), number)
    fill = booked(intent, entry_id=f"f-{number}")
    filled = a_moved(intent, OrderState.FILLED)
    mark = EquityMarked(number, Amount(CASH), Amount(CASH))
    say(journal, OrderApproved(intent.order), IntentRaised(intent), fill, filled, mark)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a mode's folder with a journal of two fills."""
    journal = opened(tmp_path)
    say(journal, STATEMENT, BOOT)
    for number in (1, 2):
        trade(journal, number)
    say(journal, RunStopped("signal", 2, 2, 2))
    journal.close()
    return tmp_path


def tables(home: Path) -> dict[str, list[Any]]:
    """Return the rows of every table."""
    with closing(sqlite3.connect(home / FILE)) as base:
        return {name: sorted(base.execute(f"SELECT * FROM {name}"), key=repr) for name in TABLES}


def ask(home: Path, question: str) -> list[Any]:
    with closing(sqlite3.connect(home / FILE)) as base:
        return list(base.execute(question))


def test_orders_fills_lots_and_ledger_are_those_of_the_journal(home: Path) -> None:
    done = refresh(home)

    assert (done.is_new, done.read, done.seq) == (True, 15, 15)
    assert ask(home, "SELECT state, correlation FROM orders") == [("FILLED", 7)] * 2
    fills = ask(home, "SELECT quantity, price, fee FROM fills")
    paid = sum(Decimal(q) * Decimal(p) + Decimal(fee) for q, p, fee in fills)
    [(currency, cash)] = ask(home, "SELECT currency, cash FROM ledger")
    assert (currency, Decimal(cash)) == ("USD", CASH - paid)
    lots = ask(home, "SELECT lot, quantity FROM lots")
    assert sorted(lots) == sorted(ask(home, "SELECT client_order_id, quantity FROM fills"))
    assert ask(home, "SELECT mode, reason FROM runs") == [("paper", "signal")]
    assert ask(home, "SELECT currency, total FROM balances") == [("USD", "90000")]
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600


def test_only_what_is_new_is_read_and_gives_the_same_tables(home: Path) -> None:
    refresh(home)
    journal = opened(home)
    trade(journal, 3)
    journal.close()

    done = refresh(home)

    assert (done.is_new, done.read) == (False, 6)
    grown = tables(home)
    refresh(home, anew=True)
    assert tables(home) == grown
    assert refresh(home).read == 0


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(["trade", "start", "refresh"]), max_size=8))
def test_it_makes_no_difference_when_it_was_brought_up_to_date(
    acts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home, number = tmp_path_factory.mktemp("home"), 0
    journal = opened(home)
    say(journal, STATEMENT, BOOT)
    for act in acts:
        if act == "refresh":
            refresh(home)
        elif act == "start":
            journal.close()
            journal = opened(home)
        else:
            number += 1
            trade(journal, number)
    journal.close()

    refresh(home)
    found = tables(home)
    refresh(home, anew=True)

    assert tables(home) == found


def _rewrite(home: Path) -> None:
    """Write the journal anew: the same fills, another order of them."""
    for each in (home / "journal").iterdir():
        each.unlink()
    journal = opened(home)
    say(journal, STATEMENT, BOOT)
    for number in (2, 1):
        trade(journal, number)
    journal.close()


def _forget_table(home: Path) -> None:
    with closing(sqlite3.connect(home / FILE)) as base, base:
        base.execute("DROP TABLE fills")


def _other_version(home: Path) -> None:
    with closing(sqlite3.connect(home / FILE)) as base, base:
        base.execute("UPDATE meta SET value = 'old' WHERE name = 'version'")


def _other_place(home: Path) -> None:
    told = {
        "seq": 3,
        "hash": "",
        "lineage": "",
        "former": [],
        "parts": [["../x", 1, ""]],
        "line": 1,
    }
    with closing(sqlite3.connect(home / FILE)) as base, base:
        base.execute("UPDATE meta SET value = ? WHERE name = 'position'", (json.dumps(told),))


@pytest.mark.parametrize(
    "spoil",
    [
        _rewrite,
        _forget_table,
        _other_version,
        _other_place,
        lambda home: (home / FILE).write_bytes(b"no database at all" * 100),
        lambda home: (home / FILE).write_bytes(b""),
        lambda home: (home / FILE).unlink(),
    ],
    ids=["rewritten", "no-table", "version", "place", "junk", "empty", "gone"],
)
def test_what_does_not_fit_is_made_anew(spoil: Any, home: Path) -> None:
    refresh(home)
    spoil(home)

    assert refresh(home).is_new
    found = tables(home)
    refresh(home, anew=True)
    assert tables(home) == found


def test_of_a_broken_journal_nothing_is_made_and_what_was_there_stays(home: Path) -> None:
    refresh(home)
    before = (home / FILE).read_bytes()
    [segment] = (home / "journal").glob("*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b'"f-2"', b'"f-9"'))

    with pytest.raises(JournalBroken, match="line"):
        refresh(home)

    assert (home / FILE).read_bytes() == before
    assert sorted(each.name for each in home.iterdir()) == ["journal", FILE]


def test_a_line_that_is_being_written_waits(home: Path) -> None:
    [segment] = (home / "journal").glob("*.jsonl")
    with segment.open("ab") as file:
        file.write(b'{"actor":"audi')

    assert refresh(home).seq == 15
    assert refresh(home).read == 0
