"""A journal checked against itself: an honest one passes, each kind of forgery is named.

Method: one honest journal of two starts, three fills and a deposit; each test changes one thing,
as somebody would who can also compute the hashes anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest
from attrs import evolve

from domain.messages.decisions import OrderApproved
from domain.messages.journal import JournalCreated, RunStarted
from domain.messages.orders import FillBooked, IntentRaised
from domain.messages.portfolio import CashFlowSeen, EquityMarked, LotsListed, StatementTaken
from domain.messages.supervision import BootCompleted
from domain.model.approval import Purpose
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.orders import FillSeen, OrderState
from domain.model.portfolio import AccountBalance
from domain.portfolio.audit import AuditReport, audit
from tests.builders.messages import (
    LINEAGE,
    MAKER,
    TAKER,
    a_moved,
    a_product,
    an_intent,
    approved,
    approved_sale,
    booked,
)
from tests.builders.numbers import amount, price, quantity

BUY = an_intent()
SELL = an_intent(approved_sale(BUY.client_order_id), 2)
FIRST, SECOND = booked(BUY, "1.5"), booked(BUY, "0.5")
SOLD = booked(SELL, "2", price=Price(Decimal(110)))
BOUGHT_USD = Decimal(10_000) - Decimal(200) - Decimal("2.4")
SOLD_USD = BOUGHT_USD + Decimal(220) - Decimal("1.2")


def a_statement(occasion: str, usd: Decimal, btc: str = "0.7") -> StatementTaken:
    """Return balances that hold 0.7 BTC of somebody else besides ours."""
    accounts = (
        AccountBalance("BTC", Decimal(btc) - Decimal("0.1"), Decimal("0.1")),
        AccountBalance("DOGE", Decimal(5), ZERO),
        AccountBalance("USD", usd, ZERO),
    )
    return StatementTaken(occasion, accounts)


def an_honest_journal() -> list[object]:
    boot = BootCompleted((a_product(),), MAKER, TAKER, is_clean=True)
    return [
        JournalCreated(LINEAGE),
        a_statement("start", Decimal(10_000)),
        boot,
        EquityMarked(1, Amount(Decimal(10_000)), Amount(Decimal(10_000))),
        OrderApproved(BUY.order),
        IntentRaised(BUY),
        a_moved(BUY, OrderState.OPEN, "0"),
        FIRST,
        a_moved(BUY, OrderState.PARTIALLY_FILLED, "1.5"),
        SECOND,
        a_moved(BUY, OrderState.FILLED, "2"),
        EquityMarked(2, Amount(Decimal("9990.1")), Amount(Decimal(10_000))),
        a_statement("hourly", BOUGHT_USD, "2.7"),
        LotsListed("stop", (), (BUY.client_order_id,)),
        a_statement("stop", BOUGHT_USD, "2.7"),
        a_statement("start", BOUGHT_USD, "2.7"),
        boot,
        CashFlowSeen("USD", Amount(Decimal(500)), "deposit"),
        OrderApproved(SELL.order),
        IntentRaised(SELL),
        SOLD,
        a_moved(SELL, OrderState.FILLED, "2"),
        EquityMarked(3, Amount(SOLD_USD + 500), Amount(Decimal(10_500))),
        LotsListed("stop", (), ()),
        a_statement("stop", SOLD_USD + 500),
    ]


def audited(records: Iterable[object]) -> AuditReport:
    return audit((seq, type(each).__name__, each) for seq, each in enumerate(records, 1))


def without(*records: object) -> list[object]:
    return [each for each in an_honest_journal() if each not in records]


def swapped(old: object, new: object) -> list[object]:
    return [new if each == old else each for each in an_honest_journal()]


@pytest.mark.req("AUD1")
def test_an_honest_journal_has_no_problems() -> None:
    report = audited(an_honest_journal())

    assert report.problems == ()
    assert (report.records, report.orders, report.fills, report.statements) == (25, 2, 3, 5)


def test_an_empty_journal_has_no_problems() -> None:
    assert audited([]) == AuditReport()


@pytest.mark.req("AUD1")
@pytest.mark.parametrize("fill", [FIRST, SECOND, SOLD])
def test_a_fill_that_is_missing_shows_in_the_next_statement(fill: FillBooked) -> None:
    problems = audited(without(fill)).problems

    assert any("USD at the venue changed" in problem for problem in problems)


@pytest.mark.req("AUD1")
def test_even_the_last_fill_cannot_be_dropped_with_all_that_mentions_it() -> None:
    last = an_honest_journal()[-5:-1]
    journal = without(*last)

    assert audited(journal).problems == (
        "record 21: BTC at the venue changed by 0 up to the stop statement, our fills and flows"
        " by 2 (difference -2)",
        "record 21: USD at the venue changed by 516.4 up to the stop statement, our fills and"
        " flows by 297.6 (difference 218.8)",
    )


@pytest.mark.req("AUD1")
@pytest.mark.parametrize(
    "fill",
    [
        evolve(FIRST.fill, fee=amount("1.3")),
        evolve(FIRST.fill, price=price("100.01")),
        evolve(FIRST.fill, quantity=quantity("1.4")),
    ],
)
def test_a_changed_fill_shows(fill: FillSeen) -> None:
    forged = evolve(FIRST, fill=fill)

    assert audited(swapped(FIRST, forged)).problems


@pytest.mark.req("AUD1")
def test_an_invented_fill_shows_though_an_older_state_would_fit_the_statement() -> None:
    journal = an_honest_journal()
    other = an_intent(approved(approval=9), 9)
    journal[-1:-1] = [OrderApproved(other.order), IntentRaised(other), booked(other, "1")]

    assert any("USD at the venue" in problem for problem in audited(journal).problems)


@pytest.mark.req("AUD1", "X4")
def test_a_fill_booked_twice_is_named() -> None:
    journal = an_honest_journal()
    journal.insert(9, FIRST)

    assert audited(journal).problems == (
        f"record 10: fill {FIRST.fill.entry_id} is booked a second time",
    )


@pytest.mark.req("AUD1", "X2")
def test_an_order_that_nobody_approved_is_named() -> None:
    (problem,) = audited(without(OrderApproved(BUY.order))).problems

    assert problem.startswith("record 5:")
    assert "nobody approved it" in problem


@pytest.mark.req("AUD1", "X2")
def test_an_order_changed_after_its_approval_is_named() -> None:
    smaller = evolve(BUY.order, quantity=Quantity(Decimal("1.9")))

    problems = audited(swapped(OrderApproved(BUY.order), OrderApproved(smaller))).problems

    assert "not the one of approval 1" in problems[0]


@pytest.mark.req("AUD1", "X1")
def test_an_order_without_an_intent_is_named_wherever_it_appears() -> None:
    problems = audited(without(IntentRaised(BUY))).problems

    assert [problem.partition(":")[0] for problem in problems] == [
        f"record {seq}" for seq in (6, 7, 8, 9, 10)
    ]
    assert all("intended" in problem for problem in problems)


@pytest.mark.req("AUD1", "X1")
def test_an_approval_used_twice_is_named() -> None:
    twin = an_intent(BUY.order, 3)
    journal = an_honest_journal()
    journal.insert(6, IntentRaised(twin))

    assert "approval 1 is used twice" in audited(journal).problems[0]


@pytest.mark.req("X1")
def test_an_id_that_is_not_the_lineages_is_named() -> None:
    journal = swapped(JournalCreated(LINEAGE), JournalCreated("f" * 32))

    assert any("of lineage ffff" in problem for problem in audited(journal).problems)


@pytest.mark.req("X1")
def test_the_same_intent_may_be_raised_again_before_it_is_sent() -> None:
    journal = an_honest_journal()
    journal.insert(6, IntentRaised(BUY))

    assert audited(journal).problems == ()


@pytest.mark.req("AUD1")
def test_an_order_that_claims_other_fills_than_it_has_is_named() -> None:
    honest = a_moved(BUY, OrderState.PARTIALLY_FILLED, "1.5")
    forged = evolve(honest, filled=Quantity(Decimal("1.6")))

    (problem,) = audited(swapped(honest, forged)).problems
    assert "says 1.6 filled, its fills add up to 1.5" in problem


def test_an_order_filled_short_is_named() -> None:
    honest = a_moved(BUY, OrderState.PARTIALLY_FILLED, "1.5")

    (problem,) = audited(swapped(honest, evolve(honest, state=OrderState.FILLED))).problems
    assert "is FILLED with 1.5 of 2" in problem


@pytest.mark.req("AUD1", "R1")
def test_selling_what_was_never_bought_is_named() -> None:
    problems = audited(without(FIRST, SECOND)).problems

    assert any("more than owned" in problem for problem in problems)


@pytest.mark.req("AUD1")
@pytest.mark.parametrize(
    ("cycle", "nlv", "opening"),
    [
        (1, "10000.01", "10000"),
        (1, "10000", "9999"),
        (1, None, "10000"),
        (2, "9797.6", "10000"),
        (3, "10297.59", "10500"),
        (3, "10516.4", "10501"),
    ],
)
def test_equity_that_does_not_follow_from_the_fills_is_named(
    cycle: int, nlv: str | None, opening: str
) -> None:
    amount = None if nlv is None else Amount(Decimal(nlv))
    forged = EquityMarked(cycle, amount, Amount(Decimal(opening)))
    journal = [
        forged if isinstance(each, EquityMarked) and each.cycle == cycle else each
        for each in an_honest_journal()
    ]

    (problem,) = audited(journal).problems
    assert f"cycle {cycle} " in problem


@pytest.mark.req("AUD1")
def test_equity_may_not_stay_behind_for_ever() -> None:
    journal = an_honest_journal()
    sold = EquityMarked(3, Amount(SOLD_USD + 500), Amount(Decimal(10_500)))
    behind = EquityMarked(4, Amount(Decimal(20_000)), Amount(Decimal(10_500)))
    journal.insert(journal.index(sold) + 1, behind)

    (problem,) = audited(journal).problems
    assert "cycle 4 has equity 20000" in problem


def test_an_allotment_leaves_the_rest_of_the_capital_out() -> None:
    journal = an_honest_journal()
    journal[3] = EquityMarked(1, Amount(Decimal(4_000)), Amount(Decimal(4_000)))

    assert audited(journal).problems == ()


def test_what_is_said_may_be_a_fill_behind_what_is_journaled() -> None:
    journal = an_honest_journal()
    hourly = journal.pop(12)
    behind = a_statement("hourly", Decimal(10_000))
    journal.insert(7, hourly)
    journal[7] = behind
    journal[8:10] = [journal[8], behind, journal[9]]

    assert audited(journal).problems == ()


@pytest.mark.req("AUD1")
def test_a_statement_may_not_stay_behind_for_ever() -> None:
    journal = an_honest_journal()
    stale = a_statement("hourly", Decimal(10_000))
    journal[12:13] = [stale, stale]

    problems = audited(journal).problems

    assert problems[0].startswith("record 14: BTC at the venue changed by 0")


@pytest.mark.req("AUD1")
def test_a_listing_of_lots_that_does_not_follow_from_the_fills_is_named() -> None:
    honest = LotsListed("stop", (), (BUY.client_order_id,))
    forged = LotsListed("stop", (), (BUY.client_order_id, "x"))

    (problem,) = audited(swapped(honest, forged)).problems
    assert problem.endswith("2 lots listed at stop, the fills leave 1")


def test_a_fill_before_the_first_statement_is_named() -> None:
    journal = an_honest_journal()
    journal[1:3] = []

    problems = audited(journal).problems

    assert any("before the first statement" in problem for problem in problems)


def test_after_a_difference_the_comparison_starts_anew() -> None:
    journal = an_honest_journal()
    for place, each in enumerate(journal):
        if isinstance(each, StatementTaken) and place > 10:
            usd = next(a.total for a in each.accounts if a.currency == "USD")
            btc = next(a.total for a in each.accounts if a.currency == "BTC")
            journal[place] = a_statement(each.occasion, usd + 3, str(btc))

    (problem,) = audited(journal).problems
    assert "(difference 3)" in problem


@pytest.mark.parametrize(("world", "has_problems"), [("there", False), ("here", True)])
def test_another_world_has_books_of_its_own(world: str, *, has_problems: bool) -> None:
    here, there = (RunStarted("paper", "embedded", name, "c", "p", 7) for name in ("here", world))
    journal = [here, *an_honest_journal(), there, a_statement("start", Decimal(77))]

    assert bool(audited(journal).problems) == has_problems


def test_two_orders_cannot_share_an_order_id_of_the_venue() -> None:
    forged = evolve(SOLD, fill=evolve(SOLD.fill, order_id="venue-1"))

    problems = audited(swapped(SOLD, forged)).problems

    assert any("venue order venue-1 is claimed by" in problem for problem in problems)
    assert SELL.order.purpose is Purpose.EXIT
