"""Who has earned what: realised PnL and fees by strategy and signal, from the fills of the books.

What a sale took from which lot is told once, here: its parts add up to the sale, to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import evolve, field, frozen

from domain.model.money import ZERO, Amount, Quantity, floor_to
from domain.model.orders import FillSeen
from domain.model.pnl import NOBODY, Origin, OriginPnl
from domain.model.portfolio import COST_STEP, Lot

SIGNALS_MAX = 16
"""Signals of one strategy that are told apart; a strategy may make up names without end."""
OTHERS = "others"
"""The signal under which the rest of them goes."""


@frozen(kw_only=True)
class SoldPart:
    """What a sale took from `lot`; `rest` is what it left, None: nothing. Money in quote currency.

    `cost` is with the fees of buying, `paid` without; `received` is before `fee`, that of selling.
    """

    lot: Lot
    rest: Lot | None
    quantity: Quantity
    cost: Amount
    paid: Amount
    received: Amount
    fee: Amount

    @property
    def profit(self) -> Amount:
        """Return what the part has earned, after the fees of both ways."""
        return Amount(self.received - self.fee - self.cost)


def sold_parts(before: Iterable[Lot], after: Iterable[Lot], fill: FillSeen) -> tuple[SoldPart, ...]:
    """Return what the sale `fill` took from each lot; they share its worth and its fee."""
    left = {lot.id: lot for lot in after}
    hit = [lot for lot in before if left.get(lot.id) is not lot]
    rest_worth, rest_fee = Amount(fill.price * fill.quantity), fill.fee
    worth, parts = rest_worth, []
    for lot in hit:
        rest = left.get(lot.id)
        quantity = Quantity(lot.quantity - (rest.quantity if rest else ZERO))
        is_last, share = lot is hit[-1], quantity / fill.quantity
        received = rest_worth if is_last else Amount(floor_to(worth * share, COST_STEP))
        fee = rest_fee if is_last else Amount(floor_to(fill.fee * share, COST_STEP))
        rest_worth, rest_fee = Amount(rest_worth - received), Amount(rest_fee - fee)
        parts.append(
            SoldPart(
                lot=lot,
                rest=rest,
                quantity=quantity,
                cost=Amount(lot.cost - (rest.cost if rest else ZERO)),
                paid=Amount(lot.paid - (rest.paid if rest else ZERO)),
                received=received,
                fee=fee,
            )
        )
    return tuple(parts)


@frozen
class Earnings:
    """What was realised by origin. `partly` is what sold parts of lots have earned that are open.

    A lot of which nothing is left is a round trip; one that was only released was no trade.
    """

    origins: Mapping[Origin, OriginPnl] = field(factory=dict)
    partly: Mapping[str, Amount] = field(factory=dict)

    def named(self, strategy: str, signal: str) -> str:
        """Return the signal under which a new lot is kept."""
        known = {each.signal for each in self.origins if each.strategy == strategy}
        return signal if signal in known or len(known) < SIGNALS_MAX else OTHERS

    def bought(self, lot: Lot, fee: Amount) -> Earnings:
        """Return the earnings after a fill that opened `lot` or added to it."""
        return self._with(lot.origin, lambda pnl: evolve(pnl, fees=Amount(pnl.fees + fee)))

    def sold(self, parts: Iterable[SoldPart]) -> Earnings:
        """Return the earnings after a sale."""
        after = self
        for part in parts:
            after = after._sold(part)
        return after

    def released(self, lot: Lot, rest: Lot | None) -> Earnings:
        """Return the earnings after a part of `lot` was taken out of the books, at cost."""
        return self._ended(lot) if rest is None and lot.id in self.partly else self

    def rows(
        self, lots: Iterable[Lot], unrealised: Mapping[Origin, Amount | None]
    ) -> tuple[OriginPnl, ...]:
        """Return the PnL of every origin; `unrealised` is that of the open `lots`."""
        counts: dict[Origin, int] = {}
        for lot in lots:
            counts[lot.origin] = counts.get(lot.origin, 0) + 1
        origins = sorted(self.origins.keys() | counts.keys())
        none = OriginPnl(origin=NOBODY)
        known = ((origin, self.origins.get(origin, none)) for origin in origins)
        return tuple(
            OriginPnl(
                origin=origin,
                trips=pnl.trips,
                won=pnl.won,
                fees=pnl.fees,
                realised=pnl.realised,
                unrealised=unrealised.get(origin) if origin in counts else Amount(ZERO),
                lots=counts.get(origin, 0),
            )
            for origin, pnl in known
        )

    def _sold(self, part: SoldPart) -> Earnings:
        lot, profit = part.lot, part.profit
        earned = Amount(self.partly.get(lot.id, ZERO) + profit)
        after = self._with(
            lot.origin,
            lambda pnl: evolve(
                pnl, fees=Amount(pnl.fees + part.fee), realised=Amount(pnl.realised + profit)
            ),
        )
        after = evolve(after, partly={**self.partly, lot.id: earned})
        return after._ended(lot) if part.rest is None else after

    def _ended(self, lot: Lot) -> Earnings:
        """Return the earnings with `lot` as a round trip that is over."""
        is_won = self.partly[lot.id] > 0
        after = self._with(
            lot.origin, lambda pnl: evolve(pnl, trips=pnl.trips + 1, won=pnl.won + is_won)
        )
        return evolve(after, partly={k: v for k, v in self.partly.items() if k != lot.id})

    def _with(self, origin: Origin, change: Callable[[OriginPnl], OriginPnl]) -> Earnings:
        known = self.origins.get(origin) or OriginPnl(origin=origin)
        return evolve(self, origins={**self.origins, origin: change(known)})
