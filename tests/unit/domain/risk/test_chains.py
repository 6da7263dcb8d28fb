"""The orders of one decision together: one quantity, one life."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.model.approval import ApprovedEntry
from domain.model.instants import SECOND, Nanos
from domain.model.money import Quantity
from domain.risk.chains import EntryChain, EntryChains
from domain.risk.exposure import REMEMBERED_ENDS
from tests.builders.messages import NOW, an_entry, approved

pytestmark = pytest.mark.req("X5", "X3")


def a_chain(order: ApprovedEntry | None = None) -> EntryChain:
    """Return the chain of an entry whose first order has ended without a fill."""
    newest = order or approved()
    begun = EntryChain(
        entry=an_entry(),
        order=newest,
        quantity=newest.quantity,
        ends_ns=Nanos(NOW + 30 * SECOND),
    )
    return begun.after("first", Quantity(Decimal(0)))


def test_what_each_order_has_bought_is_taken_off_what_was_approved_first() -> None:
    chain = a_chain()
    later = chain.after("second", Quantity(Decimal("0.5"))).after("third", Quantity(Decimal(1)))

    assert chain.left == chain.quantity == 2
    assert later.left == Decimal("0.5")
    assert later.ended == ("first", "second", "third")


def test_a_chain_that_goes_on_with_another_order_is_the_same_decision() -> None:
    chain, newest = a_chain().after("second", Quantity(Decimal("0.5"))), approved(approval=9)

    assert chain.with_newest(newest) == evolve(chain, order=newest)


def test_a_chain_is_given_out_once() -> None:
    chains, chain = EntryChains(), a_chain()
    chains.keep(chain)

    assert chains.take(chain.order.approval) is chain
    assert chains.take(chain.order.approval) is None


def test_the_oldest_chain_is_forgotten() -> None:
    chains = EntryChains()
    for number in range(REMEMBERED_ENDS + 1):
        chains.keep(a_chain().with_newest(approved(approval=number)))

    assert chains.take(0) is None
    assert chains.take(1) is not None
