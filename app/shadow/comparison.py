"""Takes what both pipelines decide and earn, and writes down how they compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from domain.messages.decisions import OrderApproved, ProposalRefused
from domain.messages.portfolio import EquityMarked
from domain.model.approval import ApprovedExit, Purpose
from domain.model.instants import SECOND, Nanos, iso
from domain.model.money import ZERO, plain
from domain.shadow.differences import (
    Compared,
    Verdict,
    compare,
    likeness_of,
    verdict_of,
    verdict_on,
)

PAIR_WITHIN_NS = 2 * SECOND
"""Market time within which both sell the same lot, if they agree."""
POINTS = 512
"""The sums are written in every cycle up to this one, then ever more rarely."""
Write = Callable[[Mapping[str, Any]], None]


@frozen
class _Sale:
    """A sale of one pipeline that the other has not made yet."""

    verdict: Verdict
    is_primary: bool
    cycle: int
    at_ns: Nanos


class ShadowComparison:
    """Per (cycle, product, side); `write` keeps one record."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._cycle = 0
        self._cycles = self._skipped = self._rebuilt = 0
        self._counts: Counter[str] = Counter()
        self._primary: list[Verdict] = []
        self._shadow: list[Verdict] = []
        self._judged: int | None = None
        self._sales: dict[str, _Sale] = {}
        self._pnl: dict[bool, tuple[int, Decimal]] = {}

    def judged(
        self, word: OrderApproved | ProposalRefused, now_ns: Nanos, *, is_primary: bool
    ) -> None:
        """Take what one of the gates says of an entry or a sale.

        What protects a lot at the venue is no decision: the shadow has the same, or watches alone.
        """
        about = word.order if isinstance(word, OrderApproved) else word
        if about.purpose is Purpose.PROTECTION:
            return
        if isinstance(word, OrderApproved) and isinstance(word.order, ApprovedExit):
            self._sell(word.order, now_ns, is_primary=is_primary)
        elif isinstance(word, OrderApproved) or word.purpose is Purpose.ENTRY:
            (self._primary if is_primary else self._shadow).append(verdict_of(word))

    def sold_at_venue(self, lot: str) -> None:
        """What protected a lot has sold of it: that the shadow wants to is no difference."""
        self._sales.pop(lot, None)

    def has_judged(self, cycle: int) -> None:
        """The shadow's gate has judged its round of that cycle."""
        self._judged = cycle

    def has_rebuilt(self) -> None:
        """The primary's books were rebuilt: the shadow knows nothing of what they learned by it."""
        self._rebuilt += 1

    def close_round(self, cycle: int, now_ns: Nanos) -> None:
        """The primary's gate has judged its round too."""
        self._cycle = cycle
        primary, shadow = self._primary, self._shadow
        self._primary, self._shadow = [], []
        if self._judged != cycle:
            self._skipped += 1
            return
        self._cycles += 1
        for each in compare(primary, shadow):
            self._note(each, cycle, now_ns)
        self.look(now_ns)

    def equity(self, marked: EquityMarked, now_ns: Nanos, *, is_primary: bool) -> None:
        """Take the equity of one of them; the shadow's of a cycle comes first."""
        if marked.nlv is not None:
            self._pnl[is_primary] = marked.cycle, marked.nlv - marked.opening_nlv
        if is_primary and self._is_point(marked.cycle):
            self.sum_up(now_ns)

    def look(self, now_ns: Nanos) -> None:
        """Note the sales that only one of them makes."""
        for lot, sale in tuple(self._sales.items()):
            if now_ns > sale.at_ns + PAIR_WITHIN_NS:
                self._note_sale(lot)

    def sum_up(self, now_ns: Nanos) -> None:
        """Write what both have come to."""
        primary, shadow = (self._pnl.get(each, (0, ZERO))[1] for each in (True, False))
        self._write(
            {
                "kind": "sum",
                "at": iso(now_ns),
                "cycles": self._cycles,
                "skipped": self._skipped,
                "rebuilt": self._rebuilt,
                "counts": dict(sorted(self._counts.items())),
                "pnl": {"primary": plain(primary), "shadow": plain(shadow)},
            }
        )

    def _is_point(self, cycle: int) -> bool:
        """Tell whether the sums are written now: both know their equity in this cycle."""
        is_known = all(self._pnl.get(each, (0, ZERO))[0] == cycle for each in (True, False))
        is_turn = self._cycles % max(1, self._cycles // POINTS) == 0
        return is_known and is_turn and 0 < cycle == self._cycle

    def _sell(self, order: ApprovedExit, now_ns: Nanos, *, is_primary: bool) -> None:
        verdict, other = verdict_on(order), self._sales.get(order.lot)
        if other is not None and other.is_primary is not is_primary:
            del self._sales[order.lot]
            pair = (verdict, other.verdict) if is_primary else (other.verdict, verdict)
            likeness = likeness_of(*pair)
            assert likeness is not None  # both trade
            self._note(Compared(likeness, *pair), other.cycle, now_ns)
            return
        self._note_sale(order.lot)  # one that was tried before, and came to nothing
        self._sales[order.lot] = _Sale(verdict, is_primary, self._cycle, now_ns)

    def _note_sale(self, lot: str) -> None:
        sale = self._sales.pop(lot, None)
        if sale is not None:
            pair = (sale.verdict, None) if sale.is_primary else (None, sale.verdict)
            likeness = likeness_of(*pair)
            assert likeness is not None  # one trades
            self._note(Compared(likeness, *pair), sale.cycle, sale.at_ns)

    def _note(self, found: Compared, cycle: int, at_ns: Nanos) -> None:
        self._counts[found.likeness] += 1
        about = found.about
        if found.primary is not None and found.primary == found.shadow:
            return  # what is the same is counted
        self._write(
            {
                "kind": "difference",
                "at": iso(at_ns),
                "cycle": cycle,
                "product": about.product,
                "side": about.side.value,
                "class": found.likeness.value,
                "primary": _shown(found.primary),
                "shadow": _shown(found.shadow),
            }
        )


def _shown(verdict: Verdict | None) -> dict[str, str | None] | None:
    if verdict is None:
        return None
    return {
        "strategy": verdict.strategy,
        "quantity": None if verdict.quantity is None else plain(verdict.quantity),
        "price": None if verdict.price is None else plain(verdict.price),
        "refused_by": verdict.refused_by or None,
    }
