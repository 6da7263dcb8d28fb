"""Exits: a lot whose stop, target or time is reached is proposed for sale, once at a time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.kernel.topology import EXITS
from actors.trading.exits import BUSY_NS, CHECK_EVERY_NS, RETRY_NS, Exits
from domain.messages.decisions import ExitProposed, ProposalRefused
from domain.messages.market import QuoteMoved
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import PortfolioMoved
from domain.messages.supervision import ActorProven, BootCompleted
from domain.model.approval import ExitReason, Purpose, Reason, Refusal
from domain.model.instants import HOUR, MILLISECOND, SECOND, Nanos
from domain.model.market import Quote
from domain.model.money import Price
from domain.model.orders import TERMINAL, OrderIntent, OrderState
from domain.model.portfolio import Lot
from domain.model.product import ProductId, Side
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
)
from tests.fakes.log import KeptLog

LIMIT = Nanos(5 * SECOND)
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
    actor = home.start(Exits, EXITS, LIMIT, epoch=epoch)
    deliver(actor, BOOTED, PortfolioMoved(a_portfolio("1000", *lots)))
    home.sent.clear()
    return home, actor


def priced(harness: Harness, bid: str, *, age_ns: int = 0, product: ProductId = BTC) -> QuoteMoved:
    at_ns = harness.clock.market_ns() - age_ns
    quote: Quote = a_quote(bid, "200", product=product, at_ns=at_ns)
    return QuoteMoved(quote)


def asked(said: tuple[Any, ...]) -> list[tuple[str, ExitReason]]:
    return [(each.lot, each.reason) for each in of_kind(said, ExitProposed)]


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
    harness.pass_time(actor, RETRY_NS - 1)
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

    for _ in range(BUSY_NS // SECOND - 1):
        harness.pass_time(actor, SECOND)
        deliver(actor, priced(harness, AT_STOP))

    assert asked(tuple(harness.bodies())) == []
    harness.pass_time(actor, SECOND)
    assert len(asked(tuple(harness.bodies()))) == 1


@pytest.mark.req("X6", "PROT1")
@pytest.mark.parametrize("end", sorted(TERMINAL))
def test_after_an_order_that_has_ended_the_rest_is_proposed_at_once(end: OrderState) -> None:
    harness, actor = watching(a_held())
    order = selling()
    deliver(actor, priced(harness, AT_STOP), IntentRaised(order))
    deliver(actor, a_moved(order, OrderState.OPEN))

    said = deliver(actor, a_moved(order, end), priced(harness, AT_STOP))

    assert asked(said) == [("lot-1", ExitReason.STOP)]


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
    actor = harness.start(Exits, EXITS, LIMIT)
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
    refusal = Refusal(reason=Reason("killed"), observed="drill", limit="no kill")
    exit_refused = ProposalRefused(Purpose.EXIT, "breakout", BTC, Side.SELL, (refusal,))

    deliver(actor, exit_refused)
    deliver(actor, evolve(exit_refused, purpose=Purpose.ENTRY))

    told = [(each.text, each.fields["product"], each.fields["reasons"]) for each in log.of("error")]
    assert told == [("exit refused", BTC, "killed: drill")]


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
    actor = harness.start(Exits, EXITS, LIMIT, epoch=2)
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
    assert len(harness.bodies(ExitProposed)) <= elapsed_ns // RETRY_NS + 1
