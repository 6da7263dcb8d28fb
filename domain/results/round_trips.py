"""Round trips: what each lot cost, brought and earned, from its first buy to its last sale.

The sum of the profits is the realised PnL of the ledger, to the last digit: both fold the same
fills, and what a sale took from which lot is read off the books themselves.
"""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve, frozen

from domain.messages.orders import FillBooked
from domain.messages.portfolio import LotAdopted, LotReleased
from domain.model.approval import ApprovedEntry, ApprovedExit, ExitReason
from domain.model.instants import Nanos
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.orders import FillSeen
from domain.model.product import ProductId, Side
from domain.portfolio.earnings import SoldPart, sold_parts
from domain.portfolio.ledger import NO_STRATEGY, Ledger

HUNDRED = Decimal(100)


@frozen(kw_only=True)
class RoundTrip:
    """One lot. Money is in quote currency; what is not sold yet counts in `bought` only.

    `paid` and `received` are prices times quantities of what was sold, without fees; `fees` are
    those of both ways. `closed_ns` is the last sale (market time), None before the first. `signal`
    is the one that the strategy bought on, "" where none was named; `why` says it in words.
    """

    lot: str
    product: ProductId
    strategy: str
    why: str
    stop_price: Price
    target_price: Price | None
    opened_ns: Nanos
    closed_ns: Nanos | None = None
    bought: Quantity
    bought_for: Amount
    sold: Quantity = Quantity(ZERO)
    released: Quantity = Quantity(ZERO)
    paid: Amount = Amount(ZERO)
    received: Amount = Amount(ZERO)
    fees: Amount = Amount(ZERO)
    exits: tuple[ExitReason, ...] = ()
    signal: str = ""

    @property
    def is_closed(self) -> bool:
        """Tell whether nothing of the lot is left; one that was only released was no trade."""
        return self.sold > 0 and self.sold + self.released == self.bought

    @property
    def gross(self) -> Amount:
        """Return the profit before fees."""
        return Amount(self.received - self.paid)

    @property
    def profit(self) -> Amount:
        """Return the profit after the fees of both ways."""
        return Amount(self.received - self.paid - self.fees)

    @property
    def profit_pct(self) -> Decimal | None:
        """Return the profit after fees in percent of what was paid; None before the first sale."""
        return self.profit / self.paid * HUNDRED if self.paid else None

    @property
    def entry_price(self) -> Price:
        """Return the average price of the buys."""
        return Price(self.bought_for / self.bought)

    @property
    def exit_price(self) -> Price | None:
        """Return the average price of the sales; None before the first."""
        return Price(self.received / self.sold) if self.sold else None

    @property
    def held_ns(self) -> int | None:
        """Return how long the lot was held (market time); None while some of it is."""
        if not self.is_closed or self.closed_ns is None:
            return None
        return self.closed_ns - self.opened_ns


class RoundTrips:
    """The fold: give it each fill with the books before and after it."""

    def __init__(self) -> None:
        self._trips: dict[str, RoundTrip] = {}

    def take(self, booked: FillBooked, before: Ledger, after: Ledger) -> None:
        """Take in a fill; one that the books had already changes nothing here either."""
        if after is before:
            return
        if booked.fill.side is Side.BUY:
            self._bought(booked, after)
        else:
            self._sold(booked, before, after)

    def release(self, released: LotReleased) -> None:
        """Take in that the owner has taken a part out: it is no longer there to be sold."""
        trip = self._trips.get(released.lot)
        if trip is not None:
            part = Quantity(trip.released + released.quantity)
            self._trips[released.lot] = evolve(trip, released=part)

    def adopt(self, adopted: LotAdopted) -> None:
        """Take in that foreign coins became a lot: what it cost is what it counts as paid for."""
        if adopted.lot in self._trips:
            return
        self._trips[adopted.lot] = RoundTrip(
            lot=adopted.lot,
            product=adopted.product,
            strategy=NO_STRATEGY,
            why=adopted.reason,
            stop_price=adopted.stop_price,
            target_price=None,
            opened_ns=adopted.at_ns,
            bought=adopted.quantity,
            bought_for=adopted.cost,
        )

    def all(self) -> tuple[RoundTrip, ...]:
        """Return every trip in order of its first buy."""
        return tuple(self._trips.values())

    def forget(self) -> None:
        """Begin anew: another world has other lots."""
        self._trips.clear()

    def _bought(self, booked: FillBooked, after: Ledger) -> None:
        name, fill, order = booked.client_order_id, booked.fill, booked.order
        lot = next(lot for lot in after.lots if lot.id == name)
        worth = fill.price * fill.quantity
        old = self._trips.get(name)
        if old is None:
            self._trips[name] = RoundTrip(
                lot=name,
                product=lot.product,
                strategy=lot.strategy,
                why=order.reason if isinstance(order, ApprovedEntry) else "",
                stop_price=lot.stop_price,
                target_price=lot.target_price,
                opened_ns=lot.opened_ns,
                bought=fill.quantity,
                bought_for=Amount(worth),
                signal=lot.signal,
            )
            return
        self._trips[name] = evolve(
            old,
            stop_price=lot.stop_price,
            target_price=lot.target_price,
            bought=Quantity(old.bought + fill.quantity),
            bought_for=Amount(old.bought_for + worth),
        )

    def _sold(self, booked: FillBooked, before: Ledger, after: Ledger) -> None:
        reason = booked.order.reason if isinstance(booked.order, ApprovedExit) else None
        for part in sold_parts(before.lots, after.lots, booked.fill):
            self._shrink(part, booked.fill, reason)

    def _shrink(self, part: SoldPart, fill: FillSeen, reason: ExitReason | None) -> None:
        trip = self._trips[part.lot.id]
        exits = trip.exits if reason is None or reason in trip.exits else (*trip.exits, reason)
        self._trips[part.lot.id] = evolve(
            trip,
            closed_ns=fill.at_ns,
            sold=Quantity(trip.sold + part.quantity),
            paid=Amount(trip.paid + part.paid),
            received=Amount(trip.received + part.received),
            fees=Amount(trip.fees + (part.cost - part.paid) + part.fee),
            exits=exits,
        )
