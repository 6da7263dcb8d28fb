"""Exits: a lot whose stop, target or time is reached is proposed for sale, once at a time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.kernel.topology import EXITS
from actors.trading.exits import (
    CHECK_EVERY_NS,
    ESCALATE_AFTER_NS,
    VENUE_SELLS_WITHIN_NS,
    Check,
    Exits,
)
from domain.decisions.exit_tries import FIRST_WAIT_NS, LONGEST_WAIT_NS, ORDER_LIFE_NS
from domain.decisions.trims import HUNDRED, TrimCaps, Upkeep
from domain.market.price_state import ANSWER_WITHIN_NS
from domain.messages.control import AlertRaised, CloseOrdered
from domain.messages.decisions import (
    ExitHindered,
    ExitProposed,
    LeaveProposed,
    ProposalRefused,
)
from domain.messages.market import BidMoved, FeedRecovered, FeedStalled, QuoteMoved
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import PortfolioMoved
from domain.messages.supervision import ActorProven, BootCompleted, ProductsChanged
from domain.messages.venue import QuotesListed
from domain.model.approval import LEAVING, ExitReason, Purpose, Reason, Refusal
from domain.model.breakers import Severity
from domain.model.instants import HOUR, MILLISECOND, SECOND, Nanos
from domain.model.market import Doubt, DoubtKind, Quote
from domain.model.money import Price, Quantity
from domain.model.orders import TERMINAL, OrderIntent, OrderState
from domain.model.portfolio import Lot
from domain.model.product import ProductFlags, ProductId, Side
from domain.orders.venue_stops import VenueStops
from tests.builders.harness import START_NS, Harness, deliver, of_kind
from tests.builders.messages import (
    BTC,
    ETH,
    MAKER,
    TAKER,
    a_lot,
    a_moved,
    a_portfolio,
    a_product,
    a_quote,
    an_intent,
    approved_sale,
    approved_stop,
)
from tests.fakes.log import KeptLog
from tests.fakes.recording_venue import RecordingVenue

LIMIT = Nanos(5 * SECOND)
CAPS = TrimCaps(total_pct=HUNDRED, position_pct=HUNDRED, asset_pct=HUNDRED)
BOOTED = BootCompleted((a_product(),), MAKER, TAKER, is_clean=True)
FINE = "100"
AT_STOP = "97"
AT_TARGET = "108"


def a_held(number: int = 1, **changes: Any) -> Lot:
    """Return a lot that may be held for an hour; its stop is at 97, its target at 108."""
    expires = Nanos(START_NS + HOUR)
    return a_lot(**{"id": f"lot-{number}", "expires_ns": expires, **changes})


def watching(*lots: Lot, harness: Harness | None = None, epoch: int = 1) -> tuple[Harness, Exits]:
    """Return exits that know the lots and have booted."""
    home = harness or Harness()
    actor = home.start(
        Exits, EXITS, RecordingVenue(), LIMIT, Upkeep(), CAPS, VenueStops(), epoch=epoch
    )
    deliver(actor, BOOTED, PortfolioMoved(a_portfolio("1000", *lots)))
    home.sent.clear()
    return home, actor


def priced(harness: Harness, bid: str, *, age_ns: int = 0, product: ProductId = BTC) -> QuoteMoved:
    at_ns = harness.clock.market_ns() - age_ns
    quote: Quote = a_quote(bid, "200", product=product, at_ns=at_ns)
    return QuoteMoved(quote)


def asked(said: tuple[Any, ...]) -> list[tuple[str, ExitReason]]:
    return [(each.lot, each.reason) for each in of_kind(said, ExitProposed)]


REFUSED = ProposalRefused(
    Purpose.EXIT,
    "breakout",
    BTC,
    Side.SELL,
    (Refusal(reason=Reason("killed"), observed="drill", limit="no kill"),),
    "lot-1",
)


def ended(number: int, state: OrderState, reason: str) -> tuple[Any, ...]:
    """Return what is heard of a sale that ends so."""
    order = selling(number=number)
    moved = evolve(a_moved(order, state), reason=reason)
    return IntentRaised(order), a_moved(order, OrderState.PENDING_SUBMIT), moved


ANSWERS: dict[str, Callable[[int], tuple[Any, ...]]] = {
    "refused": lambda _: (REFUSED,),
    "rejected": lambda number: ended(number, OrderState.REJECTED, "INSUFFICIENT_FUND"),
    "void": lambda number: ended(number, OrderState.VOID, f"receipt is {number} ms old"),
    "unanswered": lambda _: (),
    "on its way": lambda number: ended(number, OrderState.REJECTED, "")[:2],
}
HINDRANCES = {
    "refused": "killed: drill",
    "rejected": "the venue rejects the sale: INSUFFICIENT_FUND",
    "void": "never reached the venue",
    "unanswered": "has no outcome yet",
    "on its way": "has no outcome yet",
}


def selling(lot: str = "lot-1", number: int = 1) -> OrderIntent:
    return an_intent(approved_sale(lot), number)


@pytest.mark.req("X6", "PROT1")
@pytest.mark.parametrize(
    ("bid", "reason"),
    [("97.01", None), (AT_STOP, "stop"), ("107.99", None), (AT_TARGET, "target")],
)
def test_a_lot_is_sold_at_its_stop_and_its_target_and_not_before(
    bid: str, reason: str | None
) -> None:
    harness, actor = watching(a_held())

    said = deliver(actor, priced(harness, bid))

    assert asked(said) == ([] if reason is None else [("lot-1", reason)])
    for each in of_kind(said, ExitProposed):
        assert (each.product, each.quantity, each.bid) == (BTC, Decimal(2), Decimal(bid))


@pytest.mark.req("X6")
def test_a_quote_judges_the_lots_of_its_product_only() -> None:
    other = a_held(2, product=ETH)
    harness, actor = watching(a_held(), other)

    said = deliver(actor, priced(harness, AT_STOP, product=ETH))

    assert asked(said) == [("lot-2", ExitReason.STOP)]


@pytest.mark.req("X6", "ST1")
@pytest.mark.parametrize("bid", [AT_STOP, AT_TARGET])
def test_a_price_from_before_a_gap_decides_nothing(bid: str) -> None:
    harness, actor = watching(a_held())

    assert asked(deliver(actor, priced(harness, bid, age_ns=LIMIT + 1))) == []
    assert asked(deliver(actor, priced(harness, bid, age_ns=LIMIT))) != []


@pytest.mark.req("X6", "ST1")
def test_a_price_that_grows_old_while_it_is_watched_decides_nothing_any_more() -> None:
    harness, actor = watching(a_held())
    deliver(actor, priced(harness, FINE))
    falls = evolve(a_held(), stop_price=Price(Decimal("100.5")))

    harness.pass_time(actor, LIMIT + CHECK_EVERY_NS)
    deliver(actor, PortfolioMoved(a_portfolio("1000", falls)))

    assert asked(harness.pass_time(actor, 3 * CHECK_EVERY_NS)) == []


@pytest.mark.req("X6")
def test_the_longest_hold_ends_also_on_an_old_price() -> None:
    harness, actor = watching(a_held(expires_ns=Nanos(START_NS + 10 * SECOND)))
    deliver(actor, priced(harness, FINE))

    assert asked(harness.pass_time(actor, 9 * SECOND)) == []
    assert asked(harness.pass_time(actor, SECOND)) == [("lot-1", ExitReason.MAX_HOLD)]


@pytest.mark.req("X6")
def test_without_any_price_nothing_is_proposed() -> None:
    harness, actor = watching(a_held(expires_ns=Nanos(START_NS)))

    assert harness.pass_time(actor, 5 * SECOND) == ()


@pytest.mark.req("X6")
def test_a_second_try_waits_until_the_first_has_had_its_time() -> None:
    harness, actor = watching(a_held())
    first = deliver(actor, *(priced(harness, AT_STOP) for _ in range(50)))
    harness.pass_time(actor, FIRST_WAIT_NS - 1)
    early = deliver(actor, priced(harness, AT_STOP))
    harness.pass_time(actor, 1)

    assert (len(asked(first)), asked(early)) == (1, [])
    assert len(asked(tuple(harness.bodies()))) == 2


@pytest.mark.req("X6")
def test_while_an_order_sells_the_lot_nothing_else_is_proposed() -> None:
    harness, actor = watching(a_held())
    order = selling()
    deliver(actor, priced(harness, AT_STOP), IntentRaised(order))
    deliver(actor, a_moved(order, OrderState.OPEN))
    harness.sent.clear()

    for _ in range(ORDER_LIFE_NS // SECOND - 1):
        harness.pass_time(actor, SECOND)
        deliver(actor, priced(harness, AT_STOP))

    assert asked(tuple(harness.bodies())) == []
    harness.pass_time(actor, SECOND)
    assert len(asked(tuple(harness.bodies()))) == 1


@pytest.mark.req("X6", "PROT1")
@pytest.mark.parametrize("filled", ["0", "1"])
@pytest.mark.parametrize("end", sorted(TERMINAL))
def test_after_an_order_that_has_ended_the_rest_is_proposed_within_a_second(
    end: OrderState, filled: str
) -> None:
    harness, actor = watching(a_held())
    order = selling()
    deliver(actor, priced(harness, AT_STOP), IntentRaised(order))
    deliver(actor, a_moved(order, OrderState.OPEN))

    deliver(actor, a_moved(order, end, filled))
    harness.pass_time(actor, FIRST_WAIT_NS)

    assert len(harness.bodies(ExitProposed)) == 2


# Tries that come to nothing.


@pytest.mark.req("X6", "PAC")
@pytest.mark.parametrize("how", ["refused", "rejected", "void", "unanswered"])
def test_tries_that_come_to_nothing_are_further_and_further_apart(how: str) -> None:
    harness, actor = watching(a_held())
    at_s: list[int] = []

    said = deliver(actor, priced(harness, AT_STOP))
    for second in range(200):
        for _ in asked(said):
            at_s.append(second)
            deliver(actor, *ANSWERS[how](len(at_s)))
        said = harness.pass_time(actor, SECOND) + deliver(actor, priced(harness, AT_STOP))

    assert at_s == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    assert LONGEST_WAIT_NS == 60 * SECOND


@pytest.mark.req("X6")
@pytest.mark.parametrize(
    ("change", "is_tried"),
    [("nothing", False), ("noise", False), ("price", True), ("flags", True), ("quantity", True)],
)
def test_what_may_let_a_sale_succeed_begins_the_tries_anew(change: str, is_tried: bool) -> None:
    harness, actor = watching(a_held())
    said = deliver(actor, priced(harness, AT_STOP))
    for number in range(75):
        for _ in asked(said):
            deliver(actor, *ANSWERS["rejected"](number))
        said = harness.pass_time(actor, SECOND) + deliver(actor, priced(harness, AT_STOP))
    harness.sent.clear()

    bid = {"noise": "96.9", "price": "96"}.get(change, AT_STOP)
    if change == "flags":
        deliver(actor, ProductsChanged((a_product(flags=ProductFlags(limit_only=True)),)))
    if change == "quantity":
        deliver(actor, PortfolioMoved(a_portfolio("1000", a_held(quantity="1"))))

    assert bool(asked(deliver(actor, priced(harness, bid)))) is is_tried


@pytest.mark.req("X6", "PAC")
def test_prices_that_jump_about_cause_at_most_a_try_a_second() -> None:
    harness, actor = watching(a_held())

    for number in range(100):
        bid = (AT_STOP, "90")[number % 2]
        for _ in asked(deliver(actor, priced(harness, bid))):
            deliver(actor, *ANSWERS["rejected"](number))
        harness.pass_time(actor, SECOND // 10)

    assert len(harness.bodies(ExitProposed)) <= 11


@pytest.mark.req("X6")
def test_the_end_of_a_sale_from_before_a_restart_brings_the_next_try_forward() -> None:
    harness, actor = watching(a_held())
    said = deliver(actor, priced(harness, AT_STOP))
    for _ in range(20):
        for _ in asked(said):
            deliver(actor, *ANSWERS["refused"](1))
        said = harness.pass_time(actor, SECOND) + deliver(actor, priced(harness, AT_STOP))
    harness.sent.clear()

    deliver(actor, a_moved(selling(number=7), OrderState.VOID))
    harness.pass_time(actor, FIRST_WAIT_NS)

    assert asked(tuple(harness.bodies())) == [("lot-1", ExitReason.STOP)]


@pytest.mark.req("X6", "AL1")
@pytest.mark.parametrize("how", ["refused", "rejected", "void", "unanswered", "on its way"])
def test_a_stop_that_cannot_be_done_is_told_within_five_seconds_and_once(how: str) -> None:
    log = KeptLog()
    harness, actor = watching(a_held(), harness=Harness(log=log))
    told_s: list[int] = []

    said = deliver(actor, priced(harness, AT_STOP))
    for second in range(100):
        for _ in asked(said):
            deliver(actor, *ANSWERS[how](second))
        said = harness.pass_time(actor, SECOND) + deliver(actor, priced(harness, AT_STOP))
        if harness.bodies(AlertRaised) and not told_s:
            told_s.append(second)

    (alert,) = harness.bodies(AlertRaised)
    assert told_s[0] < 5
    assert (alert.severity, alert.code) == (Severity.CRITICAL, "EXIT_HINDERED")
    assert "lot-1" in alert.what
    assert HINDRANCES[how] in alert.what
    assert alert.owned == "2 BTC, 194.00 USD at the last bid"
    assert alert.command.startswith("python run.py ")
    assert log.of("critical") == [], "who writes the alert says it"
    assert len(log.of("warning")) <= 1
    assert len(harness.bodies(ExitHindered)) <= 1


@pytest.mark.req("X6")
def test_a_target_that_cannot_be_done_is_a_warning_and_turns_critical_with_the_stop() -> None:
    harness, actor = watching(a_held())

    for bid in (AT_TARGET, AT_STOP):
        for _ in range(6):
            if asked(deliver(actor, priced(harness, bid))):
                deliver(actor, *ANSWERS["refused"](1))
            harness.pass_time(actor, SECOND)

    severities = [alert.severity for alert in harness.bodies(AlertRaised)]
    assert severities == [Severity.WARNING, Severity.CRITICAL]


@pytest.mark.req("X6")
def test_a_stop_that_is_done_in_time_is_no_alert() -> None:
    harness, actor = watching(a_held())
    deliver(actor, priced(harness, AT_STOP), IntentRaised(selling()))
    harness.pass_time(actor, ESCALATE_AFTER_NS - 1)

    deliver(actor, a_moved(selling(), OrderState.FILLED, "2"))
    deliver(actor, PortfolioMoved(a_portfolio("1000")))
    harness.pass_time(actor, 10 * SECOND)

    assert harness.bodies(AlertRaised) == []


def test_a_hindrance_is_taken_back_when_nothing_is_due_any_more_or_the_lot_is_gone() -> None:
    for end in ("recovers", "gone"):
        harness, actor = watching(a_held())
        deliver(actor, priced(harness, AT_STOP), *ANSWERS["refused"](1))
        if end == "recovers":
            deliver(actor, priced(harness, FINE))
        else:
            deliver(actor, PortfolioMoved(a_portfolio("1000")))

        told = [each.hindrance for each in harness.bodies(ExitHindered)]
        assert told == ["killed: drill", None]


# Dust.


@pytest.mark.req("X5", "X6")
@pytest.mark.parametrize(
    "product",
    [
        {"quote_min": Decimal(1000)},
        {"base_min": Decimal(3)},
        {"base_increment": Decimal(5)},
    ],
    ids=["worth too little", "too few", "below a step"],
)
def test_a_lot_below_the_minimum_is_parked_and_listed_once(product: dict[str, Any]) -> None:
    harness, actor = watching(a_held())
    deliver(actor, ProductsChanged((a_product(**product),)))

    for second in range(100):
        deliver(actor, priced(harness, f"{96 - second / 100:.2f}"))
        harness.pass_time(actor, SECOND)

    assert harness.bodies(ExitProposed) == []
    (hindered,) = harness.bodies(ExitHindered)
    assert (hindered.lot, hindered.is_dust) == ("lot-1", True)
    (alert,) = harness.bodies(AlertRaised)
    assert (alert.code, alert.severity) == ("DUST", Severity.WARNING)
    assert "lot-1" in alert.what


@pytest.mark.req("X5", "X6")
def test_dust_is_sold_when_it_can_be() -> None:
    harness, actor = watching(a_held(target_price=Price(Decimal(100))))
    deliver(actor, ProductsChanged((a_product(quote_min=Decimal(300)),)))
    deliver(actor, priced(harness, "101"))
    assert asked(tuple(harness.bodies())) == []

    said = deliver(actor, priced(harness, "150"))

    assert asked(said) == [("lot-1", ExitReason.TARGET)]
    assert [each.hindrance for each in of_kind(said, ExitHindered)] == [None]


# Without offers, without a price.


@pytest.mark.req("X6")
def test_a_stop_is_done_by_the_bid_of_a_book_without_offers() -> None:
    harness, actor = watching(a_held())
    now_ns = harness.clock.market_ns()

    said = deliver(
        actor,
        FeedStalled(BTC, "nobody offers", Nanos(0)),
        BidMoved(BTC, Price(Decimal("96.5")), now_ns, now_ns),
    )

    assert asked(said) == [("lot-1", ExitReason.STOP)]


def test_a_quote_that_was_overtaken_by_a_newer_bid_is_not_judged_by() -> None:
    harness, actor = watching(a_held())
    now_ns = harness.clock.market_ns()
    older = priced(harness, FINE, age_ns=SECOND)
    deliver(actor, BidMoved(BTC, Price(Decimal("96.5")), now_ns, now_ns), older)

    harness.pass_time(actor, FIRST_WAIT_NS)

    assert len(harness.bodies(ExitProposed)) == 2


@pytest.mark.req("ST1", "X6")
@pytest.mark.parametrize("how", ["gone", "silent", "never"])
def test_a_lot_without_a_price_is_told_within_seconds_and_once(how: str) -> None:
    log = KeptLog()
    harness, actor = watching(a_held(), harness=Harness(log=log))
    if how != "never":
        deliver(actor, priced(harness, FINE))
    if how == "gone":
        deliver(actor, FeedStalled(BTC, "nobody bids or offers", Nanos(0)))

    harness.pass_time(actor, 3 * SECOND - 1 if how == "gone" else LIMIT)
    assert harness.bodies(AlertRaised) == []
    harness.pass_time(actor, SECOND)
    (alert,) = harness.bodies(AlertRaised)
    harness.pass_time(actor, 100 * SECOND)

    assert (alert.code, alert.severity) == ("STALENESS", Severity.CRITICAL)
    assert all(word in alert.what for word in (BTC, "lot-1"))
    assert (
        "bought for 202.4 USD" if how == "never" else "200.00 USD at the last bid"
    ) in alert.owned
    assert harness.bodies(AlertRaised) == [alert]
    assert log.of("critical") == [], "who writes the alert says it"


@pytest.mark.req("ST1")
def test_a_price_that_is_old_for_less_than_an_answer_takes_is_no_alert() -> None:
    harness, actor = watching(a_held())
    deliver(actor, priced(harness, FINE))
    for _ in range(10):  # at high speed seconds of the market pass in a moment of the machine
        harness.clock.market += SECOND
        deliver(actor, Check())

    deliver(actor, priced(harness, FINE), Check())
    assert harness.bodies(AlertRaised) == []

    harness.clock.market += 10 * SECOND
    deliver(actor, Check())
    harness.clock.machine += ANSWER_WITHIN_NS + 1
    deliver(actor, Check())
    assert [each.code for each in harness.bodies(AlertRaised)] == ["STALENESS"]


@pytest.mark.req("ST1")
@pytest.mark.parametrize("how", ["bids go on", "recovers"])
def test_a_lot_that_has_a_price_again_is_no_alert(how: str) -> None:
    harness, actor = watching(a_held())
    deliver(actor, priced(harness, FINE), FeedStalled(BTC, "nobody offers", Nanos(0)))
    if how == "recovers":
        deliver(actor, FeedRecovered(BTC))

    for _ in range(20):
        harness.pass_time(actor, SECOND)
        now_ns = harness.clock.market_ns()
        one_sided = BidMoved(BTC, Price(Decimal(100)), now_ns, now_ns)
        deliver(actor, one_sided if how == "bids go on" else priced(harness, FINE))

    assert harness.bodies(AlertRaised) == []


def test_the_end_of_another_order_frees_nothing() -> None:
    harness, actor = watching(a_held())
    deliver(actor, priced(harness, AT_STOP), IntentRaised(selling()))
    entry = an_intent(number=7)

    said = deliver(
        actor,
        IntentRaised(entry),
        a_moved(entry, OrderState.CANCELLED),
        a_moved(selling("lot-9", 9), OrderState.CANCELLED),
        priced(harness, AT_STOP),
    )

    assert asked(said) == []


@pytest.mark.req("X6")
def test_a_lot_that_is_gone_is_not_sold() -> None:
    harness, actor = watching(a_held())

    said = deliver(actor, PortfolioMoved(a_portfolio("1000")), priced(harness, AT_STOP))

    assert asked(said) == []


@pytest.mark.req("X6")
def test_before_the_boot_nothing_is_proposed_and_after_it_at_once() -> None:
    harness = Harness()
    actor = harness.start(Exits, EXITS, RecordingVenue(), LIMIT, Upkeep(), CAPS, VenueStops())
    deliver(actor, PortfolioMoved(a_portfolio("1000", a_held())))

    assert asked(deliver(actor, priced(harness, AT_STOP))) == []
    deliver(actor, BOOTED)
    assert asked(harness.pass_time(actor, CHECK_EVERY_NS)) == [("lot-1", ExitReason.STOP)]


def test_a_second_boot_starts_no_second_clock() -> None:
    harness, actor = watching(a_held())

    deliver(actor, BOOTED)

    assert len(harness.timers) == 1


def test_a_refused_exit_is_told_with_its_reasons() -> None:
    log = KeptLog()
    _, actor = watching(a_held(), harness=Harness(log=log))

    deliver(actor, REFUSED)
    deliver(actor, evolve(REFUSED, purpose=Purpose.ENTRY))

    told = [(each.text, each.fields["product"], each.fields["by"]) for each in log.of("warning")]
    assert told == [("exit hindered", BTC, "killed: drill")]


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_has_proven_itself_when_each_lot_met_a_fresh_quote() -> None:
    harness, actor = watching(a_held(), a_held(2, product=ETH), epoch=2)

    deliver(actor, priced(harness, FINE), priced(harness, FINE, product=ETH, age_ns=LIMIT + 1))
    assert harness.bodies(ActorProven) == []
    deliver(actor, priced(harness, FINE, product=ETH))
    assert len(harness.bodies(ActorProven)) == 1


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_without_lots_has_nothing_to_prove() -> None:
    harness = Harness()
    actor = harness.start(
        Exits, EXITS, RecordingVenue(), LIMIT, Upkeep(), CAPS, VenueStops(), epoch=2
    )
    deliver(actor, BOOTED)
    assert harness.bodies(ActorProven) == []

    deliver(actor, PortfolioMoved(a_portfolio("1000")))

    assert len(harness.bodies(ActorProven)) == 1


@given(st.lists(st.tuples(st.integers(0, 1500), st.sampled_from([FINE, AT_STOP])), max_size=40))
def test_a_lot_is_never_proposed_twice_within_a_second(steps: list[tuple[int, str]]) -> None:
    harness, actor = watching(a_held())
    for wait_ms, bid in steps:
        harness.pass_time(actor, wait_ms * MILLISECOND)
        deliver(actor, priced(harness, bid))

    elapsed_ns = sum(wait for wait, _ in steps) * MILLISECOND
    assert len(harness.bodies(ExitProposed)) <= elapsed_ns // FIRST_WAIT_NS + 1


# What is not at the venue any more.


@pytest.mark.req("REC1", "X6")
def test_of_a_lot_only_what_the_venue_holds_is_tried() -> None:
    harness, actor = watching(a_held(missing=Quantity(Decimal("0.5"))))

    (wanted,) = of_kind(deliver(actor, priced(harness, AT_STOP)), ExitProposed)

    assert wanted.quantity == Decimal("1.5")


@pytest.mark.req("REC1", "X6")
def test_a_lot_that_is_missing_is_not_tried_any_more_and_tried_at_once_when_it_is_back() -> None:
    lot = a_held()
    harness, actor = watching(lot)
    deliver(actor, priced(harness, AT_STOP), *ended(1, OrderState.REJECTED, "INSUFFICIENT_FUND"))
    gone = evolve(lot, missing=lot.quantity)

    deliver(actor, PortfolioMoved(a_portfolio("1000", gone)))
    said = deliver(actor, priced(harness, AT_STOP))
    assert ExitHindered(lot.id, BTC, None, is_dust=False) in said
    assert asked((*said, *harness.pass_time(actor, 2 * LONGEST_WAIT_NS))) == []

    deliver(actor, PortfolioMoved(a_portfolio("1000", lot)))
    assert asked(deliver(actor, priced(harness, AT_STOP))) == [("lot-1", ExitReason.STOP)]


@pytest.mark.req("REC1", "SUP1")
def test_a_lot_that_is_missing_keeps_no_fresh_incarnation_from_its_proof_and_is_not_blind() -> None:
    lot = a_held()
    home = Harness()
    actor = home.start(Exits, EXITS, RecordingVenue(), LIMIT, Upkeep(), CAPS, VenueStops(), epoch=2)
    gone = evolve(lot, missing=lot.quantity)
    deliver(actor, BOOTED, PortfolioMoved(a_portfolio("1000", gone)))

    said = home.pass_time(actor, 10 * SECOND)

    assert of_kind((*home.bodies(), *said), ActorProven)
    assert of_kind(said, AlertRaised) == []


# What a strategy wants out of.


def leave(strategy: str = "breakout", *products: ProductId) -> LeaveProposed:
    return LeaveProposed(strategy, products or (BTC,))


@pytest.mark.req("X6")
def test_a_lot_that_its_strategy_leaves_is_sold_at_once_and_once() -> None:
    harness, actor = watching(a_held())
    deliver(actor, priced(harness, FINE))

    assert asked(deliver(actor, leave(), leave())) == [("lot-1", ExitReason.SIGNAL)]


@pytest.mark.req("X6")
def test_it_stays_left_until_it_is_sold_whatever_the_strategy_says_later() -> None:
    harness, actor = watching(a_held())
    deliver(actor, priced(harness, FINE), leave(), *ended(1, OrderState.REJECTED, "busy"))

    assert asked(harness.pass_time(actor, 10 * SECOND))[:1] == [("lot-1", ExitReason.SIGNAL)]


@pytest.mark.req("X6")
def test_only_lots_of_that_strategy_and_product_that_are_there_are_left() -> None:
    lots = (a_held(1, strategy="other"), a_held(2, product=ETH))
    harness, actor = watching(*lots)
    deliver(actor, priced(harness, FINE), priced(harness, FINE, product=ETH))

    assert deliver(actor, leave()) == ()
    deliver(actor, PortfolioMoved(a_portfolio("1000", *lots, a_held(3))))
    assert asked(deliver(actor, priced(harness, FINE))) == [], "bought after it was left"


@pytest.mark.req("X6", "ST1")
def test_an_old_price_does_not_keep_a_left_lot() -> None:
    harness, actor = watching(a_held())
    deliver(actor, priced(harness, FINE, age_ns=60 * SECOND))

    assert asked(deliver(actor, leave())) == [("lot-1", ExitReason.SIGNAL)]


@pytest.mark.req("X6", "SUP1")
@pytest.mark.parametrize("reason", LEAVING)
def test_a_lot_that_was_left_before_a_death_is_sold_without_another_word(
    reason: ExitReason,
) -> None:
    left, kept = a_held(1, leaving=reason), a_held(2)
    home, actor = watching(left, kept, epoch=2)

    assert asked(deliver(actor, priced(home, FINE))) == [(left.id, reason)]


# A person wants out.


@pytest.mark.req("X6")
def test_what_a_person_closes_is_sold_at_once_whosever_it_is() -> None:
    lots = (a_held(1), a_held(2, strategy="other"), a_held(3, product=ETH))
    harness, actor = watching(*lots)
    deliver(actor, priced(harness, FINE), priced(harness, FINE, product=ETH))

    said = deliver(actor, CloseOrdered(BTC), CloseOrdered(BTC))

    assert asked(said) == [("lot-1", ExitReason.OPERATOR), ("lot-2", ExitReason.OPERATOR)]
    deliver(actor, PortfolioMoved(a_portfolio("1000", *lots, a_held(4))))
    assert asked(deliver(actor, priced(harness, FINE))) == [], "bought after the order"


@pytest.mark.req("X6", "ST1")
def test_an_old_price_does_not_keep_what_a_person_closes() -> None:
    harness, actor = watching(a_held())
    deliver(actor, priced(harness, FINE, age_ns=60 * SECOND), leave())

    said = deliver(actor, *ended(1, OrderState.REJECTED, "busy"), CloseOrdered(BTC))

    assert asked(said) == []
    assert asked(harness.pass_time(actor, 10 * SECOND))[:1] == [("lot-1", ExitReason.OPERATOR)]


# A price that may be wrong (O1).

JUMP = Doubt(DoubtKind.JUMP, "mid moved -12 % in 60 s", "0.4 %", Nanos(START_NS), is_down=True)


def doubted(harness: Harness, bid: str, doubt: Doubt = JUMP) -> QuoteMoved:
    return QuoteMoved(evolve(priced(harness, bid).quote, doubt=doubt))


@pytest.mark.req("O1", "X6")
@pytest.mark.parametrize("bid", [AT_STOP, AT_TARGET])
def test_a_spike_that_nobody_confirms_sells_nothing_and_is_told_once(bid: str) -> None:
    log = KeptLog()
    harness, actor = watching(a_held(), harness=Harness(log=log))

    said = deliver(actor, doubted(harness, bid), doubted(harness, bid))
    assert asked(said) == []
    harness.pass_time(actor, 2 * SECOND)
    deliver(actor, doubted(harness, FINE), doubted(harness, FINE))

    assert harness.bodies(ExitProposed) == []
    (line,) = [each for each in log.of("warning") if "may be wrong" in each.text]
    assert "mid moved -12 % in 60 s, limit 0.4 %" in line.text


@pytest.mark.req("O1", "X6")
def test_a_doubted_price_sells_once_a_second_source_has_shown_it() -> None:
    harness, actor = watching(a_held())
    deliver(actor, doubted(harness, AT_STOP))

    said = deliver(actor, doubted(harness, AT_STOP, evolve(JUMP, is_confirmed=True)))

    assert asked(said) == [("lot-1", ExitReason.STOP)]


@pytest.mark.req("O1", "X6")
def test_a_doubted_price_sells_once_it_has_held_for_three_seconds() -> None:
    harness, actor = watching(a_held())
    deliver(actor, doubted(harness, AT_STOP))
    for _ in range(2):
        harness.pass_time(actor, SECOND)
        assert asked(deliver(actor, doubted(harness, AT_STOP))) == []

    harness.pass_time(actor, SECOND)

    assert [each.reason for each in harness.bodies(ExitProposed)] == [ExitReason.STOP]


@pytest.mark.req("O1", "X6")
def test_spikes_with_a_good_price_between_them_add_up_to_nothing() -> None:
    harness, actor = watching(a_held())

    for _ in range(5):
        deliver(actor, doubted(harness, AT_STOP))
        harness.pass_time(actor, SECOND)
        deliver(actor, doubted(harness, FINE))
        harness.pass_time(actor, SECOND)

    assert harness.bodies(ExitProposed) == []


@pytest.mark.req("O1", "X6")
@pytest.mark.parametrize("kind", [DoubtKind.BAR, DoubtKind.HISTORY])
def test_doubts_that_are_not_about_the_price_hold_up_no_exit(kind: DoubtKind) -> None:
    harness, actor = watching(a_held())

    said = deliver(actor, doubted(harness, AT_STOP, evolve(JUMP, kind=kind)))

    assert asked(said) == [("lot-1", ExitReason.STOP)]


@pytest.mark.req("O1", "X6")
def test_without_a_fresh_price_the_exits_ask_rest_and_sell_by_what_it_shows() -> None:
    harness, venue = Harness(), RecordingVenue()
    actor = harness.start(Exits, EXITS, venue, LIMIT, Upkeep(), CAPS, VenueStops())
    other = a_held(2, product=ETH)
    deliver(actor, BOOTED, PortfolioMoved(a_portfolio("1000", a_held(), other)))
    deliver(actor, priced(harness, FINE), priced(harness, FINE, product=ETH))
    harness.pass_time(actor, 4 * SECOND)
    deliver(actor, priced(harness, FINE, product=ETH))
    assert venue.named("list_quotes") == []

    harness.pass_time(actor, 2 * SECOND)
    (call,) = venue.named("list_quotes")
    assert call.about["products"] == (BTC,), "the other has a fresh one"
    fallen = priced(harness, AT_STOP).quote
    said = deliver(actor, QuotesListed(call.token, (fallen,), None))

    assert asked(said) == [("lot-1", ExitReason.STOP)]


@pytest.mark.req("O1")
def test_a_failed_reading_is_asked_again_and_what_nobody_owns_is_not_asked_for() -> None:
    harness, venue = Harness(), RecordingVenue()
    actor = harness.start(Exits, EXITS, venue, LIMIT, Upkeep(), CAPS, VenueStops())
    deliver(actor, BOOTED, PortfolioMoved(a_portfolio("1000")), priced(harness, FINE))
    harness.pass_time(actor, 20 * SECOND)
    assert venue.calls == []

    deliver(actor, PortfolioMoved(a_portfolio("1000", a_held())))
    harness.pass_time(actor, SECOND)
    deliver(actor, QuotesListed(venue.last("list_quotes").token, (), "HTTP 503"))
    harness.pass_time(actor, SECOND)

    assert len(venue.named("list_quotes")) == 2


# Left to the venue.


@pytest.mark.req("PROT1", "X6")
@pytest.mark.parametrize("state", [OrderState.OPEN, OrderState.PARTIALLY_FILLED])
def test_a_stop_is_left_to_the_order_at_the_venue_for_three_seconds(state: OrderState) -> None:
    harness, actor = watching(a_held())
    stop = an_intent(approved_stop("lot-1"), 7)
    deliver(actor, IntentRaised(stop), a_moved(stop, state))

    said = deliver(actor, priced(harness, AT_STOP))
    said += harness.pass_time(actor, VENUE_SELLS_WITHIN_NS - 1)
    assert asked(said) == []

    deliver(actor, priced(harness, AT_STOP))
    assert asked(harness.pass_time(actor, CHECK_EVERY_NS)) == [("lot-1", ExitReason.STOP)]


@pytest.mark.req("PROT1", "X6")
@pytest.mark.parametrize(
    ("bid", "state"),
    [
        (AT_STOP, OrderState.PENDING_SUBMIT),
        (AT_STOP, OrderState.UNKNOWN),
        (AT_STOP, OrderState.CANCELLED),
        (AT_TARGET, OrderState.OPEN),
    ],
)
def test_nothing_else_waits_for_the_order_at_the_venue(bid: str, state: OrderState) -> None:
    harness, actor = watching(a_held())
    stop = an_intent(approved_stop("lot-1"), 7)
    deliver(actor, IntentRaised(stop), a_moved(stop, state))

    assert len(asked(deliver(actor, priced(harness, bid)))) == 1
