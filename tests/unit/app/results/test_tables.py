"""The overview: what it says of equity that is known, known no more, or never was."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from rich.console import Console

from app.results.document import document
from app.results.tables import Fact, foregone, overview, refusals, strategies
from app.results.text import show
from domain.messages.decisions import ProposalRefused
from domain.messages.journal import RunStopped
from domain.messages.portfolio import EquityMarked
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.figures import NOT_KNOWN
from domain.model.foregone import ForegoneTrades
from domain.model.instants import MINUTE, Nanos
from domain.model.money import Amount
from domain.model.pnl import Origin, OriginPnl
from domain.model.product import Side
from domain.results.fold import ResultsFold
from tests.builders.messages import BTC, NOW


def marked(nlv: str | None) -> EquityMarked:
    return EquityMarked(1, None if nlv is None else Amount(Decimal(nlv)), Amount(Decimal(1000)))


def facts(*messages: Any) -> dict[str, Fact]:
    """Return the overview's rows by name, of messages a minute apart."""
    fold = ResultsFold()
    for number, message in enumerate(messages):
        fold.take(Nanos(NOW + number * MINUTE), message)
    found = fold.result()
    assert found is not None
    return {fact.name: fact for fact in overview(found)}


def test_equity_that_is_known_is_told_with_what_it_is() -> None:
    told = facts(marked("990"))

    assert told["Equity"].value == "990.00"
    assert "at the bid" in told["Equity"].meaning
    assert told["Profit"].meaning == "−1.00 % since the account opened"
    assert told["open"].value != NOT_KNOWN


def test_equity_that_is_known_no_more_says_since_when() -> None:
    told = facts(marked("990"), marked(None))

    assert told["Equity"].value == "990.00"
    assert told["Equity"].meaning.startswith("as last known, ")
    assert told["Profit"].meaning.endswith("as known then")
    assert told["open"].value == NOT_KNOWN


def test_without_any_value_there_is_no_profit_to_tell() -> None:
    told = facts(marked(None))

    assert told["Equity"].value == NOT_KNOWN
    assert "Profit" not in told
    assert "open" not in told


def test_refusals_are_told_in_words_and_how_often() -> None:
    refusal = Refusal(reason=Reason("total_cap"), observed="16 %", limit="15 %")
    refused = ProposalRefused(Purpose.ENTRY, "breakout", BTC, Side.BUY, (refusal,))
    fold = ResultsFold()
    for message in (refused, refused):
        fold.take(Nanos(NOW), message)
    found = fold.result()
    assert found is not None

    assert refusals(found).rows == (("2", "entry", "the cap on all positions is reached"),)


@pytest.mark.req("STR3")
def test_each_strategy_is_told_with_its_signals_and_all_of_them_together() -> None:
    fold = ResultsFold()
    fold.take(NOW, marked("990"))
    found = fold.result()
    assert found is not None
    origins = (
        earned("baseline", "move_15m", trips=2, won=1, realised="5.5", lots=2),
        earned("baseline", "reversal", trips=1, realised="-7.25"),
        earned("", "", lots=1, unrealised=None),
    )

    sheet = strategies(evolve(found, origins=origins))

    assert sheet.columns[-1] == "open lots"
    assert sheet.rows == (
        ("baseline", "", "3", "1", "1.00", "−1.75", "0.00", "2"),
        ("", "move_15m", "2", "1", "0.50", "+5.50", "0.00", "2"),
        ("", "reversal", "1", "0", "0.50", "−7.25", "0.00", "0"),
        ("no strategy", "", "0", "0", "0.50", "0.00", NOT_KNOWN, "1"),
        ("", "not named", "0", "0", "0.50", "0.00", NOT_KNOWN, "1"),
        ("all", "", "3", "1", "1.50", "−1.75", NOT_KNOWN, "3"),
    )


@pytest.mark.req("STR3")
@pytest.mark.parametrize("shown", [1, 5])
def test_of_the_table_by_strategy_no_row_is_left_out_and_it_fits_a_screen(shown: int) -> None:
    fold = ResultsFold()
    fold.take(NOW, marked("990"))
    found = fold.result()
    assert found is not None
    origins = tuple(
        earned(name, signal, trips=120, won=54, realised="-1234.56", lots=12)
        for name in ("mean_reversion", "trend_daily")
        for signal in ("volume_spike", "far_from_mean", "a_signal_of_the_longest", "momentum")
    )
    console = Console(file=io.StringIO(), width=80, highlight=False)

    show(evolve(found, origins=origins), console, shown=shown)

    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert all(text.count(each.origin.signal) == 2 for each in origins if "a_" not in str(each))
    assert "open lots" in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80


def earned(
    strategy: str,
    signal: str,
    *,
    trips: int = 0,
    won: int = 0,
    realised: str = "0",
    unrealised: str | None = "0",
    lots: int = 0,
) -> OriginPnl:
    return OriginPnl(
        origin=Origin(strategy, signal),
        trips=trips,
        won=won,
        fees=Amount(Decimal("0.5")),
        realised=Amount(Decimal(realised)),
        unrealised=None if unrealised is None else Amount(Decimal(unrealised)),
        lots=lots,
    )


def test_what_was_refused_is_told_rule_by_rule_with_what_it_would_have_earned() -> None:
    rows = (
        ForegoneTrades(rule="total_cap", closed=2, earned=Amount(Decimal("-3.5")), unfilled=1),
        ForegoneTrades(rule="order_cap", open=1, unrealised=Amount(Decimal("1.25"))),
    )
    fold = ResultsFold()
    fold.take(Nanos(NOW), RunStopped("signal", 1, 1, 1, foregone=rows))
    found = fold.result()
    assert found is not None

    first, second = foregone(found).rows
    assert first[:4] == ("+1.25", "0", "1", "0")
    assert second[:4] == ("−3.50", "2", "0", "1")
    screen = io.StringIO()
    show(found, Console(file=screen, width=80))
    assert "What was refused would have earned" in screen.getvalue()
    assert document(found)["foregone"][0]["rule"] == "order_cap"
