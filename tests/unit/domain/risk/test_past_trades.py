"""What the pace of entries depends on: a bounded fold of fills."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.messages.orders import FillBooked
from domain.model.approval import ExitReason
from domain.model.instants import DAY, SECOND, Nanos
from domain.model.money import Amount, Price
from domain.model.product import ProductId
from domain.portfolio.ledger import Ledger, book, open_ledger
from domain.risk.past_trades import KEPT_ENTRIES, PastTrades
from tests.builders.messages import BTC, NOW, an_intent, approved, approved_sale, booked

pytestmark = pytest.mark.req("CD1", "PAC")
USDC = ProductId("BTC-USDC")


def opened() -> Ledger:
    return open_ledger("USD", Amount(Decimal(1_000_000)))


class Account:
    """Books and what they tell of past trades, fill by fill."""

    def __init__(self) -> None:
        self.ledger, self.past, self.number, self.at_ns = opened(), PastTrades(), 0, int(NOW)

    def take(self, fill: FillBooked) -> None:
        before, self.ledger = self.ledger, book(self.ledger, fill, None)
        self.past = self.past.after(fill, self.at_ns, before, self.ledger)

    def buy(self, product: ProductId = BTC, quantity: str = "2") -> str:
        self.number += 1
        intent = an_intent(approved(product=product, approval=self.number), self.number)
        self.take(booked(intent, quantity))
        return intent.client_order_id

    def sell(
        self, lot: str, price: int, quantity: str = "2", reason: ExitReason = ExitReason.TARGET
    ) -> None:
        self.number += 1
        sale = approved_sale(lot, quantity, approval=self.number, reason=reason)
        self.take(booked(an_intent(sale, self.number), quantity, price=Price(Decimal(price))))

    def trip(self, price: int) -> None:
        self.sell(self.buy(), price)


def test_a_fill_is_of_its_asset_and_a_stop_is_told_apart() -> None:
    account = Account()
    lot = account.buy()
    account.buy(USDC)
    account.at_ns += SECOND
    account.sell(lot, 97, reason=ExitReason.STOP)

    assert account.past.filled == {"BTC": NOW + SECOND}
    assert account.past.stopped == {"BTC": NOW + SECOND}
    assert [each.product for each in account.past.entries] == [BTC, USDC]


def test_a_sale_at_its_target_is_no_stop_out() -> None:
    account = Account()
    account.trip(120)

    assert account.past.stopped == {}
    assert account.past.filled == {"BTC": NOW}


def test_parts_of_an_entry_are_one_and_count_from_the_newest() -> None:
    account = Account()
    intent = an_intent()
    for part in ("0.5", "1", "0.25"):
        account.at_ns += SECOND
        account.take(booked(intent, part))

    (entry,) = account.past.entries
    assert entry.at_ns == NOW + 3 * SECOND


def test_losses_in_a_row_are_counted_and_a_gain_ends_them() -> None:
    account = Account()
    for price in (90, 91):
        account.trip(price)
    assert (account.past.losses, account.past.lost_ns) == (2, NOW)

    account.trip(120)
    assert account.past.losses == 0


def test_a_trade_that_pays_its_fees_only_by_a_part_is_judged_as_a_whole() -> None:
    account = Account()
    lot = account.buy()
    account.sell(lot, 90, "1")
    assert account.past.losses == 0  # it is not over
    account.sell(lot, 120, "1")
    assert account.past.losses == 0

    third = account.buy()
    account.sell(third, 110, "1")
    account.sell(third, 97, "1")  # less than the first part has gained
    assert account.past.losses == 0

    other = account.buy()
    account.sell(other, 120, "0.1")
    account.sell(other, 90, "1.9")
    assert account.past.losses == 1


def test_what_loses_by_its_fees_alone_has_lost() -> None:
    account = Account()
    account.trip(101)  # 2 gained, 1.2 paid twice

    assert account.past.losses == 1


@pytest.mark.parametrize(("price", "losses"), [("101.3", 0), ("101.1", 2)])
def test_a_gain_or_a_loss_of_less_than_one_is_one(price: str, losses: int) -> None:
    account = Account()
    account.trip(90)
    lot = account.buy()
    sale = an_intent(approved_sale(lot, approval=9), 9)
    account.take(booked(sale, price=Price(Decimal(price))))

    assert account.past.losses == losses


def test_what_is_a_day_old_still_counts_and_an_instant_later_does_not() -> None:
    account = Account()
    account.buy()
    account.at_ns += DAY
    account.buy(ProductId("ETH-USD"))
    assert account.past.filled.keys() == {"BTC", "ETH"}
    assert len(account.past.entries) == 2

    account.at_ns += 1
    account.buy(ProductId("ETH-USD"))
    assert account.past.filled.keys() == {"ETH"}
    assert [each.product for each in account.past.entries] == ["ETH-USD"] * 2


def test_what_neither_gains_nor_loses_changes_nothing() -> None:
    account = Account()
    account.trip(90)
    lot = account.buy()
    fee = Amount(Decimal("1.2"))
    sale = an_intent(approved_sale(lot, approval=9), 9)
    account.take(booked(sale, price=Price(Decimal("101.2")), fee=fee))

    assert account.past.losses == 1


@pytest.mark.parametrize(
    ("before", "now"),
    [(None, None), (None, opened()), (opened(), None)],
    ids=["both", "1st", "2nd"],
)
def test_books_that_are_not_open_tell_of_no_round_trip(
    before: Ledger | None, now: Ledger | None
) -> None:
    sale = booked(an_intent(approved_sale("lot-1")))

    past = PastTrades().after(sale, NOW, before, now)

    assert (past.losses, past.filled) == (0, {"BTC": NOW})


def test_a_window_ends_at_its_length() -> None:
    account = Account()
    account.buy()

    assert account.past.since(NOW + 99, 100)
    assert not account.past.since(NOW + 100, 100)


@given(some.lists(some.integers(0, DAY // 4), max_size=40))
def test_nothing_older_than_a_day_is_kept(waits: list[int]) -> None:
    account = Account()
    for number, wait in enumerate(waits):
        account.at_ns += wait
        account.buy(ProductId(f"A{number}-USD"))
    past, now_ns = account.past, account.at_ns

    assert all(now_ns - each.at_ns <= DAY for each in past.entries)
    assert all(now_ns - each <= DAY for each in past.filled.values())
    assert len(past.entries) == len(past.filled)


def test_no_more_entries_are_kept_than_any_limit_can_ask_for() -> None:
    past = PastTrades()
    for number in range(1, KEPT_ENTRIES + 20):
        fill = booked(an_intent(approved(approval=number), number))
        past = past.after(fill, Nanos(NOW + number), None, None)

    assert len(past.entries) == KEPT_ENTRIES
    assert past.entries[-1].at_ns == NOW + KEPT_ENTRIES + 19
