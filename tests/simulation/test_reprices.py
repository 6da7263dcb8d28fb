"""Entries that the market leaves: followed a few times, within budget and life, judged anew."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.journal.segments import read_records
from app.run.recovery import CODEC, JOURNAL
from domain.decisions.worked_entry import LEFT_BEHIND
from domain.messages.decisions import OrderApproved, ProposalRefused, RestProposed
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced
from domain.model.approval import ApprovedEntry, Limit, Purpose
from domain.model.breakers import Effect
from domain.model.instants import SECOND, Nanos
from domain.model.orders import OrderIntent, OrderState
from tests.builders.messages import a_breaker
from tests.builders.price_paths import Corners, Line, script
from tests.builders.world import Setting, World

BREAKS_OUT: Corners = ((60, "100"), (110, "102"), (122, "102"))
"""The breakout of minute 1 is bought at 101.99, from 120 s on."""
LEAVES: Corners = (*BREAKS_OUT, (124, "102.10"), (142, "102.10"))
"""By 10 bps, within the budget of 20, and stays there for longer than an entry waits."""
COMES_BACK: Corners = (*LEAVES, (144, "101.50"), (170, "101.50"))
FILLED_IN_PART: Corners = (
    (60, "100"),
    (110, "102"),
    (122, "102"),
    (122.5, "101.90"),
    (124.4, "101.90"),
    (124.5, "102.10"),
    (160, "102.10"),
)
"""One trade of 1 below the price of the entry, which wants almost 2; then it leaves."""
LASTS_NS = Nanos(200 * SECOND)


def a_world(folder: Path, corners: Corners, *sets: str) -> World:
    line = Line("BTC-USD", corners, (1,))
    setting = Setting(folder=folder, market=script([line]), sets=sets, duration_ns=LASTS_NS)
    return World(setting).start()


def intents(world: World) -> list[OrderIntent]:
    return [each.intent for each in told(world, IntentRaised)]


def told(world: World, kind: type) -> list[Any]:
    return [message for _, message in world.messages() if isinstance(message, kind)]


def price_of(intent: OrderIntent) -> Decimal:
    assert isinstance(intent.order.order_type, Limit)
    return intent.order.order_type.price


def buys_at_venue(world: World) -> list[dict[str, Any]]:
    return [each for each in reversed(world.books()["orders"]) if each["side"] == "BUY"]


@pytest.mark.req("X5", "X1")
def test_an_entry_follows_the_market_under_a_new_id_and_is_filled(tmp_path: Path) -> None:
    with a_world(tmp_path, COMES_BACK) as world:
        assert world.run_to_end() == 0, world.criticals
        first, second = (each for each in intents(world) if isinstance(each.order, ApprovedEntry))
        buys = buys_at_venue(world)

        assert [each["status"] for each in buys] == ["CANCELLED", "FILLED"]
        assert price_of(first) == Decimal("101.99")
        assert price_of(second) == Decimal("102.09")
        assert second.client_order_id != first.client_order_id
        assert second.order.quantity == first.order.quantity
        assert world.venue_total("BTC") == first.order.quantity


@pytest.mark.req("X2")
def test_the_journal_chains_the_orders_of_one_decision(tmp_path: Path) -> None:
    with a_world(tmp_path, COMES_BACK) as world:
        world.run_to_end()
        records = read_records(world.mode_folder / JOURNAL)
        chained = [
            (record.correlation, CODEC.decode(record.type, record.data))
            for record in records
            if record.type in ("OrderApproved", "IntentRaised", "RestProposed")
        ]
        entries = [(number, each) for number, each in chained if not is_of_exit(each)]
        first, second = intents(world)[:2]

        assert [type(each).__name__ for _, each in entries] == [
            "OrderApproved",
            "IntentRaised",
            "RestProposed",
            "OrderApproved",
            "IntentRaised",
        ]
        assert len({number for number, _ in entries}) == 1
        assert isinstance(second.order, ApprovedEntry)
        assert second.order.replaces == second.order.first == first.client_order_id


def is_of_exit(message: Any) -> bool:
    order = getattr(message, "order", None) or getattr(message, "intent", message)
    order = getattr(order, "order", order)
    return not isinstance(order, ApprovedEntry | RestProposed)


@pytest.mark.req("X5")
@pytest.mark.parametrize(
    "sets",
    [("policy.execution.max_reprices=0",), ("policy.execution.reprice_after_bps=11",)],
    ids=["switched off", "not far enough"],
)
def test_an_entry_that_may_not_follow_rests_until_its_time_is_over(
    tmp_path: Path, sets: tuple[str, ...]
) -> None:
    with a_world(tmp_path, LEAVES, *sets) as world:
        world.run_to_end()

        assert [each["status"] for each in buys_at_venue(world)] == ["CANCELLED"]
        assert told(world, RestProposed) == []


@pytest.mark.req("X5", "COST")
def test_an_entry_does_not_follow_beyond_its_budget(tmp_path: Path) -> None:
    corners = (*BREAKS_OUT, (124, "102.30"), (170, "102.30"))

    with a_world(tmp_path, corners, "policy.execution.taker_fallback=true") as world:
        world.run_to_end()
        refused = [one for each in told(world, ProposalRefused) for one in each.refusals]

        assert world.venue_total("BTC") == 0
        assert [each.reason for each in refused] == ["slippage_budget"]
        assert len(buys_at_venue(world)) == 1


@pytest.mark.req("X5")
def test_what_a_first_order_has_bought_is_kept_and_only_the_rest_follows(tmp_path: Path) -> None:
    with a_world(tmp_path, FILLED_IN_PART) as world:
        assert world.until(lambda: len(buys_at_venue(world)) == 2, 140)
        first, second = (
            each.order for each in intents(world) if each.order.purpose is Purpose.ENTRY
        )
        bought = sum(each.fill.quantity for each in told(world, FillBooked))

        assert bought == 1
        assert second.quantity == first.quantity - 1


@pytest.mark.req("X5", "X3")
def test_a_rest_below_the_smallest_entry_is_not_bought(tmp_path: Path) -> None:
    """The order is for a little more than 1, of which 1 is filled."""
    size = "strategies.breakout.notional_pct=1.04"

    with a_world(tmp_path, FILLED_IN_PART, size) as world:
        world.run_to_end()
        refused = [one.reason for each in told(world, ProposalRefused) for one in each.refusals]

        assert len(buys_at_venue(world)) == 1
        assert refused == ["below_minimum"]


@pytest.mark.req("X5")
def test_it_follows_no_more_often_than_it_may(tmp_path: Path) -> None:
    steps: list[tuple[float, str]] = list(BREAKS_OUT)
    for turn in range(4):
        price = f"{Decimal(102) + (turn + 1) * Decimal('0.05'):.2f}"
        steps += [(124 + turn * 10, price), (132 + turn * 10, price)]
    sets = ("policy.execution.ttl_seconds=70", "policy.execution.reprice_after_bps=4")

    with a_world(tmp_path, steps, *sets, "policy.execution.max_reprices=2") as world:
        world.run_to_end()
        prices = [price_of(each) for each in intents(world)]

        assert prices == [Decimal("101.99"), Decimal("102.04"), Decimal("102.09")]
        ends = [each.end_ns or 0 for each in intents(world)]
        assert max(ends) == ends[0], "no order outlives the first"


@pytest.mark.req("X5", "K1", "SUP1")
@pytest.mark.parametrize("effect", list(Effect)[1:], ids=lambda each: each.name)
def test_whatever_stops_entries_ends_it(tmp_path: Path, effect: Effect) -> None:
    with a_world(tmp_path, LEAVES, "policy.execution.taker_fallback=true") as world:
        assert world.until(lambda: bool(world.live_orders()), 140)
        world.runtime.board.trip(a_breaker(effect, name="drill", at_ns=world.clock.now_ns))
        world.until(lambda: False, 60)

        assert len(buys_at_venue(world)) == 1
        assert told(world, RestProposed) == []


@pytest.mark.req("X5", "K1")
def test_a_stop_between_cancel_and_end_ends_it(tmp_path: Path) -> None:
    with a_world(tmp_path, LEAVES) as world:
        assert world.until(lambda: is_leaving(world), 140)
        breaker = a_breaker(Effect.BLOCK, name="drill", at_ns=world.clock.now_ns)
        world.runtime.board.trip(breaker)
        world.runtime.board.reset(breaker.name, breaker.scope, by="proof", evidence="over")
        world.until(lambda: False, 60)

        assert [each["status"] for each in buys_at_venue(world)] == ["CANCELLED"]


def is_leaving(world: World) -> bool:
    moves = told(world, OrderAdvanced)
    return any(each.reason == LEFT_BEHIND for each in moves)


@pytest.mark.req("X5", "BOOT1")
@pytest.mark.parametrize("state", [OrderState.PENDING_CANCEL, OrderState.CANCELLED])
def test_after_a_crash_nothing_follows(tmp_path: Path, state: OrderState) -> None:
    with a_world(tmp_path, LEAVES) as world:
        assert world.until(
            lambda: any(each.state is state for each in told(world, OrderAdvanced)), 140
        )
    with World(world.setting).start() as again:
        again.until(lambda: again.is_ready, 60)
        again.until(lambda: False, 60)

        assert len(buys_at_venue(again)) == 1
        assert len(told(again, OrderApproved)) == len(intents(again)) == 1


@pytest.mark.req("X5", "COST")
def test_what_is_left_in_the_end_is_taken_within_the_budget(tmp_path: Path) -> None:
    sets = ("policy.execution.taker_fallback=true", "policy.execution.max_reprices=0")

    with a_world(tmp_path, LEAVES, *sets) as world:
        assert world.until(lambda: bool(told(world, FillBooked)), 170)
        first, second = intents(world)
        fills = told(world, FillBooked)

        assert world.venue_total("BTC") == first.order.quantity
        assert isinstance(first.order, ApprovedEntry)
        assert price_of(second) == first.order.highest_price
        assert not fills[-1].fill.is_maker
        assert all(each.fill.price <= first.order.highest_price for each in fills)


@pytest.mark.req("COST")
def test_nothing_is_taken_whose_target_would_not_pay_for_a_taker(tmp_path: Path) -> None:
    sets = ("policy.execution.taker_fallback=true", "policy.execution.max_reprices=0")
    near = "strategies.breakout.take_profit_pct=6"

    with a_world(tmp_path, LEAVES, *sets, near) as world:
        world.run_to_end()
        refused = [one.reason for each in told(world, ProposalRefused) for one in each.refusals]

        assert world.venue_total("BTC") == 0
        assert refused == ["target_below_cost"]
