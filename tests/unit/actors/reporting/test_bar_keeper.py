"""Minutes are kept; a disk that refuses them is told of once and costs nothing else."""

from __future__ import annotations

from actors.reporting.bar_keeper import BarKeeper
from domain.messages.market import BarClosed, HistoryLoaded
from domain.messages.supervision import ActorProven
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.market import Bar
from domain.model.product import ProductId
from tests.builders.harness import Harness, deliver, of_kind
from tests.builders.market import bar

FLAT = ("100", "100", "100", "100")
FIRST, SECOND_BAR, THIRD, FOURTH = (bar(minute, FLAT, "1") for minute in range(4))


class Kept:
    """A bar log in memory that can be told to refuse."""

    def __init__(self) -> None:
        self.bars: list[Bar] = []
        self.is_full = False

    def append(self, product: ProductId, bars: tuple[Bar, ...]) -> None:
        if self.is_full:
            raise OSError("no space left")
        assert all(each.product == product for each in bars)
        self.bars.extend(bars)


def test_closed_minutes_and_those_of_the_past_are_kept() -> None:
    kept = Kept()
    keeper = Harness().start(BarKeeper, "bar_keeper", kept)

    deliver(keeper, HistoryLoaded(FIRST.product, Nanos(MINUTE), (FIRST,)), BarClosed(SECOND_BAR))

    assert kept.bars == [FIRST, SECOND_BAR]


def test_hours_are_not_mixed_among_minutes() -> None:
    kept = Kept()
    keeper = Harness().start(BarKeeper, "bar_keeper", kept)

    deliver(keeper, HistoryLoaded(FIRST.product, Nanos(HOUR), (FIRST,)))

    assert kept.bars == []


def test_a_disk_that_refuses_is_told_of_once_and_so_is_its_recovery() -> None:
    kept, harness = Kept(), Harness()
    keeper = harness.start(BarKeeper, "bar_keeper", kept)

    kept.is_full = True
    deliver(keeper, BarClosed(FIRST), BarClosed(SECOND_BAR))
    kept.is_full = False
    deliver(keeper, BarClosed(THIRD), BarClosed(FOURTH))

    (warning,) = harness.log.of("warning")
    assert warning.fields == {"reason": "no space left"}
    (info,) = harness.log.of("info")
    assert info.fields == {"missing": 2}


def test_a_fresh_incarnation_is_proven_by_the_first_bar_it_keeps() -> None:
    keeper = Harness().start(BarKeeper, "bar_keeper", Kept(), epoch=2)

    assert of_kind(deliver(keeper, BarClosed(FIRST)), ActorProven)
