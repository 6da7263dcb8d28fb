"""Runs are found by number in a journal, each with what was before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from app.configuration.history import keep
from app.replay.runs import NotReplayable, kept_config, parse_run, recorded
from config.loading import load
from domain.messages.decisions import RoundJudged
from domain.messages.journal import JournalCreated, RunStarted, RunStopped
from domain.messages.portfolio import EquityMarked, StatementTaken
from domain.messages.supervision import BootCompleted
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.portfolio import AccountBalance
from tests.builders.messages import MAKER, NOW, TAKER, a_product, an_intent, booked
from tests.builders.numbers import amount, decimals

pytestmark = pytest.mark.req("BT4")
STARTED = RunStarted("paper", "embedded", "world", "c0ffee", "p01", 7)
ENTRY = an_intent()
CASH = StatementTaken(
    "start",
    (AccountBalance("USD", *decimals(900, 100)), AccountBalance("ETH", *decimals(0, 0))),
)


def a_run(begin_s: int, *more: Any, profit: int = 5) -> list[tuple[Nanos, Any]]:
    """Return a run that decides once, two seconds after it has begun."""
    boot = BootCompleted((a_product(),), MAKER, TAKER, is_clean=True)
    messages = (
        STARTED,
        CASH,
        boot,
        RoundJudged(1, Nanos(0), (), (), ()),
        *more,
        EquityMarked(1, amount(1000 + profit), amount(1000)),
    )
    return [(Nanos(NOW + (begin_s + n) * SECOND), each) for n, each in enumerate(messages)]


def test_the_newest_run_is_meant_unless_one_is_named() -> None:
    records = [*a_run(0, booked(ENTRY)), *a_run(300, profit=9)]

    last, first = recorded(records, None, "USD"), recorded(records, 1, "USD")

    assert [last.number, last.of, last.told] == [2, 2, 9]
    assert [first.number, first.told] == [1, 5]
    assert first.before.ledger is None
    assert last.before.ledger is not None
    assert [lot.id for lot in last.before.ledger.lots] == [ENTRY.client_order_id]
    assert last.begun_ns % MINUTE == 0
    assert last.opening == {"USD": 1000}


def test_it_ends_with_its_last_valuation() -> None:
    stopped = RunStopped("signal", 1, 0, 0, nlv=amount(1003), pnl=amount(3))
    unknown = RunStopped("signal", 1, 0, 0)
    at_ns = Nanos(NOW + 60 * SECOND)

    assert recorded([*a_run(0), (at_ns, stopped)], None, "USD").ended_ns == at_ns
    cut = recorded([*a_run(0), (at_ns, unknown)], None, "USD")
    assert [cut.told, cut.ended_ns, len(cut.records)] == [5, NOW + 4 * SECOND, 5]


def test_another_world_before_it_is_not_its_past() -> None:
    other = [(at_ns, each) for at_ns, each in a_run(0, booked(ENTRY)) if each is not STARTED]
    records = [(NOW, evolve(STARTED, world="elsewhere")), *other, *a_run(300)]
    assert recorded(records, None, "USD").before.ledger is None


@pytest.mark.parametrize(
    ("records", "wanted", "why"),
    [
        ([], None, "the journal has no run None: it has none"),
        (a_run(0), 2, "the journal has no run 2: it has runs 1 to 1"),
        (a_run(0)[:2], None, "never came to a decision"),
        ([(NOW, evolve(STARTED, mode="dry-run")), *a_run(0)[1:]], None, "was a dry run"),
    ],
)
def test_what_can_not_be_played_again_says_why(records: Any, wanted: Any, why: str) -> None:
    before = [(NOW, JournalCreated("0" * 32))]
    with pytest.raises(NotReplayable, match=why):
        recorded([*before, *records], wanted, "USD")


@pytest.mark.parametrize(("text", "number"), [("last", None), ("1", 1), ("007", 7)])
def test_a_run_is_named_by_its_number(text: str, number: int | None) -> None:
    assert parse_run(text) == number


@pytest.mark.parametrize("text", ["", "0", "-1", "x", "1.5", "٣", "9" * 30, "LAST"])
def test_anything_else_names_no_run(text: str) -> None:
    with pytest.raises(ValueError, match="number of a run"):
        parse_run(text)


def test_a_configuration_is_found_by_its_hash_or_missed_in_words(tmp_path: Path) -> None:
    config = load("config")
    with pytest.raises(NotReplayable, match=r"is not in .*config any more \(kept: none\)"):
        kept_config(tmp_path, config.config_hash)

    keep(tmp_path, config, Path("config"), ("policy.caps.total_pct=14",), "2026-01-05T00:00:00Z")

    assert kept_config(tmp_path, config.config_hash).sets == ("policy.caps.total_pct=14",)
    with pytest.raises(NotReplayable, match=config.config_hash):
        kept_config(tmp_path, "0123")
