"""The books: a fold of fills, flows and missing coins into cash, FIFO lots, realised PnL and fees.

Exact and idempotent: the same fill booked twice changes nothing, and cash always equals opening
cash + flows + sales - purchases - fees, to the last digit. What a fill and what a missing coin do
commute: two books that hear of them in another order are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve, field, frozen

from domain.messages.decisions import ExitProposed, StopRaised
from domain.messages.orders import FillBooked
from domain.messages.portfolio import (
    CashFlowSeen,
    LedgerReported,
    LotAdopted,
    LotReleased,
    LotsMissing,
)
from domain.model.approval import LEAVING, ApprovedEntry, ApprovedExit, ApprovedOrder
from domain.model.errors import InvariantBroken
from domain.model.money import ONE, ZERO, Amount, Price, Quantity, floor_to, notional
from domain.model.orders import FillSeen
from domain.model.portfolio import COST_STEP, Lot
from domain.model.product import Product, ProductId, Side, base_of
from domain.portfolio.earnings import Earnings, sold_parts
from domain.portfolio.recent_fills import RecentFills

HUNDRED = Decimal(100)
NO_STRATEGY = ""
"""Whose lots are that no strategy bought."""
REMEMBERED_MOVES = 64
"""Newest fills of which a list of balances that is behind may still know nothing."""


@frozen(kw_only=True)
class Ledger:
    """Cash and lots after all fills, the newest of them `seen`. Lots are in order of opening.

    `coins` is what the venue should hold in every other currency, ours or not; `released` is the
    cost of what the owner has taken out of lots, `adopted` of what was made lots; `moves` is by
    how much each currency moved with each of the newest fills. `earnings` tell `realised` and
    `fees` by strategy and signal.
    """

    quote_currency: str
    opening_cash: Amount
    cash: Amount
    flows: Amount = Amount(ZERO)
    lots: tuple[Lot, ...] = ()
    realised: Amount = Amount(ZERO)
    fees: Amount = Amount(ZERO)
    released: Amount = Amount(ZERO)
    adopted: Amount = Amount(ZERO)
    coins: Mapping[str, Decimal] = field(factory=dict)
    moves: tuple[Mapping[str, Decimal], ...] = ()
    seen: RecentFills = RecentFills()
    earnings: Earnings = Earnings()

    @property
    def capital(self) -> Amount:
        """Return what was paid in less what went out: cash, and coins of lots at their cost."""
        away = self.released + self.missing_cost
        return Amount(self.opening_cash + self.flows + self.adopted - away)

    @property
    def missing_cost(self) -> Amount:
        """Return what the missing parts of all lots cost."""
        return Amount(sum((lot.missing_cost for lot in self.lots), ZERO))

    def owns(self, product: ProductId) -> bool:
        """Tell whether any lot of `product` is owned."""
        return any(lot.product == product for lot in self.lots)


def open_ledger(
    quote_currency: str, cash: Amount, coins: Mapping[str, Decimal] | None = None
) -> Ledger:
    """Return the books of an account that starts with `cash` and owns nothing.

    `coins` are those in it that are not ours.
    """
    return Ledger(quote_currency=quote_currency, opening_cash=cash, cash=cash, coins=coins or {})


def report(actor: str, token: int, ledger: Ledger | None) -> LedgerReported:
    """Return what the books of `actor` say: cash, lots, and what the venue should hold."""
    if ledger is None:
        return LedgerReported(actor, token, False, Amount(ZERO))
    return LedgerReported(actor, token, True, ledger.cash, ledger.lots, ledger.coins, ledger.moves)


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
    base = base_of(fill.product)
    if fill.side is Side.BUY:
        lots = _grow(ledger, booked, product)
        cash = Amount(ledger.cash - worth - fill.fee)
        coins = _plus(ledger.coins, base, fill.quantity)
        moves = _moves(ledger, {base: fill.quantity, ledger.quote_currency: cash - ledger.cash})
        mine = next(lot for lot in lots if lot.id == booked.client_order_id)
        return evolve(
            ledger,
            cash=cash,
            lots=lots,
            fees=fees,
            coins=coins,
            moves=moves,
            seen=seen,
            earnings=ledger.earnings.bought(mine, fill.fee),
        )
    lots, cost = _shrink(ledger.lots, fill, order)
    proceeds = worth - fill.fee
    return evolve(
        ledger,
        cash=Amount(ledger.cash + proceeds),
        lots=lots,
        realised=Amount(ledger.realised + proceeds - cost),
        fees=fees,
        coins=_plus(ledger.coins, base, -fill.quantity),
        moves=_moves(ledger, {base: -fill.quantity, ledger.quote_currency: proceeds}),
        seen=seen,
        earnings=ledger.earnings.sold(sold_parts(ledger.lots, lots, fill)),
    )


def flow(ledger: Ledger, change: CashFlowSeen) -> Ledger:
    """Return the books after a deposit or withdrawal; coins that are no lot of ours are no money.

    What leaves of our lots is said apart, by `LotsMissing`.
    """
    if change.currency != ledger.quote_currency:
        return evolve(ledger, coins=_plus(ledger.coins, change.currency, change.amount))
    return evolve(
        ledger,
        cash=Amount(ledger.cash + change.amount),
        flows=Amount(ledger.flows + change.amount),
    )


def mark_missing(ledger: Ledger, found: LotsMissing) -> Ledger:
    """Return the books with exactly these parts of the lots of one currency missing."""
    named = dict(found.lots)
    lots = tuple(
        evolve(lot, missing=Quantity(min(named.get(lot.id, ZERO), lot.quantity)))
        if base_of(lot.product) == found.currency
        else lot
        for lot in ledger.lots
    )
    return ledger if lots == ledger.lots else evolve(ledger, lots=lots)


def leave(ledger: Ledger, due: ExitProposed) -> Ledger:
    """Return the books with the lot as leaving, where its strategy or a person wants it sold."""
    if due.reason not in LEAVING:
        return ledger
    reason = due.reason
    lots = tuple(evolve(lot, leaving=reason) if lot.id == due.lot else lot for lot in ledger.lots)
    return ledger if lots == ledger.lots else evolve(ledger, lots=lots)


def raise_stop(ledger: Ledger, raised: StopRaised) -> Ledger:
    """Return the books with the lot's stop where the market has raised it; never lower."""
    stop = raised.stop_price
    lots = tuple(
        evolve(lot, stop_price=stop, trailed=stop)
        if lot.id == raised.lot and stop > lot.stop_price
        else lot
        for lot in ledger.lots
    )
    return ledger if lots == ledger.lots else evolve(ledger, lots=lots)


def release(ledger: Ledger, released: LotReleased) -> Ledger:
    """Return the books without a part of a lot, which takes its cost along and no profit."""
    lot = next((each for each in ledger.lots if each.id == released.lot), None)
    if lot is None:
        return ledger
    part = Quantity(min(released.quantity, lot.quantity))
    cost = lot.cost_of(part)
    rest = _rest(lot, part, cost)
    rest = None if rest is None else evolve(rest, missing=_less(lot.missing, part))
    kept = (rest if each is lot else each for each in ledger.lots)
    return evolve(
        ledger,
        lots=tuple(each for each in kept if each is not None),
        released=Amount(ledger.released + cost),
        earnings=ledger.earnings.released(lot, rest),
    )


def adopt(ledger: Ledger, adopted: LotAdopted) -> Ledger:
    """Return the books with foreign coins as a lot: capital by its cost, and no profit.

    The venue holds what it held; a lot of this name is adopted once.
    """
    if any(each.id == adopted.lot for each in ledger.lots):
        return ledger
    cost = Amount(ledger.adopted + adopted.cost)
    return evolve(ledger, lots=(*ledger.lots, lot_of(adopted)), adopted=cost)


def lot_of(adopted: LotAdopted) -> Lot:
    """Return the lot that foreign coins become."""
    return Lot(
        id=adopted.lot,
        product=adopted.product,
        strategy=NO_STRATEGY,
        quantity=adopted.quantity,
        cost=adopted.cost,
        paid=adopted.cost,
        stop_price=adopted.stop_price,
        target_price=None,
        opened_ns=adopted.at_ns,
        expires_ns=None,
    )


def _grow(ledger: Ledger, booked: FillBooked, product: Product | None) -> tuple[Lot, ...]:
    """Open the lot of the entry order, or add to it; its prices follow the average fill price."""
    fill, order, lot_id, lots = booked.fill, booked.order, booked.client_order_id, ledger.lots
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
    trailed = None if old is None else old.trailed
    stop = average * (ONE - order.stop_loss_pct / HUNDRED)
    stop = stop if product is None else product.price_down(stop)
    target = average * (ONE + order.take_profit_pct / HUNDRED)
    lot = Lot(
        id=lot_id,
        product=fill.product,
        strategy=order.strategy,
        quantity=quantity,
        cost=cost,
        paid=paid,
        stop_price=Price(stop if trailed is None else max(stop, trailed)),
        target_price=Price(target) if product is None else product.price_up(target),
        opened_ns=opened_ns,
        expires_ns=type(opened_ns)(opened_ns + order.max_hold_ns),
        missing=old.missing if old is not None else Quantity(ZERO),
        signal=ledger.earnings.named(order.strategy, order.signal) if old is None else old.signal,
        leaving=None if old is None else old.leaving,
        trailed=trailed,
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
        part = lot.cost_of(taken)
        cost = Amount(cost + part)
        changed[lot.id] = _rest(lot, taken, part)
    if left != 0:
        raise InvariantBroken(f"{fill.product}: {fill.quantity} sold, {left} more than owned")
    kept = (changed.get(lot.id, lot) for lot in lots)
    return tuple(lot for lot in kept if lot is not None), cost


def _rest(lot: Lot, taken: Quantity, cost: Amount) -> Lot | None:
    """Return what is left of `lot` without a part that has cost so much, None if nothing is."""
    if taken == lot.quantity:
        return None
    quantity = Quantity(lot.quantity - taken)
    paid = floor_to(lot.paid * taken / lot.quantity, COST_STEP)
    return evolve(
        lot,
        quantity=quantity,
        cost=Amount(lot.cost - cost),
        paid=Amount(lot.paid - paid),
        missing=min(lot.missing, quantity),
    )


def _moves(ledger: Ledger, moved: Mapping[str, Decimal]) -> tuple[Mapping[str, Decimal], ...]:
    return (*ledger.moves, moved)[-REMEMBERED_MOVES:]


def _less(quantity: Quantity, part: Quantity) -> Quantity:
    return Quantity(max(quantity - part, ZERO))


def _plus(coins: Mapping[str, Decimal], currency: str, change: Decimal) -> dict[str, Decimal]:
    return {**coins, currency: coins.get(currency, ZERO) + change}
