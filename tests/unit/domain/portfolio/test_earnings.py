"""Who has earned what adds up to what the books have earned, whatever is bought and sold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.orders import FillBooked
from domain.messages.portfolio import LotReleased, LotsMissing
from domain.model.approval import ApprovedEntry
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.pnl import OpenPnl, Origin, OriginPnl, by_strategy, open_of, total
from domain.model.portfolio import PortfolioView
from domain.model.product import ProductId
from domain.portfolio.earnings import OTHERS, SIGNALS_MAX
from domain.portfolio.ledger import Ledger, book, mark_missing, open_ledger, release
from domain.portfolio.valuation import value
from tests.builders.deals import DEALS, Deal, fill_of
from tests.builders.messages import (
    BTC,
    ETH,
    TAKER,
    a_product,
    an_intent,
    approved,
    approved_sale,
    booked,
)
from tests.builders.numbers import decimals

CASH = Amount(Decimal(10_000))
BIDS = {BTC: Price(Decimal("104.37")), ETH: Price(Decimal("0.91"))}
OWNERS = (("baseline", "move_15m"), ("baseline", "breakout"), ("momentum", "momentum"), ("", ""))


def bought(
    quantity: str = "2", *, strategy: str = "baseline", signal: str = "breakout", number: int = 1
) -> FillBooked:
    order = approved(strategy=strategy, signal=signal, approval=number)
    return booked(an_intent(order, number), quantity)


def sold(lot: FillBooked, quantity: str, price: str = "110", number: int = 50) -> FillBooked:
    intent = an_intent(approved_sale(lot.client_order_id, quantity), number)
    return booked(intent, quantity, price=Price(Decimal(price)), fee=Amount(Decimal("0.5")))


def books(*fills: FillBooked) -> Ledger:
    ledger = open_ledger("USD", CASH)
    for each in fills:
        ledger = book(ledger, each, a_product())
    return ledger


def valued(ledger: Ledger, bids: dict[ProductId, Price] = BIDS) -> PortfolioView:
    return value(ledger, bids, TAKER, None)


def rows_of(ledger: Ledger) -> dict[tuple[str, str], OriginPnl]:
    return {(e.origin.strategy, e.origin.signal): e for e in valued(ledger).origins}


def owned_by(each: FillBooked, owner: tuple[str, str]) -> FillBooked:
    if not isinstance(each.order, ApprovedEntry):
        return each
    strategy, signal = owner
    return evolve(each, order=evolve(each.order, strategy=strategy, signal=signal))


@pytest.mark.req("STR3", "X2")
@given(DEALS, st.lists(st.integers(0, 7), max_size=4))
def test_all_origins_together_are_the_books_to_the_last_digit(
    deals: list[Deal], sevenths: list[int]
) -> None:
    ledger = open_ledger("USD", CASH)
    for number, deal in enumerate(deals):
        each = fill_of(deal, number, ledger)
        if each is None:
            continue
        ledger = book(ledger, owned_by(each, OWNERS[deal.lot - 1]), a_product(deal.product))
        if number < len(sevenths) and ledger.lots:
            lot = ledger.lots[0]
            part = Quantity((lot.quantity * sevenths[number] / 7).quantize(Decimal("1e-8")))
            gone = ((lot.id, part),)
            ledger = mark_missing(ledger, LotsMissing(lot.product.partition("-")[0], gone))
            ledger = release(ledger, LotReleased(lot.id, lot.product, part, "by hand"))
        view = valued(ledger)
        whole = total(view.origins)

        assert whole.realised == ledger.realised
        assert whole.fees == ledger.fees
        assert whole.lots == len(ledger.lots)
        assert view.pnl_net is not None
        assert whole.unrealised == view.pnl_net - ledger.realised
        assert sum((each.total.realised for each in by_strategy(view.origins)), ZERO) == (
            ledger.realised
        )


@pytest.mark.req("STR3")
def test_a_part_that_was_sold_is_realised_and_no_round_trip_yet() -> None:
    first = bought()
    part, whole = books(first, sold(first, "0.5")), books(first, sold(first, "0.5"))
    whole = book(whole, sold(first, "1.5", "90", number=51), a_product())

    (row,) = rows_of(part).values()
    assert (row.trips, row.won, row.lots) == (0, 0, 1)
    assert (row.realised, row.fees) == (55 - Decimal("0.5") - Decimal("50.3"), Decimal("1.7"))
    (row,) = rows_of(whole).values()
    assert (row.trips, row.won, row.lots, row.unrealised) == (1, 0, 0, ZERO)
    assert row.realised == whole.realised < 0
    assert whole.earnings.partly == {}


def test_a_lot_that_was_sold_for_more_than_it_cost_is_a_trip_that_won() -> None:
    first = bought()
    (row,) = rows_of(books(first, sold(first, "2"))).values()

    assert (row.trips, row.won) == (1, 1)


def test_each_signal_of_a_strategy_has_its_own_row() -> None:
    first, second = bought(signal="move_15m"), bought(signal="reversal", number=2)
    rows = rows_of(books(first, second, sold(second, "2")))

    assert {key: (row.trips, row.lots) for key, row in rows.items()} == {
        ("baseline", "move_15m"): (0, 1),
        ("baseline", "reversal"): (1, 0),
    }


def test_a_sale_of_several_lots_is_shared_by_those_who_own_them() -> None:
    first, second = bought("1"), bought("1", strategy="momentum", signal="momentum", number=2)
    ledger = books(first, second, sold(first, "1.5", "110"))
    rows = rows_of(ledger)

    # 1.2 of fees to buy each; two thirds of the sale are the first lot's, one the second's
    assert rows["baseline", "breakout"].trips == 1
    assert rows["momentum", "momentum"].trips == 0
    assert rows["baseline", "breakout"].realised > rows["momentum", "momentum"].realised > 0
    assert total(rows.values()).realised == ledger.realised


@pytest.mark.req("REC1")
def test_a_lot_whose_rest_is_released_after_a_sale_is_a_trip_and_one_only_released_is_none() -> (
    None
):
    first = bought()
    rest = LotReleased(first.client_order_id, BTC, Quantity(Decimal(2)), "by hand")

    ended = release(books(first, sold(first, "0.5")), rest)
    given_away = release(books(first), rest)

    assert [(each.trips, each.won) for each in rows_of(ended).values()] == [(1, 1)]
    assert [(each.trips, each.fees) for each in rows_of(given_away).values()] == [
        (0, Decimal("1.2"))
    ]


@pytest.mark.req("ST1")
def test_without_a_bid_only_what_it_belongs_to_is_not_known() -> None:
    first = bought()
    order = approved(strategy="momentum", product=ETH, approval=2)
    ledger = books(first, booked(an_intent(order, 2), "2"))
    view = valued(ledger, {ETH: Price(Decimal(110))})

    known = {each.origin.strategy: each.unrealised for each in view.origins}
    assert known["baseline"] is None
    assert known["momentum"] is not None
    assert total(view.origins).unrealised is None
    assert open_of(view.origins) == (OpenPnl(Origin("momentum", ""), known["momentum"]),)


@pytest.mark.req("R2", "STR1")
def test_a_strategy_that_makes_up_signals_without_end_has_few_rows() -> None:
    fills = [bought("1", signal=f"made_up_{n}", number=n + 1) for n in range(3 * SIGNALS_MAX)]
    ledger = books(*fills)

    rows = rows_of(ledger)
    assert len(rows) == SIGNALS_MAX + 1
    assert rows["baseline", OTHERS].lots == 2 * SIGNALS_MAX
    assert total(rows.values()).fees == ledger.fees


def test_what_belongs_to_no_strategy_has_a_row_of_its_own_at_the_end() -> None:
    ledger = books(bought(strategy="", signal=""), bought(number=2))

    assert [each.name for each in by_strategy(valued(ledger).origins)] == ["baseline", ""]
    assert decimals("2.4") == (total(valued(ledger).origins).fees,)
