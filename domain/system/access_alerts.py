"""Alerts about the access to the venue: whose account it is, the clock, the age of the key."""

from __future__ import annotations

from decimal import Decimal

from domain.messages.control import AlertRaised
from domain.model.breakers import Severity
from domain.model.wallets import command, step, told
from domain.system.key_age import CHECK, KeyAge, KeyState
from domain.system.ways_out import SET_CLOCK


def of_wallet(told: str) -> AlertRaised:
    """Return the alert of an account without a wallet in the currency that pays for entries."""
    return AlertRaised(
        severity=Severity.WARNING,
        code="WALLET",
        what=told,
        done="nothing can be bought until there is money in that wallet",
        owned="unchanged",
        worst="none by itself; is it the right account, and app.quote its currency?",
        command="python run.py config show",
    )


def of_other_wallet(quote_currency: str, amount: Decimal, *, is_all: bool) -> AlertRaised:
    """Return the alert of money in the wallet that pays for nothing here; `is_all`: there is none
    in the one that does.
    """
    return AlertRaised(
        severity=Severity.WARNING if is_all else Severity.INFO,
        code="OTHER_WALLET",
        what=told(quote_currency, amount),
        done=step(quote_currency),
        owned="unchanged; it counts neither as equity nor for any limit",
        worst="none by itself",
        command=command(quote_currency),
    )


def of_clock(fault: str) -> AlertRaised:
    """Return the alert of a clock that is off at the start of a run without real money."""
    return AlertRaised(
        severity=Severity.WARNING,
        code="CLOCK",
        what=fault,
        done="trading begins; entries are blocked if it is still so at the next look, in 30 s",
        owned="unchanged",
        worst="prices, orders and records carry wrong times",
        command=SET_CLOCK,
    )


def of_key_age(age: KeyAge) -> AlertRaised:
    """Return the alert of a key that is due or overdue, or of which nobody knows the age."""
    return AlertRaised(
        severity=Severity.CRITICAL if age.state is KeyState.OVERDUE else Severity.WARNING,
        code="KEY_AGE",
        what=age.words,
        done="trading goes on with it; told once a day",
        owned="unchanged",
        worst="whoever has got hold of an old key trades with it",
        command=CHECK,
    )
