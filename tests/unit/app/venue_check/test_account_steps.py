"""What a key may ask: each step by itself; a wrong key is used no further."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from app.venue_check.account_steps import STEPS, AccountSteps
from domain.model.errors import OutcomeUnknown
from domain.system.venue_check import CheckedStep, StepResult
from tests.builders.messages import a_product
from tests.fakes.asked_venue import PORTFOLIO, Around, AskedVenue

pytestmark = pytest.mark.req("M1")

WELL = dict.fromkeys((name for name, _ in STEPS), "ok")


def steps(venue: AskedVenue, portfolio: str | None = None) -> AccountSteps:
    return AccountSteps(venue, Around(), quote_currency="USD", portfolio=portfolio)


def run(venue: AskedVenue, portfolio: str | None = None) -> dict[str, CheckedStep]:
    return {each.step: each for each in steps(venue, portfolio).run(a_product())}


def verdicts(found: dict[str, CheckedStep]) -> dict[str, str]:
    return {name: each.verdict.lower() for name, each in found.items()}


def test_all_is_well_with_the_right_key() -> None:
    account = steps(AskedVenue(), PORTFOLIO)

    assert {each.step: each.verdict.value for each in account.run(a_product())} == WELL
    assert (account.is_well, account.portfolio) == (True, PORTFOLIO)
    assert account.intent is not None
    assert account.intent.order.price == 50


def test_a_key_with_the_wrong_rights_is_used_no_further() -> None:
    venue = AskedVenue()
    venue.rights = evolve(venue.rights, can_transfer=True)

    assert verdicts(run(venue)) == {**dict.fromkeys(WELL, "skipped"), "permissions": "refused"}
    assert venue.asked == ["permissions"]


def test_nor_is_one_of_another_portfolio() -> None:
    venue = AskedVenue()
    found = run(venue, PORTFOLIO.replace("1b", "2b"))

    others = dict.fromkeys(WELL, "skipped")
    assert verdicts(found) == {**others, "permissions": "ok", "portfolio": "refused"}
    assert venue.asked == ["permissions"]


@pytest.mark.parametrize("name", ["accounts", "fees", "orders", "preview"])
def test_a_question_that_fails_costs_its_own_step_and_the_order(name: str) -> None:
    venue = AskedVenue()
    venue.money = evolve(venue.money, failure="x" if name == "accounts" else None)
    venue.rates = evolve(venue.rates, failure="x" if name == "fees" else None)
    venue.list_failure = "x" if name == "orders" else None
    venue.best = evolve(venue.best, failure="x" if name == "preview" else None)
    account = steps(venue)
    found = {each.step: each.verdict.lower() for each in account.run(a_product())}

    assert found == {**WELL, name: "failed"}
    assert not account.is_well


def test_a_price_too_far_from_the_market_is_tried_nearer() -> None:
    venue = AskedVenue()
    venue.against = {"50": ("PREVIEW_LIMIT_PRICE_TOO_FAR_FROM_MARKET",)}
    account = steps(venue)

    assert list(account.run(a_product()))[-1].verdict is StepResult.OK
    assert venue.asked[-2:] == ["preview 50", "preview 70"]
    assert account.intent is not None
    assert account.intent.order.price == Decimal(70)


def test_any_other_reason_against_it_is_final() -> None:
    venue = AskedVenue()
    venue.against = {"50": ("PREVIEW_INSUFFICIENT_FUND",)}
    account = steps(venue)

    found = list(account.run(a_product()))[-1]
    assert (found.verdict, found.found) == (StepResult.FAILED, "refused: PREVIEW_INSUFFICIENT_FUND")
    assert venue.asked[-1] == "preview 50"
    assert account.intent is None


def test_a_preview_without_an_answer_or_a_product_is_none() -> None:
    venue = AskedVenue()
    venue.preview_error = OutcomeUnknown("no answer within 10 s")

    assert run(venue)["preview"].found == "no answer within 10 s"
    account = steps(AskedVenue())
    assert list(account.run(None))[-1].verdict is StepResult.SKIPPED
    assert not account.is_well
