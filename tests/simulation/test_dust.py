"""A lot that is too small to be sold: parked, told with what it waits for, sold when that comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.simulator.market_data.source import Step
from domain.messages.control import AlertRaised
from domain.messages.orders import FillBooked, IntentRaised
from domain.model.approval import ApprovedExit
from domain.model.instants import SECOND, Nanos
from domain.model.product import ProductId, Side
from tests.builders.price_paths import Line, script
from tests.builders.steps import START, product, step
from tests.builders.world import Setting, World
from tests.fakes.markets import Script

BTC = ProductId("BTC-USD")
A_TRACE_S = 124.5
"""When a trade of 0.0098 goes through the entry's price, and nothing more."""


def a_market() -> Script:
    """Return a market that fills a trace of the entry, worth less than the venue's minimum of 1.

    Later the price rises to where it is worth more.
    """
    corners = ((60, "100"), (110, "101"), (300, "101"), (320, "104"), (420, "104"))
    usual = script([Line(BTC, corners, (1,))], 7)
    steps = [
        trace(each) if each.at_ns == START + int(A_TRACE_S * SECOND) else each
        for each in usual._steps
    ]
    return Script(*steps, products=(product(BTC),), minutes=7, history=usual._history)


def trace(usual: Step) -> Step:
    return step(A_TRACE_S, ("100.5", "0.0098"), bids=usual.bids, asks=usual.asks, name=BTC)


@pytest.mark.req("X5", "X6")
def test_dust_is_parked_told_and_sold_when_its_price_has_risen(tmp_path: Path) -> None:
    sets = ("policy.execution.max_reprices=0", "policy.exits.max_hold=1m")
    setting = Setting(
        folder=tmp_path, market=a_market(), sets=sets, duration_ns=Nanos(410 * SECOND)
    )
    with World(setting).start() as world:
        assert world.until(lambda: bool(alerts(world)), 300)
        world.guardian.publish()
        status = json.dumps(json.loads((world.mode_folder / "status.json").read_text()))
        sold_before = world.venue_total("BTC") == 0
        assert world.run_to_end() == 0, world.criticals
        messages = [message for _, message in world.messages()]

    waits_for = "this one from a bid of 102.05 on"
    (alert,) = alerts(world)
    assert waits_for in alert.what
    assert waits_for in status
    assert not sold_before
    fills = [each.fill for each in messages if isinstance(each, FillBooked)]
    sales = [each for each in fills if each.side is Side.SELL]
    assert sum(each.quantity for each in sales) == fills[0].quantity
    assert sales[0].price >= 102
    orders = [each.intent.order for each in messages if isinstance(each, IntentRaised)]
    assert len([each for each in orders if isinstance(each, ApprovedExit)]) == 1


def alerts(world: World) -> list[AlertRaised]:
    messages = (message for _, message in world.messages())
    return [each for each in messages if isinstance(each, AlertRaised) and each.code == "DUST"]
