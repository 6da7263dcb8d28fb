"""Strategies that take the machine away: they need real threads to do harm."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from app.torture.hostile import Hostile, a_wish
from domain.model.context import Context
from domain.model.proposal import TradeProposal

SLOW_STEPS = 12_000_000
"""About a second of arithmetic: four times what a decision has."""
MEBIBYTE, BITE = 1 << 20, 40
FULL = 600
"""MiB that the eater takes at most: above the shipped limit of the process, below any machine."""
_eaten: list[bytearray] = []


@frozen(kw_only=True)
class SlowThinker(Hostile):
    """Calculates for longer than a decision waits, and answers then."""

    DOES: ClassVar[str] = "calculates for a second each decision, and answers then"

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return wishes, late."""
        total = 0
        for number in range(SLOW_STEPS):
            total += number
        return self.told(a_wish(each.product) for each in context.bars)


@frozen(kw_only=True)
class BlockedThread(Hostile):
    """Answers twice, then never comes back."""

    DOES: ClassVar[str] = "never comes back from its third decision, and computes all the while"

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return wishes, or nothing ever."""
        if context.cycle > 2:
            while True:
                pass
        return self.told(a_wish(each.product) for each in context.bars)


@frozen(kw_only=True)
class MemoryEater(Hostile):
    """Keeps more memory in each decision, until more than the process may have is gone."""

    DOES: ClassVar[str] = "keeps 200 MiB more each decision, beyond the limit of the process"

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return wishes, and keep the memory."""
        for _ in range(5):
            if len(_eaten) * BITE < FULL:
                _eaten.append(_bite())
        return self.told(a_wish(each.product) for each in context.bars)


def _bite() -> bytearray:
    """Return memory that is really there: each page of it is written."""
    taken = bytearray(BITE * MEBIBYTE)
    taken[::4096] = b"\x01" * len(range(0, len(taken), 4096))
    return taken
