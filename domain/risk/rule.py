"""What a rule of the risk gate is: its own settings, one judgement, one place in the order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.decisions import EntryProposed
from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.money import Amount
from domain.model.product import ProductId
from domain.model.proposal import TradeProposal
from domain.risk.chains import EntryChain
from domain.risk.order_bound import OrderBound, Prospect
from domain.risk.sizing import Sized
from domain.risk.view import RiskView


@frozen
class Candidate:
    """An entry that is judged. `sized` is the order that it would become, None if there is none.

    Of the rest of an entry `chain` says what has been bought before; None: it is a new one.
    """

    entry: EntryProposed
    sized: Sized | None
    chain: EntryChain | None = None

    @property
    def proposal(self) -> TradeProposal:
        """Return what the strategy wants."""
        return self.entry.proposal

    @property
    def product(self) -> ProductId:
        """Return the product that it wants."""
        return self.entry.proposal.product


@frozen(kw_only=True)
class EntryRule(ABC):
    """One rule: a file of `domain/risk/rules`, named by the code of its refusals.

    Being there is enough to be found. `CODE` is stable for ever, journals hold it. `ORDER` is
    the place among the rules: the first refusal is the main reason. `DEMANDED_BY` are the ids of
    requirements and decisions that it answers for: a rule that answers for one always runs; one
    without runs if `policy.yaml` names it under `rules`.

    The settings of a rule are its fields; `ASCENDING` names those of which none may be above the
    one after it.
    """

    CODE: ClassVar[Reason]
    ORDER: ClassVar[int]
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ()
    ASCENDING: ClassVar[tuple[tuple[str, ...], ...]] = ()

    @abstractmethod
    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Return why `wanted` must not become an order, or None. Pure; what it raises refuses."""

    def ceiling(self, nlv: Amount) -> Amount | None:
        """Return the most that a single order may cost by this rule, or None if it says nothing."""
        del nlv
        return None

    def bounds(self, prospect: Prospect) -> Iterator[OrderBound]:
        """Yield what an entry may cost by this rule while nothing is held, by key."""
        del prospect
        yield from ()

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how far this rule's limits are used now, nothing if it has none that fill."""
        del view
        yield from ()

    def refuse(
        self,
        observed: str,
        limit: str,
        *,
        reason: Reason | None = None,
        cap_type: str | None = None,
        current_pct: Decimal | None = None,
        proposed_pct: Decimal | None = None,
    ) -> Refusal:
        """Return the refusal of this rule, under its code unless another `reason` is given."""
        return Refusal(
            reason=self.CODE if reason is None else reason,
            observed=observed,
            limit=limit,
            cap_type=cap_type,
            current_pct=current_pct,
            proposed_pct=proposed_pct,
        )
