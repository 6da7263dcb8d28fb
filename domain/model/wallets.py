"""The two wallets that can pay, US dollars and USDC: separate at the venue, and so here."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.model.figures import money
from domain.model.money import ZERO, Amount

SISTERS: Mapping[str, str] = {"USD": "USDC", "USDC": "USD"}
CONVERTED = "converted"
"""What a flow is called that left one of the two for the other."""
LEAST = Decimal(1)
"""Less than the smallest order, in units of the currency, is not worth a word."""


def elsewhere(quote_currency: str, totals: Mapping[str, Decimal]) -> Amount:
    """Return what lies in the other wallet, in units of its currency; zero where that is small."""
    found = totals.get(SISTERS.get(quote_currency, ""), ZERO)
    return Amount(found if found >= LEAST else ZERO)


def told(quote_currency: str, amount: Decimal) -> str:
    """Return that `amount` lies in the other wallet, as a sentence."""
    other = SISTERS[quote_currency]
    return f"{money(amount)} {other} are in the other wallet: entries are paid in {quote_currency}"


def step(quote_currency: str) -> str:
    """Return what a person does so that the money in the other wallet can trade."""
    other = SISTERS[quote_currency]
    return (
        f"convert it to {quote_currency} at the venue, which is booked as a flow; or stop, and"
        f" trade {other} in a folder of its own"
    )


def command(quote_currency: str) -> str:
    """Return the command by which the other wallet trades."""
    other = SISTERS[quote_currency]
    return f"python run.py --data-dir data-{other.lower()} --env paper --set app.quote={other}"
