"""The portfolio as others see it: immutable lots, cash and net liquidation value."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from attrs import frozen

from domain.model.approval import ExitReason
from domain.model.instants import Nanos
from domain.model.money import ZERO, Amount, Price, Quantity, floor_to
from domain.model.pnl import Origin, OriginPnl
from domain.model.product import ProductId

COST_STEP = Decimal("1e-18")
"""Costs of parts of a lot are cut to this, so that parts and rest add up to the last digit."""


@frozen(kw_only=True)
class Lot:
    """A quantity that this system bought: owner, cost with fees and the prices that end it.

    `id` is the client order id of the entry. `cost` includes fees, `paid` does not. `stop_price`
    and `target_price` derive from the average fill price; `expires_ns` (market time) ends the hold.
    A lot that was adopted has a stop only.
    `missing` is the part of `quantity` that the venue does not hold for us any more. `signal` is
    what made the strategy buy, "" where it did not say; `leaving` is why it is to be sold whatever
    its price, None where nobody has said so. `trailed` is the stop to which the market has raised
    it, None where it has not: `stop_price` is never below.
    """

    id: str
    product: ProductId
    strategy: str
    quantity: Quantity
    cost: Amount
    paid: Amount
    stop_price: Price
    target_price: Price | None
    opened_ns: Nanos
    expires_ns: Nanos | None
    missing: Quantity = Quantity(ZERO)
    signal: str = ""
    leaving: ExitReason | None = None
    trailed: Price | None = None

    @property
    def origin(self) -> Origin:
        """Return whose earnings those of the lot are."""
        return Origin(self.strategy, self.signal)

    @property
    def held(self) -> Quantity:
        """Return what of it the venue holds: that can be sold, and that has a value."""
        missing = self.missing  # asked at every price: hardly ever is there anything to subtract
        return Quantity(self.quantity - missing) if missing else self.quantity

    @property
    def missing_cost(self) -> Amount:
        """Return what the missing part cost, fees included."""
        return self.cost_of(self.missing)

    def cost_of(self, part: Quantity) -> Amount:
        """Return what `part` of the quantity cost, fees included; all of it costs all."""
        if part == self.quantity:
            return self.cost
        return Amount(floor_to(self.cost * part / self.quantity, COST_STEP))


@frozen(kw_only=True)
class PortfolioView:
    """Cash, lots and value at one moment.

    `nlv` = allotted quote cash + owned lots at best bid less taker fee; None if a mark is missing.
    `cash` is all quote cash of the ledger; `allotted` the part that may be used. `origins` are what
    each signal of each strategy has earned, valued like NLV: they add up to `realised`, `fees` and
    what is unrealised. `elsewhere` is what lies in the other wallet, and pays for nothing here.
    """

    quote_currency: str
    cash: Amount
    allotted: Amount
    lots: tuple[Lot, ...]
    nlv: Amount | None
    realised: Amount
    fees: Amount
    opening_nlv: Amount
    origins: tuple[OriginPnl, ...] = ()
    elsewhere: Amount = Amount(ZERO)

    @property
    def pnl_net(self) -> Amount | None:
        """Return NLV less the adjusted opening NLV; None while NLV is unknown."""
        return None if self.nlv is None else Amount(self.nlv - self.opening_nlv)


@frozen
class AccountBalance:
    """What the venue says we have of one currency."""

    currency: str
    available: Decimal
    hold: Decimal

    @property
    def total(self) -> Decimal:
        """Return available plus held."""
        return self.available + self.hold


def totals_of(accounts: Iterable[AccountBalance]) -> dict[str, Decimal]:
    """Return what there is of each currency, over all accounts."""
    totals: dict[str, Decimal] = {}
    for account in accounts:
        totals[account.currency] = totals.get(account.currency, ZERO) + account.total
    return totals
