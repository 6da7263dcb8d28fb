"""Protection at the venue (PROT1): every lot has an order there that waits for its stop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from domain.messages.control import AlertRaised
from domain.messages.decisions import ExitProposed
from domain.messages.orders import FillBooked, IntentRaised
from domain.messages.portfolio import LotsListed
from domain.model.approval import ApprovedExit, Purpose
from domain.model.instants import SECOND, Nanos
from domain.model.product import Side
from tests.builders.books import assert_we_agree_with_the_venue
from tests.builders.price_paths import TO_MAX_HOLD, TO_STOP, TO_TARGET, Line, script
from tests.builders.simulator import fault
from tests.builders.world import Setting, World

PROTECTED_WITHIN_S = 3
THROUGH = Line(
    "ETH-USD",
    ((60, "100"), (110, "102"), (128, "102"), (140, "101"), (160, "101"), (170, "93"), (400, "93")),
    (1,),
)
"""Falls by 8 % within ten seconds, through its stop of 3 %, and stays there."""


def venue_stops(world: World) -> list[dict[str, Any]]:
    """Return the orders at the venue that wait for a stop, or did, as the venue shows them."""
    return [each for each in world.books()["orders"] if each["order_type"] == "STOP_LIMIT"]


def stop_prices(order: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """Return the stop of an order and the limit it has then."""
    asked = order["order_configuration"]["stop_limit_stop_limit_gtc"]
    return Decimal(asked["stop_price"]), Decimal(asked["limit_price"])


def is_all_protected(world: World) -> bool:
    """Tell whether what was bought is complete, and as much of it waits for its stop."""
    waiting = [each for each in venue_stops(world) if each["status"] == "OPEN"]
    sizes = (each["order_configuration"]["stop_limit_stop_limit_gtc"] for each in waiting)
    owned = world.venue_total("ETH")
    whole = owned > 0 and not world.live_orders()
    return whole and sum(Decimal(each["base_size"]) for each in sizes) == owned


@contextmanager
def running(folder: Path, *faults: dict[str, Any], **setting: Any) -> Iterator[World]:
    values = {"market": script((TO_STOP,)), "duration_ns": Nanos(400 * SECOND), **setting}
    with World(Setting(folder=folder, faults=faults, **values)).start() as world:
        yield world


def sold_at(world: World) -> list[FillBooked]:
    found = (each for _, each in world.messages() if isinstance(each, FillBooked))
    return [each for each in found if each.fill.side is Side.SELL]


@pytest.mark.req("PROT1")
def test_each_lot_is_protected_at_the_venue_within_three_seconds_of_its_last_fill(
    tmp_path: Path,
) -> None:
    market = script((TO_STOP, TO_TARGET, TO_MAX_HOLD))
    with running(tmp_path, market=market) as world:
        world.run_to_end()
        told = list(world.messages())

    bought: dict[str, tuple[int, Decimal]] = {}
    for at_ns, each in told:
        if isinstance(each, FillBooked) and each.fill.side is Side.BUY:
            _, before = bought.get(each.client_order_id, (0, Decimal(0)))
            bought[each.client_order_id] = at_ns, before + each.fill.quantity
    stops = {
        each.intent.order.lot: (at_ns, each.intent.order)
        for at_ns, each in told
        if isinstance(each, IntentRaised)
        and isinstance(each.intent.order, ApprovedExit)
        and each.intent.order.purpose is Purpose.PROTECTION
    }
    assert bought.keys() == stops.keys()
    assert len(bought) >= 3
    for lot, (at_ns, quantity) in bought.items():
        placed_ns, order = stops[lot]
        assert order.quantity == quantity
        assert placed_ns - at_ns <= PROTECTED_WITHIN_S * SECOND


@pytest.mark.req("PROT1", "X6")
def test_a_fall_through_the_stop_is_sold_by_the_venue_below_it_and_no_exit_is_needed(
    tmp_path: Path,
) -> None:
    with running(tmp_path, market=script((THROUGH,))) as world:
        world.run_to_end()
        assert_we_agree_with_the_venue(world)
        (stop,) = [each for each in venue_stops(world) if each["status"] != "CANCELLED"]
        (sale, *more) = sold_at(world)
        exits = [each for _, each in world.messages() if isinstance(each, ExitProposed)]

    assert stop["status"] == "FILLED"
    assert not more
    assert exits == []
    at, limit = stop_prices(stop)
    assert limit < sale.fill.price < at


@pytest.mark.req("PROT1", "X6", "BOOT1")
def test_the_venue_sells_while_no_trader_lives_and_the_next_start_books_it(
    tmp_path: Path,
) -> None:
    with running(tmp_path, market=script((THROUGH,))) as world:
        assert world.until(lambda: is_all_protected(world), 150)
        world.opened.recorder.abandon()
        setting = world.setting
        world.engine.advance(Nanos(world.clock.now_ns + 60 * SECOND))
        assert [each["status"] for each in venue_stops(world)][:1] == ["FILLED"]
    with World(evolve(setting, duration_ns=Nanos(30 * SECOND))).start() as world:
        world.run_to_end()
        assert_we_agree_with_the_venue(world)
        assert len(sold_at(world)) == 1
        assert not world.said[-1].endswith("unprotected=1")


@pytest.mark.req("PROT1", "AL1")
def test_at_the_end_the_stop_rests_on_and_the_last_line_counts_no_lot_as_unprotected(
    tmp_path: Path,
) -> None:
    with running(tmp_path, duration_ns=Nanos(150 * SECOND)) as world:
        world.run_to_end()
        listed = [each for _, each in world.messages() if isinstance(each, LotsListed)]
        alerts = [each for _, each in world.messages() if isinstance(each, AlertRaised)]
        rests = [each["status"] for each in venue_stops(world)]

    assert any(line.endswith("unprotected=0") for line in world.said)
    assert listed[-1].unprotected == ()
    assert len(listed[-1].protected) == 1
    assert rests[0] == "OPEN"
    assert [each for each in alerts if each.code == "UNPROTECTED"] == []


@pytest.mark.req("PROT1", "BOOT1")
def test_the_stop_order_of_an_earlier_run_is_listed_as_open_with_its_prices(
    tmp_path: Path,
) -> None:
    with running(tmp_path, duration_ns=Nanos(150 * SECOND)) as world:
        world.run_to_end()
        (stop,) = [each for each in venue_stops(world) if each["status"] == "OPEN"]
    with World(evolve(world.setting, duration_ns=Nanos(10 * SECOND))).start() as world:
        world.run_to_end()
        said = json.loads((world.mode_folder / "status.json").read_text(encoding="utf-8"))

    (listed,) = said["orders_open"]
    assert listed["client_order_id"] == stop["client_order_id"]
    assert (listed["purpose"], listed["state"]) == ("protection", "OPEN")
    assert (Decimal(listed["stop_price"]), Decimal(listed["price"])) == stop_prices(stop)


@pytest.mark.req("PROT1", "K1")
@pytest.mark.parametrize(("text", "left"), [("", "OPEN"), ("all", "CANCELLED")])
def test_a_kill_leaves_the_stop_at_the_venue_unless_all_is_to_go(
    tmp_path: Path, text: str, left: str
) -> None:
    with running(tmp_path, market=script((Line("ETH-USD", THROUGH.corners[:4], (1,)),))) as world:
        assert world.until(lambda: is_all_protected(world), 150)
        signal = world.options.folders.data / "KILL_SWITCH"
        signal.write_text(text, encoding="utf-8")
        world.run_to_end()

        assert venue_stops(world)[0]["status"] == left
        unprotected = 0 if left == "OPEN" else 1
        assert any(f"unprotected={unprotected}" in line for line in world.said)


@pytest.mark.req("PROT1", "X6")
@pytest.mark.parametrize(
    "trouble",
    [
        fault("delay_cancel", at="0s", for_="400s", by="5s"),
        fault("lose_cancel", at="140s", for_="60s"),
        fault("lost_response", at="100s", for_="100s", endpoint="place"),
        fault("lost_response", at="100s", for_="100s", endpoint="cancel"),
        fault("disconnect", at="150s"),
        fault("late_fill", at="100s", for_="200s", by="5s"),
    ],
    ids=lambda line: f"{line['kind']}-{line.get('endpoint', '')}",
)
def test_whatever_becomes_of_cancels_and_answers_no_lot_is_sold_twice(
    tmp_path: Path, trouble: dict[str, Any]
) -> None:
    market = script((TO_STOP, TO_TARGET, TO_MAX_HOLD))
    with running(tmp_path, trouble, market=market, duration_ns=Nanos(600 * SECOND)) as world:
        world.run_to_end()
        assert_we_agree_with_the_venue(world)
        sold: dict[str, Decimal] = {}
        bought: dict[str, Decimal] = {}
        for _, each in world.messages():
            if isinstance(each, FillBooked) and isinstance(each.order, ApprovedExit):
                sold[each.order.lot] = sold.get(each.order.lot, Decimal(0)) + each.fill.quantity
            elif isinstance(each, FillBooked):
                lot = each.client_order_id
                bought[lot] = bought.get(lot, Decimal(0)) + each.fill.quantity

    assert sold
    assert all(quantity <= bought[lot] for lot, quantity in sold.items())
