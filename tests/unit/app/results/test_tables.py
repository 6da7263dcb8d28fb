"""The overview: what it says of equity that is known, known no more, or never was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import evolve

from app.results.tables import Fact, overview, refusals, strategies
from domain.messages.decisions import ProposalRefused
from domain.messages.portfolio import EquityMarked
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.figures import NOT_KNOWN
from domain.model.instants import MINUTE, Nanos
from domain.model.money import Amount
from domain.model.product import Side
from domain.results.fold import ResultsFold
from tests.builders.messages import BTC, NOW, a_lot


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


def test_strategies_are_told_one_a_row_with_what_they_hold() -> None:
    lots = [a_lot(id="1"), a_lot(id="2"), a_lot(id="3", strategy="momentum")]
    fold = ResultsFold()
    fold.take(NOW, marked("990"))
    found = fold.result()
    assert found is not None

    sheet = strategies(evolve(found, lots=tuple(lots)))

    assert [(row[0], row[1], row[-1]) for row in sheet.rows] == [
        ("breakout", "0", "2"),
        ("momentum", "0", "1"),
    ]
