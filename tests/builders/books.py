"""The trader's books against the venue's own, to the last digit."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from domain.messages.orders import IntentRaised, OrderAdvanced
from domain.model.approval import Purpose
from domain.model.orders import TERMINAL, OrderState
from domain.system.recovery import Recovered, fold
from tests.builders.world import World


def state_of(world: World) -> Recovered:
    return fold(world.messages(), "USD")


def assert_we_agree_with_the_venue(world: World) -> None:
    state, books = state_of(world), world.books()
    theirs = {order["client_order_id"]: order for order in books["orders"]}
    placed = {
        message.intent.client_order_id
        for _, message in world.messages()
        if isinstance(message, IntentRaised)
    }
    assert set(theirs) <= placed, "an order without an intent that was durable before"
    assert len(theirs) == len(books["orders"]), "two venue orders of one intent"
    for client_id, order in state.orders.items():
        is_stop = order.intent.order.purpose is Purpose.PROTECTION
        assert order.state in TERMINAL or is_stop, f"{client_id} is {order.state} at the end"
        if client_id in theirs and order.state is OrderState.PENDING_CANCEL:
            assert theirs[client_id]["status"] in ("OPEN", "CANCEL_QUEUED"), "its cancel was lost"
        elif client_id in theirs:
            assert str(order.state) == theirs[client_id]["status"]
            assert order.order_id == theirs[client_id]["order_id"]
    written_off = {
        message.client_order_id
        for _, message in world.messages()
        if isinstance(message, OrderAdvanced)
        and message.state in (OrderState.VOID, OrderState.REJECTED)
    }
    accepted = {client_id for client_id, order in theirs.items() if order["status"] != "FAILED"}
    assert not written_off & accepted, "given up although the venue has it"
    assert state.booked == {fill["entry_id"] for fill in books["fills"]}
    assert state.ledger is not None
    ours: defaultdict[str, Decimal] = defaultdict(Decimal, USD=state.ledger.cash)
    for lot in state.ledger.lots:
        ours[lot.product.partition("-")[0]] += lot.quantity
    ours["USDC"] = state.ledger.coins.get("USDC", Decimal(0))
    currencies = {each["currency"] for each in books["accounts"] if each["owner"] == "own"}
    for currency in currencies | set(ours):
        assert ours[currency] == world.venue_total(currency)
