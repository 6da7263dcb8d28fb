"""The money between two trades falls into parts, and the parts add up to the last digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.approval import ExitReason
from domain.model.breakers import Effect
from domain.model.instants import SECOND, Nanos
from domain.model.money import ZERO
from domain.model.product import Side
from domain.replay.hindrances import Flow, Hinderer, Hindrance, Hindrances
from domain.replay.pairing import TripPair
from domain.replay.parts import Cause, Piece, PnlPart, sums
from domain.replay.pricing import Pricing, earned
from domain.replay.session import PlayedFill, PlayedTrip
from tests.builders.messages import BTC, NOW, a_breaker
from tests.builders.sessions import BEGUN, WORTH, a_trip, an_execution

pytestmark = pytest.mark.req("BT4")
SOLD = Side.SELL


def pieces(
    run: PlayedTrip | None, replay: PlayedTrip | None, *held: Hindrance, **changes: Any
) -> list[Piece]:
    values: dict[str, Any] = {"worth": WORTH, "touch": lambda *_: None, **changes}
    pricing = Pricing(hindrances=Hindrances(held=held), **values)
    pair = TripPair(
        run=run,
        replay=replay,
        is_shifted=bool(run and replay and run.key.bar_ns != replay.key.bar_ns),
    )
    return list(pricing.pieces(pair, None))


def parts(*trips: Any, **changes: Any) -> dict[PnlPart, Decimal]:
    return {part: each for part, each in sums(pieces(*trips, **changes)).items() if each}


def a_sale(price: str = "104", **changes: Any) -> PlayedFill:
    values = {"reason": ExitReason.TARGET, "at_ns": Nanos(BEGUN + 300 * SECOND), **changes}
    return an_execution(SOLD, price, **values)


def brought(trip: PlayedTrip | None) -> Decimal:
    fills = () if trip is None else (*trip.buys, *trip.sales)
    return sum((earned(BTC, each, WORTH) for each in fills), ZERO)


def test_equal_trades_have_no_pieces() -> None:
    trip = a_trip(0, an_execution(), a_sale())
    assert pieces(trip, trip) == []


def test_bought_at_another_limit_is_timing() -> None:
    run, replay = a_trip(0, an_execution(price="101")), a_trip(0, an_execution(price="100.5"))
    found = parts(run, replay)
    # Two at half a dollar more; the fee on that half dollar belongs to it.
    fair = Decimal("1.2") * Decimal(101) / Decimal("100.5")
    assert found[PnlPart.TIMING] == pytest.approx(-1 - (fair - Decimal("1.2")))
    assert sum(found.values()) == brought(run) - brought(replay)


def test_another_fee_is_fees() -> None:
    run, replay = a_trip(0, an_execution(fee=Decimal("0.4"))), a_trip(0, an_execution())
    assert parts(run, replay) == {PnlPart.FEES: Decimal("0.8")}


def test_sold_for_less_than_the_bid_that_made_it_due_is_price() -> None:
    run = a_trip(0, an_execution(), a_sale("103", decided=Decimal(104)))
    replay = a_trip(0, an_execution(), a_sale("104", decided=Decimal(104)))
    found = parts(run, replay)
    assert found[PnlPart.PRICE] == -2
    assert sum(found.values()) == brought(run) - brought(replay)


def test_what_the_market_moved_on_the_way_is_latency() -> None:
    late = Nanos(BEGUN + 310 * SECOND)
    run = a_trip(0, an_execution(), a_sale("101", decided=Decimal(104), at_ns=late))
    replay = a_trip(0, an_execution(), a_sale("104", decided=Decimal(104)))

    def touch(_: Any, side: Side, at_ns: Nanos) -> Decimal:
        assert side is SOLD
        return Decimal(102) if at_ns == late else Decimal(104)

    found = parts(run, replay, touch=touch)

    assert [found[PnlPart.LATENCY], found[PnlPart.PRICE]] == [-4, -2]
    assert sum(found.values()) == brought(run) - brought(replay)


def test_another_size_since_money_went_is_of_who_took_it() -> None:
    run = a_trip(0, an_execution(quantity=Decimal(1)), quantity=Decimal(1))
    flow = Flow(at_ns=run.at_ns, amount=Decimal(-9000), why="withdrawal of 9000 USD")
    pricing = Pricing(worth=WORTH, touch=lambda *_: None, hindrances=Hindrances(flows=(flow,)))
    found = list(pricing.pieces(TripPair(run=run, replay=a_trip(0, an_execution())), None))
    assert [each.cause for each in found if each.cause.part is not PnlPart.FEES][-1] == Cause(
        part=PnlPart.PERSON, why="withdrawal of 9000 USD"
    )


def test_a_larger_order_is_size_with_all_that_follows() -> None:
    run = a_trip(
        0, an_execution(quantity=Decimal(3)), a_sale(quantity=Decimal(3)), quantity=Decimal(3)
    )
    replay = a_trip(0, an_execution(quantity=Decimal(2)), a_sale(quantity=Decimal(2)))
    found = parts(run, replay)
    assert set(found) <= {PnlPart.SIZE, PnlPart.FEES, PnlPart.TIMING}
    # One more, bought at 100 and sold at 104, with its third of the fees.
    assert found[PnlPart.SIZE] == Decimal(4) - Decimal("0.8")
    assert sum(found.values()) == brought(run) - brought(replay)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({}, PnlPart.MISSED),
        ({"answered_ns": SECOND // 10}, PnlPart.MISSED),
        ({"answered_ns": 2 * SECOND}, PnlPart.LATENCY),
        ({"lost": "refused", "answered_ns": SECOND // 10}, PnlPart.SYSTEM),
        ({"in_doubt": True, "answered_ns": 20 * SECOND}, PnlPart.SYSTEM),
    ],
)
def test_what_was_not_filled_says_why(changes: dict[str, Any], part: PnlPart) -> None:
    run, replay = a_trip(0, **changes), a_trip(0, an_execution(), a_sale())
    assert parts(run, replay) == {part: -brought(replay)}


def test_filled_in_the_run_only_is_extra() -> None:
    run = a_trip(0, an_execution(), a_sale())
    assert parts(run, a_trip(0)) == {PnlPart.EXTRA: brought(run)}


def test_not_filled_under_a_halt_is_of_who_halted() -> None:
    held = Hindrance(
        by=Hinderer.PERSON,
        why="kill",
        since_ns=Nanos(BEGUN + SECOND),
        breaker=a_breaker(Effect.KILL, name="kill"),
    )
    assert list(parts(a_trip(0), a_trip(0, an_execution()), held)) == [PnlPart.PERSON]


def test_what_you_sold_is_yours_with_its_fees() -> None:
    run = a_trip(0, an_execution(), a_sale("90", reason=ExitReason.OPERATOR, fee=Decimal(9)))
    for sales in ((a_sale(),), ()):
        replay = a_trip(0, an_execution(), *sales)
        assert parts(run, replay) == {PnlPart.PERSON: brought(run) - brought(replay)}


def test_sold_for_another_reason_is_timing() -> None:
    run = a_trip(0, an_execution(), a_sale("97", reason=ExitReason.STOP))
    replay = a_trip(0, an_execution(), a_sale())
    assert list(parts(run, replay)) == [PnlPart.TIMING]


def test_sold_later_while_something_was_open_is_its_fault() -> None:
    held = Hindrance(
        by=Hinderer.SYSTEM,
        why="feed",
        since_ns=Nanos(BEGUN + 290 * SECOND),
        until_ns=Nanos(BEGUN + 340 * SECOND),
        breaker=a_breaker(Effect.BLOCK, name="feed"),
    )
    late = Nanos(BEGUN + 350 * SECOND)
    run = a_trip(0, an_execution(), a_sale("97", at_ns=late, decided_ns=late, fee=Decimal("1.2")))
    replay = a_trip(0, an_execution(), a_sale())
    assert PnlPart.SYSTEM in parts(run, replay, held)
    assert PnlPart.TIMING in parts(run, replay)


@pytest.mark.parametrize(
    ("stop", "is_run", "part"),
    [("96", True, PnlPart.TIMING), ("97", True, PnlPart.EXTRA), ("97", False, PnlPart.MISSED)],
)
def test_a_stop_that_only_one_has_met(stop: str, is_run: bool, part: PnlPart) -> None:
    sold = a_trip(0, an_execution(), a_sale("97", reason=ExitReason.STOP))
    kept = a_trip(0, an_execution(), stop=Decimal(stop))
    assert list(parts(*((sold, kept) if is_run else (kept, sold)))) == [part]


def test_on_another_bar_all_of_the_price_is_timing() -> None:
    found = pieces(
        a_trip(1, an_execution(price="101", fee=Decimal("1.212"))), a_trip(0, an_execution())
    )
    assert {each.cause.part for each in found} == {PnlPart.TIMING}
    assert found[0].cause.why == "decided on another bar"


def test_a_trade_without_counterpart_has_the_cause_it_is_given() -> None:
    trip = a_trip(0, an_execution())
    pricing = Pricing(worth=WORTH, touch=lambda *_: None, hindrances=Hindrances())
    cause = Cause(part=PnlPart.SYSTEM, why="halted")

    (gone,) = pricing.pieces(TripPair(run=None, replay=trip), cause)
    (unknown,) = pricing.pieces(TripPair(run=trip, replay=None), None)

    assert (gone.cause, gone.amount) == (cause, -brought(trip))
    assert (unknown.cause.part, unknown.amount) == (None, brought(trip))


def test_what_was_adopted_is_yours() -> None:
    trip = a_trip(0, a_sale(), is_adopted=True)
    assert [each.cause.part for each in pieces(trip, None)] == [PnlPart.PERSON]


NUMBERS = {
    "quantity": st.decimals("0.00000001", "50", places=8),
    "price": st.decimals("0.01", "500", places=4),
    "decided": st.decimals("0.01", "500", places=4),
    "fee": st.decimals("0", "9", places=10),
    "at_ns": st.integers(NOW, NOW + 900 * SECOND).map(Nanos),
    "decided_ns": st.integers(NOW, NOW + 900 * SECOND).map(Nanos),
    "waits": st.booleans(),
}
BUYS = st.builds(PlayedFill, side=st.just(Side.BUY), **NUMBERS)
SALES = st.builds(PlayedFill, side=st.just(SOLD), reason=st.sampled_from(ExitReason), **NUMBERS)


@st.composite
def trips(draw: st.DrawFn) -> PlayedTrip:
    fills = [*draw(st.lists(BUYS, max_size=3)), *draw(st.lists(SALES, max_size=3))]
    return a_trip(
        draw(st.integers(0, 3)),
        *fills,
        quantity=draw(NUMBERS["quantity"]),
        lost=draw(st.sampled_from(["", "refused"])),
        in_doubt=draw(st.booleans()),
        answered_ns=draw(st.one_of(st.none(), st.integers(0, 9 * SECOND))),
        stop=draw(st.one_of(st.none(), NUMBERS["price"])),
        is_adopted=draw(st.booleans()),
    )


@given(
    run=st.one_of(st.none(), trips()),
    replay=trips(),
    touch=st.one_of(st.none(), st.decimals("1", "500", places=3)),
    is_held=st.booleans(),
)
def test_pieces_add_up_to_what_the_trades_differ_by(
    run: PlayedTrip | None, replay: PlayedTrip, touch: Decimal | None, is_held: bool
) -> None:
    held = Hindrance(by=Hinderer.SYSTEM, why="", since_ns=NOW, breaker=a_breaker(Effect.HALT))
    found = pieces(run, replay, *[held] * is_held, touch=lambda *_: touch)
    assert sum((each.amount for each in found), ZERO) == brought(run) - brought(replay)
