"""The results of a journal: its trades, its equity, its refusals, in the time asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.messages.decisions import ProposalRefused, RoundJudged
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import (
    CashFlowSeen,
    EquityMarked,
    LotReleased,
    LotsMissing,
    StatementTaken,
)
from domain.messages.supervision import BootCompleted
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.foregone import ForegoneTrades
from domain.model.instants import MINUTE, Nanos
from domain.model.money import Amount, Price
from domain.model.pnl import OpenPnl, Origin
from domain.model.portfolio import AccountBalance
from domain.model.product import Side
from domain.results.fold import Results, ResultsFold
from tests.builders.messages import (
    BTC,
    MAKER,
    NOW,
    TAKER,
    a_product,
    an_intent,
    approved,
    approved_sale,
    booked,
)

STATEMENT = StatementTaken("start", (AccountBalance("USD", Decimal(1000), Decimal(0)),))
BOOT = BootCompleted((a_product(),), MAKER, TAKER, True)
ENTRY = an_intent()
EXIT = an_intent(approved_sale(ENTRY.client_order_id), 2)
BOUGHT = booked(ENTRY)
SOLD = booked(EXIT, price=Price(Decimal(110)))


def started(world: str = "generated", mode: str = "paper") -> RunStarted:
    return RunStarted(mode, "embedded", world, "c0ffee", "7ea", 7)


def marked(nlv: str | None, opening: str = "1000") -> EquityMarked:
    value = None if nlv is None else Amount(Decimal(nlv))
    return EquityMarked(1, value, Amount(Decimal(opening)))


def refused(reason: str, purpose: Purpose = Purpose.ENTRY) -> ProposalRefused:
    refusals = tuple(Refusal(reason=Reason(each), observed="", limit="") for each in reason.split())
    return ProposalRefused(purpose, "breakout", BTC, Side.BUY, refusals)


def results(*messages: Any, since: int | None = None, until: int | None = None) -> Results | None:
    """Return the results of messages a minute apart; `since` and `until` are minutes."""
    fold = ResultsFold(
        None if since is None else NOW + since * MINUTE,
        None if until is None else NOW + until * MINUTE,
    )
    for number, message in enumerate(messages):
        fold.take(Nanos(NOW + number * MINUTE), message)
    return fold.result()


def whole(*messages: Any, **limits: int) -> Results:
    found = results(*messages, **limits)
    assert found is not None
    return found


def test_nothing_recorded_has_no_results() -> None:
    assert results() is None
    assert results(started(), since=5) is None


@pytest.mark.req("X2")
def test_profit_is_what_was_realised_and_what_is_open() -> None:
    told = whole(
        started(), STATEMENT, BOOT, IntentRaised(ENTRY), BOUGHT, IntentRaised(EXIT), SOLD,
        marked("1017.60"),
    )  # fmt: skip

    assert (told.mode, told.quote_currency) == ("paper", "USD")
    assert (told.opening_cash, told.cash) == (Decimal(1000), Decimal("1017.6"))
    assert told.realised == sum(trip.profit for trip in told.closed) == Decimal("17.6")
    assert told.last is not None
    assert (told.last.pnl, told.unrealised) == (Decimal("17.6"), Decimal(0))
    assert (told.counts.orders, told.counts.fills, told.lots) == (2, 2, ())


@pytest.mark.req("STR3", "X2")
def test_each_strategy_is_told_by_what_its_closed_trades_earned() -> None:
    traded = (started(), STATEMENT, BOOT, IntentRaised(ENTRY), BOUGHT)
    closed = whole(*traded, IntentRaised(EXIT), SOLD, marked("1017.60"))
    ((name, made),) = closed.by_strategy

    assert (name, made.trades, made.profit) == ("breakout", 1, closed.realised)
    ((name, made),) = whole(*traded).by_strategy
    assert (name, made.trades, made.profit) == ("breakout", 0, Decimal(0))


PART = booked(an_intent(approved_sale(ENTRY.client_order_id, "0.5"), 2), "0.5")
OPEN_NOW = (OpenPnl(Origin("breakout", ""), Amount(Decimal("-2.7"))),)
"""What is open of the lot after `PART`, which has lost 1.5."""
WHOLE = (OpenPnl(Origin("breakout", ""), Amount(Decimal("-4.2"))),)


@pytest.mark.req("STR3", "X2")
@pytest.mark.parametrize(
    "end",
    [
        EquityMarked(1, Amount(Decimal("995.8")), Amount(Decimal(1000)), OPEN_NOW),
        RunStopped(
            "signal", 1, 2, 2, True, Amount(Decimal("995.8")), Amount(Decimal("-4.2")), OPEN_NOW
        ),
    ],
    ids=["marked", "stopped"],
)
def test_each_origin_is_told_with_sold_parts_and_what_is_open(end: Any) -> None:
    told = whole(started(), STATEMENT, BOOT, IntentRaised(ENTRY), BOUGHT, PART, end)

    (row,) = told.origins
    assert (row.origin, row.trips, row.lots) == (Origin("breakout", ""), 0, 1)
    assert (
        (row.realised, row.fees) == (told.realised, told.fees) == (Decimal("-1.5"), Decimal("2.4"))
    )
    assert row.unrealised == told.unrealised == Decimal("-2.7")


@pytest.mark.req("STR3")
@pytest.mark.parametrize(
    "later",
    [
        (marked("995.8"),),
        (EquityMarked(1, Amount(Decimal("995.8")), Amount(Decimal(1000)), WHOLE), PART),
        (EquityMarked(1, Amount(Decimal("995.8")), Amount(Decimal(1000)), WHOLE), marked(None)),
    ],
    ids=["not recorded", "sold since", "no price since"],
)
def test_what_is_open_of_an_origin_is_not_known_unless_the_newest_value_tells_it(
    later: tuple[Any, ...],
) -> None:
    (row,) = whole(started(), STATEMENT, BOOT, IntentRaised(ENTRY), BOUGHT, *later).origins

    assert (row.unrealised, row.lots) == (None, 1)


def test_a_trip_has_the_signal_that_its_strategy_bought_on() -> None:
    entry = an_intent(approved(signal="volume_spike"))

    (trip,) = whole(started(), STATEMENT, BOOT, IntentRaised(entry), booked(entry)).trips

    assert trip.signal == "volume_spike"


@pytest.mark.parametrize("order", [(STATEMENT, BOOT, BOUGHT), (BOOT, STATEMENT, BOUGHT)])
def test_the_books_open_whatever_is_known_first(order: tuple[Any, ...]) -> None:
    told = whole(started(), *order)

    assert told.quote_currency == "USD"
    assert [lot.id for lot in told.lots] == [ENTRY.client_order_id]


def test_a_fill_names_the_currency_if_nothing_did() -> None:
    assert whole(started(), STATEMENT, BOUGHT).cash == Decimal("798.8")


def test_a_fill_before_any_statement_is_counted_and_booked_nowhere() -> None:
    told = whole(started(), BOUGHT)

    assert (told.counts.fills, told.lots, told.trips) == (1, (), ())


def test_an_unknown_equity_is_no_point_of_the_curve() -> None:
    told = whole(started(), STATEMENT, BOOT, marked("1000"), marked(None), marked("990"))

    assert [point.nlv for point in told.points] == [1000, 990]


@pytest.mark.parametrize("end", [marked(None), RunStopped("signal", 1, 1, 1)])
def test_what_has_no_price_at_the_end_leaves_the_profit_of_positions_unknown(end: Any) -> None:
    told = whole(started(), STATEMENT, BOOT, marked("1000"), IntentRaised(ENTRY), BOUGHT, end)

    assert told.last is not None
    assert (told.is_valued, told.last.nlv, told.unrealised) == (False, Decimal(1000), None)
    again = whole(started(), STATEMENT, BOOT, marked(None), marked("990"))
    assert again.is_valued


def test_deposits_are_told_and_no_profit() -> None:
    flow = CashFlowSeen("USD", Amount(Decimal(500)), "deposit")
    told = whole(started(), STATEMENT, BOOT, flow, marked("1500", "1500"))

    assert (told.flows, told.cash) == (Decimal(500), Decimal(1500))
    assert told.last is not None
    assert told.last.pnl == 0


@pytest.mark.req("REC1")
def test_coins_that_left_are_a_flow_at_cost_whether_missing_or_released() -> None:
    (lot,) = whole(started(), STATEMENT, BOUGHT).lots
    gone = LotsMissing("BTC", ((lot.id, lot.quantity),))
    released = LotReleased(lot.id, lot.product, lot.quantity, "by hand")

    missing = whole(started(), STATEMENT, BOUGHT, gone)
    given_up = whole(started(), STATEMENT, BOUGHT, gone, released)

    assert missing.flows == given_up.flows == -lot.cost
    assert given_up.lots == ()
    assert given_up.closed == ()
    assert given_up.realised == 0


def test_refusals_are_counted_by_the_reason_that_came_first() -> None:
    told = whole(
        started(),
        refused("total_cap stale_quote"),
        refused("total_cap"),
        refused("blocked"),
        refused("dust", Purpose.EXIT),
        RoundJudged(1, Nanos(NOW), (), (), ()),
    )

    assert told.counts.refused_entries == (("total_cap", 2), ("blocked", 1))
    assert told.counts.refused_exits == (("dust", 1),)
    assert told.counts.cycles == 1


def test_another_world_begins_anew_and_a_restart_goes_on() -> None:
    first = (started(), STATEMENT, BOOT, BOUGHT, marked("990"))

    again = whole(*first, started())
    other = whole(*first, started("frames.jsonl"), STATEMENT, BOOT, marked("1000"))

    assert (len(again.lots), len(again.points), again.counts.runs) == (1, 1, 2)
    assert (other.lots, other.cash, len(other.points)) == ((), Decimal(1000), 1)


def test_only_what_ended_in_the_time_asked_for_counts() -> None:
    sold = booked(EXIT, price=Price(Decimal(110)), at_ns=Nanos(NOW + 5 * MINUTE))
    run = (started(), STATEMENT, BOOT, BOUGHT, marked("990"), sold, marked("1017.6"))

    assert [len(whole(*run, since=n).closed) for n in (5, 6)] == [1, 0]
    assert [len(whole(*run, since=n).points) for n in (4, 5)] == [2, 1]
    assert [whole(*run, since=n).sales.sold for n in (5, 6)] == [220, 0]
    before = whole(*run, until=5)
    assert (before.closed, len(before.lots), before.ended_ns) == ((), 1, NOW + 4 * MINUTE)


def test_what_was_refused_adds_up_over_runs_by_rule() -> None:
    def stopped(*rules: ForegoneTrades) -> RunStopped:
        return RunStopped("signal", 1, 1, 1, foregone=rules)

    cap = ForegoneTrades(rule="total_cap", closed=1, earned=Amount(Decimal(5)))
    quote = ForegoneTrades(rule="stale_quote", open=1, unrealised=Amount(Decimal(-2)))
    told = whole(started(), stopped(cap), started(), stopped(cap, quote))

    assert [(each.rule, each.closed, int(each.profit)) for each in told.foregone] == [
        ("stale_quote", 0, -2),
        ("total_cap", 2, 10),
    ]
    assert whole(started(), stopped(cap), started(), stopped(quote), since=2).foregone == (quote,)


@pytest.mark.req("BT1")
@pytest.mark.parametrize("limits", [{}, {"since": 2}, {"until": 3}])
def test_marks_that_are_taken_together_count_like_records_one_by_one(
    limits: dict[str, int],
) -> None:
    worths = ("1000", "1010", "990", "1005")
    single = whole(started(), *(marked(each) for each in worths), marked("1001"), **limits)
    fold = ResultsFold(
        *(
            None if each is None else NOW + each * MINUTE
            for each in (limits.get("since"), limits.get("until"))
        )
    )
    fold.take(NOW, started())
    times = tuple(Nanos(NOW + number * MINUTE) for number in range(1, 5))
    fold.take_marks(times, tuple(Amount(Decimal(each)) for each in worths), Amount(Decimal(1000)))
    fold.take(Nanos(NOW + 5 * MINUTE), marked("1001"))
    found = fold.result()

    assert found is not None
    assert (found.points, found.last) == (single.points, single.last)
