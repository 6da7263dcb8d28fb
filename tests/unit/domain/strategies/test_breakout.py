"""Breakout sees a close above the day's high on volume, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions.strategy import Strategy
from domain.model.product import Side
from domain.strategies.breakout import Breakout
from tests.builders.bars import a_context, some_bars
from tests.builders.messages import BTC, ETH

DAY_MINUTES = 1440


def a_breakout(**changes: Any) -> Breakout:
    values: dict[str, Any] = {
        "id": "breakout",
        "notional_pct": Decimal(2),
        "stop_loss_pct": Decimal(3),
        "take_profit_pct": Decimal(8),
    }
    return Breakout(**{**values, **changes})


def small(**changes: Any) -> Breakout:
    return a_breakout(lookback_minutes=4, volume_minutes=2, **changes)


def quiet(*closes: float, volume: float = 1.5) -> Any:
    """Return minutes of volume 1, the last of which has `volume`."""
    return some_bars(closes, [1.0] * (len(closes) - 1) + [volume])


@pytest.mark.req("STR1", "S1")
def test_a_close_above_the_days_high_on_volume_is_proposed() -> None:
    closes = [100.0] * DAY_MINUTES + [100.5]
    bars = some_bars(closes, [1.0] * DAY_MINUTES + [1.5])

    (proposal,) = a_breakout().decide(a_context(bars))

    assert (proposal.product, proposal.side) == (BTC, Side.BUY)
    assert proposal.notional_pct == 2
    assert proposal.conviction == Decimal("0.75")
    assert proposal.reason == "closed 0.50 % above the high of 1 d, volume 1.5 times the usual"


def test_a_reason_is_there_also_where_nothing_was_traded_before() -> None:
    (proposal,) = small().decide(
        a_context(some_bars([10, 10, 10, 10, 10.5], [0, 0, 0, 0, 1], highs=[10, 10, 10, 10, 10.5]))
    )

    assert proposal.reason == "closed 5.00 % above the high of 4 min, volume after none"


@pytest.mark.req("S1")
@pytest.mark.parametrize(
    "bars",
    [
        quiet(10, 10, 10, 10, 10),
        quiet(10, 10, 10, 10, 10.5, volume=1.4999),
        quiet(10, 10, 10, 10.5),
        quiet(10, 10, 10, 10, 9.5),
        some_bars([10, 10, 10, 10, 10.5], [1, 1, 1, 1, 2], highs=[10, 10.5, 10, 10, 10.5]),
        some_bars([10, 10, 10, 10, 10.5], [0, 0, 0, 0, 0]),
        some_bars([]),
    ],
    ids=["flat", "thin", "short", "down", "below the high", "nothing traded", "no history"],
)
def test_anything_less_is_not(bars: Any) -> None:
    assert small().decide(a_context(bars)) == ()


@pytest.mark.req("S1")
def test_a_high_older_than_the_look_back_is_forgotten() -> None:
    assert small().decide(a_context(quiet(99, 10, 10, 10, 10, 10.1)))


def test_the_bar_itself_does_not_count_as_the_old_high() -> None:
    bars = some_bars([10, 10, 10, 10, 10.5], [1, 1, 1, 1, 9], highs=[10, 10, 10, 10, 99])

    assert small().decide(a_context(bars))


def test_products_are_proposed_in_the_order_of_the_context() -> None:
    bars = [some_bars([1, 1, 1, 1, 2], [1, 1, 1, 1, 9], product=name) for name in (ETH, BTC)]

    assert [each.product for each in small().decide(a_context(*bars))] == [ETH, BTC]


@pytest.mark.req("STR1")
def test_the_same_picture_gives_the_same_proposals_for_ever() -> None:
    strategy: Strategy = small()
    context = a_context(quiet(10, 10, 10, 10, 10.05))

    assert strategy.decide(context) == strategy.decide(context) == small().decide(context)


@pytest.mark.req("STR1")
def test_what_it_sees_is_read_only_and_left_alone() -> None:
    bars = quiet(10, 10, 10, 10, 10.5)
    before = bars.close.tobytes(), bars.volume.tobytes()

    small().decide(a_context(bars))

    assert (bars.close.tobytes(), bars.volume.tobytes()) == before
    with pytest.raises(ValueError, match="read-only"):
        bars.close[0] = 1


def test_its_look_back_is_what_it_needs_and_no_more() -> None:
    strategy = small()
    bars = quiet(99, 10, 10, 10, 10, 10.5)
    enough = bars.last(strategy.lookback)

    assert strategy.decide(a_context(enough)) == strategy.decide(a_context(bars)) != ()
    assert a_breakout().lookback == DAY_MINUTES + 1


@given(st.floats(100.01, 10_000))
def test_conviction_is_bounded_and_grows_with_the_breakout(close: float) -> None:
    (proposal,) = small().decide(a_context(quiet(100, 100, 100, 100, close)))
    (higher,) = small().decide(a_context(quiet(100, 100, 100, 100, close * 1.01)))

    assert Decimal("0.5") <= proposal.conviction <= higher.conviction <= 1
    assert proposal.conviction == proposal.conviction.quantize(Decimal("0.0001"))
