"""What the books are worth: cash and lots at the best bid less the taker fee."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.model.money import ZERO, Amount, Price, Rate, fee, notional
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


def equity(
    ledger: Ledger, bids: Mapping[ProductId, Price], taker: Rate, allotment: Amount | None
) -> tuple[Amount | None, Amount]:
    """Return NLV and its adjusted opening as `value` does, without all that it shows."""
    spare = _spare(ledger, allotment)
    nlv, opening = _allotted(ledger, spare), Amount(ledger.capital - spare)
    for lot in ledger.lots:
        net = _worth(lot, bids, taker)
        if net is None:
            return None, opening
        nlv = Amount(nlv + net)
    return nlv, opening


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
