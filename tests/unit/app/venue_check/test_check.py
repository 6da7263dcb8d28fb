"""The whole check: what follows what, and what has to be well before an order is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from app.venue_check.account_steps import STEPS
from app.venue_check.check import CheckPlan, findings
from domain.model.errors import TradingError
from domain.system.venue_check import KEY, CheckedStep, exit_code, failed, passed, refused, skipped
from tests.fakes.asked_venue import ORDER_ID, PORTFOLIO, Around, AskedVenue

pytestmark = pytest.mark.req("M1")

PRIVATE = [name for name, _ in STEPS]


class Locks:
    """Takes accounts, and knows which are taken."""

    def __init__(self, refuse: str = "") -> None:
        self.taken: list[str] = []
        self.given_back = 0
        self._refuse = refuse

    def take(self, portfolio: str) -> Callable[[], None]:
        if self._refuse:
            raise TradingError(self._refuse)
        self.taken.append(portfolio)
        return self._give_back

    def _give_back(self) -> None:
        self.given_back += 1


def a_plan(**changes: Any) -> CheckPlan:
    plan = CheckPlan(
        rest="https://venue.example",
        quote_currency="USD",
        limit_ns=150_000_000,
        portfolio=None,
        key=(passed(KEY, "", "a key"),),
        sender=AskedVenue(),
        forbidden=lambda: None,
        lock=Locks().take,
    )
    return evolve(plan, **changes)


def run(
    venue: AskedVenue, around: Around | None = None, *, with_order: bool = True, **changes: Any
) -> tuple[dict[str, str], tuple[CheckedStep, ...]]:
    found = tuple(
        findings(venue, around or Around(), a_plan(sender=venue if with_order else None, **changes))
    )
    return {each.step: each.verdict.lower() for each in found}, found


def test_with_the_flag_one_order_is_sent_under_the_accounts_lock() -> None:
    venue, locks = AskedVenue(), Locks()
    steps, found = run(venue, lock=locks.take)

    assert set(steps.values()) == {"ok"}
    assert exit_code(found) == 0
    assert (len(venue.sent), locks.taken, locks.given_back) == (1, [PORTFOLIO], 1)


def test_without_the_flag_there_is_none() -> None:
    venue = AskedVenue()
    steps, _ = run(venue, with_order=False)

    assert venue.sent == []
    assert not steps.keys() & {"order", "cancelled"}


def test_without_a_key_the_account_is_not_asked_and_an_order_refused() -> None:
    venue = AskedVenue()
    steps, found = run(venue, key=(skipped(KEY, "", "there is no key"),))

    assert {steps[name] for name in PRIVATE} == {"skipped"}
    assert steps["order"] == "refused"
    assert exit_code(found) == 4
    assert "permissions" not in venue.asked
    assert exit_code(run(AskedVenue(), key=found[5:6], with_order=False)[1]) == 0


def test_a_key_that_lies_about_is_not_used() -> None:
    venue = AskedVenue()
    steps, found = run(venue, key=(refused(KEY, "", "in the checkout", ""),))

    assert (steps["permissions"], steps["order"], exit_code(found)) == ("skipped", "refused", 4)
    assert "permissions" not in venue.asked


def test_where_there_is_no_way_the_key_is_judged_all_the_same() -> None:
    venue = AskedVenue()
    steps, found = run(venue, Around(unreached="no way"))

    assert (steps["key"], steps["fees"], steps["order"]) == ("ok", "skipped", "skipped")
    assert (exit_code(found), venue.asked) == (1, [])


def test_an_old_key_still_asks_and_orders_nothing() -> None:
    venue = AskedVenue()
    steps, found = run(venue, key=(failed(KEY, "", "past the limit"),))

    assert (steps["fees"], steps["order"], exit_code(found)) == ("ok", "skipped", 1)
    assert venue.sent == []


def slow_clock(venue: AskedVenue) -> Around:
    del venue
    return Around(ahead_ms=800)


def no_money(venue: AskedVenue) -> Around:
    venue.money = evolve(venue.money, accounts=())
    return Around()


def no_preview(venue: AskedVenue) -> Around:
    venue.against = {"50": ("PREVIEW_INSUFFICIENT_FUND",)}
    return Around()


def wrong_rights(venue: AskedVenue) -> Around:
    venue.rights = evolve(venue.rights, can_transfer=True)
    return Around()


@pytest.mark.parametrize("arrange", [slow_clock, no_money, no_preview, wrong_rights])
def test_no_order_is_sent_while_a_step_is_not_well(
    arrange: Callable[[AskedVenue], Around],
) -> None:
    venue = AskedVenue()
    steps, found = run(venue, arrange(venue))

    assert venue.sent == []
    assert (steps["order"], steps["cancelled"]) == ("skipped", "skipped")
    assert exit_code(found) == (4 if arrange is wrong_rights else 1)


def test_who_listens_no_more_leaves_neither_order_nor_lock_behind() -> None:
    venue, locks = AskedVenue(), Locks()
    plan = a_plan(lock=locks.take, sender=venue)
    steps = findings(venue, Around(), plan)
    while next(steps).step != "order":
        pass
    steps.close()

    assert (len(venue.sent), locks.given_back) == (1, 1)
    assert venue.asked[-1] == f"cancel {ORDER_ID}"


@pytest.mark.req("K1", "SI1")
def test_no_order_is_sent_where_orders_are_forbidden_or_somebody_trades() -> None:
    killed, busy = AskedVenue(), AskedVenue()

    steps, found = run(killed, forbidden=lambda: "KILL_SWITCH is set: looks wrong")
    assert (steps["order"], exit_code(found)) == ("refused", 4)
    steps, found = run(busy, lock=Locks("another instance places orders").take)
    assert (steps["order"], exit_code(found)) == ("refused", 4)
    assert killed.sent == busy.sent == []
