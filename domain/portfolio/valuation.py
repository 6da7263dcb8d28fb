"""What the books are worth: cash and lots at the best bid less the taker fee."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from domain.model.bids import BidColumn
from domain.model.money import ZERO, Amount, Price, Quantity, Rate, fee, notional
from domain.model.pnl import Origin
from domain.model.portfolio import Lot, PortfolioView
from domain.model.product import ProductId
from domain.model.wallets import elsewhere
from domain.portfolio.ledger import Ledger


def value(
    ledger: Ledger, bids: Mapping[ProductId, Price], taker: Rate, allotment: Amount | None
) -> PortfolioView:
    """Return cash, lots and NLV: what is held of lots, at best bid less the taker fee.

    With an allotment only that much capital counts, plus what it has earned. NLV is None if the
    bid of an owned product is missing. Missing coins leave NLV at nothing and the capital at their
    cost.
    """
    spare = _spare(ledger, allotment)
    allotted = _allotted(ledger, spare)
    nlv: Amount | None = allotted
    unrealised: dict[Origin, Amount | None] = {}
    for lot in ledger.lots:
        net, origin = _worth(lot, bids, taker), lot.origin
        nlv = None if nlv is None or net is None else Amount(nlv + net)
        known = unrealised.get(origin, Amount(ZERO))
        open_now = None if net is None else net - (lot.cost - lot.missing_cost)
        unrealised[origin] = None if known is None or open_now is None else Amount(known + open_now)
    return PortfolioView(
        quote_currency=ledger.quote_currency,
        cash=ledger.cash,
        allotted=allotted,
        lots=ledger.lots,
        nlv=nlv,
        realised=ledger.realised,
        fees=ledger.fees,
        opening_nlv=Amount(ledger.capital - spare),
        origins=ledger.earnings.rows(ledger.lots, unrealised),
        elsewhere=elsewhere(ledger.quote_currency, ledger.coins),
    )


@frozen
class Equity:
    """What of NLV does not change with prices: cash, the adjusted opening, and what is held."""

    allotted: Amount
    opening_nlv: Amount
    taker: Rate
    held: tuple[tuple[ProductId, Quantity], ...]

    def at(self, bids: Mapping[ProductId, Price]) -> Amount | None:
        """Return NLV as `value` does, without all that it shows."""
        nlv, taker = self.allotted, self.taker
        for product, held in self.held:
            bid = bids.get(product)
            if bid is None:
                return None
            worth = notional(bid, held)
            nlv = Amount(nlv + (worth - fee(worth, taker)))
        return nlv

    def column(self, bids: Mapping[ProductId, BidColumn], count: int) -> list[Amount]:
        """Return what `at` returns for each of the `count` rows of `bids`; none where a product has
        no bids.

        What one increment of the price is worth is worked out once: no product of these numbers
        is rounded, so that it is the same to the last digit.
        """
        nlvs = [self.allotted] * count
        for product, held in self.held:
            column = bids.get(product)
            if column is None:
                return []
            worth = notional(column.increment, held)
            each = worth - fee(worth, self.taker)
            nlvs = [Amount(nlv + tick * each) for nlv, tick in zip(nlvs, column.ticks, strict=True)]
        return nlvs


def equity(ledger: Ledger, taker: Rate, allotment: Amount | None) -> Equity:
    """Return what values the books at any bids, as long as nothing is booked."""
    spare = _spare(ledger, allotment)
    held = tuple((lot.product, lot.held) for lot in ledger.lots if lot.held)
    return Equity(_allotted(ledger, spare), Amount(ledger.capital - spare), taker, held)


def allotted_cash(ledger: Ledger, allotment: Amount | None) -> Amount:
    """Return what of the cash may be used here: with an allotment not the rest of what was paid in,
    which stays when a lot is sold.
    """
    return _allotted(ledger, _spare(ledger, allotment))


def _allotted(ledger: Ledger, spare: Decimal) -> Amount:
    return Amount(max(ledger.cash - spare, ZERO)) if spare else ledger.cash


def _spare(ledger: Ledger, allotment: Amount | None) -> Decimal:
    """Return what was paid in beyond the allotment."""
    if allotment is None:
        return ZERO
    return max(ledger.opening_cash + ledger.flows - allotment, ZERO)


def _worth(lot: Lot, bids: Mapping[ProductId, Price], taker: Rate) -> Amount | None:
    """Return what is held of `lot` at the bid, less the taker fee; None if the bid is missing."""
    held = lot.held
    if not held:
        return Amount(ZERO)
    bid = bids.get(lot.product)
    if bid is None:
        return None
    worth = notional(bid, held)
    return Amount(worth - fee(worth, taker))
