"""A lot that is large for its book: sold in few orders, the near bids first, and all of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulator.market_data.source import Step
from domain.messages.decisions import ExitProposed
from domain.messages.orders import FillBooked, IntentRaised
from domain.model.approval import ApprovedExit, ExitReason, Limit
from domain.model.instants import SECOND, Nanos
from domain.model.market import Level
from domain.model.money import Price, Quantity
from domain.model.product import ProductId, Side
from tests.builders.price_paths import Line, price_at, script
from tests.builders.steps import START, product, step
from tests.builders.world import Setting, World
from tests.fakes.markets import Script

BTC = ProductId("BTC-USD")
BOUGHT: tuple[tuple[float, str], ...] = (
    (60, "100"),
    (110, "102"),
    (128, "102"),
    (140, "101"),
    (150, "101"),
)
TO_TARGET = Line(BTC, (*BOUGHT, (200, "112"), (900, "112")), (1,))
TO_STOP = Line(BTC, (*BOUGHT, (200, "96"), (900, "96")), (1,))
THIN_FROM_S = 160
MINUTES = 15
FEW = 20


def thin(line: Line, sizes: str, apart: str) -> Script:
    """Return a market whose book is thin from then on: bids of `sizes`, `apart` percent apart."""
    usual = script([line], MINUTES)
    steps = [
        each if at_s(each) < THIN_FROM_S else thinned(line, each, Decimal(sizes), Decimal(apart))
        for each in usual._steps
    ]
    return Script(*steps, products=(product(BTC),), minutes=MINUTES, history=usual._history)


def at_s(each: Step) -> float:
    return (each.at_ns - START) / SECOND


def thinned(line: Line, each: Step, size: Decimal, apart: Decimal) -> Step:
    price = price_at(line, at_s(each))
    cent = Decimal("0.01")
    bids = tuple(
        Level(Price((price * (1 - apart * n / 100) - cent).quantize(cent)), Quantity(size))
        for n in range(10)
    )
    asks = (Level(Price(price + cent), Quantity(Decimal(5))),)
    return step(at_s(each), (str(price), "0.01"), bids=bids, asks=asks, name=BTC)


def sold_in(folder: Path, market: Script) -> tuple[list[ApprovedExit], list[FillBooked], Decimal]:
    """Return the sales of a whole run, their fills, and what is left at the venue."""
    setting = Setting(
        exits_alone=True,
        folder=folder,
        market=market,
        sets=("policy.execution.max_reprices=0", "policy.exits.max_hold=24h"),
        duration_ns=Nanos((MINUTES * 60 - 20) * SECOND),
    )
    with World(setting).start() as world:
        assert world.run_to_end() == 0, world.criticals
        messages = [message for _, message in world.messages()]
        orders = [each.intent.order for each in messages if isinstance(each, IntentRaised)]
        fills = [each for each in messages if isinstance(each, FillBooked)]
        assert any(isinstance(each, ExitProposed) for each in messages)
        sales = [each for each in orders if isinstance(each, ApprovedExit)]
        return sales, [f for f in fills if f.fill.side is Side.SELL], world.venue_total("BTC")


@pytest.mark.slow
@pytest.mark.req("X5", "X6")
@pytest.mark.parametrize(
    ("line", "reason"), [(TO_TARGET, ExitReason.TARGET), (TO_STOP, ExitReason.STOP)]
)
@pytest.mark.parametrize(
    ("sizes", "apart"), [("0.02", "0.01"), ("0.1", "0.3")], ids=["hardly any", "far apart"]
)
def test_a_large_lot_is_sold_in_few_orders(
    tmp_path: Path, line: Line, reason: ExitReason, sizes: str, apart: str
) -> None:
    sales, fills, left = sold_in(tmp_path, thin(line, sizes, apart))

    assert left == 0
    assert {each.reason for each in sales} == {reason}
    assert 2 <= len(sales) <= FEW
    first = sales[0].order_type
    assert isinstance(first, Limit)
    assert fills[0].fill.price >= first.price
