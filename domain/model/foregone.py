"""What was refused, and what it would have come to: whether a guard earns or only costs."""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve, frozen

from domain.model.instants import Nanos
from domain.model.money import ZERO, Amount, Price, Quantity


@frozen(kw_only=True)
class RefusedEntry:
    """The order that a refused entry would have been, and when its lot would have been sold.

    Stop and target in percent of the entry price, lengths in market time.
    """

    quantity: Quantity
    limit_price: Price
    post_only: bool
    lifetime_ns: Nanos
    stop_loss_pct: Decimal
    take_profit_pct: Decimal
    max_hold_ns: Nanos


@frozen(kw_only=True)
class ForegoneTrades:
    """What the entries that a rule refused would have come to, in quote currency, after all fees.

    `closed` would have been bought and sold since, for `earned`; `open` would still be owned and
    bring `unrealised` now; `unfilled` would never have been bought.
    """

    rule: str
    closed: int = 0
    earned: Amount = Amount(ZERO)
    open: int = 0
    unrealised: Amount = Amount(ZERO)
    unfilled: int = 0

    def __add__(self, other: ForegoneTrades) -> ForegoneTrades:
        """Return both together, as of the rule of this one."""
        return evolve(
            self,
            closed=self.closed + other.closed,
            earned=Amount(self.earned + other.earned),
            open=self.open + other.open,
            unrealised=Amount(self.unrealised + other.unrealised),
            unfilled=self.unfilled + other.unfilled,
        )

    @property
    def profit(self) -> Amount:
        """Return what all of them would have brought by now: a guard has cost it, if above 0."""
        return Amount(self.earned + self.unrealised)
