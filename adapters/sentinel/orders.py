"""Which orders are ours: read from the journal, which holds each before it may leave."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Set
from pathlib import Path
from typing import Any

import msgspec
from attrs import field, frozen

from adapters.sentinel.head_reader import HeadReader, lines_with
from adapters.sentinel.living import ENDED, LivingOrders
from domain.model.entries import Unread

UNPLACED = ("REJECTED", "VOID")
"""States of orders that the venue has said it does not have."""
INTENT, ADVANCED = b'"type":"IntentRaised"', b'"type":"OrderAdvanced"'
ENTRY, EXIT = "entry", "exit"
REMEMBERED_ENDS = 10_000
"""Ended orders that are known: as many as `domain/orders/own_orders.py` keeps."""
AT_ONCE = 4 << 20
"""Bytes that are read at once: a long journal costs no more memory than that."""
KINDS = {"ApprovedEntry": ENTRY, "ApprovedExit": EXIT}
"""By the order's type in the record; older records name the purpose itself."""


@frozen
class LiveOrders:
    """A venue's live orders: order id → client order id, and what of the list can't be read."""

    clients: Mapping[str, str]
    unread: tuple[Unread, ...] = ()


@frozen
class Ours:
    """Client order ids with "entry" or "exit", and why they may not be all; None: they are.

    `order_ids` are the venue's names of those that it has shown: order id → client order id.
    `refused` are those that it does not have, `living` those that the journal calls alive.
    """

    purposes: Mapping[str, str]
    doubt: str | None = None
    order_ids: Mapping[str, str] = field(factory=dict)
    refused: Set[str] = frozenset()
    living: Mapping[str, str] = field(factory=dict)

    def alive(self, live: LiveOrders, purposes: Collection[str]) -> list[str]:
        """Return the order ids of what is alive of ours, with one of these purposes."""
        named = {each.order_id: each.client_order_id for each in live.unread if each.order_id}
        return [
            order_id
            for order_id, client in {**named, **live.clients}.items()
            if self._purpose(order_id, client) in purposes
        ]

    def unlisted(self, live: LiveOrders, purposes: Collection[str]) -> list[str]:
        """Return the order ids of what the journal calls alive and the list does not show."""
        listed = {*live.clients, *(each.order_id for each in live.unread)}
        return [
            order_id
            for order_id, client in self.living.items()
            if order_id not in listed and self.purposes.get(client) in purposes
        ]

    def unsettled(self, purposes: Collection[str]) -> int:
        """Return how many orders with these purposes may be open, as far as the journal tells."""
        placed = set(self.order_ids.values())
        open_ = self.purposes.keys() - placed - self.refused | set(self.living.values())
        return sum(self.purposes.get(client) in purposes for client in open_)

    def doubt_of(self, live: LiveOrders) -> str | None:
        """Return why that list may not show all of ours, None if it does."""
        if self.doubt is not None:
            return self.doubt
        if any(self._may_be_ours(each) for each in live.unread):
            return "a live order that may be ours can't be read"
        return None

    def _purpose(self, order_id: str, client: str) -> str | None:
        return self.purposes.get(client) or self.purposes.get(self.order_ids.get(order_id, ""))

    def _may_be_ours(self, unread: Unread) -> bool:
        if self._purpose(unread.order_id, unread.client_order_id) is not None:
            return True
        if unread.client_order_id:
            return False  # the venue names it, and not by a name of ours
        if unread.order_id:
            placed = set(self.order_ids.values())
            return bool(self.purposes.keys() - placed - self.refused)
        return bool(self.purposes)


class OurOrders:
    """What is ours as far as the journal can be read. Reads, never writes.

    Holds every order that has not ended, and of the others as many as the trader itself knows:
    whatever is left out would be left resting.
    """

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._read: dict[Path, int] = {}
        self._purposes: dict[str, str] = {}
        self._order_ids: dict[str, str] = {}
        self._refused: set[str] = set()
        self._ended: dict[str, str | None] = {}
        self._living = LivingOrders()
        self._head = HeadReader()
        self._broken: str | None = None
        """An intent that could not be read, for good: whatever it was may be at the venue."""

    @property
    def head(self) -> HeadReader:
        """Where the journal stood when it was read last."""
        return self._head

    def refresh(self) -> None:
        """Read what is new; what can't be read is told when it is needed."""
        self.known()

    def known(self) -> Ours:
        """Return what is known by now; an unfinished line waits."""
        missed = None
        try:
            files = sorted(each for each in self._journal.iterdir() if each.suffix == ".jsonl")
        except OSError as error:
            files, missed = [], error
        for file in files:
            try:
                with file.open("rb") as lines:
                    lines.seek(self._read.get(file, 0))
                    while self._take(file, lines.read(AT_ONCE)):
                        lines.seek(self._read[file])
            except OSError as error:
                missed = error
        doubt = self._broken if missed is None else type(missed).__name__
        told = doubt and f"the journal can't be read: {doubt}"
        return Ours(self._purposes, told, self._order_ids, self._refused, self._living.clients)

    def _take(self, file: Path, data: bytes) -> bool:
        """Take in the whole lines of `data`; tell whether there were any."""
        whole, newline, _ = data.rpartition(b"\n")
        self._head.take(whole)
        for line in lines_with(INTENT, whole):  # each before anything is said of its order
            self._intend(line)
        for line in lines_with(ADVANCED, whole):
            self._advance(line)
        self._read[file] = self._read.get(file, 0) + len(whole) + len(newline)
        return bool(newline)

    def _intend(self, line: bytes) -> None:
        try:
            self._note(msgspec.json.decode(line)["data"]["intent"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            self._broken = type(error).__name__

    def _advance(self, line: bytes) -> None:
        """Take in a move; one that can't be read leaves an order without the venue's name for it,
        and so to the list.
        """
        with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
            moved = msgspec.json.decode(line)["data"]
            order_id, client, state = moved["order_id"], moved["client_order_id"], moved["state"]
            self._living.note(order_id, client, state)
            if order_id is not None:
                self._order_ids[order_id] = client
            elif state in UNPLACED:
                self._refused.add(client)
            self._remember(client, order_id, has_ended=state in ENDED)

    def _remember(self, client: str, order_id: str | None, *, has_ended: bool) -> None:
        """Forget the orders that ended longest ago, as the trader does."""
        self._ended.pop(client, None)
        if not has_ended:
            return
        self._ended[client] = order_id
        if len(self._ended) > REMEMBERED_ENDS:
            gone = next(iter(self._ended))
            self._order_ids.pop(self._ended.pop(gone) or "", None)
            self._purposes.pop(gone, None)
            self._refused.discard(gone)

    def _note(self, intent: Any) -> None:
        order, client_order_id = intent["order"], intent["client_order_id"]
        purpose = order["purpose"] if "purpose" in order else KINDS[order["_type"]]
        if purpose not in (ENTRY, EXIT) or not isinstance(client_order_id, str):
            raise ValueError(f"expected an id that is {ENTRY} or {EXIT}, was {purpose!r}")
        self._purposes[client_order_id] = ENTRY if purpose == ENTRY else EXIT
