"""Ours against theirs: balances of the venue compared with the ledger."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from decimal import Decimal

from domain.messages.portfolio import LedgerReported
from domain.model.entries import Unread
from domain.model.money import ZERO, plain
from domain.model.portfolio import AccountBalance


def differences(
    quote_currency: str,
    accounts: Sequence[AccountBalance],
    ledger: LedgerReported,
    gate: LedgerReported,
    unread: Iterable[Unread] = (),
) -> tuple[str, ...]:
    """Return a sentence for each difference: between the two books of ours, and to the venue.

    Books that are not opened yet have nothing that the venue could contradict. `unread` are
    wallets that were left out: one of a currency of ours is a difference of its own.
    """
    problems = book_problems(ledger, gate)
    if ledger.is_open:
        currencies = {quote_currency, *owned_of(ledger)}
        problems += unreadable_wallets(currencies, unread)
        problems += balance_problems(quote_currency, accounts, ledger)
    return problems


def unreadable_wallets(currencies: Container[str], unread: Iterable[Unread]) -> tuple[str, ...]:
    """Return a sentence for each wallet that can't be read and may be of these currencies."""
    return tuple(
        f"{each.name or 'some currency'}: its wallet can't be read ({each.reason})"
        for each in unread
        if not each.is_foreign and (not each.name or each.name in currencies)
    )


def book_problems(first: LedgerReported, second: LedgerReported) -> tuple[str, ...]:
    """Return a sentence if two of our own books, folds of the same fills, are not the same."""
    if (first.is_open, first.cash, first.owned) == (second.is_open, second.cash, second.owned):
        return ()
    return (
        f"the books of {first.actor} ({plain(first.cash)}, {len(first.owned)} products) and of"
        f" {second.actor} ({plain(second.cash)}, {len(second.owned)} products) differ",
    )


def balance_problems(
    quote_currency: str, accounts: Sequence[AccountBalance], ledger: LedgerReported
) -> tuple[str, ...]:
    """Return a sentence for each difference that matters.

    The quote currency must agree to the last digit; of each base currency the venue must hold at
    least what we own (the rest is foreign).
    """
    totals = {account.currency: account.total for account in accounts}
    problems = []
    venue_cash = totals.get(quote_currency, ZERO)
    if venue_cash != ledger.cash:
        problems.append(
            f"{quote_currency}: the venue has {plain(venue_cash)}, the ledger {plain(ledger.cash)}"
            f" (difference {plain(venue_cash - ledger.cash)})"
        )
    for base, total in sorted(owned_of(ledger).items()):
        held = totals.get(base, ZERO)
        if held < total:
            problems.append(
                f"{base}: the venue has {plain(held)}, we own {plain(total)}: "
                f"{plain(total - held)} is not there and can't be sold"
            )
    return tuple(problems)


def owned_of(ledger: LedgerReported) -> dict[str, Decimal]:
    """Return what we own of each base currency."""
    owned: dict[str, Decimal] = {}
    for product, quantity in ledger.owned:
        base = product.rpartition("-")[0]
        owned[base] = owned.get(base, ZERO) + quantity
    return owned
