"""The books balance to the last digit, whatever is bought and sold in whatever parts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.decisions import StopRaised
from domain.messages.orders import FillBooked
from domain.messages.portfolio import CashFlowSeen, LotAdopted, LotReleased, LotsMissing
from domain.model.errors import InvariantBroken
from domain.model.instants import DAY
from domain.model.money import ZERO, Amount, Price, Quantity, Rate
from domain.model.product import Side
from domain.portfolio.ledger import (
    Ledger,
    adopt,
    book,
    flow,
    mark_missing,
    open_ledger,
    raise_stop,
    release,
)
from domain.portfolio.valuation import value
from tests.builders.deals import DEALS, Deal, fill_of
from tests.builders.messages import (
    BTC,
    ETH,
    NOW,
    TAKER,
    a_product,
    an_intent,
    approved,
    approved_sale,
    booked,
)
from tests.builders.numbers import decimals

CASH = Amount(Decimal(10_000))
ENTRY = an_intent()


def books(*fills: FillBooked) -> Ledger:
    ledger = open_ledger("USD", CASH)
    for each in fills:
        ledger = book(ledger, each, a_product())
    return ledger


def sale(lot: str, quantity: str, price: str = "110", number: int = 50) -> FillBooked:
    intent = an_intent(approved_sale(lot, quantity), number)
    return booked(intent, quantity, price=Price(Decimal(price)), fee=Amount(Decimal("0.5")))


@pytest.mark.req("PROT1")
def test_a_bought_lot_costs_its_price_and_fees_and_is_protected_at_once() -> None:
    ledger = books(booked(ENTRY, "2"))

    (lot,) = ledger.lots
    assert lot.id == ENTRY.client_order_id
    assert (lot.quantity, lot.cost) == decimals(2, "201.2")
    assert (lot.stop_price, lot.target_price) == decimals(97, 108)
    assert lot.expires_ns == NOW + DAY
    assert ledger.cash == Decimal("9798.8")
    assert ledger.fees == Decimal("1.2")


def test_a_second_fill_moves_stop_and_target_with_the_average_price() -> None:
    cheaper = booked(ENTRY, "1", price=Price(Decimal(90)), at_ns=NOW + 5)
    (lot,) = books(booked(ENTRY, "0.5"), cheaper).lots

    # (0.5 · 100 + 90) / 1.5 = 93.33…, less 3 % = 90.53…, plus 8 % = 100.8
    assert (lot.stop_price, lot.target_price) == (Decimal("90.53"), Decimal("100.80"))
    assert lot.opened_ns == NOW


def test_stop_and_target_are_rounded_to_the_careful_side_of_the_tick() -> None:
    coarse = a_product(price_increment=Decimal(5))
    ledger = book(open_ledger("USD", CASH), booked(ENTRY, "2"), coarse)

    assert (ledger.lots[0].stop_price, ledger.lots[0].target_price) == decimals(95, 110)


@pytest.mark.req("X4", "AUD1")
def test_the_same_fill_again_changes_nothing() -> None:
    once = books(booked(ENTRY, "2"))

    assert book(once, booked(ENTRY, "2"), a_product()) == once


def test_a_part_sold_takes_its_part_of_the_cost_and_leaves_the_stop_alone() -> None:
    ledger = books(booked(ENTRY, "2"), sale(ENTRY.client_order_id, "0.5"))

    (lot,) = ledger.lots
    assert (lot.quantity, lot.cost, lot.paid) == decimals("1.5", "150.9", 150)
    assert ledger.realised == 55 - Decimal("0.5") - Decimal("50.3")
    assert lot.stop_price == 97
    assert (ledger.owns(BTC), ledger.owns(ETH)) == (True, False)


def test_a_fill_after_a_part_was_sold_averages_over_what_is_left() -> None:
    bought = booked(ENTRY, "1", price=Price(Decimal(80)), entry_id="later")
    (lot,) = books(booked(ENTRY, "1"), sale(ENTRY.client_order_id, "0.5"), bought).lots

    # (0.5 · 100 + 1 · 80) / 1.5 = 86.66…, less 3 % = 84.06…
    assert lot.stop_price == Decimal("84.06")


def test_the_last_part_sold_takes_the_rest_of_the_cost() -> None:
    thirds = [sale(ENTRY.client_order_id, q, number=n) for n, q in ((5, "0.7"), (6, "0.6"))]
    before = books(booked(ENTRY, "2"), *thirds)
    after = book(before, sale(ENTRY.client_order_id, "0.7", number=7), a_product())

    assert after.lots == ()
    assert after.realised == Decimal(220) - Decimal("1.5") - Decimal("201.2")
    assert after.cash == CASH + after.realised


@pytest.mark.req("R1")
def test_selling_more_than_owned_is_refused() -> None:
    with pytest.raises(InvariantBroken, match="more than owned"):
        books(booked(ENTRY, "2"), sale("another", "2.00000001"))


@pytest.mark.req("R1")
def test_a_lot_of_another_product_covers_no_sale() -> None:
    other = an_intent(approved(product=ETH), 2)

    with pytest.raises(InvariantBroken):
        books(booked(other, "2"), sale("another", "1"))


def test_a_sale_takes_its_own_lot_and_else_the_oldest() -> None:
    second = an_intent(approved(approval=3), 2)
    both = books(booked(ENTRY, "2"), booked(second, "2"))

    own = book(both, sale(second.client_order_id, "2"), a_product())
    oldest = book(both, sale("another", "2"), a_product())

    assert [lot.id for lot in own.lots] == [ENTRY.client_order_id]
    assert [lot.id for lot in oldest.lots] == [second.client_order_id]


@pytest.mark.req("DD1")
def test_a_deposit_moves_capital_and_no_performance() -> None:
    ledger = books(booked(ENTRY, "2"))
    bids = {BTC: Price(Decimal(100))}
    paid_in = flow(ledger, CashFlowSeen("USD", Amount(Decimal(500)), "deposit"))

    before, after = (value(each, bids, TAKER, None) for each in (ledger, paid_in))

    assert after.nlv == (before.nlv or 0) + 500
    assert after.pnl_net == before.pnl_net
    coins = flow(ledger, CashFlowSeen("EUR", Amount(Decimal(1)), "deposit"))
    assert (coins.cash, coins.flows) == (ledger.cash, ledger.flows)
    assert coins.coins["EUR"] == 1


GONE = LotsMissing("BTC", ((ENTRY.client_order_id, Quantity(Decimal("0.5"))),))
RELEASED = LotReleased(ENTRY.client_order_id, BTC, Quantity(Decimal("0.5")), "sold by hand")


@pytest.mark.req("REC1", "DD1")
def test_missing_coins_are_worth_nothing_and_leave_at_cost_without_a_loss() -> None:
    ledger = books(booked(ENTRY, "2"))
    bids = {BTC: Price(Decimal("101.2"))}
    whole = value(ledger, bids, TAKER, None)
    left = value(mark_missing(ledger, GONE), bids, TAKER, None)

    assert (whole.nlv or 0) - (left.nlv or 0) == Decimal("50.6") - Decimal("0.6072")
    assert whole.opening_nlv - left.opening_nlv == Decimal("50.3")
    assert left.lots[0].quantity == 2
    assert mark_missing(mark_missing(ledger, GONE), LotsMissing("BTC", ())) == ledger


@pytest.mark.req("X6")
def test_a_raised_stop_stays_where_the_market_has_brought_it_and_is_never_lowered() -> None:
    lot_id = ENTRY.client_order_id
    up, down = (
        StopRaised(lot_id, BTC, Price(Decimal(at)), Price(Decimal(120))) for at in (110, 90)
    )
    ledger = raise_stop(books(booked(ENTRY, "1")), up)
    grown = book(ledger, booked(ENTRY, "1", entry_id="later"), a_product())

    for (lot,) in (ledger.lots, grown.lots):
        assert lot.stop_price == lot.trailed == 110
    assert raise_stop(ledger, down) is ledger
    assert raise_stop(ledger, evolve(up, lot="another")) is ledger


@pytest.mark.req("REC1")
@pytest.mark.parametrize("allotment", [None, "4000"])
def test_a_lot_that_is_missing_as_a_whole_needs_no_price(allotment: str | None) -> None:
    ledger = books(booked(ENTRY, "2"))
    gone = mark_missing(
        ledger, LotsMissing("BTC", ((ENTRY.client_order_id, Quantity(Decimal(9))),))
    )
    view = value(gone, {}, TAKER, None if allotment is None else Amount(Decimal(allotment)))

    assert view.pnl_net == 0
    assert gone.lots[0].held == 0


@pytest.mark.req("REC1")
def test_a_release_takes_its_part_at_cost_and_changes_no_profit() -> None:
    ledger = release(mark_missing(books(booked(ENTRY, "2")), GONE), RELEASED)

    (lot,) = ledger.lots
    assert (lot.quantity, lot.cost, lot.missing) == decimals("1.5", "150.9", 0)
    assert (ledger.released, ledger.realised, ledger.fees) == decimals("50.3", 0, "1.2")
    assert ledger.cash == books(booked(ENTRY, "2")).cash
    assert release(ledger, evolve(RELEASED, quantity=Quantity(Decimal(9)))).lots == ()


@pytest.mark.req("REC1")
@given(st.permutations([0, 1, 2, 3]))
def test_what_is_sold_and_what_goes_missing_give_the_same_books_in_any_order(
    order: list[int],
) -> None:
    """Two books of ours may hear of a fill and of a missing coin in another order."""
    sold = [sale(ENTRY.client_order_id, part, number=n) for n, part in ((5, "0.5"), (6, "0.25"))]
    steps: list[Callable[[Ledger], Ledger]] = [
        lambda ledger: book(ledger, sold[0], a_product()),
        lambda ledger: book(ledger, sold[1], a_product()),
        lambda ledger: mark_missing(ledger, GONE),
        lambda ledger: flow(ledger, CashFlowSeen("BTC", Amount(Decimal("-0.5")), "withdrawal")),
    ]
    ledger = books(booked(ENTRY, "2"))
    for number in order:
        ledger = steps[number](ledger)

    (lot,) = ledger.lots
    assert (lot.quantity, lot.missing, lot.cost) == decimals("1.25", "0.5", "125.75")
    assert ledger.coins == {"BTC": Decimal("0.75")}


@pytest.mark.req("REC1", "R1")
def test_of_a_lot_never_more_is_missing_than_there_is() -> None:
    gone = LotsMissing("BTC", ((ENTRY.client_order_id, Quantity(Decimal("1.5"))),))
    ledger = mark_missing(books(booked(ENTRY, "2")), gone)

    (lot,) = book(ledger, sale(ENTRY.client_order_id, "1", number=5), a_product()).lots

    assert (lot.quantity, lot.missing, lot.held) == decimals(1, 1, 0)


@pytest.mark.req("REC1")
def test_more_bought_of_a_lot_brings_nothing_missing_back() -> None:
    ledger = mark_missing(books(booked(ENTRY, "1")), GONE)
    more = book(ledger, booked(ENTRY, "1", entry_id="later"), a_product())

    assert (more.lots[0].quantity, more.lots[0].missing) == decimals(2, "0.5")


@pytest.mark.req("E1")
def test_value_is_cash_and_lots_at_the_bid_less_the_taker_fee() -> None:
    view = value(books(booked(ENTRY, "2")), {BTC: Price(Decimal(100))}, TAKER, None)

    assert view.nlv == Decimal("9798.8") + 200 - Decimal("2.4")
    assert view.opening_nlv == CASH


@pytest.mark.req("E1")
def test_value_is_unknown_without_a_price_of_what_is_owned() -> None:
    ledger = books(booked(ENTRY, "2"))

    assert value(ledger, {ETH: Price(Decimal(1))}, TAKER, None).nlv is None
    assert value(open_ledger("USD", CASH), {}, TAKER, None).nlv == CASH


@pytest.mark.req("E1")
@pytest.mark.parametrize(
    ("allotment", "allotted", "opening"),
    [("4000", "3798.8", "4000"), ("10000", "9798.8", "10000"), ("150", "0", "150")],
)
def test_only_allotted_cash_counts(allotment: str, allotted: str, opening: str) -> None:
    ledger = books(booked(ENTRY, "2"))

    view = value(ledger, {BTC: Price(Decimal(100))}, TAKER, Amount(Decimal(allotment)))

    assert (view.allotted, view.opening_nlv) == (Decimal(allotted), Decimal(opening))
    assert view.nlv == Decimal(allotted) + Decimal("197.6")


@pytest.mark.req("X2", "AUD1")
@given(DEALS)
def test_cash_and_quantities_are_conserved_exactly(deals: list[Deal]) -> None:
    ledger = open_ledger("USD", CASH)
    cash, owned = Decimal(CASH), {BTC: ZERO, ETH: ZERO}
    for number, deal in enumerate(deals):
        each = fill_of(deal, number, ledger)
        if each is None:
            continue
        ledger = book(ledger, each, a_product(deal.product))
        fill = each.fill
        sign = 1 if fill.side is Side.BUY else -1
        cash -= sign * fill.price * fill.quantity + fill.fee
        owned[fill.product] += sign * fill.quantity

        assert ledger.cash == cash
        for product, quantity in owned.items():
            lots = [lot for lot in ledger.lots if lot.product == product]
            assert sum((lot.quantity for lot in lots), ZERO) == quantity
            assert all(lot.quantity > 0 and lot.cost > 0 for lot in lots)
        tied_up = sum((lot.cost for lot in ledger.lots), ZERO)
        assert ledger.cash == CASH + ledger.realised - tied_up


@given(st.decimals("0.0001", "50", places=8), st.decimals("1", "99999", places=2))
def test_value_falls_with_the_taker_fee_and_rises_with_the_bid(
    quantity: Decimal, bid: Decimal
) -> None:
    ledger = books(booked(ENTRY, str(quantity)))

    def worth(price: Decimal, rate: str) -> Decimal:
        view = value(ledger, {BTC: Price(price)}, Rate(Decimal(rate)), None)
        assert view.nlv is not None
        return view.nlv

    assert worth(bid, "0.012") < worth(bid, "0.006") < worth(bid + 1, "0.006")
    assert Quantity(quantity) == ledger.lots[0].quantity


ADOPTED = LotAdopted(
    "adopted-1",
    ETH,
    Quantity(Decimal(2)),
    Amount(Decimal(300)),
    Price(Decimal(140)),
    NOW,
    "by hand",
)


@pytest.mark.req("REC1", "PROT1")
def test_an_adopted_lot_is_capital_at_its_cost_and_protected_by_its_stop() -> None:
    ledger = adopt(open_ledger("USD", CASH, {"ETH": Decimal(2)}), ADOPTED)

    (lot,) = ledger.lots
    assert lot.cost == 300
    assert lot.stop_price == 140
    assert lot.target_price is None
    assert lot.expires_ns is None
    assert ledger.capital == CASH + 300
    assert ledger.cash == CASH
    assert ledger.realised == 0
    assert ledger.coins == {"ETH": Decimal(2)}
    assert adopt(ledger, ADOPTED) is ledger
    view = value(ledger, {ETH: Price(Decimal(150))}, TAKER, None)
    assert view.pnl_net == -Decimal("3.6"), "worth its cost, less the fee of selling it"


@pytest.mark.req("X2")
def test_what_an_adopted_lot_earns_is_against_its_cost() -> None:
    order = approved_sale(ADOPTED.lot, product=ETH, strategy="")
    sold = booked(an_intent(order, 7), "2", price=Price(Decimal(160)), fee=Amount(Decimal(4)))

    ledger = book(adopt(open_ledger("USD", CASH), ADOPTED), sold, a_product(ETH))

    assert ledger.realised == 16
    assert ledger.lots == ()
    assert ledger.cash == CASH + 316
    assert ledger.capital + ledger.realised == ledger.cash
