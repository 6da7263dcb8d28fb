"""What the records of a shadow say: how far it agrees, where it differs, what that earned."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import define, field

from domain.model.money import ZERO
from domain.shadow.differences import Likeness

EXAMPLES = 10
BLOCKS_MAX, BLOCKS_MIN = 50, 8
RESAMPLES = 2_000
SEED = 1
DIGITS_MAX = 30
"""Before the point; nobody earns more."""
CONFIDENCE = Decimal("0.95")


@define
class ShadowResults:
    """One run of a shadow; `of` names the instance.

    `damaged` counts lines that are no record, `left_out` differences that had no room; `how` is the
    way it ended, "" if it has not.
    """

    of: str = ""
    begun: Mapping[str, Any] | None = None
    last_at: str = ""
    how: str = ""
    cycles: int = 0
    skipped: int = 0
    rebuilt: int = 0
    left_out: int = 0
    damaged: int = 0
    counts: dict[str, int] = field(factory=dict)
    examples: list[Mapping[str, Any]] = field(factory=list)
    points: list[tuple[int, Decimal, Decimal]] = field(factory=list)

    @property
    def decisions(self) -> int:
        """Return how many decisions were compared."""
        return sum(self.counts.values())

    @property
    def agreement_pct(self) -> Decimal | None:
        """Return in how many of them both agreed, in percent."""
        if not self.decisions:
            return None
        return Decimal(100 * self.counts.get(Likeness.MATCH.value, 0)) / self.decisions

    @property
    def pnl(self) -> tuple[Decimal, Decimal]:
        """Return the profit of the primary and of the shadow, in quote currency."""
        return self.points[-1][1:] if self.points else (ZERO, ZERO)

    def take(self, record: Mapping[str, Any] | None) -> None:
        """Take the next record; None is a line that was none."""
        try:
            if record is None:
                raise ValueError("no record")
            self._take(record)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
            self.damaged += 1

    def _take(self, record: Mapping[str, Any]) -> None:
        at = str(record["at"])
        match record["kind"]:
            case "begin":
                _checked_begin(record)
                self.begun = record
            case "difference":
                _checked_difference(record)
                if len(self.examples) < EXAMPLES:
                    self.examples.append(record)
            case "sum":
                self._sum_up(record)
            case "end":
                self.how = str(record["how"])
            case _:
                raise ValueError("unknown kind")
        self.last_at = at

    def _sum_up(self, record: Mapping[str, Any]) -> None:
        primary, shadow = (Decimal(record["pnl"][each]) for each in ("primary", "shadow"))
        if not all(each.is_finite() and each.adjusted() < DIGITS_MAX for each in (primary, shadow)):
            raise ValueError("no amount")
        counts = {Likeness(name).value: _count(number) for name, number in record["counts"].items()}
        names = ("cycles", "skipped", "rebuilt", "left_out")
        cycles, skipped, rebuilt, left_out = (_count(record[name]) for name in names)
        self.counts, self.cycles, self.skipped = counts, cycles, skipped
        self.rebuilt, self.left_out = rebuilt, left_out
        self.points.append((cycles, primary, shadow))


def interval(points: Sequence[tuple[int, Decimal, Decimal]]) -> tuple[Decimal, Decimal] | None:
    """Return between what the difference in profit lies with 95 % confidence; None: too short.

    Blocks of equally many cycles are drawn anew, always by the same draws: what comes of a block is
    taken to say nothing of the next.
    """
    blocks = min(BLOCKS_MAX, len(points) - 1)
    if blocks < BLOCKS_MIN:
        return None
    earned = list(_per_block(points, blocks))
    draws = random.Random(SEED)
    sums = sorted(sum(draws.choices(earned, k=blocks), ZERO) for _ in range(RESAMPLES))
    tail = int(RESAMPLES * (1 - CONFIDENCE) / 2)
    return sums[tail], sums[-1 - tail]


def _per_block(points: Sequence[tuple[int, Decimal, Decimal]], blocks: int) -> Iterable[Decimal]:
    """Yield how much more the shadow earned in each of so many parts of the run."""
    begin, length = points[0][0], points[-1][0] - points[0][0]
    before, place = points[0][2] - points[0][1], 0
    for number in range(1, blocks + 1):
        end = begin + length * number / blocks
        while place + 1 < len(points) and points[place + 1][0] <= end:
            place += 1
        after = points[place][2] - points[place][1]
        yield after - before
        before = after


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("no count")
    return value


def _checked_begin(record: Mapping[str, Any]) -> None:
    """Look at what is shown of a record, before it is kept."""
    for each in record["differs"]:
        _ = each["name"], each["primary"], each["shadow"], bool(each["is_acted_on"])
    _ = record["config"]["primary"], record["config"]["shadow"], str(record["currency"])


def _checked_difference(record: Mapping[str, Any]) -> None:
    Likeness(record["class"])
    _ = _count(record["cycle"]), str(record["product"]), str(record["side"])
    for each in (record["primary"], record["shadow"]):
        if each is not None:
            _ = each["quantity"], each["price"], each["refused_by"], each["strategy"]
