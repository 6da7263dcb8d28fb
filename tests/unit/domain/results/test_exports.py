"""Tables for other programs: their sums are the ledger, to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given

from domain.messages.journal import RunStarted, RunStopped
from domain.messages.portfolio import CashFlowSeen, EquityMarked, LotReleased, LotsMissing
from domain.model.instants import DAY, MINUTE, Nanos
from domain.model.money import Amount, Price, Quantity
from domain.model.product import Side
from domain.results.exports import EquityMarks, Fills, LedgerLines, Span
from tests.builders.accounts import OPENED, Record, of_deals, opened, rows, total
from tests.builders.deals import DEALS, Deal
from tests.builders.messages import BTC, NOW, an_intent, approved_sale, booked

ENTRY = an_intent()
LOT = ENTRY.client_order_id
SALE = an_intent(approved_sale(LOT, "1"), 2)
BOUGHT = booked(ENTRY)
SOLD = booked(SALE, "1", price=Price(Decimal(110)), at_ns=Nanos(NOW + DAY))
LATER = Nanos(NOW + MINUTE)
TRADED: list[Record] = [*opened(), (NOW, BOUGHT), (Nanos(NOW + DAY), SOLD)]


@pytest.mark.req("X2")
@given(DEALS)
def test_the_lines_add_up_to_the_ledger_to_the_last_digit(deals: list[Deal]) -> None:
    records, ledger = of_deals(deals)

    lines = list(rows(LedgerLines(Span()), records))

    assert total(lines, "cash_change_currency") == ledger.cash == lines[-1]["cash_currency"]
    assert total(lines, "realised_change_currency") == ledger.realised
    assert total(lines, "fee_currency") == ledger.fees == lines[-1]["fees_currency"]
    assert lines[-1]["lots_cost_currency"] == sum((lot.cost for lot in ledger.lots), Decimal(0))


@pytest.mark.req("X2")
@given(DEALS)
def test_the_fills_add_up_to_the_cash_and_the_coins_of_the_ledger(deals: list[Deal]) -> None:
    records, ledger = of_deals(deals)

    fills = list(rows(Fills(Span()), records))

    sign = {"BUY": -1, "SELL": 1}
    moved = sum((sign[row["side"]] * row["value_currency"] for row in fills), Decimal(0))
    assert moved - total(fills, "fee_currency") == ledger.cash - ledger.opening_cash
    for asset, held in ledger.coins.items():
        mine = [row for row in fills if row["asset"] == asset]
        assert sum((-sign[row["side"]] * row["quantity_asset"] for row in mine), Decimal(0)) == held


def test_a_fill_says_whose_it_is_and_why() -> None:
    bought, sold = rows(Fills(Span()), TRADED)

    assert (bought["side"], bought["lot"], bought["exit_reason"]) == (Side.BUY, LOT, "")
    assert (sold["side"], sold["lot"], sold["exit_reason"]) == (Side.SELL, LOT, "stop")
    assert (sold["client_order_id"], sold["trade_id"]) == (SALE.client_order_id, "fill-2-1")
    assert (bought["world"], bought["currency"], bought["asset"]) == ("w1", "USD", "BTC")


def test_a_fill_that_comes_twice_is_one_row() -> None:
    twice = [*TRADED, (LATER, SOLD)]

    assert len(list(rows(Fills(Span()), twice))) == 2
    assert len(list(rows(LedgerLines(Span()), twice))) == 3


def test_flows_and_lost_coins_have_lines_of_their_own() -> None:
    records = [
        *opened(),
        (NOW, BOUGHT),
        (LATER, CashFlowSeen("USD", Amount(Decimal(500)), "deposit")),
        (LATER, CashFlowSeen("BTC", Amount(Decimal(-1)), "withdrawal")),
        (LATER, LotsMissing("BTC", ((LOT, Quantity(Decimal(1))),))),
        (LATER, LotReleased(LOT, BTC, Quantity(Decimal(1)), "moved")),
    ]

    lines = list(rows(LedgerLines(Span()), records))

    told = [(row["kind"], row["asset"], row["cash_change_currency"]) for row in lines]
    assert told == [
        ("opening", "", 10_000),
        ("buy", "BTC", Decimal("-201.2")),
        ("deposit", "", 500),
        ("withdrawal", "BTC", 0),
        ("missing", "BTC", 0),
        ("released", "BTC", 0),
    ]
    assert lines[-1]["capital_currency"] == Decimal("10399.4")
    assert lines[-1]["quantity_change_asset"] == -1


def test_another_world_is_another_account() -> None:
    other = RunStarted("paper", "embedded", "w2", "", "", 0)
    records = [*TRADED, (LATER, other), *((LATER, each) for each in OPENED[1:])]

    lines = list(rows(LedgerLines(Span()), records))

    assert [(row["world"], row["kind"]) for row in lines[-2:]] == [
        ("w1", "sell"),
        ("w2", "opening"),
    ]


def test_equity_has_a_row_for_each_mark_and_says_where_it_was_not_known() -> None:
    records = [
        *opened(),
        (NOW, EquityMarked(1, Amount(Decimal(10_010)), Amount(Decimal(10_000)))),
        (LATER, EquityMarked(2, None, Amount(Decimal(10_000)))),
        (LATER, RunStopped("signal", 3, 0, 0, nlv=Amount(Decimal(9)), pnl=Amount(Decimal(-1)))),
        (LATER, RunStopped("killed", 3, 0, 0)),
    ]

    marks = list(rows(EquityMarks(Span()), records))

    shown = [(m["cycle"], m["equity_currency"], m["profit_currency"]) for m in marks]
    assert shown == [(1, 10_010, 10), (2, None, None), (3, 9, -1)]


def test_a_span_holds_its_begin_and_not_its_end() -> None:
    span = Span(NOW, LATER)

    assert NOW in span
    assert LATER not in span
    assert NOW - 1 not in span
    assert NOW in Span()


@pytest.mark.parametrize("table", [Fills, LedgerLines, EquityMarks])
def test_a_time_without_anything_has_no_rows(
    table: type[Fills | LedgerLines | EquityMarks],
) -> None:
    assert list(rows(table(Span(Nanos(NOW + 9 * DAY), Nanos(NOW + 10 * DAY))), TRADED)) == []


def test_what_is_asked_for_counts_on_from_what_was_before() -> None:
    (line,) = rows(LedgerLines(Span(Nanos(NOW + DAY))), TRADED)

    assert (line["kind"], line["cash_currency"]) == ("sell", Decimal("9907.6"))
