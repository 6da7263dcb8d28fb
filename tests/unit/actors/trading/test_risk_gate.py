"""The risk gate: judges each proposal on all that is known, reserves what it approves, once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.kernel.topology import RISK_GATE
from actors.trading.approvals import Approvals
from actors.trading.risk_gate import REMEMBERED_APPROVALS, GateState, RiskGate
from domain.messages.control import SyncRequested
from domain.messages.decisions import (
    EntryProposed,
    OrderApproved,
    ProposalRefused,
    RestProposed,
    RoundJudged,
    RoundProposed,
)
from domain.messages.market import (
    BarClosed,
    BidMoved,
    FeedRecovered,
    FeedStalled,
    HistoryLoaded,
    MinutesClosed,
    QuoteMoved,
)
from domain.messages.orders import EntryDropped, IntentRaised, WouldPlace
from domain.messages.portfolio import CapsMeasured, CashFlowSeen, LedgerReported, StatementTaken
from domain.messages.supervision import ActorProven, BootCompleted, ProductsChanged, TradingReady
from domain.messages.universe import RegimeJudged, UniverseJudged
from domain.model.approval import ApprovedEntry, ApprovedOrder, Reason
from domain.model.breakers import GLOBAL, Effect
from domain.model.context import Regime
from domain.model.cycle import CycleStage, CycleStatus, StageTime, Stopwatch
from domain.model.funnel import Funnel, FunnelLoss, Stage
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.market import Bar
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance, Lot
from domain.model.product import Product, ProductFlags, ProductId
from domain.model.universe import Exclusion
from domain.portfolio.ledger import Ledger, open_ledger
from domain.risk.exposure import Exposure
from domain.risk.mandate import Mandate
from domain.risk.past_trades import PastTrades
from domain.risk.throttle import ThrottleLimits
from domain.risk.view import ApprovedKey, approved_key
from domain.risk.working import Working
from tests.builders.bars import columns_of
from tests.builders.harness import START_NS, Harness, deliver, of_kind
from tests.builders.messages import (
    BTC,
    ETH,
    MAKER,
    TAKER,
    a_breaker,
    a_lot,
    a_mandate,
    a_moved,
    a_product,
    a_quote,
    a_reading,
    a_standing,
    an_entry,
    an_exit,
    an_intent,
    approved,
    booked,
    the_rules,
)

CASH = Amount(Decimal(10_000))
PRODUCTS = (a_product(BTC), a_product(ETH))
LIMIT = Nanos(5 * SECOND)
THROTTLE = ThrottleLimits()
BAR_NS = Nanos(START_NS - START_NS % MINUTE - MINUTE)
STATEMENT = StatementTaken("start", (AccountBalance("USD", CASH, ZERO),))
BOUGHT = ["already_held", "position_cap"]
"""Why the same strategy gets no second lot of that size."""
HELD = ["already_held", "cooldown", "spacing", "position_cap"]
"""And why a moment after the first was filled."""


def a_bar(product: ProductId = BTC, start_ns: int = BAR_NS) -> Bar:
    price = Price(Decimal(100))
    return Bar(product, Nanos(start_ns), price, price, price, price, Quantity(Decimal(1)))


def a_state(
    ledger: Ledger | None = None,
    *,
    exposure: Exposure | None = None,
    approved: tuple[ApprovedKey, ...] = (),
    next_approval: int = 1,
) -> GateState:
    books = open_ledger("USD", CASH) if ledger is None else ledger
    return GateState(books, exposure or Exposure(), next_approval, approved)


def a_gate(
    state: GateState | None = None,
    *,
    approvals: Approvals | None = None,
    mandate: Mandate | None = None,
    **settings: Any,
) -> tuple[Harness, RiskGate]:
    """Return a gate that knows products, fees, quotes and bars, and may trade."""
    harness = Harness()
    actor = harness.start(
        RiskGate,
        RISK_GATE,
        the_rules(**settings),
        mandate or a_mandate(),
        state or a_state(),
        approvals or Approvals(),
        LIMIT,
        THROTTLE,
    )
    deliver(actor, BootCompleted(PRODUCTS, MAKER, TAKER, is_clean=True), TradingReady("none"))
    fresh(harness, actor)
    harness.sent.clear()
    return harness, actor


def fresh(harness: Harness, actor: RiskGate) -> None:
    at_ns = harness.clock.market_ns()
    deliver(actor, UniverseJudged((a_standing(BTC), a_standing(ETH))))
    for product in (BTC, ETH):
        deliver(actor, QuoteMoved(a_quote(product=product, at_ns=at_ns)))
        deliver(actor, BarClosed(a_bar(product, at_ns - at_ns % MINUTE - MINUTE)))


def a_round(*entries: EntryProposed, late: tuple[str, ...] = ()) -> RoundProposed:
    return RoundProposed(3, Nanos(START_NS + MINUTE), entries, 1, late)


def entry(product: ProductId = BTC, bar_ns: int = BAR_NS, **changes: Any) -> EntryProposed:
    return an_entry(bar_ns=bar_ns, product=product, **changes)


def reasons(said: tuple[Any, ...]) -> list[str]:
    return [each.reason for one in of_kind(said, ProposalRefused) for each in one.refusals]


def orders(said: tuple[Any, ...]) -> list[ApprovedOrder]:
    return [each.order for each in of_kind(said, OrderApproved)]


def owning(*lots: Lot) -> Ledger:
    return evolve(open_ledger("USD", CASH), lots=lots)


@pytest.mark.req("E1", "M1", "X3")
def test_the_last_gate_knows_each_approval_and_nothing_else() -> None:
    lot, approvals = a_lot(), Approvals()
    _, actor = a_gate(a_state(owning(lot)), approvals=approvals)

    bought = orders(deliver(actor, a_round(entry(ETH), entry(ETH))))
    sold = orders(deliver(actor, an_exit(lot, bid=Decimal(97)), an_exit(lot, bid=Decimal(97))))

    assert (len(bought), len(sold)) == (1, 1)
    assert [approvals.find(order) for order in bought + sold] == bought + sold
    assert approvals.count == 2


# Rounds.


@pytest.mark.req("E1")
def test_a_round_is_answered_entry_by_entry_and_then_as_a_whole() -> None:
    _, actor = a_gate()

    said = deliver(actor, a_round(entry(), entry(ETH, conviction=Decimal(2)), late=("slow",)))

    assert [type(each) for each in said] == [
        OrderApproved,
        ProposalRefused,
        RoundJudged,
        CapsMeasured,
    ]
    refused = ((ETH, Reason("invalid_proposal")),)
    lost = (FunnelLoss(ETH, Stage.APPROVED, "invalid_proposal"),)
    funnel = Funnel(approved=1, losses=lost)
    next_ns = Nanos(START_NS + MINUTE)
    told = CycleStatus.TRADED, ("late",), (), Amount(Decimal(10_000))
    assert said[2] == RoundJudged(3, next_ns, (BTC,), refused, ("slow",), funnel, *told)


@pytest.mark.req("E1")
def test_how_far_each_cap_is_used_is_told_after_a_round_and_after_a_fill() -> None:
    _, actor = a_gate()
    told = of_kind(deliver(actor, a_round(entry())), CapsMeasured)
    intent = an_intent(orders(deliver(actor, a_round(entry(ETH))))[0])
    filled = deliver(actor, IntentRaised(intent), booked(intent))

    caps = [use for use in told[0].caps if use.unit == "%"]
    assert {use.name for use in caps} >= {"total", f"position {BTC}", "strategy breakout"}
    assert all(0 <= use.used <= use.limit for use in caps)
    assert len(of_kind(filled, CapsMeasured)) == 1


@pytest.mark.req("E1", "E2")
def test_two_entries_of_one_round_never_use_the_same_room() -> None:
    _, actor = a_gate(total_pct=Decimal(3))

    said = deliver(actor, a_round(entry(), entry(ETH)))

    assert [order.product for order in orders(said)] == [BTC]
    assert reasons(said) == ["total_cap"]


@pytest.mark.req("E1", "SUP1")
@pytest.mark.parametrize("first", [entry(), entry(conviction=Decimal(2))], ids=["yes", "no"])
def test_a_breaker_that_opens_within_a_round_stops_the_rest_of_it(first: EntryProposed) -> None:
    harness, actor = a_gate()

    def entries() -> Iterator[EntryProposed]:
        yield first
        harness.board.trip(a_breaker())
        yield entry(ETH)

    verdicts = [verdict for _, verdict in actor._judged(entries())]

    assert isinstance(verdicts[1], ProposalRefused)
    assert [each.reason for each in verdicts[1].refusals] == ["blocked"]


@pytest.mark.req("E1")
def test_approvals_are_numbered_on_from_where_they_ended() -> None:
    _, actor = a_gate(a_state(next_approval=41))

    said = deliver(actor, a_round(entry(), entry(ETH)))

    assert [order.approval for order in orders(said)] == [41, 42]


def test_one_bar_leads_to_one_order() -> None:
    _, actor = a_gate()
    first = deliver(actor, a_round(entry()))

    again = deliver(actor, a_round(entry()))

    assert (len(orders(first)), orders(again)) == (1, [])
    assert "already_approved" in reasons(again)
    assert "already_approved" not in reasons(deliver(actor, a_round(entry(bar_ns=BAR_NS - MINUTE))))


def test_what_was_approved_before_a_restart_stays_approved() -> None:
    _, actor = a_gate(a_state(approved=(approved_key(entry()),)))

    assert reasons(deliver(actor, a_round(entry()))) == ["already_approved"]


def test_what_was_refused_may_be_asked_again() -> None:
    harness, actor = a_gate()
    harness.board.trip(a_breaker(Effect.BLOCK))
    assert reasons(deliver(actor, a_round(entry()))) == ["blocked"]

    harness.board.reset("drill", GLOBAL, by="test", evidence="over")

    assert len(orders(deliver(actor, a_round(entry())))) == 1


def test_only_so_many_approvals_are_remembered_and_the_oldest_go_first() -> None:
    keys = tuple(
        approved_key(entry(bar_ns=BAR_NS - number * MINUTE))
        for number in range(REMEMBERED_APPROVALS, 0, -1)
    )
    _, actor = a_gate(a_state(approved=keys))

    deliver(actor, a_round(entry()))

    oldest, next_oldest = (
        entry(bar_ns=BAR_NS - number * MINUTE)
        for number in (REMEMBERED_APPROVALS, REMEMBERED_APPROVALS - 1)
    )
    assert "already_approved" not in reasons(deliver(actor, a_round(oldest)))
    assert "already_approved" in reasons(deliver(actor, a_round(next_oldest)))


# What it knows.


@pytest.mark.req("BOOT1")
def test_before_the_system_is_ready_nothing_enters() -> None:
    harness = Harness()
    actor = harness.start(
        RiskGate, RISK_GATE, the_rules(), a_mandate(), a_state(), Approvals(), LIMIT, THROTTLE
    )
    deliver(actor, BootCompleted(PRODUCTS, MAKER, TAKER, is_clean=True))
    fresh(harness, actor)

    assert reasons(deliver(actor, a_round(entry()))) == ["not_ready"]
    deliver(actor, TradingReady("none"))
    assert len(orders(deliver(actor, a_round(entry())))) == 1


@pytest.mark.req("ST1", "E2")
@pytest.mark.parametrize("age_s", [5, 6])
def test_a_mark_older_than_the_limit_blocks_every_entry(age_s: int) -> None:
    harness, actor = a_gate()
    deliver(actor, booked(an_intent(), "0.1"))
    harness.pass_time(actor, age_s * SECOND)
    fresh_ns = harness.clock.market_ns()
    deliver(actor, QuoteMoved(a_quote(product=ETH, at_ns=fresh_ns)))

    said = deliver(actor, a_round(entry(ETH)))

    assert ("nlv_unknown" in reasons(said)) is (age_s > 5)


@pytest.mark.req("E2")
def test_a_round_without_entries_knows_the_equity_of_the_view_that_others_are_judged_by() -> None:
    harness, actor = a_gate()

    def told(*moved: Any) -> Amount | None:
        """Return what a quiet round says after that."""
        (judged,) = of_kind(deliver(actor, *moved, a_round()), RoundJudged)
        view = actor._view().portfolio
        assert view is not None
        assert judged.nlv == view.nlv
        return judged.nlv

    assert told() == CASH
    bought = told(booked(an_intent(), "0.1"))
    assert bought is not None
    assert bought < CASH
    risen = told(QuoteMoved(a_quote("149", "150", at_ns=harness.clock.market_ns())))
    assert risen is not None
    assert risen > bought
    harness.pass_time(actor, 6 * SECOND)
    assert told() is None


def test_a_gate_that_knows_no_fees_knows_no_equity() -> None:
    harness = Harness()
    states = the_rules(), a_mandate(), a_state(), Approvals(), LIMIT, THROTTLE
    actor = harness.start(RiskGate, RISK_GATE, *states)

    (judged,) = of_kind(deliver(actor, a_round()), RoundJudged)

    assert judged.nlv is None


@pytest.mark.req("X6", "ST1")
def test_the_bid_of_a_book_without_offers_values_a_lot() -> None:
    harness, actor = a_gate()
    deliver(actor, booked(an_intent(), "0.1"))
    harness.pass_time(actor, 6 * SECOND)
    now_ns = harness.clock.market_ns()
    deliver(actor, QuoteMoved(a_quote(product=ETH, at_ns=now_ns)))

    deliver(actor, BidMoved(BTC, Price(Decimal(99)), now_ns, now_ns))

    assert "nlv_unknown" not in reasons(deliver(actor, a_round(entry(ETH))))


@pytest.mark.req("ST1")
def test_a_stalled_product_is_refused_until_its_feed_recovers() -> None:
    _, actor = a_gate()
    deliver(actor, FeedStalled(BTC, "sequence gap", Nanos(SECOND)))

    assert reasons(deliver(actor, a_round(entry()))) == ["stale_quote"]
    assert len(orders(deliver(actor, a_round(entry(ETH))))) == 1
    deliver(actor, FeedRecovered(BTC))
    assert len(orders(deliver(actor, a_round(entry())))) == 1


@pytest.mark.req("ST1")
def test_quotes_and_bars_grow_old_while_nothing_comes() -> None:
    harness, actor = a_gate()
    harness.pass_time(actor, 6 * SECOND)
    assert reasons(deliver(actor, a_round(entry()))) == ["stale_quote"]

    harness.pass_time(actor, 150 * SECOND)
    deliver(actor, QuoteMoved(a_quote(at_ns=harness.clock.market_ns())))
    assert reasons(deliver(actor, a_round(entry()))) == ["stale_bar"]

    bar = a_bar(start_ns=harness.clock.market_ns() - MINUTE)
    deliver(actor, HistoryLoaded(BTC, Nanos(MINUTE), ()))
    assert reasons(deliver(actor, a_round(entry()))) == ["stale_bar"]
    deliver(actor, HistoryLoaded(BTC, Nanos(MINUTE), (a_bar(), bar)))
    assert len(orders(deliver(actor, a_round(entry())))) == 1


@pytest.mark.req("ST1")
def test_minutes_that_come_as_columns_end_with_their_last_row() -> None:
    harness, actor = a_gate()
    harness.pass_time(actor, 156 * SECOND)
    now_ns = harness.clock.market_ns()
    deliver(actor, QuoteMoved(a_quote(at_ns=now_ns)))
    old, new = (a_bar(start_ns=now_ns - minutes * MINUTE) for minutes in (4, 1))
    deliver(actor, MinutesClosed((columns_of([old], "0.01", "1e-8"),)))
    assert reasons(deliver(actor, a_round(entry()))) == ["stale_bar"]

    deliver(actor, MinutesClosed((columns_of([old, new], "0.01", "1e-8"),)))

    assert len(orders(deliver(actor, a_round(entry())))) == 1


@pytest.mark.req("EX1")
def test_new_flags_of_a_product_count_at_once() -> None:
    _, actor = a_gate()
    closed: Product = a_product(flags=ProductFlags(trading_disabled=True))

    deliver(actor, ProductsChanged((closed, a_product(ETH))))

    assert reasons(deliver(actor, a_round(entry()))) == ["product_disabled"]


@pytest.mark.req("U1")
def test_a_product_enters_while_the_universe_holds_it_and_not_without_a_word_of_it() -> None:
    _, actor = a_gate()
    out = a_standing(BTC, exclusion_reason=Exclusion.BANNED, observed="until then", limit="no ban")

    deliver(actor, UniverseJudged((out, a_standing(ETH))))
    (refused,) = of_kind(deliver(actor, a_round(entry())), ProposalRefused)
    assert refused.refusals[0].observed == "banned: until then"
    assert len(orders(deliver(actor, a_round(entry(ETH))))) == 1

    deliver(actor, UniverseJudged(()))
    assert reasons(deliver(actor, a_round(entry()))) == ["not_eligible"]
    deliver(actor, UniverseJudged((a_standing(BTC),)))
    assert len(orders(deliver(actor, a_round(entry())))) == 1


@pytest.mark.req("U3")
def test_a_flip_of_the_regime_changes_the_next_decision() -> None:
    def quantity(regime: Regime) -> Quantity:
        _, actor = a_gate()
        deliver(actor, RegimeJudged(a_reading(Regime.CHOP)), RegimeJudged(a_reading(regime)))
        (order,) = orders(deliver(actor, a_round(entry())))
        return order.quantity

    chop = quantity(Regime.CHOP)
    assert float(quantity(Regime.BULL) / chop) == pytest.approx(1.2)
    assert float(quantity(Regime.BEAR) / chop) == pytest.approx(0.6)


@pytest.mark.req("U3")
def test_a_crash_stops_entries_and_no_exit() -> None:
    lot = a_lot()
    _, actor = a_gate(a_state(owning(lot)))
    deliver(actor, RegimeJudged(a_reading(Regime.CRASH)))

    assert reasons(deliver(actor, a_round(entry(ETH))))[0] == "crash_regime"
    assert len(orders(deliver(actor, an_exit(lot)))) == 1


@pytest.mark.req("E2")
def test_without_books_there_is_no_value_and_no_entry() -> None:
    harness = Harness()
    state = GateState(None, Exposure(), 1, ())
    actor = harness.start(
        RiskGate, RISK_GATE, the_rules(), a_mandate(), state, Approvals(), LIMIT, THROTTLE
    )
    deliver(actor, BootCompleted(PRODUCTS, MAKER, TAKER, is_clean=True), TradingReady("none"))
    fresh(harness, actor)

    assert reasons(deliver(actor, a_round(entry()))) == ["nlv_unknown", "not_ready"]
    deliver(actor, STATEMENT)
    assert len(orders(deliver(actor, a_round(entry())))) == 1


# Reservations and books.


@pytest.mark.req("E2")
def test_what_is_approved_stays_reserved_until_its_order_has_ended() -> None:
    _, actor = a_gate()
    (order,) = orders(deliver(actor, a_round(entry())))
    intent = an_intent(order)
    deliver(actor, IntentRaised(intent), a_moved(intent, OrderState.OPEN))
    larger = entry(bar_ns=BAR_NS - MINUTE)

    assert reasons(deliver(actor, a_round(larger))) == BOUGHT
    deliver(actor, a_moved(intent, OrderState.CANCELLED))
    assert len(orders(deliver(actor, a_round(larger)))) == 1


def test_what_a_dry_run_would_place_reserves_nothing() -> None:
    _, actor = a_gate()
    (order,) = orders(deliver(actor, a_round(entry())))

    deliver(actor, WouldPlace(an_intent(order)))

    assert len(orders(deliver(actor, a_round(entry(bar_ns=BAR_NS - MINUTE))))) == 1


@pytest.mark.req("X4", "E2")
def test_a_fill_moves_from_reserved_to_owned_and_counts_once() -> None:
    harness, actor = a_gate()
    (order,) = orders(deliver(actor, a_round(entry())))
    intent = an_intent(order)
    deliver(actor, IntentRaised(intent))
    half = str(order.quantity / 2)
    fill = booked(intent, half, fee=Amount(Decimal(1)))

    deliver(actor, fill, fill, fill)

    report = ledger_of(actor, harness)
    assert [(lot.product, lot.quantity) for lot in report.lots] == [(BTC, order.quantity / 2)]
    assert report.cash == CASH - order.quantity / 2 * 100 - 1
    assert reasons(deliver(actor, a_round(entry(bar_ns=BAR_NS - MINUTE)))) == HELD


@pytest.mark.req("X4")
@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_fills_in_any_order_and_any_number_of_times_are_booked_once(arrivals: list[int]) -> None:
    harness, actor = a_gate()
    (order,) = orders(deliver(actor, a_round(entry())))
    intent = an_intent(order)
    deliver(actor, IntentRaised(intent))
    part = Quantity(order.quantity / 5)
    fills = [booked(intent, str(part), entry_id=f"fill-{number}") for number in range(5)]

    for number in arrivals:
        deliver(actor, fills[number])

    times = len(set(arrivals))
    assert [lot.quantity for lot in ledger_of(actor, harness).lots] == [part * times]
    assert reasons(deliver(actor, a_round(entry(bar_ns=BAR_NS - MINUTE)))) == HELD


def test_flows_of_cash_change_what_can_be_paid() -> None:
    harness, actor = a_gate()
    before = ledger_of(actor, harness).cash

    deliver(actor, CashFlowSeen("USD", Amount(Decimal(-9_990)), "withdrawal"))

    assert ledger_of(actor, harness).cash == before - 9_990
    assert orders(deliver(actor, a_round(entry()))) == []


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_has_proven_itself_when_its_books_were_compared() -> None:
    harness = Harness()
    actor = harness.start(
        RiskGate,
        RISK_GATE,
        the_rules(),
        a_mandate(),
        a_state(),
        Approvals(),
        LIMIT,
        THROTTLE,
        epoch=2,
    )
    assert harness.bodies(ActorProven) == []

    report = ledger_of(actor, harness)

    assert (report.actor, report.token, report.cash) == (RISK_GATE, 5, CASH)
    assert len(harness.bodies(ActorProven)) == 1


def ledger_of(actor: RiskGate, harness: Harness) -> LedgerReported:
    said = deliver(actor, SyncRequested(5), sender="reconciler")
    (report,) = of_kind(said, LedgerReported)
    assert any(s.body is report and s.to == ("reconciler",) for s in harness.sent)
    return report


# Exits.


@pytest.mark.req("X6", "R1")
def test_an_exit_reserves_its_lot_so_that_it_is_sold_once() -> None:
    lot = a_lot()
    _, actor = a_gate(a_state(owning(lot)))

    first, again = (deliver(actor, an_exit(lot, bid=Decimal(97))) for _ in range(2))

    assert [order.quantity for order in orders(first)] == [2]
    assert orders(again) == []
    assert reasons(again) == ["nothing_owned"]


@pytest.mark.req("X6")
def test_what_an_exit_left_unsold_may_be_sold_again() -> None:
    lot = a_lot()
    _, actor = a_gate(a_state(owning(lot)))
    (order,) = orders(deliver(actor, an_exit(lot, bid=Decimal(97))))
    intent = an_intent(order)
    deliver(actor, IntentRaised(intent), booked(intent, "0.5", price=Price(Decimal(97))))

    deliver(actor, a_moved(intent, OrderState.CANCELLED, "0.5"))
    said = deliver(actor, an_exit(lot, bid=Decimal(97)))

    assert [each.quantity for each in orders(said)] == [Decimal("1.5")]
    assert orders(said)[0].approval == order.approval + 1


@pytest.mark.req("X6")
def test_an_exit_passes_while_entries_are_halted() -> None:
    lot = a_lot()
    harness, actor = a_gate(a_state(owning(lot)))
    harness.board.trip(a_breaker(Effect.HALT))

    assert "halted" in reasons(deliver(actor, a_round(entry())))
    assert len(orders(deliver(actor, an_exit(lot, bid=Decimal(97))))) == 1


@pytest.mark.req("E1", "E2")
@given(
    asked=st.lists(
        st.tuples(st.sampled_from([BTC, ETH]), st.decimals("0.01", "3", places=2)), max_size=8
    ),
    split=st.integers(1, 8),
)
def test_no_series_of_rounds_gets_more_than_the_caps(
    asked: list[tuple[ProductId, Decimal]], split: int
) -> None:
    _, actor = a_gate(total_pct=Decimal(4))
    wanted = [
        entry(product, BAR_NS - number * MINUTE, notional_pct=pct)
        for number, (product, pct) in enumerate(asked)
    ]
    approved: list[ApprovedOrder] = []
    for start in range(0, len(wanted), split):
        approved += orders(deliver(actor, a_round(*wanted[start : start + split])))

    cost = dict.fromkeys((BTC, ETH), ZERO)
    for order in approved:
        assert isinstance(order, ApprovedEntry)
        cost[order.product] += order.worst_case
    assert sum(cost.values()) <= CASH * 4 / 100
    assert all(each <= CASH * 3 / 100 for each in cost.values())


# The rest of an entry.


def working_gate() -> tuple[Harness, RiskGate]:
    harness = Harness()
    mandate = a_mandate(working=Working(max_reprices=1))
    args = (the_rules(), mandate, a_state(), Approvals(), LIMIT, THROTTLE)
    actor = harness.start(RiskGate, RISK_GATE, *args)
    deliver(actor, BootCompleted(PRODUCTS, MAKER, TAKER, is_clean=True), TradingReady("none"))
    fresh(harness, actor)
    return harness, actor


def ended(order: ApprovedOrder, number: int, filled: str) -> tuple[Any, ...]:
    """Return how an order was raised, bought a part and ended."""
    intent = an_intent(order, number)
    fill = (booked(intent, filled),) if filled != "0" else ()
    return (IntentRaised(intent), *fill, a_moved(intent, OrderState.CANCELLED, filled))


def a_rest(number: int) -> RestProposed:
    return RestProposed(an_intent(number=number).client_order_id, "breakout", BTC, takes=False)


@pytest.mark.req("X5", "X3")
def test_a_rest_is_judged_by_what_our_own_books_say_is_left() -> None:
    _, actor = working_gate()
    (first,) = orders(deliver(actor, a_round(entry())))
    deliver(actor, *ended(first, 1, "0.5"))

    (rest,) = orders(deliver(actor, a_rest(1)))

    assert rest.quantity == first.quantity - Decimal("0.5")
    assert isinstance(rest, ApprovedEntry)
    assert rest.replaces == rest.first == an_intent(number=1).client_order_id
    deliver(actor, *ended(rest, 2, "0.25"))
    assert reasons(deliver(actor, a_rest(2))) == ["nothing_left"], "it may be moved once"


@pytest.mark.req("X5", "E1")
def test_nothing_is_left_of_what_rests_still_was_asked_before_or_is_not_known() -> None:
    _, actor = working_gate()
    (first,) = orders(deliver(actor, a_round(entry())))
    raised, end = ended(first, 1, "0")
    deliver(actor, raised)

    assert reasons(deliver(actor, a_rest(1))) == ["nothing_left"]
    deliver(actor, end)
    assert len(orders(deliver(actor, a_rest(1)))) == 1
    assert reasons(deliver(actor, a_rest(1))) == ["nothing_left"]
    assert reasons(deliver(actor, a_rest(7))) == ["nothing_left"]


@pytest.mark.req("X5", "BOOT1")
def test_a_gate_that_was_rebuilt_buys_no_rest_of_what_came_before() -> None:
    order = approved(highest_price=Price(Decimal(101)))
    _, actor = a_gate()
    deliver(actor, *ended(order, 1, "0"))

    said = deliver(actor, a_rest(1))

    assert reasons(said) == ["nothing_left"]
    assert [each.lot for each in of_kind(said, ProposalRefused)] == [a_rest(1).client_order_id]


@pytest.mark.req("X5", "E2")
def test_an_entry_that_was_dropped_reserves_nothing() -> None:
    _, actor = a_gate()
    (order,) = orders(deliver(actor, a_round(entry())))
    assert actor._exposure.living

    deliver(actor, EntryDropped(order, "not taken"))

    assert not actor._exposure.living


# Pace.


@pytest.mark.req("CD1", "PAC")
def test_what_was_filled_before_a_restart_still_paces_entries() -> None:
    harness, actor = a_gate()
    (order,) = orders(deliver(actor, a_round(entry())))
    intent = an_intent(order)
    before = ledger_of(actor, harness)
    fill = booked(intent, str(order.quantity))
    deliver(actor, IntentRaised(intent), fill)
    after = ledger_of(actor, harness)
    known = PastTrades().after(fill, START_NS, None, None)

    harness, actor = a_gate(evolve(a_state(owning(*after.lots)), past_trades=known))

    assert not before.lots
    assert reasons(deliver(actor, a_round(entry(ETH)))) == ["spacing"]
    harness.pass_time(actor, 30 * SECOND)
    fresh(harness, actor)
    bar_ns = harness.clock.market_ns() - 2 * MINUTE
    assert reasons(deliver(actor, a_round(entry(bar_ns=bar_ns))))[:3] == HELD[:3]
    assert len(orders(deliver(actor, a_round(entry(ETH, bar_ns))))) == 1


@pytest.mark.req("STR3")
def test_entries_of_a_strategy_are_counted_by_cycle_whoever_asks_how_often() -> None:
    _, actor = a_gate(mandate=a_mandate(trades_per_cycle={"breakout": 1}))
    assert len(orders(deliver(actor, a_round(entry())))) == 1

    assert reasons(deliver(actor, a_round(entry(ETH)))) == ["max_trades_per_cycle"]
    later = evolve(a_round(entry(ETH)), cycle=4)
    assert len(orders(deliver(actor, later))) == 1


@pytest.mark.req("CD1", "PAC")
@given(st.lists(st.tuples(st.integers(1, 7_200), st.booleans()), min_size=1, max_size=8))
def test_a_burst_of_proposals_never_passes_the_pace(steps: list[tuple[int, bool]]) -> None:
    harness, actor = a_gate()
    filled: list[tuple[int, str]] = []
    for number, (seconds, is_btc) in enumerate(steps, start=1):
        harness.pass_time(actor, seconds * SECOND)
        fresh(harness, actor)
        now_ns = harness.clock.market_ns()
        product = BTC if is_btc else ETH
        bar_ns = now_ns - 2 * MINUTE
        proposals = [entry(product, bar_ns - k, notional_pct=Decimal("0.1")) for k in range(3)]
        for order in orders(deliver(actor, evolve(a_round(*proposals), cycle=number))):
            intent = an_intent(order, order.approval)
            deliver(actor, IntentRaised(intent), booked(intent, str(order.quantity)))
            deliver(actor, a_moved(intent, OrderState.FILLED))
            filled.append((now_ns, product))

    for (earlier, one), (later, other) in pairwise(filled):
        assert later - earlier >= 30 * SECOND
        assert one != other or later - earlier >= 900 * SECOND


@pytest.mark.req("OB1")
def test_the_record_of_a_cycle_has_its_stages_and_the_gate_is_the_last() -> None:
    harness, actor = a_gate()
    before = StageTime(CycleStage.MERGE, Nanos(5))
    watch = Stopwatch(Nanos(harness.clock.machine_ns() - 9), (before,))

    judged = of_kind(deliver(actor, evolve(a_round(), watch=watch)), RoundJudged)[0]

    assert judged.times == (before, StageTime(CycleStage.GATE, Nanos(9)))
    assert (judged.status, judged.degraded) == (CycleStatus.QUIET, ())


@pytest.mark.req("OB1")
def test_a_cycle_under_a_breaker_is_blocked_and_degraded_by_it() -> None:
    harness, actor = a_gate()
    harness.board.trip(a_breaker(name="market_stream"))

    judged = of_kind(deliver(actor, a_round(entry())), RoundJudged)[0]

    assert (judged.status, judged.degraded) == (CycleStatus.BLOCKED, ("blocked:market_stream",))
