"""What the same trades would have come to if each had cost more, or less."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.model.money import ONE, ZERO, Amount
from domain.results.round_trips import HUNDRED

MULTIPLES = (Decimal("0.5"), ONE, Decimal(2))


@frozen(kw_only=True)
class CostCase:
    """The result at `multiple` of all costs, in quote currency; `profit_pct` of the opening."""

    multiple: Decimal
    costs: Amount
    profit: Amount
    profit_pct: Decimal


@frozen(kw_only=True)
class Costs:
    """What trading cost, in quote currency, and the same trades at other costs.

    `spread` is what fills that took paid beyond the middle of the book; None: a fill had no book,
    and nothing can be said but for `fees`. `bearable` is the multiple at which nothing is left;
    None: there is no cost, or nothing was earned before it.
    """

    fees: Amount
    spread: Amount | None
    cases: tuple[CostCase, ...] = ()
    bearable: Decimal | None = None


def costs(fees: Amount, spread: Amount | None, profit: Amount, opening: Amount) -> Costs:
    """Return what `profit`, after `fees` and `spread`, would be at other multiples of these."""
    if spread is None:
        return Costs(fees=fees, spread=None)
    paid = fees + spread
    before = profit + paid
    return Costs(
        fees=fees,
        spread=spread,
        cases=tuple(_case(each, paid, before, opening) for each in MULTIPLES),
        bearable=before / paid if paid > 0 and before > 0 else None,
    )


def _case(multiple: Decimal, paid: Decimal, before: Decimal, opening: Amount) -> CostCase:
    profit = Amount(before - multiple * paid)
    return CostCase(
        multiple=multiple,
        costs=Amount(multiple * paid),
        profit=profit,
        profit_pct=HUNDRED * profit / opening if opening else ZERO,
    )
