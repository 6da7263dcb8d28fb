"""Journals of older versions: the same bytes, read as today's messages.

`tests/golden/journal` was written in November 2026 by the code before orders had types: five
entries, two exits at the end of their holding time, one of them filled.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.journal.codec import Codec, CodecError
from adapters.journal.segments import read_records
from adapters.journal.upcast import UPCASTERS
from domain.messages.catalogue import CATALOGUE
from domain.messages.decisions import OrderApproved
from domain.messages.orders import IntentRaised, WouldPlace
from domain.model.approval import ApprovedEntry, ApprovedExit, ApprovedOrder, ExitReason, Market
from domain.model.orders import OrderState
from domain.system.recovery import fold
from tests.builders.messages import a_limit, an_intent, approved, approved_sale, booked
from tests.builders.numbers import decimals

OLD = Path(__file__).parents[3] / "golden" / "journal"
CODEC = Codec(CATALOGUE)
ORDERS = [
    approved(),
    approved(order_type=a_limit(post_only=False, lifetime_ns=None)),
    approved(order_type=Market()),
    approved_sale("lot-1"),
]


def old_messages() -> list[Any]:
    return [CODEC.decode(record.type, record.data) for record in read_records(OLD)]


def flat(order: ApprovedOrder) -> dict[str, Any]:
    """Return `order` as it was written before it had a type."""
    told = dict(CODEC.encode(OrderApproved(order))["order"])
    kind = told.pop("order_type")
    del told["_type"]
    for younger_than_types in ("signal", "sold_at_venue", "highest_price", "replaces", "first"):
        told.pop(younger_than_types, None)
    dummies = {
        "limit_price": kind.get("price"),
        "post_only": kind.get("post_only", False),
        "lifetime_ns": kind.get("lifetime_ns"),
        "worst_case": "0",
        "stop_loss_pct": "0",
        "take_profit_pct": "0",
        "max_hold_ns": 0,
        "bar_ns": 0,
        "lot": None,
    }
    return {**dummies, **told, "purpose": order.purpose.value, "side": order.side.value}


@pytest.mark.req("AUD1", "X2")
def test_every_record_of_an_old_journal_is_a_message_of_today() -> None:
    messages = old_messages()

    assert len(messages) == 63
    entry, *_, sale = [each.order for each in messages if isinstance(each, OrderApproved)]
    assert isinstance(entry, ApprovedEntry)
    assert entry.order_type == a_limit(Decimal("17.149"))
    assert (entry.worst_case, entry.stop_loss_pct) == decimals("199.92715776", 4)
    assert isinstance(sale, ApprovedExit)
    assert (sale.order_type, sale.reason) == (Market(), ExitReason.MAX_HOLD)
    assert sale.lot == "de7b37dd-74d6-5f34-a21f-469365c71356"


@pytest.mark.req("AUD1", "X2")
def test_an_old_journal_folds_to_its_books() -> None:
    records = (
        (record.at_ns, CODEC.decode(record.type, record.data)) for record in read_records(OLD)
    )

    state = fold(records, "USD")

    assert state.ledger is not None
    assert len(state.ledger.lots) == 4
    assert sum(order.state is OrderState.FILLED for order in state.orders.values()) == 6
    assert len(state.approved) == 5  # exits are approved too, but never hold up a bar's entry


@pytest.mark.parametrize("order", ORDERS)
def test_each_flat_order_is_read_as_the_typed_one(order: ApprovedOrder) -> None:
    intent, told = an_intent(order), flat(order)
    without_order = CODEC.encode(IntentRaised(intent))["intent"]

    assert CODEC.decode("OrderApproved", {"order": told}) == OrderApproved(order)
    for kind in (IntentRaised, WouldPlace):
        data = {"intent": {**without_order, "order": told}}
        assert CODEC.decode(kind.__name__, data) == kind(intent)
    fill = booked(intent)
    assert CODEC.decode("FillBooked", {**CODEC.encode(fill), "order": told}) == fill


@pytest.mark.parametrize("order", ORDERS)
def test_what_is_written_today_is_read_as_it_is(order: ApprovedOrder) -> None:
    told = CODEC.encode(OrderApproved(order))

    assert UPCASTERS["OrderApproved"](told) == told


@pytest.mark.parametrize(
    "changes",
    [{"side": "SELL"}, {"purpose": "exit"}, {"purpose": "other"}, {"note": ""}, {"lot": ...}],
    ids=["short", "exit that buys", "unknown purpose", "extra member", "missing member"],
)
def test_what_was_never_written_like_that_is_refused(changes: dict[str, Any]) -> None:
    told = {name: value for name, value in (flat(approved()) | changes).items() if value is not ...}

    with pytest.raises(CodecError):
        CODEC.decode("OrderApproved", {"order": told})


@pytest.mark.parametrize("data", [{}, {"order": None}, {"order": 7}, {"intent": {}}])
def test_a_damaged_record_is_the_codecs_to_refuse(data: dict[str, Any]) -> None:
    for name in ("OrderApproved", "IntentRaised", "FillBooked"):
        with pytest.raises(CodecError):
            CODEC.decode(name, data)
