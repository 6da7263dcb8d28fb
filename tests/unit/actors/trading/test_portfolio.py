"""The portfolio: books, value, and loss limits that halt, latched, at the cycle that finds them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as some

from actors.trading.portfolio import LOOK_EVERY_NS, PUBLISH_EVERY_NS, Portfolio, PortfolioState
from domain.messages.control import SyncRequested
from domain.messages.decisions import RoundJudged
from domain.messages.market import QuoteMoved
from domain.messages.portfolio import (
    CashFlowSeen,
    EquityMarked,
    LedgerReported,
    LossesMeasured,
    MinutesMarked,
    MinutesPassed,
    PortfolioMoved,
    StatementTaken,
)
from domain.messages.supervision import (
    ActorProven,
    ActorRestarted,
    BootCompleted,
    BreakerReset,
    ProductsChanged,
)
from domain.model.bids import BidColumn
from domain.model.breakers import GLOBAL, Effect
from domain.model.instants import DAY, HOUR, MINUTE, SECOND, Nanos
from domain.model.money import ZERO, Amount, Price
from domain.model.portfolio import AccountBalance
from domain.portfolio.losses import EquityMark, LossLimits
from tests.builders.harness import START_NS, Harness, deliver, of_kind
from tests.builders.messages import (
    BTC,
    MAKER,
    TAKER,
    a_breaker,
    a_product,
    a_quote,
    an_intent,
    approved_sale,
    booked,
)

LIMITS = LossLimits(
    daily_pct=Decimal(3),
    weekly_pct=Decimal(6),
    drawdown_pct=Decimal(10),
    max_daily_loss_usd=Amount(Decimal(500)),
)
QUOTE_LIMIT = Nanos(5 * SECOND)
BOOT = BootCompleted((a_product(),), MAKER, TAKER, is_clean=True)
ENTRY = an_intent()
"""Two coins at 100, fee 1.2."""


def usd(amount: str | int) -> Amount:
    return Amount(Decimal(amount))


def statement(total: str = "10000") -> StatementTaken:
    return StatementTaken("start", (AccountBalance("USD", Decimal(total), ZERO),))


def judged(cycle: int = 1) -> RoundJudged:
    return RoundJudged(cycle, Nanos(0), (), (), ())


def bid(price: str) -> QuoteMoved:
    return QuoteMoved(a_quote(price, str(Decimal(price) + 1)))


class Case:
    """A portfolio that has booted with 10,000 USD."""

    def __init__(
        self,
        limits: LossLimits = LIMITS,
        marks: tuple[EquityMark, ...] = (),
        total: str = "10000",
        epoch: int = 1,
        latched: tuple[str, ...] = (),
        *,
        boots: bool = True,
    ) -> None:
        self.harness = Harness()
        for name in latched:
            self.harness.board.trip(a_breaker(Effect.HALT, name=name, is_latched=True))
        state = PortfolioState("USD", None, None, marks)
        self.actor = self.harness.start(
            Portfolio, "portfolio", state, limits, QUOTE_LIMIT, epoch=epoch
        )
        if boots:
            self.boot(total)

    def boot(self, total: str = "10000") -> None:
        self.tell(statement(total), BOOT)

    def tell(self, *messages: Any) -> tuple[Any, ...]:
        return deliver(self.actor, *messages)

    def bid(self, price: str) -> QuoteMoved:
        """Return a price of now."""
        return QuoteMoved(
            a_quote(price, str(Decimal(price) + 1), at_ns=self.harness.clock.market_ns())
        )

    def equity_after(self, wait_ns: int) -> Amount | None:
        """Return what the next cycle shows after a while."""
        self.harness.pass_time(self.actor, wait_ns)
        return of_kind(self.tell(judged()), EquityMarked)[-1].nlv

    def flow(self, amount: str) -> None:
        self.tell(CashFlowSeen("USD", usd(amount), "deposit"))

    def mark(self) -> list[str]:
        """Let a cycle pass; return the breakers that are open then."""
        self.tell(judged())
        return [each.name for each in self.harness.trips()]

    def earn(self, amount: str) -> None:
        """Earn or lose that much, at once: a coin bought and sold at prices that differ by it."""
        number = self.harness.number()
        entry = an_intent(number=number)
        sale = an_intent(approved_sale(entry.client_order_id, "1"), number + 1_000)
        price = Price(Decimal(5_000) + Decimal(amount))
        bought = booked(entry, "1", price=Price(Decimal(5_000)), fee=usd(0))
        self.tell(bought, booked(sale, "1", price=price, fee=usd(0)))


# Books.


@pytest.mark.req("X4")
def test_a_fill_booked_twice_counts_once() -> None:
    case = Case()
    case.tell(bid("100"))

    once = of_kind(case.tell(booked(ENTRY)), PortfolioMoved)[-1]
    twice = of_kind(case.tell(booked(ENTRY)), PortfolioMoved)[-1]

    assert twice.view == once.view
    assert once.view.cash == Decimal("9798.8")
    assert [lot.quantity for lot in once.view.lots] == [2]


def test_a_fill_before_the_opening_statement_ends_the_actor() -> None:
    harness = Harness()
    state = PortfolioState("USD", None, None, ())
    actor = harness.start(Portfolio, "portfolio", state, LIMITS, QUOTE_LIMIT)

    with pytest.raises(Exception, match="before the opening statement"):
        deliver(actor, booked(ENTRY))
    assert max(each.effect for each in harness.trips()) == Effect.HALT


def test_it_answers_a_sync_with_its_books_and_a_fresh_incarnation_has_proven_itself_by_that() -> (
    None
):
    case = Case(epoch=2)
    case.tell(booked(ENTRY))

    books, proven = case.tell(SyncRequested(7))

    assert isinstance(books, LedgerReported)
    assert (books.actor, books.token, books.is_open) == ("portfolio", 7, True)
    assert books.cash == usd("9798.8")
    assert [(lot.product, lot.quantity) for lot in books.lots] == [(BTC, Decimal(2))]
    assert books.coins == {"BTC": Decimal(2)}
    assert proven == ActorProven("portfolio", 2, "its books were compared")


def test_new_price_steps_count_for_the_next_lot() -> None:
    case = Case()
    case.tell(ProductsChanged((a_product(price_increment=Decimal(5)),)))

    (moved,) = case.tell(booked(ENTRY))

    assert moved.view.lots[0].stop_price == 95


# Value.


@pytest.mark.req("E1")
def test_prices_of_what_is_owned_are_shown_soon_and_together() -> None:
    case = Case()
    case.tell(booked(ENTRY))

    assert case.tell(bid("100"), bid("110"), bid("105")) == ()
    (moved,) = case.harness.pass_time(case.actor, PUBLISH_EVERY_NS)

    assert moved.view.nlv == Decimal("9798.8") + 210 - Decimal("2.52")


def test_prices_of_what_is_not_owned_are_no_news() -> None:
    case = Case()
    case.tell(bid("100"))

    assert case.harness.pass_time(case.actor, 2 * PUBLISH_EVERY_NS) == ()


def test_a_newcomer_that_listens_gets_the_present_view_and_nobody_else() -> None:
    case = Case()

    (shown,) = case.tell(ActorRestarted("exits", 2))
    assert isinstance(shown, PortfolioMoved)
    assert case.tell(ActorRestarted("auditor", 2)) == ()


@pytest.mark.req("DD1")
def test_without_a_price_of_what_is_owned_equity_is_unknown_and_no_mark() -> None:
    case = Case()
    case.tell(booked(ENTRY))

    said = case.tell(judged(3))

    assert of_kind(said, EquityMarked) == [EquityMarked(3, None, usd(10_000))]
    assert of_kind(said, LossesMeasured) == []


@pytest.mark.req("DD1", "E2")
def test_a_mark_older_than_the_limit_makes_equity_unknown_until_it_is_known_again() -> None:
    case = Case()
    case.tell(booked(ENTRY), case.bid("100"))

    assert case.equity_after(QUOTE_LIMIT) is not None
    assert case.equity_after(1) is None
    case.tell(case.bid("90"))
    assert case.equity_after(0) is not None


# Losses.


@pytest.mark.req("DD1")
def test_a_loss_at_the_limit_halts_latched_and_one_below_it_does_not() -> None:
    below, at = Case(), Case()
    for case, lost in ((below, "-299.99"), (at, "-300")):
        assert case.mark() == []
        case.earn(lost)

    assert below.mark() == []
    assert at.mark() == ["daily_loss"]
    (breaker,) = at.harness.trips()
    assert (breaker.effect, breaker.is_latched) == (Effect.HALT, True)
    assert breaker.reason == "daily_loss 3.00 % reached the limit of 3 %"


@pytest.mark.req("DD1")
@pytest.mark.parametrize(
    ("limit", "name"),
    [
        ({"daily_pct": Decimal(1)}, "daily_loss"),
        ({"weekly_pct": Decimal(1)}, "weekly_loss"),
        ({"drawdown_pct": Decimal(1)}, "drawdown"),
        ({"max_daily_loss_usd": Amount(Decimal(100))}, "daily_loss_usd"),
    ],
)
def test_each_limit_alone_halts(limit: dict[str, Any], name: str) -> None:
    case = Case(evolve(LIMITS, **limit))
    case.mark()
    case.earn("-100")

    assert case.mark() == [name]
    assert case.harness.trips()[0].is_latched


@pytest.mark.req("DD1")
def test_how_far_each_limit_is_used_is_told_at_every_cycle() -> None:
    case = Case()
    case.mark()
    case.earn("-50")

    (measured,) = of_kind(case.tell(judged(2)), LossesMeasured)

    assert {use.name: (use.used, use.unit) for use in measured.losses} == {
        "daily_loss": (Decimal("0.5"), "%"),
        "weekly_loss": (Decimal("0.5"), "%"),
        "drawdown": (Decimal("0.5"), "%"),
        "daily_loss_usd": (Decimal(50), "USD"),
    }


@pytest.mark.req("DD1")
def test_a_peak_between_two_cycles_counts_and_is_on_record_for_the_next_start() -> None:
    case = Case(evolve(LIMITS, drawdown_pct=Decimal(3)))
    case.tell(booked(ENTRY), case.bid("100"))
    case.mark()

    case.tell(case.bid("1000"))
    risen = case.harness.pass_time(case.actor, PUBLISH_EVERY_NS)
    case.tell(case.bid("500"))
    case.harness.pass_time(case.actor, PUBLISH_EVERY_NS)

    assert of_kind(risen, EquityMarked), "between cycles, by its height"
    assert [each.name for each in case.harness.trips()] == ["drawdown"]


@pytest.mark.req("DD1")
def test_however_rare_cycles_are_marks_are_kept_every_minute_and_a_half() -> None:
    case = Case()
    case.tell(booked(ENTRY), case.bid("100"))
    case.mark()
    kept = 0
    for _ in range(600):
        case.tell(case.bid("100"))
        kept += len(of_kind(case.harness.pass_time(case.actor, SECOND), EquityMarked))

    assert 6 <= kept <= 7


@pytest.mark.req("DD1")
def test_drawdown_counts_from_the_peak_of_what_was_earned_not_of_what_was_there() -> None:
    case = Case()
    for step in ("1500", "-1100"):
        case.earn(step)
        assert "drawdown" not in case.mark()
    case.flow("5000")
    assert "drawdown" not in case.mark()

    case.earn("-100")

    # 1,200 lost since 11,500 were there; since 15,400 were there only 100.
    assert "drawdown" in case.mark()


@pytest.mark.req("DD1")
def test_a_limit_that_the_price_breaks_halts_between_two_cycles() -> None:
    case = Case()
    case.mark()
    case.tell(case.bid("100"), booked(ENTRY))
    assert case.harness.trips() == ()

    case.tell(case.bid("0.01"))
    case.harness.pass_time(case.actor, LOOK_EVERY_NS)
    assert case.harness.trips() == ()  # two coins of 100 are two percent
    case.tell(booked(an_intent(number=2)), case.bid("0.01"))
    case.harness.pass_time(case.actor, PUBLISH_EVERY_NS)

    assert [each.name for each in case.harness.trips()] == ["daily_loss"]


@pytest.mark.req("DD1")
def test_a_breach_is_kept_once_and_tripped_once_however_long_it_lasts() -> None:
    case = Case(evolve(LIMITS, drawdown_pct=Decimal(3)))
    case.mark()
    case.earn("-400")
    kept = len(case.harness.bodies(EquityMarked))

    for _ in range(20):
        case.tell(case.bid("100"), booked(ENTRY))
        case.harness.pass_time(case.actor, LOOK_EVERY_NS)

    assert [each.name for each in case.harness.trips()] == ["daily_loss", "drawdown"]
    assert len(case.harness.bodies(EquityMarked)) == kept


EACH_LIMIT = [
    ({"daily_pct": Decimal(1)}, "daily_loss"),
    ({"weekly_pct": Decimal(1)}, "weekly_loss"),
    ({"drawdown_pct": Decimal(1)}, "drawdown"),
    ({"max_daily_loss_usd": Amount(Decimal(100))}, "daily_loss_usd"),
]


def resume(case: Case, name: str) -> list[str]:
    """Have a person open the latch; return what is open after the next look at equity."""
    assert case.harness.board.reset(name, GLOBAL, by="operator", evidence="books agree")
    case.tell(BreakerReset(name, GLOBAL, "operator", "books agree"))
    return case.mark()


@pytest.mark.req("DD1", "SUP1")
@pytest.mark.parametrize(("limit", "name"), EACH_LIMIT)
def test_after_a_resume_the_same_loss_trips_no_more_and_as_much_again_does(
    limit: dict[str, Any], name: str
) -> None:
    case = Case(evolve(LIMITS, **limit))
    case.mark()
    case.earn("-150")
    assert case.mark() == [name]

    assert resume(case, name) == []
    case.earn("-95")
    assert case.mark() == []
    case.earn("-5")
    assert case.mark() == [name]


@pytest.mark.req("DD1")
def test_between_a_resume_and_its_being_heard_the_same_loss_trips_nothing_again() -> None:
    case = Case()
    case.mark()
    case.earn("-300")
    assert case.mark() == ["daily_loss"]

    case.harness.board.reset("daily_loss", GLOBAL, by="operator", evidence="seen")
    assert case.mark() == []
    case.tell(BreakerReset("daily_loss", GLOBAL, "operator", "seen"))

    assert case.mark() == []


@pytest.mark.req("DD1", "BOOT1")
def test_an_incarnation_that_begins_halted_trips_again_only_after_a_resume() -> None:
    case = Case(
        marks=(EquityMark(Nanos(START_NS - MINUTE), usd(10_400), usd(10_000)),),
        latched=("daily_loss",),
    )
    assert case.mark() == ["daily_loss"]

    assert resume(case, "daily_loss") == []


@pytest.mark.req("DD1", "BOOT1")
def test_an_incarnation_that_begins_halted_hears_a_resume_before_its_first_look() -> None:
    case = Case(
        marks=(EquityMark(Nanos(START_NS - MINUTE), usd(10_400), usd(10_000)),),
        latched=("daily_loss",),
        boots=False,
    )
    assert case.harness.board.reset("daily_loss", GLOBAL, by="operator", evidence="seen")
    case.tell(BreakerReset("daily_loss", GLOBAL, "operator", "seen"))

    case.boot()

    assert case.mark() == []


@pytest.mark.req("DD1")
def test_only_a_persons_word_lets_a_loss_count_anew() -> None:
    case = Case()
    case.mark()
    case.earn("-300")
    assert case.mark() == ["daily_loss"]

    case.harness.board.reset("daily_loss", GLOBAL, by="policy", evidence="by itself")
    case.tell(BreakerReset("daily_loss", GLOBAL, "policy", "by itself"))

    assert case.mark() == ["daily_loss"]


@pytest.mark.req("DD1")
def test_equity_is_kept_before_a_flow_so_that_a_loss_is_of_what_was_there_then() -> None:
    case = Case()
    case.mark()
    case.earn("-200")

    case.flow("-9000")

    assert case.mark() == []


@pytest.mark.req("DD1")
def test_a_withdrawal_is_no_loss() -> None:
    case = Case()
    case.mark()
    case.flow("-9000")

    assert case.mark() == []


@pytest.mark.req("DD1", "BOOT1")
def test_what_was_lost_before_a_restart_counts() -> None:
    case = Case(marks=(EquityMark(Nanos(START_NS - MINUTE), usd(10_400), usd(10_000)),))

    assert case.mark() == ["daily_loss"]


@pytest.mark.req("DD1")
def test_what_was_lost_more_than_a_day_ago_is_no_loss_of_the_day() -> None:
    case = Case()
    case.mark()
    case.earn("-200")
    case.harness.clock.move(DAY // 2)
    case.mark()
    case.harness.clock.move(DAY // 2)
    case.earn("-200")
    assert case.mark() == ["daily_loss"]

    later = Case()
    later.mark()
    later.earn("-200")
    later.mark()
    later.harness.clock.move(DAY)
    later.earn("-200")
    assert later.mark() == []


@pytest.mark.req("DD1")
@given(some.lists(some.integers(-400, 400), min_size=1, max_size=12))
def test_whatever_is_earned_in_between_the_halt_comes_at_the_first_breach(
    earned: list[int],
) -> None:
    case, worth, seen = Case(), 10_000, [10_000]
    assert case.mark() == []
    for amount in earned:
        case.earn(str(amount))
        worth += amount
        seen.append(worth)
        day, peak = 10_000 - worth, max(seen)
        is_over = day >= 300 or (peak - worth) * 10 >= peak
        assert bool(case.mark()) is is_over
        if is_over:
            break


# Minutes of a backtest in which nobody is asked.


def passed(*bids: str, case: Case) -> MinutesPassed:
    now_ns = case.harness.clock.market_ns()
    times = tuple(Nanos(now_ns + number * MINUTE) for number in range(1, len(bids) + 1))
    return MinutesPassed(times, {BTC: BidColumn(Price(Decimal(1)), tuple(map(int, bids)))})


@pytest.mark.req("BT1")
def test_minutes_that_pass_are_worth_what_a_cycle_in_each_would_have_shown() -> None:
    at_once, one_by_one = Case(), Case()
    for case in (at_once, one_by_one):
        case.tell(case.bid("100"), booked(ENTRY))
        case.tell(judged())
    minutes = passed("101", "99", "103", case=at_once)
    (marked,) = of_kind(at_once.tell(minutes), MinutesMarked)
    shown = []
    for price in ("101", "99", "103"):
        one_by_one.harness.pass_time(one_by_one.actor, MINUTE)
        one_by_one.tell(one_by_one.bid(price))
        shown.append(of_kind(one_by_one.tell(judged()), EquityMarked)[-1].nlv)

    assert list(marked.nlv) == shown
    assert marked.at_ns == minutes.at_ns
    assert marked.opening_nlv == usd(10_000)


@pytest.mark.req("BT1", "DD1")
def test_minutes_pass_up_to_the_one_in_which_a_limit_may_be_reached() -> None:
    case = Case(evolve(LIMITS, max_daily_loss_usd=usd(20)))
    case.tell(case.bid("100"), booked(ENTRY))
    case.tell(judged())
    (marked,) = of_kind(case.tell(passed("99", "80", "99", case=case)), MinutesMarked)

    assert len(marked.nlv) == 1
    assert not case.harness.trips()


@pytest.mark.req("BT1")
def test_a_minute_without_the_bid_of_something_owned_does_not_pass() -> None:
    case = Case()
    case.tell(case.bid("100"), booked(ENTRY))
    case.tell(judged())
    (marked,) = of_kind(case.tell(MinutesPassed((Nanos(START_NS),), {})), MinutesMarked)

    assert marked.nlv == ()


@pytest.mark.req("BT1", "DD1")
def test_hours_in_which_nothing_is_owned_pass_however_far_apart_they_are() -> None:
    case = Case()
    case.tell(judged())
    hours = tuple(Nanos(START_NS + number * HOUR) for number in (1, 2, 30))
    (marked,) = of_kind(case.tell(MinutesPassed(hours, {})), MinutesMarked)
    assert marked.nlv == (usd(10_000),) * 3

    case.tell(case.bid("100"), booked(ENTRY))
    owned = MinutesPassed(
        (Nanos(START_NS + 40 * HOUR),), {BTC: BidColumn(Price(Decimal(1)), (99,))}
    )
    (marked,) = of_kind(case.tell(owned), MinutesMarked)
    assert not marked.nlv, "what is owned is looked at in between"
