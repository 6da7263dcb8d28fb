"""What was sold of what: by the books, and dearest first as a view of the same fills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from domain.messages.orders import FillBooked
from domain.messages.portfolio import LotAdopted, LotReleased
from domain.model.approval import ApprovedOrder
from domain.model.instants import DAY, Nanos
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.results.exports import Span
from domain.results.tax_lots import Method, TaxLots
from tests.builders.accounts import Record, of_deals, opened, rows, total
from tests.builders.deals import DEALS, Deal
from tests.builders.messages import BTC, NOW, an_intent, approved, approved_sale, booked

ALL = Span()


def deal(day: int, price: str, *, sells: int = 0, quantity: str = "1") -> FillBooked:
    """Return a fill of that day, without a fee; a sale is of the lot of day `sells`."""
    order: ApprovedOrder = approved(approval=day)
    if sells:
        lot = an_intent(approved(), sells).client_order_id
        order = approved_sale(lot, quantity, approval=day)
    return booked(
        an_intent(order, day),
        quantity,
        price=Price(Decimal(price)),
        fee=Amount(ZERO),
        entry_id=f"trade-{day}",
        at_ns=Nanos(NOW + day * DAY),
    )


def told(method: Method, *fills: FillBooked, span: Span = ALL) -> list[dict[str, Any]]:
    records: list[Record] = [*opened(), *((each.fill.at_ns, each) for each in fills)]
    return list(rows(TaxLots(span, method), records))


THREE = (deal(1, "100"), deal(2, "300"), deal(3, "200"))


def test_hifo_sells_the_dearest_and_fifo_what_the_books_sold() -> None:
    fills = (*THREE, deal(4, "250", sells=1))
    by_books, dearest = told(Method.FIFO, *fills), told(Method.HIFO, *fills)

    assert [(row["cost_currency"], row["gain_currency"]) for row in by_books[:1]] == [(100, 150)]
    assert [(row["cost_currency"], row["gain_currency"]) for row in dearest[:1]] == [(300, -50)]
    assert [row["status"] for row in dearest] == ["sold", "open", "open"]
    assert {row["method"] for row in dearest} == {"hifo (view)"}
    assert {row["method"] for row in by_books} == {"fifo"}


def test_of_two_that_cost_the_same_the_older_goes() -> None:
    first, *_ = told(Method.HIFO, deal(1, "100"), deal(2, "100"), deal(3, "90", sells=2))

    assert first["held_days"] == 2


def test_a_sale_over_several_purchases_is_a_row_for_each() -> None:
    sold = [
        row
        for row in told(Method.HIFO, *THREE, deal(4, "250", sells=1, quantity="2.5"))
        if row["status"] == "sold"
    ]

    assert [row["cost_currency"] for row in sold] == [300, 200, 50]
    assert [row["quantity_asset"] for row in sold] == [1, 1, Decimal("0.5")]
    assert total(sold, "proceeds_currency") == 625


@pytest.mark.req("X2")
@given(DEALS)
def test_gains_of_the_books_are_the_realised_profit_to_the_last_digit(deals: list[Deal]) -> None:
    records, ledger = of_deals(deals)

    found = list(rows(TaxLots(Span()), records))

    assert total(found, "gain_currency") == ledger.realised
    still = [row for row in found if row["status"] == "open"]
    assert [row["lot"] for row in still] == [lot.id for lot in ledger.lots]
    assert [row["cost_currency"] for row in still] == [lot.cost for lot in ledger.lots]


@pytest.mark.req("X2")
@given(DEALS)
def test_both_ways_sell_and_keep_the_same_coins_for_the_same_money(deals: list[Deal]) -> None:
    records, _ = of_deals(deals)
    sums = []
    for method in Method:
        found = list(rows(TaxLots(Span(), method), records))
        sold = [row for row in found if row["status"] == "sold"]
        sums.append(
            (
                total(found, "quantity_asset"),
                total(found, "cost_currency"),
                total(sold, "quantity_asset"),
                total(sold, "proceeds_currency"),
            )
        )

    assert sums[0] == sums[1]


def test_a_year_has_its_sales_and_what_was_owned_at_its_end() -> None:
    fills = (*THREE, deal(4, "250", sells=1), deal(9, "260", sells=2))

    found = told(Method.FIFO, *fills, span=Span(Nanos(NOW + 4 * DAY), Nanos(NOW + 5 * DAY)))

    assert [row["status"] for row in found] == ["sold", "open", "open"]
    assert found[0]["acquired_utc"] == NOW + DAY


@pytest.mark.parametrize("method", Method)
def test_released_coins_leave_at_their_cost_without_a_gain(method: Method) -> None:
    fill = deal(1, "100")
    gone = LotReleased(fill.client_order_id, BTC, Quantity(Decimal("0.4")), "moved")
    records: list[Record] = [*opened(), (fill.fill.at_ns, fill), (Nanos(NOW + 2 * DAY), gone)]

    released, left = rows(TaxLots(Span(), method), records)

    assert (released["status"], released["cost_currency"]) == ("released", 40)
    assert released["gain_currency"] is None
    assert (left["status"], left["quantity_asset"]) == ("open", Decimal("0.6"))


@pytest.mark.parametrize("method", Method)
def test_adopted_coins_count_as_bought_then_for_what_they_cost(method: Method) -> None:
    day = Nanos(NOW + DAY)
    cost, stop = Amount(Decimal(90)), Price(Decimal(80))
    adopted = LotAdopted("adopted-1", BTC, Quantity(Decimal(1)), cost, stop, day, "by hand")
    sale = booked(
        an_intent(approved_sale("adopted-1", "1", strategy=""), 5),
        "1",
        price=Price(Decimal(100)),
        fee=Amount(ZERO),
        at_ns=Nanos(NOW + 3 * DAY),
    )

    (sold,) = rows(TaxLots(Span(), method), [*opened(), (day, adopted), (sale.fill.at_ns, sale)])

    assert (sold["cost_currency"], sold["gain_currency"], sold["held_days"]) == (90, 10, 2)
