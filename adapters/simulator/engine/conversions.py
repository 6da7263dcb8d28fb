"""Conversions between US dollars and USDC: one to one, without a fee, in two steps.

A quote moves nothing. What was quoted is carried out once, by its id; nothing here expires.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec
from attrs import evolve, frozen

from adapters.simulator.engine.accounts import VenueAccounts
from adapters.simulator.engine.event_queue import PlayedClock
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.store import Store
from adapters.simulator.engine.wire import Refused, invalid
from domain.model.money import plain

COUNT = "conversions"
DECIMALS = {"USD": 2, "USDC": 6}
"""The currencies that are changed into each other, and how many decimals their amounts have."""


class ConversionStatus(StrEnum):
    """How far a conversion is, in the venue's words."""

    CREATED = "TRADE_STATUS_CREATED"
    COMPLETED = "TRADE_STATUS_COMPLETED"


@frozen(kw_only=True)
class VenueConversion:
    """A conversion that was quoted: `amount` of `source` into as much of `target`."""

    trade_id: str
    source: str
    target: str
    amount: Decimal
    status: ConversionStatus
    created_ns: int

    def members(self) -> dict[str, str]:
        """Return what a person wants to know of it."""
        return {
            "trade_id": self.trade_id,
            "from": self.source,
            "to": self.target,
            "amount": plain(self.amount),
            "status": self.status.value,
        }


class VenueConversions:
    """All conversions of one world."""

    def __init__(self, ledger: VenueAccounts, store: Store, clock: PlayedClock, ids: Ids) -> None:
        self._ledger, self._store, self._clock, self._ids = ledger, store, clock, ids
        self._count = int(store.meta(COUNT) or 0)
        self._changed: dict[str, str] = {}

    def quote(self, source: str, target: str, amount: Decimal) -> VenueConversion:
        """Return a new conversion, which moves nothing yet.

        Raises:
            Refused: it is none of this venue's, or there is too little.
        """
        if {source, target} != set(DECIMALS):
            raise invalid("Unsupported account in this conversion")
        if amount <= 0 or amount != round(amount, DECIMALS[source]):
            raise invalid(f"amount must be above 0, of {DECIMALS[source]} decimals at most")
        self._check_funds(source, amount)
        self._count += 1
        quoted = VenueConversion(
            trade_id=self._ids.uuid("conversion", self._count),
            source=source,
            target=target,
            amount=amount,
            status=ConversionStatus.CREATED,
            created_ns=self._clock.now_ns,
        )
        self._changed[COUNT] = str(self._count)
        self._keep(quoted)
        return quoted

    def commit(self, trade_id: str, source: str, target: str) -> VenueConversion:
        """Carry out what was quoted under that id.

        Raises:
            Refused: it is unknown, another one, was carried out before, or there is too little.
        """
        quoted = self.find(trade_id, source, target)
        if quoted.status is not ConversionStatus.CREATED:
            raise invalid("trade was already committed")
        self._check_funds(quoted.source, quoted.amount)
        self._ledger.convert(quoted.source, quoted.target, quoted.amount)
        done = evolve(quoted, status=ConversionStatus.COMPLETED)
        self._keep(done)
        return done

    def find(self, trade_id: str, source: str, target: str) -> VenueConversion:
        """Return a conversion by its id.

        Raises:
            Refused: there is none of that id between these currencies.
        """
        found = self._load(trade_id)
        if found is None or (found.source, found.target) != (source, target):
            raise Refused(404, "NOT_FOUND", "trade was not found")
        return found

    def all(self) -> list[VenueConversion]:
        """Return all conversions, oldest first."""
        names = (self._ids.uuid("conversion", number) for number in range(1, self._count + 1))
        return [each for name in names if (each := self._load(name)) is not None]

    def drain(self) -> dict[str, str]:
        """Return what has to be remembered since the last call."""
        changed, self._changed = self._changed, {}
        return changed

    def _check_funds(self, source: str, amount: Decimal) -> None:
        if self._ledger.available(source) < amount:
            raise invalid(f"insufficient funds: {plain(self._ledger.available(source))} {source}")

    def _keep(self, conversion: VenueConversion) -> None:
        self._changed[_key(conversion.trade_id)] = msgspec.json.encode(conversion).decode()

    def _load(self, trade_id: str) -> VenueConversion | None:
        key = _key(trade_id)
        text = self._changed.get(key) or self._store.meta(key)
        return None if text is None else msgspec.json.decode(text, type=VenueConversion)


def _key(trade_id: str) -> str:
    return f"conversion {trade_id}"
