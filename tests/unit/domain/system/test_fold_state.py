"""The state of a fold holds all of it: to go on from a state is to have seen every record."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.messages.decisions import OrderApproved, RoundJudged
from domain.messages.journal import JournalCreated, JournalRestored, RunStarted
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import CashFlowSeen, EquityMarked, LotsMissing, StatementTaken
from domain.messages.supervision import BY_OPERATOR, BootCompleted, BreakerReset, BreakerTripped
from domain.messages.universe import AssetBanned
from domain.model.breakers import GLOBAL, Effect
from domain.model.instants import DAY, MINUTE, SECOND, Nanos
from domain.model.money import ZERO, Amount
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from domain.portfolio.losses import LIMITS
from domain.risk.past_trades import PastTrades
from domain.system.fold_state import FoldState
from domain.system.recovery import KEPT_ENDS_NS, JournalFold, fold
from tests.builders.messages import (
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

pytestmark = pytest.mark.req("BOOT1")

START = RunStarted("paper", "embedded", "world-1", "c", "p", 7)
STATEMENT = StatementTaken(
    "start", (AccountBalance("BTC", Decimal(3), ZERO), AccountBalance("USD", Decimal(9000), ZERO))
)
BOOT = BootCompleted((a_product(),), MAKER, TAKER, is_clean=True)
BEGINNING = (JournalCreated(LINEAGE), START, STATEMENT, BOOT)
ENDS = (OrderState.OPEN, OrderState.CANCELLED, OrderState.REJECTED, OrderState.UNKNOWN)


def life(number: int, how: int) -> list[object]:
    """Return the records of one order: a lot that stays, one that is sold, one without a fill."""
    intent = an_intent(approved(approval=number), number)
    told = [OrderApproved(intent.order), IntentRaised(intent)]
    if how >= 2:
        return [*told, a_moved(intent, ENDS[how - 2])]
    told += [booked(intent, entry_id=f"f-{number}"), a_moved(intent, OrderState.FILLED)]
    if how == 1:
        sale = an_intent(approved_sale(intent.client_order_id, approval=number + 500), number + 500)
        told += [OrderApproved(sale.order), IntentRaised(sale)]
        told += [booked(sale, entry_id=f"f-{number + 500}"), a_moved(sale, OrderState.FILLED)]
    return told


def others(number: int) -> list[object]:
    """Return records that are no order's, one after the other."""
    halt = evolve(a_breaker(Effect.HALT), name=LIMITS[number % 4], is_latched=True)
    known = (
        [EquityMarked(number, Amount(Decimal(9000 - number)), Amount(Decimal(9000)))],
        [BreakerTripped(halt)],
        [BreakerReset(halt.name, GLOBAL, BY_OPERATOR, "seen")],
        [CashFlowSeen("USD", Amount(Decimal(number)), "deposit")],
        [AssetBanned("BTC", "no", Nanos(NOW + DAY))],
        [RoundJudged(number, NOW, (), (), ())],
        [START],
        [evolve(START, world="world-2"), STATEMENT, BOOT],
        [JournalRestored(f"{number:032x}")],
        [LotsMissing("BTC", ())],
    )
    return list(known[number % len(known)])


steps = st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 3 * DAY // MINUTE))


@settings(max_examples=60)
@given(st.lists(steps, max_size=14), st.data())
def test_a_fold_that_goes_on_from_a_state_is_the_one_that_saw_it_all(
    taken: list[tuple[bool, int, int]], data: st.DataObject
) -> None:
    at_ns = int(NOW)
    records: list[tuple[int, object]] = [(at_ns, each) for each in BEGINNING]
    for number, (is_order, kind, minutes) in enumerate(taken, start=1):
        at_ns += minutes * MINUTE
        found = life(number, kind % 6) if is_order else others(kind)
        records += [(at_ns + place * SECOND, each) for place, each in enumerate(found)]
    cut = data.draw(st.integers(0, len(records)))

    first = JournalFold("USD")
    for when_ns, message in records[:cut]:
        first.take(when_ns, message)
    kept = first.state()
    after = JournalFold.after(kept)
    for when_ns, message in records[cut:]:
        first.take(when_ns, message)
        after.take(when_ns, message)

    assert after.result() == first.result() == fold(records, "USD")
    assert after.state() == first.state()


def test_a_state_that_was_handed_out_stands_still() -> None:
    one = JournalFold("USD")
    kept, told = one.state(), one.result()
    for number, each in enumerate((*BEGINNING, *life(1, 0))):
        one.take(NOW + number, each)

    assert kept == JournalFold("USD").state()
    assert told.orders == {}


def test_every_part_of_a_fold_is_in_its_state() -> None:
    """A part that is forgotten here would be lost by every snapshot."""
    parts = {name.lstrip("_") for name in vars(JournalFold("USD"))}
    told = {each.name for each in attrs.fields(FoldState)}

    trades = {"filled_assets", "stopped_assets", "filled_entries", "losses", "lost_ns"}
    assert parts - {"books", "equity", "past_trades"} <= told
    assert trades <= told
    assert len(trades) == len(attrs.fields(PastTrades))
    assert {"quote_currency", "ledger", "products", "marks", "peak", "resumed"} <= told


def test_what_ended_long_ago_is_left_out_and_its_late_fill_still_booked() -> None:
    old: list[tuple[int, object]] = [
        (NOW + n, each) for n, each in enumerate((*BEGINNING, *life(1, 3), *life(2, 0)))
    ]
    later = [(NOW + KEPT_ENDS_NS + MINUTE + n, each) for n, each in enumerate(life(3, 0))]
    state = fold([*old, *later], "USD")

    assert [each.intent.number for each in state.orders.values()] == [3]
    assert state.booked == {"f-3"}
    assert state.traded == {a_product().id}
    assert (state.next_number, state.next_approval) == (4, 4)

    late = booked(an_intent(approved(approval=1), 1), entry_id="late")
    after = fold([*old, *later, (NOW + 2 * KEPT_ENDS_NS, late)], "USD")
    assert after.ledger is not None
    assert state.ledger is not None
    assert sum(lot.quantity for lot in after.ledger.lots) == (
        sum(lot.quantity for lot in state.ledger.lots) + late.fill.quantity
    )


def test_what_has_not_ended_is_kept_however_old() -> None:
    open_: list[tuple[int, object]] = [
        (NOW + n, each) for n, each in enumerate((*BEGINNING, *life(1, 2), *life(2, 5)))
    ]
    later = [(NOW + 9 * KEPT_ENDS_NS + n, each) for n, each in enumerate(life(3, 0))]

    assert len(fold([*open_, *later], "USD").orders) == 3
