"""What a rehearsal has to have seen once: every rule, breaker, kind of alert and way of an order.

The rows come from what the product declares; evidence is a record of a journal, or a challenge of
the self-test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum, StrEnum

from attrs import frozen

from domain.messages.decisions import ProposalRefused
from domain.messages.supervision import BreakerTripped
from domain.rehearsal.order_paths import OrderPath, OrderPathFold
from domain.system.alert_kinds import ALERT_KINDS, kind_of_alert
from domain.system.ways_out import MAILBOX, WAYS_OUT

BY_HAND = "opened by hand, in a drill"
"""What the reason of a breaker, or the words of an alert, say that nothing but a drill caused."""


STRATEGIES = "strategy."
"""How the breakers of dead strategies begin: they are one row."""


class RowKind(StrEnum):
    """What a row is about."""

    RULE = "rule"
    BREAKER = "breaker"
    ALERT = "alert"
    PATH = "order path"


class Fired(IntEnum):
    """How a row was fired; the greater is the better evidence."""

    NOT = 0
    BY_HAND = 1
    """A drill opened the breaker, or wrote the alert: what follows was seen, its cause was not."""
    DRILL = 2
    """A drill played its cause."""
    MARKET = 3
    """It came by itself, in the run that is rehearsed."""


FIRED_WORDS = {
    Fired.NOT: "NOT FIRED",
    Fired.BY_HAND: "opened by hand",
    Fired.DRILL: "by drill",
    Fired.MARKET: "by market",
}


@frozen(order=True)
class CoverageRow:
    """One thing that has to be seen once."""

    kind: RowKind
    name: str


@frozen
class RowEvidence:
    """That a row was fired: how, where ("" : in the run itself), and by which record or alert."""

    fired: Fired
    where: str = ""
    mark: str = ""

    @property
    def words(self) -> str:
        """Return it for people."""
        return ", ".join(each for each in (self.where, self.mark) if each)


@frozen
class Covered:
    """A row, the best evidence for it, and how often it was seen."""

    row: CoverageRow
    evidence: RowEvidence = RowEvidence(Fired.NOT)
    count: int = 0


def planned(rules: Iterable[str], actors: Iterable[str]) -> tuple[CoverageRow, ...]:
    """Return every row: of the `rules` in force, of breakers of dead `actors`, and of all else."""
    found = [CoverageRow(RowKind.RULE, code) for code in rules]
    found += [CoverageRow(RowKind.BREAKER, name) for name in (*WAYS_OUT, *actors)]
    found += [CoverageRow(RowKind.ALERT, code) for code in ALERT_KINDS]
    found += [CoverageRow(RowKind.PATH, path.value) for path in OrderPath]
    return tuple(dict.fromkeys(found))


class FiringFold:
    """Takes the records of one journal in their order, and tells which rows each of them fires.

    Alerts are told by the file that they are written to: not each is said to anybody before.
    """

    def __init__(self) -> None:
        self._paths = OrderPathFold()

    def take(self, message: object) -> Iterator[tuple[CoverageRow, bool]]:
        """Yield each row that `message` fires, and whether only the hand of a drill did it."""
        match message:
            case ProposalRefused(refusals=refusals):
                for each in refusals:
                    yield CoverageRow(RowKind.RULE, each.reason), False
            case BreakerTripped(breaker=breaker):
                yield CoverageRow(RowKind.BREAKER, _common(breaker.name)), BY_HAND in breaker.reason
        for path in self._paths.take(message):
            yield CoverageRow(RowKind.PATH, path.value), False


def alert_row(code: str, what: str) -> tuple[CoverageRow, bool]:
    """Return the row that an alert as it was written fires, and whether only a hand did it."""
    return CoverageRow(RowKind.ALERT, kind_of_alert(code)), BY_HAND in what


def _common(name: str) -> str:
    """Return the name of a breaker without whom it is about, where it is one for many."""
    if name.startswith(STRATEGIES):
        return STRATEGIES
    return MAILBOX if name.startswith(MAILBOX) else name


class CoverageFold:
    """Collects the best evidence for every row, from any number of journals."""

    def __init__(self) -> None:
        self._best: dict[CoverageRow, RowEvidence] = {}
        self._counts: dict[CoverageRow, int] = {}

    def take(self, row: CoverageRow, evidence: RowEvidence) -> None:
        """Take one piece of evidence; of equally good ones the first counts."""
        self._counts[row] = self._counts.get(row, 0) + 1
        known = self._best.get(row)
        if known is None or known.fired < evidence.fired:
            self._best[row] = evidence

    def result(self, rows: Iterable[CoverageRow]) -> tuple[Covered, ...]:
        """Return what there is for each of `rows`, in their order."""
        return tuple(
            Covered(row, self._best.get(row, RowEvidence(Fired.NOT)), self._counts.get(row, 0))
            for row in rows
        )


def counts(covered: Iterable[Covered]) -> Mapping[Fired, int]:
    """Return how many rows were fired in which way, the best evidence first."""
    found = dict.fromkeys(reversed(Fired), 0)
    for each in covered:
        found[each.evidence.fired] += 1
    return found
