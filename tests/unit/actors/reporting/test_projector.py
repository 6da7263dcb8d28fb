"""The status says what is; it holds what is open now, not everything that ever was."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from actors.kernel.meters import Meters
from actors.reporting.identity import ActorStatus, RunIdentity
from actors.reporting.pnl_rows import open_pnl_in
from actors.reporting.projector import JITTER_BINS, Projector
from domain.messages.control import ReconcileFinished, StatusPublished, StatusRequested
from domain.messages.decisions import CycleDue, ExitHindered, ProposalRefused, RoundJudged
from domain.messages.journal import TimesMeasured
from domain.messages.market import (
    BidMoved,
    FeedRecovered,
    FeedStalled,
    QuoteMoved,
    TradesLate,
)
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import (
    CapsMeasured,
    EquityMarked,
    LimitUse,
    LossesMeasured,
    PortfolioMoved,
)
from domain.messages.supervision import (
    ActorProven,
    BootCompleted,
    BreakerReset,
    BreakerTripped,
)
from domain.messages.venue import EntriesUnread
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.breakers import GLOBAL, Effect, Scope
from domain.model.entries import EntryKind
from domain.model.foregone import RefusedEntry
from domain.model.instants import SECOND, Nanos, iso
from domain.model.market import DataState
from domain.model.meters import CountKind, Timed, TimeKind
from domain.model.money import Amount, Price, Quantity, Rate, plain
from domain.model.orders import OrderState
from domain.model.pnl import open_of
from domain.model.product import Side
from domain.orders.venue_stops import VenueStops
from domain.portfolio.books import Books
from domain.portfolio.ledger import open_ledger
from domain.system.rate_budget import BudgetUse, Pace, RateBudget
from domain.system.tally import RunTally
from tests.builders.harness import START_NS, Harness, deliver, of_kind
from tests.builders.messages import (
    BTC,
    ETH,
    NOW,
    TAKER,
    a_breaker,
    a_lot,
    a_moved,
    a_portfolio,
    a_product,
    a_quote,
    an_intent,
    approved,
    approved_sale,
    booked,
)

PUBLISH_NS = 2 * SECOND
IDENTITY = RunIdentity(
    mode="paper",
    config_hash="c",
    policy_hash="p",
    world="w",
    interval_ns=60 * SECOND,
    jitter=0.5,
    publish_every_ns=PUBLISH_NS,
    quote_limit_ns=Nanos(5 * SECOND),
)
INTENT = an_intent(approved())
FRESH = RunTally()
ALONE = {"exits": "up"}


class Board:
    def __init__(self) -> None:
        self.published: list[dict[str, object]] = []

    def publish(self, status: dict[str, object]) -> None:
        self.published.append(status)

    @property
    def last(self) -> dict[str, object]:
        return self.published[-1]


class Scene:
    def __init__(
        self, tally: RunTally = FRESH, *, epoch: int = 1, states: Mapping[str, str] = ALONE
    ) -> None:
        self.harness, self.board, self.meters = Harness(), Board(), Meters()
        self.uses: tuple[BudgetUse, ...] = ()
        roster = tuple(ActorStatus(name, state, 1, 0, 0, 0) for name, state in states.items())
        self.actor = self.harness.start(
            Projector,
            "projector",
            IDENTITY,
            self.board,
            lambda: roster,
            tally,
            Books("USD"),
            lambda: self.uses,
            VenueStops(),
            self.meters,
            epoch=epoch,
        )

    def tell(self, *messages: Any) -> dict[str, Any]:
        """Hand over messages; return the status afterwards."""
        deliver(self.actor, *messages)
        return self.actor.report()

    def trip(self, **changes: Any) -> BreakerTripped:
        breaker = a_breaker(**changes)
        self.harness.board.trip(breaker)
        return BreakerTripped(breaker)

    def reset(self, name: str, scope: Scope = GLOBAL) -> BreakerReset:
        self.harness.board.reset(name, scope, by="proof", evidence="it is over")
        return BreakerReset(name, scope, "proof", "it is over")


def test_a_status_is_published_at_its_interval() -> None:
    scene = Scene()
    scene.harness.pass_time(scene.actor, SECOND + 3 * PUBLISH_NS)

    assert len(scene.board.published) == 4
    assert scene.board.published[0]["mode"] == "paper"


@pytest.mark.req("X5", "X6")
def test_a_position_shows_what_hinders_its_sale_until_nothing_does() -> None:
    scene = Scene()
    dust = ExitHindered("lot-1", BTC, "too small", is_dust=True)

    shown = scene.tell(PortfolioMoved(a_portfolio("1000", a_lot())), dust)
    freed = scene.tell(ExitHindered("lot-1", BTC, None, is_dust=False))

    assert shown["positions"][0]["hindered"] == "dust: too small"
    assert freed["positions"][0]["hindered"] is None


@pytest.mark.req("ST1")
def test_a_bid_alone_is_the_mark_of_a_position() -> None:
    scene = Scene()
    held = PortfolioMoved(a_portfolio("1000", a_lot()))

    shown = scene.tell(held, BidMoved(BTC, Price(Decimal(99)), NOW, NOW))

    assert shown["positions"][0]["mark"] == "99"


def test_equity_that_is_not_known_now_is_kept_as_it_was_known_last() -> None:
    scene = Scene()
    ten, unknown = Amount(Decimal(10)), PortfolioMoved(a_portfolio("10", nlv=None))

    status = scene.tell(EquityMarked(1, ten, ten), EquityMarked(2, None, ten), unknown)

    assert status["equity"] is None
    assert status["last_known"] == {"equity": "10", "pnl_net": "0"}


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_is_proven_by_the_status_it_publishes() -> None:
    scene = Scene(epoch=2)
    scene.harness.pass_time(scene.actor, SECOND)

    assert len(scene.harness.bodies(ActorProven)) == 1


def test_cycles_orders_and_fills_go_on_from_what_the_run_has_had() -> None:
    scene = Scene(RunTally(cycles=4, orders=2, fills=1))
    status = scene.tell(RoundJudged(5, Nanos(0), (), (), ()), IntentRaised(INTENT), booked(INTENT))

    assert (status["cycles"], status["orders_total"], status["fills_total"]) == (5, 3, 2)


@pytest.mark.parametrize(
    "end", [OrderState.FILLED, OrderState.CANCELLED, OrderState.VOID, OrderState.REJECTED]
)
def test_an_order_is_shown_until_it_ends(end: OrderState) -> None:
    scene = Scene()
    status = scene.tell(a_moved(INTENT, OrderState.OPEN))
    assert [each["state"] for each in status["orders_open"]] == ["OPEN"]

    assert scene.tell(a_moved(INTENT, end))["orders_open"] == []


def test_a_halt_is_told_with_its_reason_and_a_block_is_no_halt() -> None:
    scene = Scene()
    blocked = scene.tell(scene.trip(effect=Effect.BLOCK, name="sentinel"))
    assert (blocked["halted"], blocked["halt_reason"]) == (False, None)

    halted = scene.tell(scene.trip(effect=Effect.HALT, name="daily_loss", reason="lost 3 %"))
    assert (halted["halted"], halted["halt_reason"]) == (True, "lost 3 %")


def test_a_closed_breaker_is_shown_with_why_it_was_open_and_how_it_closed() -> None:
    scene = Scene()
    scene.tell(scene.trip(name="reconcile", reason="USD differs"))
    status = scene.tell(scene.reset("reconcile"))

    (shown,) = status["breakers"]
    assert (shown["state"], shown["reason"], shown["closed"]) == (
        "OK",
        "USD differs",
        "by proof: it is over",
    )


def test_a_breaker_that_opens_and_closes_often_is_one_line() -> None:
    scene = Scene()
    told = []
    for number in range(5):
        scene.tell(scene.trip(name="reconcile", reason=f"difference {number}"))
        told.append(scene.tell(scene.reset("reconcile")))

    assert [each["reason"] for each in told[-1]["breakers"]] == ["difference 4"]
    assert scene.actor._reasons == {}


def test_a_position_is_marked_at_the_bid_and_unknown_without_a_quote() -> None:
    scene = Scene()
    (unknown,) = scene.tell(PortfolioMoved(a_portfolio("10000", a_lot())))["positions"]
    assert (unknown["mark"], unknown["unrealised"]) == (None, None)

    (known,) = scene.tell(QuoteMoved(a_quote("110")))["positions"]
    assert (known["mark"], known["unrealised"]) == ("110", "17.6")


def test_a_stalled_product_is_shown_until_it_recovers() -> None:
    scene = Scene()
    assert scene.tell(FeedStalled(BTC, "silent", Nanos(SECOND)))["stalled"] == {BTC: "silent"}
    assert scene.tell(FeedRecovered(BTC))["stalled"] == {}


def test_a_loss_limit_shows_its_distance_until_its_breaker_opens() -> None:
    scene = Scene()
    losses = LossesMeasured((LimitUse("daily_loss", Decimal(1), Decimal(3), "%"),))
    (shown,) = scene.tell(losses)["breakers"]
    assert (shown["state"], shown["distance"]) == ("OK", "2")

    (opened,) = scene.tell(scene.trip(effect=Effect.HALT, name="daily_loss"))["breakers"]
    assert opened["state"] == "HALT"


def test_who_asks_is_told_once_everything_before_is_in_the_published_status() -> None:
    scene = Scene()

    said = deliver(scene.actor, ReconcileFinished("stop", True, ()), StatusRequested(7))

    assert said == (StatusPublished(7),)
    assert scene.board.last["reconcile"] == "clean"


def test_the_last_comparison_is_told_with_what_differs() -> None:
    scene = Scene()
    assert scene.actor.report()["reconcile"] is None
    assert scene.tell(ReconcileFinished("boot", True, ()))["reconcile"] == "clean"
    unclean = ReconcileFinished("periodic", False, ("USD differs", "BTC differs"))
    assert scene.tell(unclean)["reconcile"] == "USD differs; BTC differs"


@pytest.mark.req("SCH1")
@pytest.mark.parametrize(("share", "bin_number"), [(0.0, 0), (0.55, 5), (0.999, 9), (1.5, 9)])
def test_jitter_is_counted_by_its_share_of_what_is_allowed(share: float, bin_number: int) -> None:
    scene = Scene()
    now_ns = scene.harness.clock.market_ns()
    slot_ns = Nanos(now_ns - int(share * IDENTITY.jitter * IDENTITY.interval_ns))
    counted = scene.tell(CycleDue(2, slot_ns, now_ns))["jitter_histogram"]

    assert counted == [int(number == bin_number) for number in range(JITTER_BINS)]


def test_what_the_venue_says_unreadably_is_counted() -> None:
    scene = Scene()
    reason = "side: expected BUY or SELL"
    first = EntriesUnread(EntryKind.ORDER, reason, ("by-hand-1",), fresh=1, count=1)

    scene.tell(first)
    status = scene.tell(evolve(first, count=7))

    assert status["left_out"] == [
        {"kind": "order", "reason": reason, "count": 7, "last": ["by-hand-1"]}
    ]


def floats_in(value: Any) -> list[float]:
    """Return every binary float of a document."""
    if isinstance(value, dict):
        return [each for one in value.values() for each in floats_in(one)]
    if isinstance(value, list):
        return [each for one in value for each in floats_in(one)]
    return [value] if isinstance(value, float) else []


def test_the_document_has_a_version_and_no_binary_float() -> None:
    scene = Scene()
    lot = PortfolioMoved(a_portfolio("1000", a_lot()))

    status = scene.tell(lot, a_boot(), IntentRaised(INTENT), a_moved(INTENT, OrderState.OPEN))

    assert status["schema"] == 3
    assert floats_in(status) == []


@pytest.mark.req("STR3", "X2")
def test_each_strategy_is_told_with_its_signals_as_the_account_was_valued() -> None:
    first = an_intent(approved(strategy="baseline", signal="move_15m"))
    sale = an_intent(approved_sale(first.client_order_id, "0.5"), 2)
    books = Books("USD", open_ledger("USD", Amount(Decimal(1000))))
    books = books.apply(booked(first)).apply(booked(sale, "0.5"))
    view = books.value({BTC: Price(Decimal(110))}, TAKER, None)
    assert view is not None

    status = Scene().tell(PortfolioMoved(view))

    assert open_pnl_in(status) == open_of(view.origins)
    (row,) = status["strategies"]
    (signal,) = row.pop("signals")
    assert (row.pop("strategy"), signal.pop("signal")) == ("baseline", "move_15m")
    assert row == signal
    assert (row["trips"], row["won"], row["lots"]) == (0, 0, 1)
    names = ("realised", "unrealised", "fees")
    assert [row[name] for name in names] == [status[name] for name in names]


def test_before_the_books_are_known_no_strategy_is_told() -> None:
    assert Scene().tell()["strategies"] == []


@pytest.mark.req("ST1")
def test_each_product_has_one_word_for_its_data() -> None:
    scene = Scene()
    products = (a_product(BTC), a_product(ETH))
    scene.tell(BootCompleted(products, TAKER, TAKER, True), QuoteMoved(a_quote(at_ns=START_NS)))

    btc, eth = scene.tell()["market_data"]
    assert (btc["product"], btc["state"], btc["why"]) == (BTC, "live", "")
    assert (eth["product"], eth["state"], eth["price_at"]) == (ETH, "warming", None)

    frozen = FeedStalled(BTC, "stream frozen", Nanos(0), DataState.SUSPECT)
    assert scene.tell(frozen)["market_data"][0]["state"] == "suspect"
    assert scene.tell(FeedRecovered(BTC))["market_data"][0]["state"] == "live"
    assert scene.tell(TradesLate(BTC, 2))["market_data"][0]["late_trades"] == 2
    scene.harness.clock.move(6 * SECOND)
    assert scene.tell()["market_data"][0]["state"] == "stale"


def test_profit_is_what_was_realised_and_what_is_open() -> None:
    view = evolve(a_portfolio("1000", nlv="990"), realised=Amount(Decimal(-4)))

    status = Scene().tell(PortfolioMoved(view))

    assert (status["quote"], status["opening_equity"]) == ("USD", "1000")
    assert (status["pnl_net"], status["realised"], status["unrealised"]) == ("-10", "-4", "-6")


def test_the_last_decision_says_what_was_refused_and_why_and_when_the_next_comes() -> None:
    refused = ((BTC, Reason("total_cap")),)

    status = Scene().tell(RoundJudged(5, Nanos(NOW + SECOND), (), refused, ("slow",)))

    decision = status["last_decision"]
    assert (decision["cycle"], decision["approved"], decision["late"]) == (5, [], ["slow"])
    assert decision["refused"] == [{"product": BTC, "reason": "total_cap"}]
    assert decision["next_at"] == "2023-12-12T04:00:01Z"


def test_every_limit_is_there_with_what_is_left_of_it_and_its_unit() -> None:
    losses = LossesMeasured((LimitUse("daily_loss_usd", Decimal("-1.5"), Decimal(300), "USD"),))
    caps = CapsMeasured((LimitUse("total", Decimal(2), Decimal(15), "%"),))

    loss, cap = Scene().tell(losses, caps)["limits"]

    assert (loss["left"], loss["limit"], loss["unit"]) == ("301.5", "300", "USD")
    assert (cap["name"], cap["used"], cap["left"], cap["unit"]) == ("total", "2", "13", "%")


@pytest.mark.req("PROT1")
@pytest.mark.parametrize(
    ("down", "effect", "guard"),
    [
        (None, None, "exit actor"),
        ("exits", None, "nobody"),
        ("order_manager", None, "nobody"),
        ("feed", None, "nobody"),
        ("strategy.breakout", None, "exit actor"),
        (None, Effect.HALT, "exit actor"),
        (None, Effect.KILL, "nobody"),
    ],
)
def test_a_lot_is_protected_only_while_all_are_there_whom_its_sale_takes(
    down: str | None, effect: Effect | None, guard: str
) -> None:
    names = ("exits", "feed", "risk_gate", "auditor", "order_manager", "strategy.breakout")
    scene = Scene(states={name: "down" if name == down else "idle" for name in names})
    if effect is not None:
        scene.trip(effect=effect)

    (position,) = scene.tell(PortfolioMoved(a_portfolio("1000", a_lot())))["positions"]

    assert position["protected_at"] == guard


def test_a_position_has_the_increments_of_its_product_and_its_profit_in_percent() -> None:
    held, priced = PortfolioMoved(a_portfolio("1000", a_lot())), QuoteMoved(a_quote("99.1", "99.3"))

    (position,) = Scene().tell(a_boot(), held, priced)["positions"]

    assert position["price_increment"] == plain(a_product().price_increment)
    assert (position["unrealised"], position["unrealised_pct"]) == ("-4.2", "-2.0751")


def test_an_open_order_says_what_it_asks_for() -> None:
    (order,) = Scene().tell(IntentRaised(INTENT), a_moved(INTENT, OrderState.OPEN))["orders_open"]

    assert (order["purpose"], order["quantity"], order["price"]) == ("entry", "2", "100")


def a_boot() -> BootCompleted:
    rate = Rate(Decimal("0.01"))
    return BootCompleted((a_product(),), rate, rate, is_clean=True)


@pytest.mark.req("RB1")
def test_each_budget_says_what_is_used_of_it_and_until_when_the_venue_refuses() -> None:
    scene, free, refused = Scene(), RateBudget("private", 30), RateBudget("public", 10)
    free.take(0)
    refused.take(0)
    refused.refused(0, 0, Pace(retry_ns=5 * SECOND), 0.5)
    scene.uses = (free.use(0), refused.use(0, waiting=3))

    told = scene.tell()["rate_budgets"]

    usual = {"used": 1, "window_seconds": 1, "waiting": 0, "refused": 0, "paused_until": None}
    assert told["private"] == {**usual, "limit": 30}
    until = iso(Nanos(scene.harness.clock.wall + 5 * SECOND))
    paused = {"waiting": 3, "refused": 1, "paused_until": until}
    assert told["public"] == {**usual, **paused, "limit": 10}


def test_what_was_refused_is_followed_by_the_prices_that_come() -> None:
    refusal = Refusal(reason=Reason("total_cap"), observed="16 %", limit="15 %")
    wanted = RefusedEntry(
        quantity=Quantity(Decimal(2)),
        limit_price=Price(Decimal(100)),
        post_only=True,
        lifetime_ns=Nanos(45 * SECOND),
        stop_loss_pct=Decimal(4),
        take_profit_pct=Decimal(8),
        max_hold_ns=Nanos(3600 * SECOND),
    )
    refused = ProposalRefused(Purpose.ENTRY, "breakout", BTC, Side.BUY, (refusal,), wanted=wanted)
    boot = BootCompleted((a_product(),), Rate(Decimal(0)), Rate(Decimal(0)), is_clean=True)
    scene, at = Scene(), START_NS + SECOND
    assert scene.tell(boot)["foregone"] == []

    scene.tell(refused, QuoteMoved(a_quote("99.90", "100", at_ns=at)))
    (row,) = scene.tell(QuoteMoved(a_quote("110", "110.10", at_ns=at + SECOND)))["foregone"]
    assert (row["rule"], row["closed"], row["profit"]) == ("total_cap", 1, "20")


@pytest.mark.req("OB1")
def test_times_are_written_down_after_each_cycle_and_whenever_the_status_is_asked_for() -> None:
    scene = Scene()
    told = []
    for message in (RoundJudged(1, Nanos(0), (), (), ()), StatusRequested(1), StatusRequested(2)):
        if message != StatusRequested(2):  # nothing was measured since
            scene.meters.time(TimeKind.JOURNAL, "sync", SECOND)
        told.append(of_kind(deliver(scene.actor, message), TimesMeasured))

    measured = TimesMeasured((Timed(TimeKind.JOURNAL, "sync", ((1_000_000, 1),)),))
    assert told == [[measured], [measured], []]


@pytest.mark.req("OB1")
def test_an_order_that_is_told_twice_counts_once_and_a_stall_once_while_it_lasts() -> None:
    scene = Scene()
    stalled = FeedStalled(BTC, "silent", Nanos(1))
    opened = a_moved(INTENT, OrderState.OPEN)
    scene.tell(IntentRaised(INTENT), IntentRaised(INTENT), opened, opened)
    scene.tell(stalled, stalled, FeedRecovered(BTC), stalled)

    assert scene.meters.read().counts == {
        (CountKind.ORDERS, ("intended",)): 1,
        (CountKind.ORDERS, ("open",)): 1,
        (CountKind.FEED_GAPS, (BTC,)): 2,
    }
