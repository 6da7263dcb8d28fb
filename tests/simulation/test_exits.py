"""Exits while the venue hinders them, prices that are lost, and losses between two cycles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from attrs import evolve

from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.topology import EXITS
from domain.decisions.exit_tries import URGENT_REACHES_BPS, URGENT_WAIT_NS
from domain.messages.control import AlertRaised
from domain.messages.decisions import ExitProposed, LeaveProposed, ProposalRefused
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced
from domain.messages.supervision import BreakerReset, BreakerTripped, Drill
from domain.model.approval import ExitReason, Purpose
from domain.model.breakers import DrillKind, Severity
from domain.model.instants import SECOND, Nanos, parse_iso
from domain.model.product import ProductId, Side
from domain.orders.prices import NO_PRICE
from tests.builders.books import assert_we_agree_with_the_venue
from tests.builders.operator import is_open
from tests.builders.price_paths import RUNS_AWAY, TO_STOP, Line, script
from tests.builders.simulator import fault
from tests.builders.steps import START
from tests.builders.world import Setting, World

T = TypeVar("T")
ETH = {"product": "ETH-USD"}
RISES = Line("SOL-USD", ((120, "100"), (185, "102"), (240, "101")), (2,))
SOLD_ON_WITHIN_S = 2
"""Market time from the end of an exit that was filled in part until the next one for the rest."""
WIDENING = len(URGENT_REACHES_BPS)
"""Tries of a stop that are sure to follow each other within that time; then they slow down."""
FEW = 20
NO_READINGS = fault("http_500", at="155s", for_="200s", endpoint="quotes")


class Told:
    """What the journal of an ended run holds, with seconds since the start."""

    def __init__(self, world: World) -> None:
        self._messages = [((at - START) / SECOND, each) for at, each in world.messages()]

    def all(self, kind: type[T]) -> list[tuple[float, T]]:
        return [(at, each) for at, each in self._messages if isinstance(each, kind)]

    def exits(self) -> list[tuple[float, ExitProposed]]:
        return [(at, each) for at, each in self.all(ExitProposed) if each.product == "ETH-USD"]

    def sales(self) -> list[tuple[float, FillBooked]]:
        fills = self.all(FillBooked)
        return [(at, each) for at, each in fills if each.fill.side is Side.SELL]

    def alerts(self, code: str) -> list[tuple[float, AlertRaised]]:
        return [(at, each) for at, each in self.all(AlertRaised) if each.code == code]


@contextmanager
def ended(
    folder: Path, *faults: dict[str, Any], lines: tuple[Line, ...] = (TO_STOP,), **setting: Any
) -> Iterator[tuple[World, Told]]:
    market = script(lines)
    setting = {"duration_ns": Nanos(400 * SECOND), "exits_alone": True, **setting}
    with World(Setting(folder=folder, market=market, faults=faults, **setting)).start() as world:
        world.run_to_end()
        yield world, Told(world)


@pytest.mark.req("X6", "PAC")
@pytest.mark.parametrize(
    "hindrance",
    [
        fault("reject_order", at="150s", for_="100s"),
        fault("product_flag", at="150s", for_="100s", **ETH, flag="cancel_only"),
        fault("http_429", at="150s", for_="100s", endpoint="place"),
        fault("reset_before", at="150s", for_="100s", endpoint="place"),
    ],
    ids=lambda line: str(line["kind"]),
)
def test_a_hindered_stop_is_paced_told_within_five_seconds_and_done_in_the_end(
    tmp_path: Path, hindrance: dict[str, Any]
) -> None:
    with ended(tmp_path, hindrance) as (world, told):
        assert_we_agree_with_the_venue(world)

    tries = told.exits()
    assert 2 <= len(tries) <= 12
    at_s, alert = told.alerts("EXIT_HINDERED")[0]
    assert alert.severity is Severity.CRITICAL
    assert at_s - tries[0][0] <= 5
    (_, sale) = told.sales()[-1]
    assert sale.fill.product == "ETH-USD"


@pytest.mark.req("X6")
def test_a_stop_is_done_by_the_bid_while_nobody_offers(tmp_path: Path) -> None:
    with ended(tmp_path, fault("empty_book", at="150s", for_="200s", side="offer")) as (_, told):
        pass

    (proposed_s, proposed), *_ = told.exits()
    (sold_s, sale), *_ = told.sales()
    assert sold_s - proposed_s < 1
    assert proposed.bid - sale.fill.price < proposed.bid / 100


@pytest.mark.req("ST1", "X6")
def test_a_stop_is_done_by_what_rest_shows_while_the_stream_is_frozen(tmp_path: Path) -> None:
    with ended(tmp_path, fault("freeze_stream", at="160s", for_="200s", **ETH)) as (_, told):
        pass

    (proposed_s, proposed), *_ = told.exits()
    (sold_s, sale), *_ = told.sales()
    assert 160 < proposed_s < 200
    assert sold_s - proposed_s < 1
    assert proposed.bid - sale.fill.price < proposed.bid / 100


@pytest.mark.req("ST1", "X6")
@pytest.mark.parametrize("kind", ["delisting", "empty_book", "freeze_stream"])
def test_a_lot_whose_price_is_gone_is_told_within_seconds(tmp_path: Path, kind: str) -> None:
    lasting = {} if kind == "delisting" else {"for_": "200s"}
    with ended(tmp_path, fault(kind, at="160s", **lasting, **ETH), NO_READINGS) as (_, told):
        pass

    alerts = [each for each in told.alerts("STALENESS") if "lot" in each[1].what]
    at_s, alert = alerts[0]
    lot = told.all(IntentRaised)[0][1].intent.client_order_id
    assert at_s - 160 <= 5
    assert alert.severity is Severity.CRITICAL
    assert all(word in alert.what for word in ("ETH-USD", lot))


@pytest.mark.req("ST1")
@pytest.mark.parametrize("more", [(), (NO_READINGS,)], ids=["rest answers", "rest fails"])
def test_a_frozen_stream_that_still_beats_is_told_within_seconds(
    tmp_path: Path, more: tuple[dict[str, Any], ...]
) -> None:
    frozen = fault("freeze_stream", at="160s", for_="60s", **ETH)
    with ended(tmp_path, frozen, *more) as (_, told):
        pass

    at_s, alert = told.alerts("STALENESS")[0]
    assert "ETH-USD" in alert.what
    assert 160 < at_s <= (166 if more else 165)


@pytest.mark.req("ST1", "E2")
def test_while_the_value_of_a_lot_is_unknown_nothing_else_is_bought(tmp_path: Path) -> None:
    frozen = fault("freeze_stream", at="160s", for_="100s", **ETH)
    with ended(tmp_path, frozen, NO_READINGS, lines=(TO_STOP, RISES)) as (_, told):
        pass

    bought = [at for at, each in told.all(IntentRaised) if each.intent.order.side is Side.BUY]
    refused = {
        refusal.reason
        for at, each in told.all(ProposalRefused)
        if 167 < at < 255 and each.purpose is Purpose.ENTRY
        for refusal in each.refusals
    }
    assert not [at for at in bought if 167 < at < 255]
    assert "nlv_unknown" in refused


@pytest.mark.req("ST1")
def test_an_entry_does_not_rest_at_a_price_that_is_not_known(tmp_path: Path) -> None:
    frozen = fault("freeze_stream", at="123s", for_="200s", product="LINK-USD")
    with ended(tmp_path, frozen, lines=(RUNS_AWAY,)) as (_, told):
        pass

    (cancelled_s,) = [at for at, each in told.all(OrderAdvanced) if each.reason == NO_PRICE][:1]
    assert 123 < cancelled_s <= 130


@pytest.mark.req("DD1")
def test_a_loss_limit_trips_within_seconds_of_the_price(tmp_path: Path) -> None:
    sets = ("policy.stops.daily_pct=1", "policy.loop.interval_seconds=60")
    with ended(tmp_path, fault("price_jump", at="150s", percent=-60), sets=sets) as (_, told):
        pass

    (tripped_s,) = [
        at for at, each in told.all(BreakerTripped) if each.breaker.name == "daily_loss"
    ]
    assert 150 <= tripped_s <= 155


@pytest.mark.req("X6", "X4")
@pytest.mark.parametrize(
    "silence",
    [
        (fault("silent_stream", at="150s", for_="200s", stream="user"),),
        (fault("freeze_stream", at="150s", for_="200s", stream="user"),),
        (fault("drop_frame", at="150s", for_="200s", channel="user"),),
        (
            fault("silent_stream", at="150s", for_="200s", stream="user"),
            fault("unanswered", at="150s", for_="200s", endpoint="accounts"),
        ),
    ],
    ids=["silent", "frozen", "lost", "silent beside a list that hangs"],
)
def test_what_a_cancelled_exit_has_left_is_tried_again_within_two_seconds_though_nobody_tells(
    tmp_path: Path, silence: tuple[dict[str, Any], ...]
) -> None:
    thin = fault("thin_book", at="150s", for_="60s", **ETH, share="0.002")
    with ended(tmp_path, thin, *silence) as (world, told):
        assert_we_agree_with_the_venue(world)
        sales = [each for each in world.books()["orders"] if each["side"] == "SELL"]

    tries = [at for at, each in told.all(IntentRaised) if each.intent.order.side is Side.SELL]
    ends = [
        (parse_iso(each["last_update_time"]) - START) / SECOND
        for each in sales
        if each["status"] == "CANCELLED" and Decimal(each["filled_size"]) > 0
    ]
    assert ends
    for number, end in enumerate(sorted(ends)):
        within_s = SOLD_ON_WITHIN_S if number < WIDENING else URGENT_WAIT_NS / SECOND + 1
        assert any(end < at <= end + within_s for at in tries), (end, tries)
    assert len(tries) <= FEW
    assert "FILLED" in {each["status"] for each in sales}


@pytest.mark.req("PAC", "X6")
@pytest.mark.way_out("rejected_orders")
def test_rejected_orders_leave_exits_alone_to_run_until_it_has_been_quiet(tmp_path: Path) -> None:
    sets = ("policy.throttle.rejected_orders=4", "policy.throttle.window_seconds=90")
    rejecting = fault("reject_order", at="150s", for_="100s")
    with ended(tmp_path, rejecting, sets=sets, duration_ns=Nanos(440 * SECOND)) as (world, told):
        assert_we_agree_with_the_venue(world)

    (tripped_s, _), *_ = [
        each for each in told.all(BreakerTripped) if each[1].breaker.name == "rejected_orders"
    ]
    (closed_s, _) = next(
        each for each in told.all(BreakerReset) if each[1].name == "rejected_orders"
    )
    (sold_s, _) = told.sales()[-1]
    assert tripped_s < sold_s < closed_s


@pytest.mark.req("PAC", "BOOT1")
def test_rejected_orders_are_counted_on_over_a_restart(tmp_path: Path) -> None:
    sets = ("policy.throttle.rejected_orders=4", "policy.throttle.window_seconds=90")
    rejecting = fault("reject_order", at="150s", for_="60s")
    setting = Setting(
        folder=tmp_path, market=script((TO_STOP,)), sets=sets, faults=(rejecting,), exits_alone=True
    )
    with World(setting).start() as world:
        assert world.until(lambda: is_open(world, "rejected_orders"))
        tripped_s = world.now_s
        assert world.until(lambda: world.now_s > tripped_s + 1)  # what was said is on disk

    with World(evolve(setting, faults=())).start() as again:
        assert again.until(lambda: again.is_ready, 60)
        assert again.now_s < tripped_s + 60
        assert is_open(again, "rejected_orders")
        assert again.until(lambda: not is_open(again, "rejected_orders"), 120)
        assert again.now_s >= tripped_s + 90


@pytest.mark.req("X6", "SUP1")
def test_a_lot_that_was_left_is_sold_although_the_exits_die_before_it_is(tmp_path: Path) -> None:
    rejected = fault("reject_order", at="135s", for_="25s")
    setting = Setting(
        folder=tmp_path, market=script((TO_STOP,)), faults=(rejected,), exits_alone=True
    )
    with World(setting).start() as world:
        world.until(lambda: False, 140)
        left = LeaveProposed("breakout", (ProductId("ETH-USD"),))
        said = Envelope(1, left, "strategy.breakout", 1, 1, 0, world.clock.market_ns())
        world.runtime.deliver(EXITS, said)
        world.until(lambda: False, 22)
        assert Told(world).sales() == []
        world.runtime.post(ReplyTo(EXITS), Drill(DrillKind.CRASH))
        world.until(lambda: False, 10)
        told = Told(world)

        assert told.exits()[0][1].reason is told.exits()[-1][1].reason is ExitReason.SIGNAL
        assert [each.fill.product for _, each in told.sales()] == ["ETH-USD"]
