"""Balances of the venue: our account, the market that trades with it, and the fees collected."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import (
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
)

from attrs import frozen

from domain.model.errors import InvariantBroken
from domain.model.money import ZERO
from domain.model.product import Side

OWN = "own"
MARKET = "market"
FEES = "fees"

EXACT = Context(
    prec=80, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow, FloatOperation]
)
"""Sums and products of money; a result that would have to be rounded is an error."""


@frozen
class FeeRates:
    """What the venue charges on each fill, as fractions of its value in quote currency."""

    maker: Decimal = Decimal("0.006")
    taker: Decimal = Decimal("0.012")


class VenueAccounts:
    """Totals per owner and currency, and what open orders hold of our own.

    Whatever happens, the sum over all owners stays what was paid in, per currency.
    """

    def __init__(self, totals: Mapping[tuple[str, str], Decimal]) -> None:
        self._totals = dict(totals)
        self._holds: dict[str, tuple[str, Decimal]] = {}
        self._held: dict[str, Decimal] = {}
        self._changed: dict[tuple[str, str], Decimal] = {}

    def currencies(self) -> list[str]:
        """Return the currencies our account has had, sorted."""
        return sorted(currency for owner, currency in self._totals if owner == OWN)

    def total(self, currency: str, owner: str = OWN) -> Decimal:
        """Return all that `owner` has, held or not; the market's side may be negative."""
        return self._totals.get((owner, currency), ZERO)

    def held(self, currency: str) -> Decimal:
        """Return what open orders hold of our account."""
        return self._held.get(currency, ZERO)

    def available(self, currency: str) -> Decimal:
        """Return what a new order may use."""
        return EXACT.subtract(self.total(currency), self.held(currency))

    def deposit(self, currency: str, amount: Decimal) -> None:
        """Pay `amount` (negative: a withdrawal) into our account from outside."""
        self._add(OWN, currency, amount)

    def settle(
        self, side: Side, base: str, quote: str, quantity: Decimal, value: Decimal, fee: Decimal
    ) -> None:
        """Book one fill of ours against the market: `value` and `fee` (>= 0) in quote currency."""
        sign = 1 if side is Side.BUY else -1
        self._add(OWN, base, quantity * sign)
        self._add(MARKET, base, -quantity * sign)
        self._add(OWN, quote, EXACT.subtract(-value * sign, fee))
        self._add(MARKET, quote, value * sign)
        self._add(FEES, quote, fee)

    def convert(self, source: str, target: str, amount: Decimal) -> None:
        """Change `amount` of our `source` one to one into `target`; the market takes the rest."""
        for owner, sign in ((OWN, -1), (MARKET, 1)):
            self._add(owner, source, amount * sign)
            self._add(owner, target, -amount * sign)

    def hold(self, order_id: str, currency: str, amount: Decimal) -> None:
        """Make `amount` what the order holds; zero releases it."""
        _, before = self._holds.pop(order_id, (currency, ZERO))
        if amount != 0:
            self._holds[order_id] = (currency, amount)
        change = EXACT.subtract(amount, before)
        self._held[currency] = EXACT.add(self.held(currency), change)
        if amount < 0 or self.available(currency) < 0:
            raise InvariantBroken(f"order {order_id} holds {amount} {currency} of too little")

    def drain(self) -> dict[tuple[str, str], Decimal]:
        """Return the totals that changed since the last call."""
        changed, self._changed = self._changed, {}
        return changed

    def totals(self) -> dict[tuple[str, str], Decimal]:
        """Return all totals by owner and currency, sorted."""
        return dict(sorted(self._totals.items()))

    def _add(self, owner: str, currency: str, amount: Decimal) -> None:
        after = EXACT.add(self.total(currency, owner), amount)
        if owner == OWN and after < 0:
            raise InvariantBroken(f"our account would have {after} {currency}")
        self._totals[owner, currency] = self._changed[owner, currency] = after
