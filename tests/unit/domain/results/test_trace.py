"""What an id of a chain leads to, and that the chain is whole."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from domain.messages.decisions import OrderApproved, ProposalRefused, RestProposed, RoundJudged
from domain.messages.journal import RunStarted
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import LotReleased, StatementTaken
from domain.messages.supervision import BootCompleted
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.instants import MINUTE, Nanos
from domain.model.money import Quantity
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from domain.model.product import Side
from domain.results.trace import (
    Noted,
    RunCounter,
    Trace,
    TraceFold,
    TraceSearch,
    TraceTarget,
    lot_of,
)
from tests.builders.messages import (
    BTC,
    ETH,
    MAKER,
    NOW,
    TAKER,
    a_lot,
    a_moved,
    a_product,
    an_exit,
    an_intent,
    approved,
    approved_sale,
    booked,
)

RUN = RunStarted("paper", "embedded", "w", "", "", 0)
ENTRY = an_intent(approved(approval=1))
OTHER = an_intent(approved(approval=2, product=ETH), 2)
LOT = ENTRY.client_order_id
SALE = an_intent(approved_sale(LOT, approval=3), 3)
DUE = an_exit(a_lot(id=LOT))
NO = ProposalRefused(
    Purpose.ENTRY,
    "breakout",
    ETH,
    Side.BUY,
    (Refusal(reason=Reason("total_cap"), observed="16 %", limit="15 %"),),
)
ROUND, LATER = 40, 90
STORY: tuple[tuple[int | None, Any], ...] = (
    (None, RUN),
    (None, BootCompleted((a_product(), a_product(ETH)), MAKER, TAKER, True)),
    (None, StatementTaken("start", (AccountBalance("USD", Decimal(1000), Decimal(0)),))),
    (ROUND, OrderApproved(ENTRY.order)),
    (ROUND, NO),
    (ROUND, RoundJudged(1, Nanos(NOW), (BTC,), ((ETH, Reason("total_cap")),), ())),
    (ROUND, IntentRaised(ENTRY)),
    (7, a_moved(ENTRY, OrderState.OPEN)),
    (7, booked(ENTRY, entry_id="trade-buy")),
    (7, a_moved(ENTRY, OrderState.FILLED, "2")),
    (41, OrderApproved(OTHER.order)),
    (41, IntentRaised(OTHER)),
    (LATER, DUE),
    (LATER, OrderApproved(SALE.order)),
    (LATER, IntentRaised(SALE)),
    (7, a_moved(SALE, OrderState.OPEN)),
    (7, booked(SALE, entry_id="trade-sell")),
    (7, a_moved(SALE, OrderState.FILLED, "2")),
)


def noted(story: Sequence[tuple[int | None, Any]]) -> list[Noted]:
    runs, told = RunCounter(), []
    for seq, (correlation, message) in enumerate(story, start=1):
        runs = runs.after(message)
        told.append(
            Noted(
                seq=seq,
                at_ns=Nanos(NOW + seq * MINUTE),
                run=runs.run,
                correlation=correlation,
                message=message,
            )
        )
    return told


def searched(text: str, story: Sequence[tuple[int | None, Any]] = STORY) -> TraceTarget:
    search = TraceSearch(text)
    for each in noted(story):
        search.take(each)
    return search.result()


def traced(text: str, story: Sequence[tuple[int | None, Any]] = STORY) -> Trace:
    fold = TraceFold(searched(text, story))
    for each in noted(story):
        fold.take(each)
    return fold.result()


def kinds(steps: Sequence[Noted]) -> list[str]:
    return [type(each.message).__name__ for each in steps]


@pytest.mark.req("X2")
@pytest.mark.parametrize(
    "text",
    [
        LOT,
        LOT[:6],
        SALE.client_order_id,
        "venue-1",
        "venue-3",
        "trade-buy",
        "trade-sell",
        str(LATER),
    ],
)
def test_every_id_of_a_chain_leads_to_all_of_it(text: str) -> None:
    (chain,) = traced(text).chains

    assert chain.lot == LOT
    assert kinds(chain.steps) == [
        *("OrderApproved", "IntentRaised", "OrderAdvanced", "FillBooked", "OrderAdvanced"),
        *("ExitProposed", "OrderApproved", "IntentRaised"),
        *("OrderAdvanced", "FillBooked", "OrderAdvanced"),
    ]
    assert chain.trip is not None
    assert chain.trip.is_closed
    assert chain.trip.profit == Decimal("-2.4")


def test_a_decision_leads_to_every_verdict_of_its_round() -> None:
    found = traced(str(ROUND))

    assert kinds(found.decision) == ["OrderApproved", "ProposalRefused", "RoundJudged"]
    assert [chain.lot for chain in found.chains] == [LOT]


def test_a_number_means_the_newest_run_that_decided_by_it() -> None:
    again = an_intent(approved(approval=9), 9)
    story = (*STORY, (None, RUN), (ROUND, OrderApproved(again.order)), (ROUND, IntentRaised(again)))

    found = searched(str(ROUND), story)

    assert found == TraceTarget(frozenset({again.client_order_id}), (2, ROUND))


@pytest.mark.parametrize("text", ["7", "no-such-id", LOT[:5], "9" * 5_000, ""])
def test_what_decided_nothing_and_what_nobody_knows_is_not_found(text: str) -> None:
    assert not searched(text).is_found
    assert searched(text).near == ()


def test_what_begins_several_ids_is_none_of_them() -> None:
    found = searched("trade-")

    assert not found.is_found
    assert found.near == ("trade-buy", "trade-sell")
    assert searched("trade-b").is_found


def test_a_late_fill_of_an_ended_order_still_belongs_to_its_lot() -> None:
    late = booked(SALE, entry_id="trade-late")
    story = (*STORY[:-2], STORY[-1], (7, late))

    assert searched("trade-late", story).lots == {LOT}


def test_a_chain_without_a_fill_has_no_round_trip() -> None:
    (chain,) = traced(OTHER.client_order_id).chains

    assert kinds(chain.steps) == ["OrderApproved", "IntentRaised"]
    assert chain.trip is None


def test_what_the_owner_released_stands_in_the_chain() -> None:
    released = LotReleased(LOT, BTC, Quantity(Decimal(1)), "sold by hand")
    (chain,) = traced(LOT, (*STORY[:12], (5, released))).chains

    assert kinds(chain.steps)[-1] == "LotReleased"


def test_the_lot_of_a_sale_is_the_one_it_sells() -> None:
    assert lot_of("sale", SALE.order) == LOT
    assert lot_of("entry", ENTRY.order) == "entry"


@pytest.mark.req("X2", "X5")
@pytest.mark.parametrize("number", [1, 8, 9])
def test_every_order_of_one_entry_leads_to_all_of_them(number: int) -> None:
    first = an_intent(approved(approval=1), 1)
    name = first.client_order_id
    second = an_intent(approved(approval=8, replaces=name, first=name), 8)
    third = an_intent(approved(approval=9, replaces=second.client_order_id, first=name), 9)
    story: list[tuple[int | None, Any]] = [
        *STORY[:3],
        (ROUND, OrderApproved(first.order)),
        (ROUND, IntentRaised(first)),
        (7, a_moved(first, OrderState.CANCELLED)),
    ]
    for before, after in ((first, second), (second, third)):
        story += [
            (ROUND, RestProposed(before.client_order_id, "breakout", BTC, takes=False)),
            (ROUND, OrderApproved(after.order)),
            (ROUND, IntentRaised(after)),
            (7, a_moved(after, OrderState.CANCELLED)),
        ]

    for text in (an_intent(number=number).client_order_id, str(ROUND)):
        found = traced(text, story)
        assert [chain.lot for chain in found.chains] == [
            each.client_order_id for each in (first, second, third)
        ]
        assert "RestProposed" in kinds(found.chains[0].steps)
        assert "RestProposed" not in kinds(found.chains[2].steps)
