"""What of the proceeds of a liquidation is converted, and what became of a conversion."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.messages.conversion import ConversionSettled
from domain.messages.portfolio import LedgerReported
from domain.messages.venue import AccountsListed
from domain.model.conversion import Conversion, ConversionSeen, ConversionState
from domain.model.figures import money
from domain.model.money import Amount, floor_to
from domain.portfolio.proceeds import CENT, GOAL, START, Proceeds

NOTHING_MOVED = (ConversionState.QUOTED, ConversionState.ABSENT)
UNREADABLE = "the venue's wallet of {} can't be read"
NEVER_CARRIED_OUT = "the venue never carried it out"


def amount_of(proceeds: Proceeds, books: LedgerReported, listed: AccountsListed) -> Amount | str:
    """Return how much is to be converted, or in a sentence why nothing is.

    Never more than the sales brought, than the cash that this account may use, or than what no
    order holds.
    """
    wallets = {each.currency: each for each in listed.accounts}
    if GOAL not in wallets:
        is_odd = any(each.name in ("", GOAL) for each in listed.unread if not each.is_foreign)
        return UNREADABLE.format(GOAL) if is_odd else f"the venue lists no wallet of {GOAL}"
    if START not in wallets:
        return UNREADABLE.format(START)
    bounds: list[Decimal] = [proceeds.left, books.cash, wallets[START].available]
    if books.allotted is not None:
        bounds.append(books.allotted)
    amount = floor_to(min(bounds), CENT)
    if amount <= 0:
        return f"no {START} is free for it"
    return Amount(amount)


@frozen
class ConversionDoubt:
    """A conversion that may have been committed: `sent_ns` is the machine time after which the
    request can't have left any more; `refusal` the venue's no to it, if it gave one.
    """

    conversion: Conversion
    sent_ns: int
    refusal: str | None = None

    def verdict(
        self, seen: ConversionSeen, now_ns: int, lifetime_ns: int
    ) -> ConversionSettled | None:
        """Return what became of it by what the venue shows, None while that is open.

        A request that has left may be carried out for `lifetime_ns`, unless it was refused.
        """
        match seen.state:
            case ConversionState.DONE:
                return ConversionSettled(self.conversion, True, "the venue shows it as completed")
            case ConversionState.CANCELLED:
                return ConversionSettled(self.conversion, False, "the venue cancelled it")
            case state if state in NOTHING_MOVED:
                if self.refusal is not None:
                    return ConversionSettled(self.conversion, False, self.refusal)
                if now_ns - self.sent_ns >= lifetime_ns:
                    return ConversionSettled(self.conversion, False, NEVER_CARRIED_OUT)
        return None


def converted(conversion: Conversion) -> str:
    """Return that a conversion is done."""
    return f"converted {money(conversion.amount)} {conversion.source} to {conversion.target}"


def kept(amount: Decimal, why: str) -> str:
    """Return that the proceeds stay what they are, and why."""
    return f"it stays {START}: {money(amount)} {START} of these sales are not converted: {why}"
