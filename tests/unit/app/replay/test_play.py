"""The best prices of the tape at any instant; a whole run is played in tests/simulation."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.simulator.market_data.source import Step
from app.replay.plan import ReplayPlan
from app.replay.play import SAME_INSTANTS, TapePrices, same_instants
from domain.messages.decisions import RoundJudged
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.product import ProductId, Side
from tests.builders.backtests import plan
from tests.builders.messages import BTC, a_level

pytestmark = pytest.mark.req("BT4")
MINUTE_NS = Nanos(100 * MINUTE)


class Tape:
    """Two steps in the first minute: a bid of 99 with an ask of 101, then a bid of 98 alone."""

    def __init__(self) -> None:
        self.asked = 0

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        self.asked += 1
        if minute_ns != MINUTE_NS:
            return ()
        return (
            Step(product, at(2), (), (a_level("99"),), (a_level("101"),)),
            Step(product, at(40), (), (a_level("98"),), ()),
        )


def at(seconds: int) -> Nanos:
    return Nanos(MINUTE_NS + seconds * SECOND)


@pytest.mark.parametrize(
    ("seconds", "side", "price"),
    [
        (1, Side.SELL, None),
        (2, Side.SELL, "99"),
        (39, Side.SELL, "99"),
        (40, Side.SELL, "98"),
        (45, Side.BUY, "101"),
        (90, Side.SELL, "98"),
        (180, Side.SELL, None),
    ],
)
def test_the_newest_price_of_this_minute_or_the_one_before(
    seconds: int, side: Side, price: str | None
) -> None:
    found = TapePrices(Tape()).touch(BTC, side, at(seconds))
    assert found == (None if price is None else Decimal(price))


def test_bids_of_a_span_are_those_within_it_and_minutes_are_made_once() -> None:
    tape = Tape()
    prices = TapePrices(tape)
    assert prices.bids(BTC, at(0), at(59)) == [99, 98]
    assert prices.bids(BTC, at(3), at(59)) == [98]
    assert prices.bids(BTC, at(41), at(100)) == []
    assert tape.asked == 2


def test_the_same_instants_are_those_of_the_first_round_of_each_minute() -> None:
    rounds = (at(5), at(15), at(62))
    records = [(each, RoundJudged(1, each, (), (), ())) for each in rounds]
    run: Any = SimpleNamespace(records=(*records, (at(70), object())))
    own = ReplayPlan(run=run, backtest=plan(hours=1), is_own=True, remarks=())

    found = same_instants(own)
    told = found.backtest

    assert found.remarks == (SAME_INSTANTS,)
    assert told.decided == {MINUTE_NS: at(5), Nanos(MINUTE_NS + MINUTE): at(62)}
    assert own.backtest.decided == {}
