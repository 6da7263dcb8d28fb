"""What the sales of a liquidation have brought, what of it was converted, and where it lies now."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from domain.messages.control import LIQUIDATE, RESUME, OperatorActed
from domain.messages.conversion import ConversionIntended, ConversionSettled
from domain.messages.orders import FillBooked
from domain.model.conversion import Conversion
from domain.model.figures import money
from domain.model.money import ZERO, Amount, floor_to, notional, plain
from domain.model.product import Side
from domain.model.wallets import command

START, GOAL = "USD", "USDC"
"""What a liquidation is converted from where it does not end in it, and what it best ends in."""
CENT = Decimal("0.01")
"""The smallest amount that is converted."""
AGAIN = "`python run.py liquidate --emergency` asks the venue again"


@frozen
class Proceeds:
    """Sales since the last liquidation began, less fees, and what was `converted` of that.

    `is_begun`: one has; nobody resumed. `sold` are the fills that are in `amount`, so that one
    which is told twice counts once. `pending` are conversions of which nobody knows yet what became
    of them; they outlive a resume.
    """

    amount: Decimal = ZERO
    is_begun: bool = False
    converted: Decimal = ZERO
    sold: frozenset[str] = frozenset()
    pending: tuple[Conversion, ...] = ()

    @property
    def left(self) -> Amount:
        """Return what may still be converted, in whole cents: what is in doubt may be gone."""
        doubtful = sum((each.amount for each in self.pending), ZERO)
        return Amount(max(floor_to(self.amount - self.converted - doubtful, CENT), ZERO))

    def is_unfinished(self, currency: str) -> bool:
        """Tell whether the sales in `currency` leave something to convert, or to find out."""
        return bool(self.pending) or (currency == START and self.left > 0)

    def after(self, message: Any) -> Proceeds:
        """Return what holds after one more message of the journal, in its order."""
        match message:
            case OperatorActed(verb=verb) if verb == LIQUIDATE:
                return self if self.is_begun else Proceeds(is_begun=True, pending=self.pending)
            case OperatorActed(verb=verb) if verb == RESUME:
                return Proceeds(pending=self.pending)
            case FillBooked(fill=fill) if self.is_begun and fill.side is Side.SELL:
                if fill.entry_id in self.sold:
                    return self
                brought = notional(fill.price, fill.quantity) - fill.fee
                sold = self.sold | {fill.entry_id}
                return evolve(self, amount=self.amount + brought, sold=sold)
            case ConversionIntended(conversion):
                return evolve(self, pending=(*self._others(conversion), conversion))
            case ConversionSettled(conversion, is_done):
                done = conversion.amount if is_done and conversion in self.pending else ZERO
                pending = self._others(conversion)
                return evolve(self, converted=self.converted + done, pending=pending)
            case _:
                return self

    def _others(self, conversion: Conversion) -> tuple[Conversion, ...]:
        return tuple(each for each in self.pending if each.trade_id != conversion.trade_id)


def proceeds_of(messages: Iterable[Any]) -> Proceeds:
    """Return what the newest liquidation of a journal has brought."""
    found = Proceeds()
    for message in messages:
        found = found.after(message)
    return found


def ends(currency: str, proceeds: Proceeds) -> tuple[str, ...]:
    """Return in which currency the money of the sales lies, and what a person does about it."""
    brought = f"{money(proceeds.amount)} {currency}"
    if currency == GOAL:
        return (f"it ends in {GOAL}: these sales brought {money(proceeds.amount)} of it",)
    told = [in_doubt(each) for each in proceeds.pending]
    if proceeds.converted:
        rest = proceeds.amount - proceeds.converted
        told.append(
            f"it ends in {GOAL}: {money(proceeds.converted)} of the {brought} that these sales"
            f" brought are converted, one to one; {plain(max(rest, ZERO))} {currency} of it stays"
            f" {currency}"
        )
        told.append(f"to trade with it: {command(currency)}")
    elif not proceeds.pending:
        told.append(
            f"it stays {currency}: {brought} of it came from these sales; convert it to {GOAL} at"
            " the venue by hand, which is booked as a flow"
        )
    return tuple(told)


def in_doubt(conversion: Conversion) -> str:
    """Return that nobody knows what became of a conversion, and what a person does about it."""
    return (
        f"it is not known whether {told(conversion)} (trade {conversion.trade_id}): it is not sent"
        f" again; {AGAIN}, and what has moved is booked as a flow"
    )


def told(conversion: Conversion) -> str:
    """Return what a conversion does, as a part of a sentence."""
    return f"{money(conversion.amount)} {conversion.source} became {conversion.target}"


def would_end(currency: str) -> str:
    """Return in which currency the money of sales would lie."""
    if currency == START:
        return (
            f"what these sales bring, less fees, would be converted to {GOAL}, one to one, where"
            f" the venue offers that; no other {START} of the account is touched"
        )
    return f"it would end in {currency}"
