"""Each kind of record becomes the row that the page of the journal describes."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from adapters.journal.chain import Record
from app.results.read_model_rows import TABLES, rows_of
from domain.messages.control import AlertRaised
from domain.messages.decisions import RoundJudged
from domain.messages.journal import JournalCreated, SnapshotTaken, TailCut
from domain.messages.orders import IntentRaised, WouldPlace
from domain.messages.portfolio import CashFlowSeen, EquityMarked
from domain.messages.supervision import BY_OPERATOR, BreakerReset, BreakerTripped
from domain.model.approval import Market
from domain.model.breakers import GLOBAL, Effect, Severity
from domain.model.money import Amount
from domain.model.orders import OrderState
from tests.builders.messages import BTC, NOW, a_breaker, a_moved, an_intent, approved
from tests.builders.numbers import decimals

pytestmark = pytest.mark.req("AUD1")

PAGE = Path(__file__).parents[4] / "docs" / "journal.md"
AT = "2023-12-12T04:00:00Z"
UNUSED = ("prev", "hash", "type", "wall", "actor", "epoch", "envelope", "causation", "config")
(ONE,) = decimals("1.50")
TOLD = AlertRaised(
    severity=Severity.INFO, code="NEWS", what="it lives", done="", owned="", worst="", command=""
)


def rows(table: str, *messages: object) -> list[Any]:
    """Return what stands in a table after these records."""
    with closing(sqlite3.connect(":memory:")) as base:
        for name, columns in TABLES.items():
            base.execute(f"CREATE TABLE {name} ({columns})")
        for seq, message in enumerate(messages, start=1):
            nothing: dict[str, Any] = dict.fromkeys(UNUSED)
            record = Record(seq=seq, at=AT, correlation=3, **{**nothing, "data": {}})
            for row in rows_of(record, message):
                base.execute(row.statement, row.values)
        return list(base.execute(f"SELECT * FROM {table}"))


def test_the_page_names_every_table_and_every_column() -> None:
    page = PAGE.read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (.+) \|$", page, re.MULTILINE))

    assert told.keys() >= TABLES.keys()
    for name, columns in TABLES.items():
        assert re.findall(r"`(\w+)`", told[name]) == re.findall(r"(\w+) (?:TEXT|INTEGER)", columns)


@pytest.mark.parametrize("kind", [IntentRaised, WouldPlace])
def test_an_order_is_a_row_that_moves_on(kind: Any) -> None:
    intent = an_intent(approved())
    moved = evolve(a_moved(intent, OrderState.CANCELLED), reason="time to live is over")
    late = evolve(moved, order_id=None)

    [row] = rows("orders", kind(intent), kind(intent), moved, late)

    assert row[0] == intent.client_order_id
    assert row[4] == BTC
    assert row[9] == "CANCELLED"
    assert (row[11], row[12]) == (moved.order_id, "time to live is over")
    assert row[14] == 3


def test_a_market_order_has_no_price() -> None:
    intent = an_intent(evolve(approved(), order_type=Market()))

    assert rows("orders", IntentRaised(intent))[0][8] is None


def test_what_is_no_order_is_a_row_of_its_own() -> None:
    halt = evolve(a_breaker(Effect.HALT), name="kill", is_latched=True)
    end = BreakerReset("kill", GLOBAL, BY_OPERATOR, "seen")
    unknown, known = EquityMarked(4, None, Amount(ONE)), EquityMarked(5, Amount(ONE), Amount(ONE))

    opened, closed = rows("breakers", BreakerTripped(halt), end)
    assert opened[2:6] == ("kill", "global", "opened", "HALT")
    assert (opened[7], closed[4], closed[6]) == (1, "closed", f"by {BY_OPERATOR}: seen")
    assert [row[2:] for row in rows("equity", unknown, known)] == [
        (4, None, "1.5"),
        (5, "1.5", "1.5"),
    ]
    assert rows("flows", CashFlowSeen("USD", Amount(ONE), "deposit"))[0][2:] == (
        *("USD", "1.5", "deposit"),
    )
    assert rows("cycles", RoundJudged(9, NOW, (BTC,), (), ()))[0][2:] == (9, 1, 0)
    assert rows("alerts", TOLD) == [(1, AT, "INFO", "NEWS", "it lives")]


def test_what_has_no_table_changes_none() -> None:
    for message in (TailCut(14), JournalCreated("a" * 32), SnapshotTaken(1, "", "")):
        assert all(rows(table, message) == [] for table in TABLES)
