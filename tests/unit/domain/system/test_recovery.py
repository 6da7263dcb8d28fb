"""The fold of a journal gives the state that was, as if nothing had happened in between."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.decisions import ExitProposed, OrderApproved
from domain.messages.journal import JournalCreated, RunStarted
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import CashFlowSeen, EquityMarked, StatementTaken
from domain.messages.supervision import BootCompleted, BreakerReset, BreakerTripped
from domain.model.approval import ExitReason
from domain.model.breakers import GLOBAL, Effect
from domain.model.instants import Nanos
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from domain.portfolio.losses import LIMITS, EquityMark
from domain.risk.past_trades import PastTrades
from domain.risk.throttle import REJECTED, REPEATED
from domain.system.recovery import Recovered, fold
from tests.builders.messages import (
    BTC,
    LINEAGE,
    MAKER,
    NOW,
    TAKER,
    a_breaker,
    a_moved,
    a_product,
    an_intent,
    approved,
    approved_sale,
    booked,
)
from tests.builders.numbers import decimals

ENTRY = approved()
INTENT = an_intent(ENTRY)
START = RunStarted("paper", "embedded", "world-1", "c", "p", 7)
STATEMENT = StatementTaken(
    "start", (AccountBalance("BTC", Decimal(3), ZERO), AccountBalance("USD", Decimal(900), ZERO))
)
BOOT = BootCompleted((a_product(),), MAKER, TAKER, is_clean=True)
BEGINNING = (JournalCreated(LINEAGE), START, STATEMENT, BOOT)


def folded(*messages: object) -> Recovered:
    return fold(((NOW + n, each) for n, each in enumerate((*BEGINNING, *messages))), "USD")


def orders_of(*messages: object) -> Recovered:
    return folded(OrderApproved(INTENT.order), IntentRaised(INTENT), *messages)


def test_an_empty_journal_is_a_fresh_start() -> None:
    state = fold([], "USD")

    assert state == Recovered()
    assert (state.next_number, state.next_approval, state.ledger) == (1, 1, None)


@pytest.mark.req("BOOT1")
def test_the_first_statement_opens_the_books_and_later_ones_do_not() -> None:
    later = StatementTaken("hourly", (AccountBalance("USD", Decimal(1), ZERO),))

    ledger = folded(later, CashFlowSeen("USD", Amount(Decimal(50)), "deposit")).ledger

    assert ledger is not None
    assert (ledger.opening_cash, ledger.cash) == decimals(900, 950)


@pytest.mark.req("BOOT1", "X1")
def test_numbers_go_on_where_they_ended() -> None:
    other = an_intent(approved(approval=9), 4)

    state = orders_of(OrderApproved(other.order), IntentRaised(other))

    assert (state.lineage, state.next_number, state.next_approval) == (LINEAGE, 5, 10)
    assert state.approved == (("breakout", "BTC-USD", "BUY", int(ENTRY.bar_ns)),) * 2
    assert {key: order.intent.order for key, order in state.orders.items()} == {
        INTENT.client_order_id: INTENT.order,
        other.client_order_id: other.order,
    }


@pytest.mark.req("BOOT1", "X1", "X4")
@pytest.mark.parametrize("state", [None, OrderState.PENDING_SUBMIT, OrderState.UNKNOWN])
def test_what_may_have_been_sent_comes_back_as_unknown(state: OrderState | None) -> None:
    recovered = orders_of(*([a_moved(INTENT, state)] if state else []))

    (order,) = recovered.own_orders(machine_ns=Nanos(77))

    assert (order.state, order.last_sent_ns) == (OrderState.UNKNOWN, 77)
    assert recovered.exposure().living[1].worst_case == ENTRY.worst_case


@pytest.mark.req("BOOT1")
@pytest.mark.parametrize(
    "state", [OrderState.OPEN, OrderState.PARTIALLY_FILLED, OrderState.PENDING_CANCEL]
)
def test_what_rested_comes_back_as_it_was(state: OrderState) -> None:
    recovered = orders_of(
        a_moved(INTENT, OrderState.OPEN), booked(INTENT, "0.5"), a_moved(INTENT, state, "0.5")
    )

    (order,) = recovered.own_orders(machine_ns=Nanos(77))

    assert (order.state, order.filled, order.order_id) == (state, Decimal("0.5"), "venue-1")
    assert recovered.exposure().living[1].remaining == Decimal("1.5")
    assert recovered.booked == {"fill-1-0.5"}


@pytest.mark.parametrize("state", [OrderState.FILLED, OrderState.CANCELLED, OrderState.VOID])
def test_what_has_ended_comes_back_ended_for_the_venue_may_have_more_of_it(
    state: OrderState,
) -> None:
    recovered = orders_of(a_moved(INTENT, state))

    (order,) = recovered.own_orders(machine_ns=Nanos(1))

    assert (order.state, order.order_id) == (state, "venue-1")
    assert recovered.exposure().living == {}


@pytest.mark.req("E2", "X4")
def test_an_order_found_alive_after_its_end_and_a_restart_is_reserved_again() -> None:
    exposure = orders_of(a_moved(INTENT, OrderState.VOID)).exposure()
    assert not list(exposure.entries())

    (alive,) = exposure.end(a_moved(INTENT, OrderState.OPEN)).entries()

    assert alive.worst_case == ENTRY.worst_case


@pytest.mark.req("BOOT1", "PROT1")
def test_lots_come_back_with_their_protection() -> None:
    ledger = orders_of(booked(INTENT, "2")).ledger

    assert ledger is not None
    (lot,) = ledger.lots
    assert lot.id == INTENT.client_order_id
    assert (lot.stop_price, lot.target_price) == decimals(97, 108)


@pytest.mark.req("K1", "SUP1")
def test_only_latched_breakers_outlive_their_process() -> None:
    latched = a_breaker(Effect.HALT, name="crash", is_latched=True)
    passing = a_breaker(Effect.BLOCK, name="stale")

    before = folded(BreakerTripped(latched), BreakerTripped(passing))
    after = folded(BreakerTripped(latched), BreakerTripped(passing), START)
    resumed = folded(BreakerTripped(latched), START, BreakerReset("crash", "global", "op", "why"))

    assert before.breakers == (latched, passing)
    assert before.latched() == (latched,)
    assert after.breakers == (latched,)
    assert resumed.breakers == ()
    assert after.runs == 2


@pytest.mark.req("DD1")
def test_past_equity_comes_back_where_it_was_known() -> None:
    ten = Amount(Decimal(10))

    marks = folded(EquityMarked(1, ten, ten), EquityMarked(2, None, ten)).marks

    assert marks == (EquityMark(Nanos(NOW + 4), ten, ten, Decimal(1)),)


@pytest.mark.req("DD1", "BOOT1")
@pytest.mark.parametrize(
    ("by", "name", "is_new"),
    [
        *(("operator", limit, True) for limit in LIMITS),
        ("proof", "drawdown", False),
        ("operator", "halt", False),
    ],
)
def test_the_first_equity_after_a_resume_is_where_the_next_start_counts_from(
    by: str, name: str, is_new: bool
) -> None:
    ten, nine, eight = (Amount(Decimal(each)) for each in (10, 9, 8))
    before = (EquityMarked(1, ten, ten), EquityMarked(2, nine, ten))
    resumed = BreakerReset(name, GLOBAL, by, "books agree")

    waits = folded(*before, resumed)
    state = folded(*before, resumed, EquityMarked(3, eight, ten))

    assert waits.resumed == ({name: None} if is_new else {})
    assert state.peak is not None
    assert state.peak.nlv == (eight if name == "drawdown" and is_new else ten)
    known = {limit: each.nlv for limit, each in state.resumed.items() if each is not None}
    assert known == ({name: eight} if is_new and name != "drawdown" else {})


def test_another_world_starts_with_empty_books_but_keeps_its_latches_and_numbers() -> None:
    latched = a_breaker(Effect.HALT, is_latched=True)
    elsewhere = RunStarted("paper", "embedded", "world-2", "c", "p", 7)

    state = orders_of(booked(INTENT, "2"), BreakerTripped(latched), elsewhere)

    assert (state.ledger, state.orders, state.booked) == (None, {}, frozenset())
    assert (state.next_number, state.latched()) == (2, (latched,))


def _parts(sizes: Iterable[int]) -> list[object]:
    """Return fills of at most 2 in all, each with the state that follows it."""
    found: list[object] = []
    total = ZERO
    for number, size in enumerate(sizes):
        quantity = min(Decimal(size) / 10, 2 - total)
        if quantity > 0:
            total += quantity
            price = Price(Decimal(100 + size))
            found.append(booked(INTENT, str(quantity), entry_id=f"part-{number}", price=price))
            state = OrderState.FILLED if total == 2 else OrderState.PARTIALLY_FILLED
            found.append(a_moved(INTENT, state, str(total)))
    return found


@pytest.mark.req("BOOT1", "AUD1")
@given(st.lists(st.integers(1, 9), max_size=8), st.integers(0, 16))
def test_a_restart_anywhere_changes_no_books(sizes: list[int], place: int) -> None:
    history = _parts(sizes)
    broken = [*history[:place], START, STATEMENT, BOOT, *history[place:]]

    straight, restarted = orders_of(*history), orders_of(*broken)

    assert straight.ledger == restarted.ledger
    assert straight.orders == restarted.orders
    assert straight.exposure() == restarted.exposure()
    assert all(each.filled <= Quantity(Decimal(2)) for each in restarted.orders.values())


@pytest.mark.req("M1")
def test_what_a_start_has_read_is_known_to_the_next_one_in_the_same_world() -> None:
    newer = BootCompleted((), TAKER, MAKER, is_clean=False)

    assert folded(newer).boot == newer
    assert folded(RunStarted("paper", "embedded", "world-2", "c", "p", 7)).boot is None


@pytest.mark.req("M1")
def test_lots_are_told_by_product_and_quantity() -> None:
    assert folded().owned == ()
    (lot,) = orders_of(booked(INTENT)).owned
    assert lot.startswith(f"{INTENT.order.product} ")


@pytest.mark.req("PAC", "BOOT1")
def test_rejected_orders_and_filled_entries_are_still_counted_in_the_same_world_only() -> None:
    rejected = a_moved(INTENT, OrderState.REJECTED)
    state = orders_of(booked(INTENT, "1"), rejected, START)

    assert [each.name for each in state.counted] == [REPEATED, REJECTED]
    assert {each.client_order_id for each in state.counted} == {INTENT.client_order_id}
    assert orders_of(rejected, evolve(START, world="world-2")).counted == ()


@pytest.mark.req("BOOT1", "X6")
@pytest.mark.parametrize("reason", ExitReason)
def test_a_lot_that_its_strategy_or_a_person_wants_out_of_stays_left(reason: ExitReason) -> None:
    due = ExitProposed(INTENT.client_order_id, BTC, Quantity(Decimal(1)), reason, Price(Decimal(9)))
    sale = an_intent(approved_sale(INTENT.client_order_id, "0.5"), 2)
    later = booked(INTENT, "0.25", entry_id="later")

    ledger = orders_of(
        booked(INTENT, "1"), due, IntentRaised(sale), booked(sale, "0.5"), later
    ).ledger

    assert ledger is not None
    leaving = reason if reason in (ExitReason.SIGNAL, ExitReason.OPERATOR) else None
    assert [lot.leaving for lot in ledger.lots] == [leaving]


@pytest.mark.req("CD1", "PAC")
def test_what_paces_entries_comes_back_in_the_same_world_only() -> None:
    told = (STATEMENT, IntentRaised(INTENT), booked(INTENT, "1"), booked(INTENT, "1"))
    past = orders_of(*told).past_trades

    assert past.filled.keys() == {"BTC"}
    assert [each.client_order_id for each in past.entries] == [INTENT.client_order_id]
    assert orders_of(*told, evolve(START, world="world-2")).past_trades == PastTrades()
