"""A chain in sentences: what each record of it says, and what it came to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.results.trace import document, lines, outcome, sentence
from domain.messages.decisions import (
    ExitHindered,
    OrderApproved,
    RestProposed,
    RoundJudged,
    StopRaised,
)
from domain.messages.orders import IntentRaised, WouldPlace
from domain.messages.portfolio import LotReleased
from domain.model.approval import ExitReason, Reason
from domain.model.instants import HOUR, Nanos
from domain.model.money import Amount, Price, Quantity
from domain.model.orders import OrderState
from domain.results.round_trips import RoundTrip
from domain.results.trace import LotChain, Noted, Trace
from tests.builders.messages import (
    BTC,
    ETH,
    NOW,
    a_limit,
    a_lot,
    a_moved,
    an_exit,
    an_intent,
    approved,
    approved_sale,
    booked,
)

ENTRY = an_intent()
SALE = an_intent(approved_sale("lot-1"), 2)
ID = ENTRY.client_order_id
CASES: list[tuple[Any, str]] = [
    (
        OrderApproved(ENTRY.order),
        "breakout proposed to buy 2 BTC at 100.00, stop 3 % below, target 8 % above: signal."
        " The risk gate approved it: no rule objected",
    ),
    (
        OrderApproved(SALE.order),
        "the risk gate approved the sale of 2 BTC: its stop was hit",
    ),
    (
        OrderApproved(approved(replaces="o-1", first="o-1")),
        "it replaces order o-1: 2 BTC rests at 100.00. The risk gate approved it: no rule objected",
    ),
    (
        OrderApproved(approved(replaces="o-1", order_type=a_limit(lifetime_ns=None))),
        "it replaces order o-1: 2 BTC is taken at 100.00. The risk gate approved it: no rule"
        " objected",
    ),
    (RestProposed(ID, "breakout", BTC, True), "what is left of it is to be taken at once"),
    (
        RestProposed(ID, "breakout", BTC, False),
        "what is left of it is to be bought at the price of now",
    ),
    (
        StopRaised(ID, BTC, Price(Decimal("104.5")), Price(Decimal(110))),
        "its stop follows the market up to 104.50, the bid is 110.00",
    ),
    (IntentRaised(ENTRY), f"order {ID}, number 1, is on record"),
    (WouldPlace(ENTRY), f"dry run: order {ID} would have been sent"),
    (a_moved(ENTRY, OrderState.OPEN), "the venue has it, order id venue-1"),
    (a_moved(ENTRY, OrderState.EXPIRED), "it was not filled in time"),
    (
        booked(ENTRY, "0.5"),
        "bought 0.5 BTC at 100.00, fee 1.20 USD as maker, trade fill-1-0.5",
    ),
    (
        an_exit(a_lot(), ExitReason.TARGET),
        "due to be sold, 2 BTC at a bid of 97.00: its target was reached",
    ),
    (ExitHindered("lot-1", BTC, "post only", is_dust=False), "it can't be sold now: post only"),
    (ExitHindered("lot-1", BTC, None, is_dust=False), "nothing hinders its sale any more"),
    (
        LotReleased("lot-1", BTC, Quantity(Decimal(1)), "sold by hand"),
        "1 BTC released: sold by hand",
    ),
    (
        RoundJudged(3, NOW, (BTC,), ((ETH, Reason("total_cap")),), ("slow",)),
        "cycle 3 was judged: 1 approved, 1 refused; no answer in time from slow",
    ),
]


@pytest.mark.parametrize(("message", "told"), CASES, ids=[type(m).__name__ for m, _ in CASES])
def test_each_record_says_what_it_is(message: Any, told: str) -> None:
    assert sentence(message) == told


def test_every_state_of_an_order_has_words_of_its_own() -> None:
    said = {sentence(a_moved(ENTRY, state)) for state in OrderState}

    assert len(said) == len(OrderState)


def trip(**changes: Any) -> RoundTrip:
    values: dict[str, Any] = {
        "lot": ID,
        "product": BTC,
        "strategy": "breakout",
        "why": "signal",
        "stop_price": Decimal(97),
        "target_price": Decimal(108),
        "opened_ns": NOW,
        "closed_ns": Nanos(NOW + HOUR),
        "bought": Quantity(Decimal(2)),
        "bought_for": Amount(Decimal(200)),
        "sold": Quantity(Decimal(2)),
        "paid": Amount(Decimal(200)),
        "received": Amount(Decimal(220)),
        "fees": Amount(Decimal("2.4")),
    }
    return RoundTrip(**{**values, **changes})


OPEN = {"sold": Quantity(Decimal(0)), "closed_ns": None}


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (None, "nothing was bought: no profit and no loss"),
        (trip(**OPEN), "2 BTC of it is owned; nothing is sold"),
        (trip(), "profit +17.60 USD after fees of 2.40, held 1 h"),
        (
            trip(
                sold=Quantity(Decimal("0.5")),
                paid=Amount(Decimal(50)),
                received=Amount(Decimal(55)),
            ),
            "profit +2.60 USD after fees of 2.40 on what is sold; 1.5 BTC of it is owned",
        ),
    ],
)
def test_the_end_says_what_was_earned(made: RoundTrip | None, told: str) -> None:
    assert outcome(LotChain(ID, (), made)) == told


def story() -> Trace:
    order = approved(reason="closed far above the high of the last days, " * 4)
    steps = [
        Noted(seq=number, at_ns=NOW, run=1, correlation=4, message=message)
        for number, message in enumerate((OrderApproved(order), booked(ENTRY)), start=1)
    ]
    return Trace(tuple(steps[:1]), (LotChain(ID, tuple(steps), trip()),))


def test_people_read_it_within_80_columns() -> None:
    told = list(lines(story()))

    assert max(map(len, told)) <= 80
    assert told[0] == "the decision 4 of run 1"
    assert f"lot {ID}" in told
    assert told[-1].strip() == "profit +17.60 USD after fees of 2.40, held 1 h"


def test_the_document_has_exact_numbers_and_the_place_of_each_record() -> None:
    told = document(story(), "trade-1")

    (lot,) = told["lots"]
    assert (told["id"], lot["lot"], lot["result"]["profit"]) == ("trade-1", ID, "17.6")
    assert [(step["seq"], step["type"]) for step in lot["steps"]] == [
        (1, "OrderApproved"),
        (2, "FillBooked"),
    ]
    assert lot["steps"][0]["at"] == "2023-12-12T04:00:00Z"
