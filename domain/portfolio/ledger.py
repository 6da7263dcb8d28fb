"""The books: a fold of fills and cash flows into cash, FIFO lots, realised PnL and fees.

Exact and idempotent: the same fill booked twice changes nothing, and cash always equals opening
cash + flows + sales - purchases - fees, to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve, frozen

from domain.messages.orders import FillBooked
from domain.messages.portfolio import CashFlowSeen, LedgerReported
from domain.model.approval import ApprovedEntry, ApprovedExit, ApprovedOrder
from domain.model.errors import InvariantBroken
from domain.model.money import ONE, ZERO, Amount, Price, Quantity, Rate, fee, floor_to, notional
from domain.model.orders import FillSeen
from domain.model.portfolio import Lot, PortfolioView
from domain.model.product import Product, ProductId, Side
from domain.portfolio.recent_fills import RecentFills

HUNDRED = Decimal(100)
COST_STEP = Decimal("1e-18")
"""Costs of parts of a lot are cut to this, so that parts and rest add up to the last digit."""


@frozen(kw_only=True)
class Ledger:
    """Cash and lots after all fills, the newest of them `seen`. Lots are in order of opening."""

    quote_currency: str
    opening_cash: Amount
    cash: Amount
    flows: Amount = Amount(ZERO)
    lots: tuple[Lot, ...] = ()
    realised: Amount = Amount(ZERO)
    fees: Amount = Amount(ZERO)
    seen: RecentFills = RecentFills()

    def owns(self, product: ProductId) -> bool:
        """Tell whether any lot of `product` is owned."""
        return any(lot.product == product for lot in self.lots)


def open_ledger(quote_currency: str, cash: Amount) -> Ledger:
    """Return the books of an account that starts with `cash` and owns nothing."""
    return Ledger(quote_currency=quote_currency, opening_cash=cash, cash=cash)


def report(actor: str, token: int, ledger: Ledger | None) -> LedgerReported:
    """Return what the books of `actor` say: cash, and what is owned of each product."""
    if ledger is None:
        return LedgerReported(actor, token, False, Amount(ZERO), ())
    owned: dict[ProductId, Quantity] = {}
    for lot in ledger.lots:
        owned[lot.product] = Quantity(owned.get(lot.product, ZERO) + lot.quantity)
    return LedgerReported(actor, token, True, ledger.cash, tuple(sorted(owned.items())))


def book(ledger: Ledger, booked: FillBooked, product: Product | None) -> Ledger:
    """Return the books after a fill of ours.

    `product` gives the price steps of stop and target; None keeps them unrounded.

    Raises:
        InvariantBroken: more is sold than owned, an exit order bought, or an entry order sold.
    """
    fill, order = booked.fill, booked.order
    if fill.entry_id in ledger.seen:
        return ledger
    seen = ledger.seen.and_also(fill.entry_id)
    worth = notional(fill.price, fill.quantity)
    fees = Amount(ledger.fees + fill.fee)
    if fill.side is Side.BUY:
        lots = _grow(ledger.lots, booked, product)
        cash = Amount(ledger.cash - worth - fill.fee)
        return evolve(ledger, cash=cash, lots=lots, fees=fees, seen=seen)
    lots, cost = _shrink(ledger.lots, fill, order)
    proceeds = worth - fill.fee
    return evolve(
        ledger,
        cash=Amount(ledger.cash + proceeds),
        lots=lots,
        realised=Amount(ledger.realised + proceeds - cost),
        fees=fees,
        seen=seen,
    )


def flow(ledger: Ledger, change: CashFlowSeen) -> Ledger:
    """Return the books after a deposit or withdrawal in the quote currency."""
    if change.currency != ledger.quote_currency:
        return ledger
    return evolve(
        ledger,
        cash=Amount(ledger.cash + change.amount),
        flows=Amount(ledger.flows + change.amount),
    )


def value(
    ledger: Ledger, bids: Mapping[ProductId, Price], taker: Rate, allotment: Amount | None
) -> PortfolioView:
    """Return cash, lots and NLV: lots at best bid less the taker fee.

    With an allotment only that much capital counts, plus what it has earned. NLV is None if the
    bid of an owned product is missing.
    """
    allotted = ledger.cash
    opening = Amount(ledger.opening_cash + ledger.flows)
    if allotment is not None and allotment < opening:
        spare = opening - allotment
        allotted = Amount(max(ledger.cash - spare, ZERO))
        opening = allotment
    nlv: Amount | None = allotted
    for lot in ledger.lots:
        bid = bids.get(lot.product)
        if bid is None or nlv is None:
            nlv = None
            continue
        worth = notional(bid, lot.quantity)
        nlv = Amount(nlv + worth - fee(worth, taker))
    return PortfolioView(
        quote_currency=ledger.quote_currency,
        cash=ledger.cash,
        allotted=allotted,
        lots=ledger.lots,
        nlv=nlv,
        realised=ledger.realised,
        fees=ledger.fees,
        opening_nlv=opening,
    )


def _grow(lots: tuple[Lot, ...], booked: FillBooked, product: Product | None) -> tuple[Lot, ...]:
    """Open the lot of the entry order, or add to it; its prices follow the average fill price."""
    fill, order, lot_id = booked.fill, booked.order, booked.client_order_id
    if not isinstance(order, ApprovedEntry):
        raise InvariantBroken(f"{fill.product}: bought {fill.quantity} for an exit order")
    old = next((lot for lot in lots if lot.id == lot_id), None)
    quantity, cost, worth = fill.quantity, fill.fee, notional(fill.price, fill.quantity)
    opened_ns = fill.at_ns
    if old is not None:
        quantity = Quantity(old.quantity + quantity)
        cost = Amount(old.cost + cost)
        opened_ns = old.opened_ns
    cost = Amount(cost + worth)
    paid_before = old.paid if old is not None else Amount(ZERO)
    paid = Amount(paid_before + worth)
    average = paid / quantity
    stop = average * (ONE - order.stop_loss_pct / HUNDRED)
    target = average * (ONE + order.take_profit_pct / HUNDRED)
    lot = Lot(
        id=lot_id,
        product=fill.product,
        strategy=order.strategy,
        quantity=quantity,
        cost=cost,
        paid=paid,
        stop_price=Price(stop) if product is None else product.price_down(stop),
        target_price=Price(target) if product is None else product.price_up(target),
        opened_ns=opened_ns,
        expires_ns=type(opened_ns)(opened_ns + order.max_hold_ns),
    )
    if old is None:
        return (*lots, lot)
    return tuple(lot if each.id == lot_id else each for each in lots)


def _shrink(
    lots: tuple[Lot, ...], fill: FillSeen, order: ApprovedOrder
) -> tuple[tuple[Lot, ...], Amount]:
    """Take the sold quantity from the order's own lot first, then first in, first out.

    Returns the lots left and the cost of what was sold.
    """
    if not isinstance(order, ApprovedExit):
        raise InvariantBroken(f"{fill.product}: sold {fill.quantity} for an entry order")
    mine = [lot for lot in lots if lot.product == fill.product]
    mine.sort(key=lambda lot: lot.id != order.lot)  # stable: the rest stays in order of opening
    left, cost = fill.quantity, Amount(ZERO)
    changed: dict[str, Lot | None] = {}
    for lot in mine:
        if left == 0:
            break
        taken = min(left, lot.quantity)
        left = Quantity(left - taken)
        if taken == lot.quantity:
            changed[lot.id] = None
            cost = Amount(cost + lot.cost)
            continue
        part = floor_to(lot.cost * taken / lot.quantity, COST_STEP)
        paid = floor_to(lot.paid * taken / lot.quantity, COST_STEP)
        cost = Amount(cost + part)
        changed[lot.id] = evolve(
            lot,
            quantity=Quantity(lot.quantity - taken),
            cost=Amount(lot.cost - part),
            paid=Amount(lot.paid - paid),
        )
    if left != 0:
        raise InvariantBroken(f"{fill.product}: {fill.quantity} sold, {left} more than owned")
    kept = (changed.get(lot.id, lot) for lot in lots)
    return tuple(lot for lot in kept if lot is not None), cost
