"""Whether anything can be bought at all with what there is, and what would change that."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal

from domain.model.figures import money
from domain.model.money import ONE, Amount, Rate
from domain.risk.rule import EntryRule

HUNDRED = Decimal(100)
USUAL_MINIMUM, USUAL_TAKER = Amount(ONE), Rate(Decimal("0.012"))
"""Smallest order in quote currency, and taker rate of a new account. Source: Coinbase, 2026-11."""


def smallest_cost(quote_min: Decimal, stop_loss_pct: Decimal, taker: Rate) -> Amount:
    """Return what the smallest entry costs at least, fees included, whatever its price.

    Its half must still be a legal sale at the stop, as `sizing.smallest_quantity` has it.
    """
    return Amount(2 * quote_min / (ONE - stop_loss_pct / HUNDRED) / (ONE - taker) * (ONE + taker))


def obstacle(
    equity: Amount,
    currency: str,
    quote_min: Decimal,
    taker: Rate,
    stops_pct: Iterable[Decimal],
    rules: Iterable[EntryRule],
) -> str | None:
    """Return in a sentence why nothing can be bought with `equity`, None if something can.

    `quote_min` is the smallest order of any product in quote currency, `stops_pct` are the stops of
    the enabled strategies.
    """
    stops = tuple(stops_pct)
    if not stops:
        return (
            "no strategy is enabled, so nothing will be bought; "
            "enable one: strategies.NAME.enabled=true"
        )
    if not equity > 0:
        return (
            f"the account has no {currency} (app.quote), so nothing can be bought; put "
            f"{currency} in, or a new paper world: --paper-balance {currency}=10000"
        )
    least = min(smallest_cost(quote_min, stop, taker) for stop in stops)
    for rule in rules:
        ceiling, larger = rule.ceiling(equity), rule.ceiling(Amount(2 * equity))
        if ceiling is None or larger is None or ceiling >= least:
            continue
        smallest = f"the smallest entry costs {_up(least)} {currency}"
        if larger == ceiling:
            return f"{rule.CODE} allows {money(ceiling)} an order and {smallest}: raise that cap"
        needed = Amount(least * equity / ceiling)
        return (
            f"equity of {money(equity)} {currency} is too little, so nothing can be bought: "
            f"{smallest}, {rule.CODE} allows {money(ceiling)}; needed: {_up(needed)} {currency}"
        )
    return None


def _up(amount: Amount) -> str:
    """Return an amount that is enough: rounded up."""
    return money(amount.quantize(Decimal("0.01"), ROUND_CEILING))
