"""Ours against theirs: balances of the venue compared with the books, and what explains them.

The venue must have the last digit of every currency that our books expect. What differs, and can't
be an order of ours that is not settled, was done by somebody else: it is a flow. What that leaves
too little of for our lots is missing of them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from decimal import Decimal

from attrs import frozen

from domain.messages.portfolio import CashFlowSeen, LedgerReported, LotsMissing
from domain.model.entries import Unread
from domain.model.money import ZERO, Amount, Quantity, plain
from domain.model.portfolio import AccountBalance, Lot, totals_of
from domain.model.product import ProductId, Side, base_of
from domain.model.wallets import CONVERTED, SISTERS
from domain.model.wording import counted

Unsettled = Iterable[tuple[ProductId, Side]]
News = tuple[CashFlowSeen | LotsMissing, ...]


@frozen(kw_only=True)
class Comparison:
    """Every difference as a sentence, and the news that would explain all of them.

    There is no news where a difference may be of our own making, or what was read is not whole or
    is from before our newest fills.
    """

    problems: tuple[str, ...] = ()
    news: News = ()


def compare(
    quote_currency: str,
    accounts: Sequence[AccountBalance],
    ledger: LedgerReported,
    gate: LedgerReported,
    *,
    unread: Sequence[Unread] = (),
    unsettled: Unsettled = (),
) -> Comparison:
    """Compare two books of ours with each other and with the venue.

    Books that are not opened yet have nothing that the venue could contradict. `unread` are
    wallets that were left out: one of a currency of ours is a difference of its own.
    """
    problems = book_problems(ledger, gate)
    if not ledger.is_open:
        return Comparison(problems=problems)
    problems += unreadable_wallets({quote_currency, *owned_of(ledger)}, unread)
    theirs, ours = totals_of(accounts), {**ledger.coins, quote_currency: ledger.cash}
    left_out = {each.name for each in unread if not each.is_foreign}
    unlisted = {each for each, total in ours.items() if total and each not in theirs} - left_out
    problems += tuple(f"{each}: the venue lists no account of it" for each in sorted(unlisted))
    changes = {
        currency: theirs[currency] - ours.get(currency, ZERO)
        for currency in sorted(theirs.keys() - left_out)
        if theirs[currency] != ours.get(currency, ZERO)
    }
    missing = tuple(
        each
        for each in _missing(theirs, ledger.lots)
        if each.currency not in unlisted | left_out and not _is_known(each, ledger.lots)
    )
    is_whole = not problems
    told = {each.currency: _shortage(each, theirs, ledger) for each in missing}
    problems += tuple(
        f"{currency}: the venue has {plain(theirs[currency])}, the ledger"
        f" {plain(theirs[currency] - change)} (difference {plain(change)})"
        for currency, change in changes.items()
        if currency not in told
    )
    problems += tuple(told.values())
    if not is_whole or _may_be_ours(changes, unsettled) or _is_behind(changes, ledger.moves):
        return Comparison(problems=problems)
    return Comparison(problems=problems, news=(*_flows(quote_currency, changes), *missing))


def unreadable_wallets(currencies: Container[str], unread: Iterable[Unread]) -> tuple[str, ...]:
    """Return a sentence for each wallet that can't be read and may be of these currencies."""
    return tuple(
        f"{each.name or 'some currency'}: its wallet can't be read ({each.reason})"
        for each in unread
        if not each.is_foreign and (not each.name or each.name in currencies)
    )


def book_problems(first: LedgerReported, second: LedgerReported) -> tuple[str, ...]:
    """Return a sentence if two of our own books, folds of the same events, are not the same."""
    if _essence(first) == _essence(second):
        return ()
    ours, others = (
        f"{each.actor} ({plain(each.cash)}, {counted(len(each.lots), 'lot')})"
        for each in (first, second)
    )
    return (f"the books of {ours} and of {others} differ",)


def owned_of(ledger: LedgerReported) -> dict[str, Decimal]:
    """Return what we own of each base currency, missing or not."""
    owned: dict[str, Decimal] = {}
    for lot in ledger.lots:
        base = base_of(lot.product)
        owned[base] = owned.get(base, ZERO) + lot.quantity
    return owned


def _essence(books: LedgerReported) -> object:
    lots = {lot.id: (lot.quantity, lot.missing) for lot in books.lots}
    return books.is_open, books.cash, lots, {k: v for k, v in books.coins.items() if v}


def _missing(theirs: Mapping[str, Decimal], lots: Sequence[Lot]) -> tuple[LotsMissing, ...]:
    """Return for each base currency of lots what is missing: what is there is of the oldest."""
    found = []
    for base in sorted({base_of(lot.product) for lot in lots}):
        there = theirs.get(base, ZERO)
        short: list[tuple[str, Quantity]] = []
        for lot in lots:
            if base_of(lot.product) != base:
                continue
            covered = min(max(there, ZERO), lot.quantity)
            there -= covered
            if covered < lot.quantity:
                short.append((lot.id, Quantity(lot.quantity - covered)))
        found.append(LotsMissing(base, tuple(short)))
    return tuple(found)


def _is_known(found: LotsMissing, lots: Sequence[Lot]) -> bool:
    known = {
        lot.id: lot.missing
        for lot in lots
        if lot.missing and base_of(lot.product) == found.currency
    }
    return known == dict(found.lots)


def _shortage(found: LotsMissing, theirs: Mapping[str, Decimal], ledger: LedgerReported) -> str:
    base = found.currency
    if not found.lots:
        return f"{base}: what was missing is at the venue again"
    held, missing = theirs.get(base, ZERO), sum((part for _, part in found.lots), ZERO)
    return (
        f"{base}: the venue has {plain(held)}, we own {plain(owned_of(ledger)[base])}:"
        f" {plain(missing)} is not there and can't be sold"
    )


def _may_be_ours(changes: Mapping[str, Decimal], unsettled: Unsettled) -> bool:
    """Tell whether an order of ours may have moved its coin the way in which it moved."""
    return any(
        change > 0 if side is Side.BUY else change < 0
        for product, side in unsettled
        if (change := changes.get(base_of(product), ZERO))
    )


def _is_behind(changes: Mapping[str, Decimal], moves: Sequence[Mapping[str, Decimal]]) -> bool:
    """Tell whether these are the balances from before one of our newest fills."""
    undone: dict[str, Decimal] = {}
    for moved in reversed(moves):
        for currency, change in moved.items():
            undone[currency] = undone.get(currency, ZERO) - change
        if changes and {each: by for each, by in undone.items() if by} == changes:
            return True
    return False


def _flows(quote_currency: str, changes: Mapping[str, Decimal]) -> tuple[CashFlowSeen, ...]:
    return tuple(
        CashFlowSeen(currency, Amount(change), _kind(currency, quote_currency, changes))
        for currency, change in changes.items()
    )


def _kind(currency: str, quote_currency: str, changes: Mapping[str, Decimal]) -> str:
    """Return what a change looks like: against cash it is a trade, else coins that came or went.

    What went out of one of the wallets that pay and came into the other was converted.
    """
    pair = (quote_currency, SISTERS.get(quote_currency, ""))
    change, cash, other = (changes.get(each, ZERO) for each in (currency, *pair))
    if cash * other < 0 and (cash + other == 0 or len(changes) == 2):
        if currency in pair:
            return CONVERTED
        cash = ZERO  # all of it went the other way: nothing was paid with it
    coins = [each for name, each in changes.items() if name != quote_currency]
    against = coins if currency == quote_currency else [cash]
    if any(each * change < 0 for each in against):
        is_bought = change < 0 if currency == quote_currency else change > 0
        return "bought by hand" if is_bought else "sold by hand"
    return "deposit" if change > 0 else "withdrawal"
