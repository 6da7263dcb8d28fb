"""What a backtest takes from a run: its fees, and the time from an intent to the venue's yes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.simulator.market_data.depth import UsualBook
from adapters.telemetry.books import BOOKS, BookFiles
from app.replay.measured import MOST_NS, measured, seen_books
from app.replay.runs import NotReplayable, RecordedRun, recorded
from domain.messages.decisions import RoundJudged
from domain.messages.journal import RunStarted
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import EquityMarked, StatementTaken
from domain.messages.supervision import BootCompleted
from domain.model.instants import MILLISECOND, Nanos, iso
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from domain.model.product import ProductId
from tests.builders.messages import (
    BTC,
    ETH,
    MAKER,
    NOW,
    TAKER,
    a_moved,
    a_product,
    a_standing,
    an_intent,
)
from tests.builders.numbers import amount, decimals

pytestmark = pytest.mark.req("BT1")


def a_run(*more: tuple[int, Any]) -> RecordedRun:
    """Return a run with these messages, each so many milliseconds after it has begun."""
    begun = (
        RunStarted("paper", "embedded", "world", "c0ffee", "p01", 7),
        StatementTaken("start", (AccountBalance("USD", *decimals(900, 100)),)),
        BootCompleted((a_product(),), MAKER, TAKER, is_clean=True),
        RoundJudged(1, Nanos(0), (), (), ()),
    )
    records: list[tuple[Nanos, Any]] = [(NOW, each) for each in begun]
    records += [(Nanos(NOW + at_ms * MILLISECOND), each) for at_ms, each in more]
    last_ms = max([0, *(at_ms for at_ms, _ in more)])
    marked = EquityMarked(1, amount(1000), amount(1000))
    records.append((Nanos(NOW + last_ms * MILLISECOND), marked))
    return recorded(records, None, "USD")


def an_order(number: int, raised_ms: int, took_ms: int, state: OrderState) -> list[tuple[int, Any]]:
    intent = an_intent(number=number)
    return [(raised_ms, IntentRaised(intent)), (raised_ms + took_ms, a_moved(intent, state))]


def test_the_median_of_the_orders_that_the_venue_took_counts() -> None:
    run = a_run(
        *an_order(1, 0, 80, OrderState.OPEN),
        *an_order(2, 1_000, 120, OrderState.FILLED),
        *an_order(3, 2_000, 900, OrderState.PARTIALLY_FILLED),
        *an_order(4, 5_000, 4, OrderState.REJECTED),
        *an_order(5, 6_000, 1, OrderState.VOID),
        (9_000, a_moved(an_intent(number=1), OrderState.FILLED)),
        (9_500, a_moved(an_intent(number=77), OrderState.FILLED)),
    )

    found = measured(run)

    assert (found.delay_ns, found.orders) == (120 * MILLISECOND, 3)
    assert (found.fees.maker, found.fees.taker) == (Decimal("0.006"), Decimal("0.012"))
    assert found.told == "run 1"


def test_an_intent_that_is_told_again_counts_from_its_first_time() -> None:
    intent = an_intent()
    run = a_run(
        (0, IntentRaised(intent)),
        (50, IntentRaised(intent)),
        (75, a_moved(intent, OrderState.OPEN)),
        (99, a_moved(intent, OrderState.OPEN)),
    )

    assert (measured(run).delay_ns, measured(run).orders) == (75 * MILLISECOND, 1)


def test_a_run_without_an_order_or_with_a_time_that_no_backtest_plays_says_nothing() -> None:
    slow = MOST_NS // MILLISECOND + 1

    with pytest.raises(NotReplayable, match="no order that the venue took"):
        measured(a_run())
    with pytest.raises(NotReplayable, match=r"took 5\.0 s; expected at most 5 s"):
        measured(a_run(*an_order(1, 0, slow, OrderState.OPEN)))


def test_books_are_the_median_of_what_the_run_kept_of_the_products_that_are_played(
    tmp_path: Path,
) -> None:
    run, kept = a_run((60 * 60_000, object())), BookFiles(tmp_path / BOOKS)
    minute = 60 * 1_000 * MILLISECOND
    looks = ((-5, "99", "1"), (0, "3", "100"), (15, "1", "500"), (30, "2", "9"), (75, "99", "1"))
    for after, spread, depth in looks:
        figures: dict[str, Any] = {"spread_bps": Decimal(spread), "depth": Decimal(depth)}
        seen = (a_standing(name, **figures) for name in (BTC, ETH))
        kept.append(Nanos(NOW + after * minute), seen)
    file = next((tmp_path / BOOKS).iterdir())
    with file.open("a", encoding="ascii") as out:
        out.write("torn")

    found = seen_books(run, tmp_path, {BTC, ProductId("SOL-USD")})

    assert found.books == {BTC: UsualBook(Decimal(2), Decimal(100))}
    assert (found.looks, found.odd) == (3, 1)


def test_a_run_that_kept_no_books_says_nothing_of_them(tmp_path: Path) -> None:
    found = seen_books(a_run(), tmp_path, {BTC})
    assert (found.books, found.looks, found.odd) == ({}, 0, 0)


def test_books_that_can_not_be_read_are_named(tmp_path: Path) -> None:
    run = a_run()
    (tmp_path / BOOKS / f"{iso(run.begun_ns)[:10]}.csv").mkdir(parents=True)
    with pytest.raises(NotReplayable, match="the books of run 1"):
        seen_books(run, tmp_path, {BTC})
