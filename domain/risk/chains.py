"""Entries of which the rest is bought by another order: one decision, one quantity, one life."""

from __future__ import annotations

from collections import OrderedDict

from attrs import evolve, field, frozen

from domain.messages.decisions import EntryProposed
from domain.model.approval import ApprovedEntry
from domain.model.instants import Nanos
from domain.model.money import ZERO, Quantity
from domain.risk.exposure import REMEMBERED_ENDS


@frozen(kw_only=True)
class EntryChain:
    """A decision and the orders that have followed from it.

    `order` is the newest. `quantity` was approved first, and all of them together never buy more;
    `ends_ns` is the market time at which the last of them ends. `ended` are the client order ids of
    those before the newest, which have bought `bought`.
    """

    entry: EntryProposed
    order: ApprovedEntry
    quantity: Quantity
    ends_ns: Nanos
    ended: tuple[str, ...] = ()
    bought: Quantity = field(default=Quantity(ZERO))

    @property
    def left(self) -> Quantity:
        """Return what may still be bought."""
        return Quantity(self.quantity - self.bought)

    def with_newest(self, order: ApprovedEntry) -> EntryChain:
        """Return the chain as it goes on with `order`."""
        return EntryChain(
            entry=self.entry,
            order=order,
            quantity=self.quantity,
            ends_ns=self.ends_ns,
            ended=self.ended,
            bought=self.bought,
        )

    def after(self, client_order_id: str, filled: Quantity) -> EntryChain:
        """Return the chain after the newest order has ended, with what it has bought."""
        ended = (*self.ended, client_order_id)
        return evolve(self, ended=ended, bought=Quantity(self.bought + filled))


class EntryChains:
    """Chains by the approval of their newest order; as many as orders that have ended are kept."""

    def __init__(self) -> None:
        self._chains: OrderedDict[int, EntryChain] = OrderedDict()

    def keep(self, chain: EntryChain) -> None:
        """Take in a chain that has a new order."""
        self._chains[chain.order.approval] = chain
        if len(self._chains) > REMEMBERED_ENDS:
            self._chains.popitem(last=False)

    def take(self, approval: int) -> EntryChain | None:
        """Return the chain whose newest order has that approval, once; None: it is not known."""
        return self._chains.pop(approval, None)
