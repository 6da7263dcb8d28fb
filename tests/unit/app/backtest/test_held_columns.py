"""Minutes that are valued by columns are those that would have done nothing but be valued."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve

from adapters.simulator.bars.grid import MinuteGrid
from adapters.simulator.market_data.candles import open_candles
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.open import expander_of
from app.backtest import passing
from app.backtest.held_columns import HeldColumns
from app.backtest.market_days import MarketDays
from app.backtest.plan import FillRule
from app.backtest.system import BacktestSystem
from domain.model.approval import ExitReason
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.money import Amount, Price, Quantity
from domain.model.portfolio import Lot
from domain.model.product import ProductId
from tests.builders.backtests import BEGIN, LIVELY, candles, file_of, plan, played

pytestmark = pytest.mark.req("BT1", "BT4")
BTC = ProductId("BTC-USD")
MARKET = GeneratedMarket(1, BEGIN)
EXPANDER = expander_of(MARKET, 1)
COLUMNS = HeldColumns(MarketDays(MinuteGrid(MARKET)), EXPANDER, MARKET.products)
LONG = Nanos(BEGIN + 5 * HOUR)


def a_lot(stop: str = "1", target: str | None = None, quantity: str = "1") -> Lot:
    return Lot(
        id="lot",
        product=BTC,
        strategy="breakout",
        quantity=Quantity(Decimal(quantity)),
        cost=Amount(Decimal(100)),
        paid=Amount(Decimal(100)),
        stop_price=Price(Decimal(stop)),
        target_price=None if target is None else Price(Decimal(target)),
        opened_ns=Nanos(BEGIN - HOUR),
        expires_ns=None,
    )


def quiet(lot: Lot, end_ns: Nanos = LONG) -> list[int]:
    seen = EXPANDER.opening_bid(BTC, Nanos(BEGIN - MINUTE))
    assert seen is not None
    found = COLUMNS.quiet((lot,), BEGIN, end_ns, {BTC: seen})
    return [int(tick) for tick in found.get(BTC, ())]


def test_the_bids_of_a_column_are_those_that_are_shown_minute_by_minute() -> None:
    bids = quiet(a_lot())

    assert len(bids) == 300
    for number, tick in enumerate(bids):
        shown = EXPANDER.opening_bid(BTC, Nanos(BEGIN + number * MINUTE))
        assert EXPANDER.price(BTC, tick) == shown


@pytest.mark.parametrize("share", ["0.999", "0.998", "0.995"])
def test_it_ends_with_the_first_minute_in_which_the_stop_may_be_reached(share: str) -> None:
    seen = EXPANDER.opening_bid(BTC, BEGIN)
    assert seen is not None
    stop = Price(round(seen * Decimal(share), 2))
    bids = quiet(a_lot(stop=str(stop)))

    def touches(number: int) -> bool:
        at_ns = Nanos(BEGIN + number * MINUTE)
        row, bid = MARKET.candle(BTC, at_ns), EXPANDER.opening_bid(BTC, at_ns)
        spread = EXPANDER.widest_spread(BTC, at_ns)
        assert row is not None
        assert bid is not None
        assert spread is not None
        return row.low - spread <= stop or bid <= stop

    assert not any(touches(number) for number in range(len(bids)))
    assert len(bids) == 300 or touches(len(bids))


def test_a_target_a_hold_and_a_wish_to_leave_end_it_too() -> None:
    seen = EXPANDER.opening_bid(BTC, BEGIN)
    assert seen is not None
    lot = a_lot()

    assert len(quiet(a_lot(target=str(round(seen * Decimal("1.001"), 2))))) < 300
    assert quiet(a_lot(target=str(seen - 100))) == []
    assert len(quiet(evolve(lot, expires_ns=Nanos(BEGIN + 20 * MINUTE + 1)))) == 20
    assert quiet(evolve(lot, expires_ns=Nanos(BEGIN - 1))) == []
    assert quiet(evolve(lot, leaving=ExitReason.SIGNAL)) == []


def test_what_is_too_small_to_be_sold_is_quiet_whatever_is_due_of_it() -> None:
    dust = a_lot(quantity="0.00000001")
    above = a_lot(stop="1000000", quantity="0.00000001")

    assert len(quiet(dust)) == len(quiet(above)) == 300
    assert len(quiet(evolve(dust, leaving=ExitReason.SIGNAL))) == 300
    assert quiet(a_lot(stop="1000000")) == []


def holed(folder: Path) -> str:
    """Return candles in which every seventh minute of a product has no row, and one is dark."""
    rows = [bar for bar in candles(12) if bar.start_ns // MINUTE % 7 or bar.product == BTC]
    rows = [bar for bar in rows if not 200 <= (bar.start_ns - BEGIN) // MINUTE < 215]
    return str(file_of(folder / "holed.parquet", rows))


def gappy(folder: Path) -> str:
    """Return candles of which most of every other hour is missing."""
    rows = [bar for bar in candles(12) if not 10 <= (bar.start_ns - BEGIN) // MINUTE % 120 < 55]
    return str(file_of(folder / "gappy.parquet", rows))


def test_in_a_gap_of_its_data_a_lot_stays_worth_the_last_close(tmp_path: Path) -> None:
    market = open_candles(Path(gappy(tmp_path)))
    expander = expander_of(market, 1)
    columns = HeldColumns(MarketDays(MinuteGrid(market)), expander, market.products)
    last = market.last_before(BTC, Nanos(BEGIN + 20 * MINUTE))
    assert last is not None

    bids = columns.quiet((a_lot(),), BEGIN, Nanos(BEGIN + 60 * MINUTE), {BTC: last.close})[BTC]
    shown = [expander.price(BTC, int(tick)) for tick in bids]

    assert len(shown) == 60
    assert {*shown[15:56]} == {last.close}
    assert shown[14] == expander.opening_bid(BTC, Nanos(BEGIN + 14 * MINUTE))
    assert shown[56] == expander.opening_bid(BTC, Nanos(BEGIN + 56 * MINUTE))


@pytest.mark.parametrize("fills", FillRule)
@pytest.mark.parametrize("source_of", [lambda _: "generated", holed, gappy])
def test_a_backtest_is_the_same_to_the_last_digit_whether_minutes_are_passed_or_played(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fills: FillRule,
    source_of: Callable[[Path], str],
) -> None:
    made = evolve(plan(source_of(tmp_path), hours=9, sets=LIVELY), fills=fills)
    passed = counted(monkeypatch)
    by_columns = played(made)
    assert sum(passed) > 60

    monkeypatch.setattr(passing, "LEAST_PASSED", 10**6)
    monkeypatch.setattr(passing.Passing, "idle", lambda each, now_ns: each._value(now_ns))
    passed.clear()
    by_messages = played(made)

    assert not passed
    assert by_messages.results == by_columns.results
    assert by_messages.exposure == by_columns.exposure
    assert by_messages.trail.orders == by_columns.trail.orders
    assert by_messages.trail.refused == by_columns.trail.refused
    assert by_messages.halts == by_columns.halts


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many minutes were passed at once, as it goes on."""
    found: list[int] = []
    real: Callable[..., int] = BacktestSystem.pass_over

    def pass_over(system: BacktestSystem, *arguments: object) -> int:
        found.append(real(system, *arguments))
        return found[-1]

    monkeypatch.setattr(BacktestSystem, "pass_over", pass_over)
    return found
