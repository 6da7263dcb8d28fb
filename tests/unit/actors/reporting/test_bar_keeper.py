"""Minutes and books are kept; a disk that refuses them is told of once and costs nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from actors.reporting.bar_keeper import BOOKS_EVERY_NS, BarKeeper
from domain.messages.market import BarClosed, HistoryLoaded
from domain.messages.supervision import ActorProven
from domain.messages.universe import UniverseJudged
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.market import Bar
from domain.model.product import ProductId
from domain.model.universe import Standing
from tests.builders.harness import Harness, deliver, of_kind
from tests.builders.market import bar
from tests.builders.messages import BTC, ETH, a_standing

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


class Looked:
    """A book log in memory that can be told to refuse."""

    def __init__(self) -> None:
        self.looks: list[tuple[int, tuple[Standing, ...]]] = []
        self.is_full = False

    def append(self, at_ns: Nanos, standings: Iterable[Standing]) -> None:
        if self.is_full:
            raise OSError("no space left")
        self.looks.append((at_ns, tuple(standings)))


def keeper_of(
    kept: Kept, harness: Harness | None = None, books: Looked | None = None, epoch: int = 1
) -> BarKeeper:
    harness = Harness() if harness is None else harness
    books = Looked() if books is None else books
    return harness.start(BarKeeper, "bar_keeper", kept, books, epoch=epoch)


def test_closed_minutes_and_those_of_the_past_are_kept() -> None:
    kept = Kept()
    keeper = keeper_of(kept)

    deliver(keeper, HistoryLoaded(FIRST.product, Nanos(MINUTE), (FIRST,)), BarClosed(SECOND_BAR))

    assert kept.bars == [FIRST, SECOND_BAR]


def test_hours_are_not_mixed_among_minutes() -> None:
    kept = Kept()
    keeper = keeper_of(kept)

    deliver(keeper, HistoryLoaded(FIRST.product, Nanos(HOUR), (FIRST,)))

    assert kept.bars == []


def test_a_disk_that_refuses_is_told_of_once_and_so_is_its_recovery() -> None:
    kept, harness = Kept(), Harness()
    keeper = keeper_of(kept, harness)

    kept.is_full = True
    deliver(keeper, BarClosed(FIRST), BarClosed(SECOND_BAR))
    kept.is_full = False
    deliver(keeper, BarClosed(THIRD), BarClosed(FOURTH))

    (warning,) = harness.log.of("warning")
    assert warning.fields == {"reason": "no space left"}
    (info,) = harness.log.of("info")
    assert info.fields == {"missing": 2}


def test_a_fresh_incarnation_is_proven_by_the_first_bar_it_keeps() -> None:
    keeper = keeper_of(Kept(), epoch=2)

    assert of_kind(deliver(keeper, BarClosed(FIRST)), ActorProven)


def test_books_are_kept_every_quarter_of_an_hour_from_the_first_that_is_seen_on() -> None:
    books, harness = Looked(), Harness()
    keeper = keeper_of(Kept(), harness, books)
    unseen, seen = a_standing(depth=None), a_standing(spread_bps=Decimal(2))

    deliver(keeper, UniverseJudged(()), UniverseJudged((unseen,)))
    assert books.looks == []

    first_ns = harness.clock.market_ns()
    for _ in range(7):
        deliver(keeper, UniverseJudged((seen,)))
        harness.clock.move(BOOKS_EVERY_NS // 3)

    times = [at_ns for at_ns, _ in books.looks]
    assert times == [first_ns, first_ns + BOOKS_EVERY_NS, first_ns + 2 * BOOKS_EVERY_NS]
    assert {standings for _, standings in books.looks} == {(seen,)}


def test_each_product_has_its_own_quarter_of_an_hour() -> None:
    books, harness = Looked(), Harness()
    keeper = keeper_of(Kept(), harness, books)
    first, second = a_standing(BTC), a_standing(ETH)

    deliver(keeper, UniverseJudged((first, a_standing(ETH, depth=None))))
    harness.clock.move(MINUTE)
    deliver(keeper, UniverseJudged((first, second)))
    harness.clock.move(BOOKS_EVERY_NS - MINUTE)
    deliver(keeper, UniverseJudged((first, second)))

    assert [standings for _, standings in books.looks] == [(first,), (second,), (first,)]


def test_a_disk_that_refuses_books_is_told_of_once_and_bars_go_on_beside() -> None:
    books, kept, harness = Looked(), Kept(), Harness()
    keeper = keeper_of(kept, harness, books)
    books.is_full = kept.is_full = True
    deliver(keeper, UniverseJudged((a_standing(),)), BarClosed(FIRST))
    books.is_full = kept.is_full = False
    harness.clock.move(BOOKS_EVERY_NS)
    deliver(keeper, BarClosed(SECOND_BAR), UniverseJudged((a_standing(),)))

    assert len(harness.log.of("warning")) == 1
    (info,) = harness.log.of("info")
    assert info.fields == {"missing": 2}
    assert (len(kept.bars), len(books.looks)) == (1, 1)
