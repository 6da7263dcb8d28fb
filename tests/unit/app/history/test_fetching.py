"""Fetching: what is there is not asked for again, and a break leaves no gap behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
from attrs import define, field

from adapters.simulator.importing.months import MonthFiles
from adapters.simulator.market_data.candles import open_candles
from adapters.venues.coinbase.history import CandleHistory, Stretch
from adapters.venues.coinbase.pages import spans
from app.history.fetching import CandleFetch, Fetched
from domain.model.errors import Unreachable
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos, parse_iso
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import ProductId

BTC = ProductId("BTC-USD")
START = parse_iso("2023-11-30T12:00:00Z")
"""Twelve hours before the month ends."""
END = START + 24 * HOUR


def bar(start_ns: int) -> Bar:
    price = Price(Decimal(100 + start_ns // MINUTE % 50) / 10)
    return Bar(BTC, Nanos(start_ns), price, price, price, price, Quantity(Decimal("0.00000001")))


@define
class Tape:
    """A venue that knows each minute of a rule, and breaks off after so many calls."""

    has: Callable[[int], bool] = lambda _: True
    calls: int = 1_000
    asked: list[tuple[int, int]] = field(factory=list)

    def stretches(self, product: ProductId, start_ns: int, end_ns: int) -> Iterator[Stretch]:
        """Yield what is known, call by call."""
        for first_s, last_s in spans(MINUTE, start_ns, end_ns):
            if not self.calls:
                raise Unreachable(f"{product}: nobody answers")
            self.calls -= 1
            self.asked.append((first_s * SECOND, last_s * SECOND))
            minutes = range(first_s * SECOND, last_s * SECOND + 1, MINUTE)
            bars = tuple(bar(each) for each in minutes if self.has(each))
            yield Stretch(Nanos(last_s * SECOND + MINUTE), bars, 0)


def fetched(folder: Path, tape: Tape, start_ns: int = START, end_ns: int = END) -> Fetched:
    history = cast(CandleHistory, tape)
    return CandleFetch(BTC, start_ns, end_ns, MonthFiles(folder), history).run(lambda _: None)


def minutes_of(folder: Path) -> list[int]:
    market = open_candles(folder)
    return [each.start_ns for each in market.candles(BTC, Nanos(START), Nanos(END))]


EVERY = list(range(START, END, MINUTE))


def test_every_minute_is_fetched_once_in_calls_of_300(tmp_path: Path) -> None:
    tape = Tape()

    found = fetched(tmp_path, tape)

    assert (found.new, found.problem) == (len(EVERY), None)
    assert minutes_of(tmp_path) == EVERY
    assert all(last - first < 300 * MINUTE for first, last in tape.asked)
    assert len(list(tmp_path.glob("*.parquet"))) == 2


def test_what_is_there_is_not_asked_for_again(tmp_path: Path) -> None:
    fetched(tmp_path, Tape())
    again = Tape()

    assert fetched(tmp_path, again).new == 0
    assert again.asked == []


@pytest.mark.parametrize("calls", range(7))
def test_after_a_break_the_rest_is_fetched_and_nothing_twice(tmp_path: Path, calls: int) -> None:
    broken = fetched(tmp_path, Tape(calls=calls))
    rest = Tape()

    whole = fetched(tmp_path, rest)

    assert broken.problem is not None or calls == 6
    assert broken.new + whole.new == len(EVERY)
    assert sum((last - first) // MINUTE + 1 for first, last in rest.asked) == whole.new
    assert minutes_of(tmp_path) == EVERY


@pytest.mark.parametrize("calls", range(3))
def test_a_break_before_what_is_kept_leaves_no_gap_that_nobody_asks_for(
    tmp_path: Path, calls: int
) -> None:
    fetched(tmp_path, Tape(), START + 10 * HOUR)

    fetched(tmp_path, Tape(calls=calls))
    fetched(tmp_path, Tape())

    assert minutes_of(tmp_path) == EVERY


def test_minutes_that_the_venue_does_not_have_are_gaps(tmp_path: Path) -> None:
    found = fetched(tmp_path, Tape(has=lambda at_ns: at_ns // MINUTE % 10 not in (4, 5)))

    assert found.problem is None
    assert found.quality is not None
    assert found.quality.longest_minutes == 2
    assert found.quality.missing == len(EVERY) // 5


def test_a_venue_without_a_candle_of_that_time_says_so(tmp_path: Path) -> None:
    found = fetched(tmp_path, Tape(has=lambda _: False))

    assert "  the venue has no candle of that time" in found.lines()
    assert list(tmp_path.glob("*.parquet")) == []


def test_a_month_that_cannot_be_read_is_left_alone_and_told(tmp_path: Path) -> None:
    file = MonthFiles(tmp_path).file_of(BTC, "2023-11")
    file.write_bytes(b"broken")
    tape = Tape()

    found = fetched(tmp_path, tape)

    assert found.problem is not None
    assert "move it away" in found.problem
    assert file.read_bytes() == b"broken"
    assert tape.asked == []
