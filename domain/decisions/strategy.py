"""What a strategy is: a pure function from a picture to proposals.

A strategy is one file of `domain/strategies` with one frozen attrs class; being there is enough to
be found, and `use:` in `strategies.yaml` names the file. Its fields but `id` are its settings,
each declared with unit, range and meaning (`domain/model/settings.py`).
"""

from __future__ import annotations

from typing import Protocol

from domain.model.context import Context
from domain.model.proposal import TradeProposal


class Strategy(Protocol):
    """Stateless: the same context gives the same proposals, for ever."""

    @property
    def id(self) -> str:
        """Its name in `strategies.yaml`."""

    @property
    def lookback(self) -> int:
        """How many closed minute bars it needs before it can say anything."""

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return what to trade, in any order."""
