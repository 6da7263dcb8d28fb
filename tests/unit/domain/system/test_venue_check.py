"""How each step of a check is judged, and what is typed next."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from domain.messages.market import HeartbeatSeen
from domain.messages.venue import (
    AccountsListed,
    CandlesListed,
    FeesRead,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
)
from domain.model.instants import DAY, MILLISECOND, MINUTE, Nanos
from domain.model.money import Rate
from domain.model.product import ProductFlags, ProductId
from domain.system.drift import ClockReading
from domain.system.key_age import key_age
from domain.system.venue_check import (
    LONGEST,
    CheckedStep,
    StepResult,
    StreamWatch,
    accounts_step,
    candle_step,
    chosen_product,
    clock_step,
    exit_code,
    failed,
    fees_step,
    key_step,
    orders_step,
    passed,
    portfolio_step,
    preview_step,
    products_step,
    refused,
    rights_step,
    skipped,
)
from tests.builders.messages import BTC, NOW, a_product, a_seen, an_intent, an_unread
from tests.fakes.asked_venue import PORTFOLIO, a_balance, a_book, a_frame

LIMIT = 150 * MILLISECOND
GOOD = PermissionsRead(0, True, True, False, PORTFOLIO, None)
ETH = ProductId("ETH-USD")


def judged(finding: CheckedStep) -> tuple[StepResult, str]:
    return finding.verdict, finding.found


@pytest.mark.req("TIME1")
@pytest.mark.parametrize(
    ("reading", "verdict", "told"),
    [
        (
            ClockReading(149 * MILLISECOND, "the venue"),
            StepResult.OK,
            "149.0 ms ahead by the venue",
        ),
        (ClockReading(-150 * MILLISECOND, "the venue"), StepResult.FAILED, "150.0 ms behind"),
        (ClockReading(None, "", ("pool: no answer",)), StepResult.FAILED, "pool: no answer"),
    ],
)
def test_the_clock_is_judged_by_the_limit_of_trading(
    reading: ClockReading, verdict: StepResult, told: str
) -> None:
    found = clock_step(reading, LIMIT)

    assert found.verdict is verdict
    assert told in found.found
    assert found.expected == "less than 150 ms off"
    assert ("timedatectl" in found.mend) is (verdict is StepResult.FAILED and bool(reading.source))


def test_the_catalogue_has_to_have_something_in_our_currency() -> None:
    closed = a_product("ETH-USD", flags=ProductFlags(trading_disabled=True))
    listed = ProductsListed(0, (a_product(), closed), True, None)

    assert judged(products_step(listed, "USD")) == (StepResult.OK, "2 products, 1 open in USD")
    assert products_step(listed, "EUR").verdict is StepResult.FAILED
    broken = products_step(evolve(listed, failure="HTTP 503 Back soon"), "USD")
    assert judged(broken) == (StepResult.FAILED, "HTTP 503 Back soon")


def test_btc_is_looked_at_else_what_is_traded_most() -> None:
    small = a_product("ETH-USD", volume_24h=Decimal(5))
    large = a_product("SOL-USD", volume_24h=Decimal(9))
    unknown = a_product("ADA-USD", volume_24h=None)
    gone = a_product("GONE-USD", flags=ProductFlags(status="delisted"), volume_24h=Decimal(99))

    assert chosen_product((small, a_product(), large), "USD") == a_product()
    assert chosen_product((small, unknown, large, gone), "USD") == large
    assert chosen_product((small,), "EUR") is None


def test_a_candle_is_there_or_not() -> None:
    none = CandlesListed(0, BTC, Nanos(MINUTE), (), True, None)

    assert candle_step(none).verdict is StepResult.FAILED
    assert judged(candle_step(evolve(none, failure="no answer")))[1] == "no answer"


def test_a_stream_is_well_when_two_beats_and_a_book_were_heard() -> None:
    watch = StreamWatch(BTC)

    assert watch.hear(a_frame(0, HeartbeatSeen(1), a_book(product=ETH))) is None
    assert watch.hear(a_frame(1, a_book("101", "100"))) is None, "crossed"
    assert watch.hear(a_frame(2, HeartbeatSeen(2))) is None, "no book of ours"
    found = watch.hear(a_frame(3, a_book()))
    assert found is not None
    assert judged(found) == (StepResult.OK, "4 frames, 2 heartbeats, BTC-USD at 100.00 / 101.00")


def test_a_stream_that_breaks_off_says_what_was_missing() -> None:
    found = StreamWatch(BTC).broken("sequence gap: expected 1, was 3")

    assert found.verdict is StepResult.FAILED
    assert found.found == (
        "sequence gap: expected 1, was 3; 0 frames, 0 heartbeats, no book of BTC-USD"
    )


@pytest.mark.req("SEC2")
@pytest.mark.parametrize(
    ("days", "verdict"),
    [(1, StepResult.OK), (83, StepResult.NOTED), (91, StepResult.FAILED), (None, StepResult.NOTED)],
)
def test_a_key_is_judged_by_its_age(days: int | None, verdict: StepResult) -> None:
    made_ns = None if days is None else Nanos(NOW - days * DAY)
    found = key_step("organizations/o/apiKeys/k", "the environment", "ES256", key_age(made_ns, NOW))

    assert found.verdict is verdict
    assert bool(found.mend) is (verdict is not StepResult.OK)


@pytest.mark.req("M1")
@pytest.mark.parametrize(
    ("changes", "verdict", "told"),
    [
        ({}, StepResult.OK, "view and trade"),
        ({"can_transfer": True}, StepResult.REFUSED, "may move money out of the account"),
        ({"can_trade": False}, StepResult.REFUSED, "may not trade"),
        ({"can_view": False}, StepResult.REFUSED, "may not view"),
        ({"portfolio_uuid": ""}, StepResult.REFUSED, "no portfolio"),
        ({"failure": "HTTP 503"}, StepResult.FAILED, "HTTP 503"),
    ],
)
def test_only_a_key_that_may_view_and_trade_passes(
    changes: dict[str, Any], verdict: StepResult, told: str
) -> None:
    found = rights_step(evolve(GOOD, **changes))

    assert found.verdict is verdict
    assert told in found.found
    assert bool(found.mend) is (verdict is not StepResult.OK)


@pytest.mark.parametrize(
    ("failure", "typed"),
    [("HTTP 401: the venue does not accept the key", "secrets check"), ("HTTP 503", "venue-check")],
)
def test_a_key_that_is_not_accepted_is_looked_at_and_an_outage_waited_for(
    failure: str, typed: str
) -> None:
    assert typed in rights_step(evolve(GOOD, failure=failure)).mend


@pytest.mark.req("M1")
def test_the_portfolio_is_the_one_of_the_configuration_if_that_names_one() -> None:
    other = PORTFOLIO.replace("1b", "2b")

    assert portfolio_step(GOOD, PORTFOLIO).verdict is StepResult.OK
    assert portfolio_step(GOOD, None).verdict is StepResult.OK
    found = portfolio_step(GOOD, other)
    assert judged(found) == (
        StepResult.REFUSED,
        f"the key belongs to portfolio {PORTFOLIO}, not {other}",
    )


@pytest.mark.req("CASH1")
@pytest.mark.parametrize(
    ("held", "verdict", "told"),
    [
        ({"USD": "800", "BTC": "1"}, StepResult.OK, "800.00 USD of 2 wallets"),
        ({"USD": "0", "USDC": "5"}, StepResult.NOTED, "0.00 USD of 2 wallets, 5.00 USDC"),
        ({"USD": "0"}, StepResult.NOTED, "0.00 USD"),
        ({"USDC": "5"}, StepResult.FAILED, "no USD wallet, but USDC"),
        ({}, StepResult.FAILED, "no USD wallet"),
    ],
)
def test_the_wallet_that_pays_is_named_and_where_the_money_is_else(
    held: dict[str, str], verdict: StepResult, told: str
) -> None:
    balances = tuple(a_balance(*each) for each in held.items())
    found = accounts_step(AccountsListed(0, balances, True, None), "USD")

    assert found.verdict is verdict
    assert told in found.found
    assert bool(found.mend) is (verdict is not StepResult.OK)


def test_money_in_the_other_wallet_names_the_setting() -> None:
    balances = (a_balance("USDC", "0"), a_balance("USD", "7"))
    found = accounts_step(AccountsListed(0, balances, True, None), "USDC")

    assert "set app.quote to USD" in found.mend


@pytest.mark.req("E2")
def test_lists_that_failed_or_are_not_whole_are_no_lists() -> None:
    orders = OrdersListed(0, (), False, Nanos(0), "the venue repeats a page")

    assert accounts_step(AccountsListed(0, (), False, "HTTP 500"), "USD").found == "HTTP 500"
    assert judged(orders_step(orders)) == (StepResult.FAILED, "the venue repeats a page")
    assert orders_step(evolve(orders, failure=None)).verdict is StepResult.FAILED


def test_open_orders_are_named_and_what_was_left_out_is_said() -> None:
    seen = a_seen(an_intent())
    listed = OrdersListed(0, (seen,) * 5, True, Nanos(0), None)

    assert orders_step(listed).found == (
        "5 open orders: BUY BTC-USD OPEN, BUY BTC-USD OPEN, BUY BTC-USD OPEN, 2 more"
    )
    odd = orders_step(evolve(listed, orders=(), unread=(an_unread(),)))
    assert (odd.verdict, odd.mend) == (StepResult.NOTED, "1 order left out")


def test_fees_are_both_there_or_not_known() -> None:
    rates = FeesRead(0, Rate(Decimal("0.006")), Rate(Decimal("0.012")), None)

    assert judged(fees_step(rates)) == (StepResult.OK, "maker 0.60 %, taker 1.20 %")
    assert fees_step(evolve(rates, taker=None)).verdict is StepResult.FAILED


def test_a_preview_passes_without_a_reason_against_it() -> None:
    assert preview_step("a buy", ()).verdict is StepResult.OK
    assert preview_step("a buy", ("PREVIEW_INSUFFICIENT_FUND",)).verdict is StepResult.FAILED


def test_a_gate_outweighs_a_failure_and_notes_cost_nothing() -> None:
    well = [passed("a", "", ""), passed("b", "", "", note="look"), skipped("c", "", "")]

    assert exit_code([]) == exit_code(well) == 0
    assert exit_code([*well, failed("d", "", "")]) == 1
    assert exit_code([failed("d", "", ""), refused("e", "", "", ""), *well]) == 4


def test_what_a_stranger_says_is_one_short_line_without_controls() -> None:
    found = failed("a", "", "\x1b[2J\u202eevil\r\nok all well" + "x" * 10**6)

    assert found.found.startswith("[2J evil ok all well")
    assert found.found.isprintable()
    assert len(found.found) == LONGEST
