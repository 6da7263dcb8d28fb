"""Alerts say what happened, what was done, what is at risk and what to do, in that order."""

from __future__ import annotations

import pytest
from attrs import evolve, fields

from actors.kernel.topology import ACTORS, STRATEGY
from domain.messages.control import AlertRaised, DiscrepancyFound
from domain.messages.portfolio import LotsListed
from domain.messages.supervision import ActorDown
from domain.model.breakers import Effect, Severity
from domain.system.alerts import (
    LEDGER,
    UNWATCHED,
    fingerprint,
    of_breaker,
    of_discrepancy,
    of_down,
    of_given_up,
    of_lots,
)
from tests.builders.messages import a_breaker


@pytest.mark.req("AL1")
def test_the_body_has_a_fixed_order() -> None:
    names = [each.name for each in fields(AlertRaised)]

    assert names == ["severity", "code", "what", "done", "owned", "worst", "command", "topic"]


@pytest.mark.req("AL1", "SUP1")
@pytest.mark.parametrize(
    ("effect", "severity"),
    [
        (Effect.BLOCK, Severity.WARNING),
        (Effect.REDUCE_ONLY, Severity.WARNING),
        (Effect.HALT, Severity.CRITICAL),
        (Effect.KILL, Severity.CRITICAL),
    ],
)
def test_halt_and_kill_are_critical(effect: Effect, severity: Severity) -> None:
    alert = of_breaker(a_breaker(effect))

    assert alert.severity is severity
    assert alert.code == "BREAKER:drill"
    assert "the test says so" in alert.what
    assert alert.done


def test_a_latched_breaker_names_the_command_that_resets_it() -> None:
    assert "resume" in of_breaker(a_breaker(Effect.HALT, is_latched=True)).command
    assert "status" in of_breaker(a_breaker(Effect.HALT)).command


@pytest.mark.req("AL1")
def test_numbers_do_not_make_another_alert() -> None:
    alert = of_down(ActorDown("feed", 1, "ValueError: 3.5 is 17 too many"))
    again = evolve(alert, what=alert.what.replace("3.5", "99.125"))

    assert fingerprint(alert) == fingerprint(again)
    assert fingerprint(alert) != fingerprint(evolve(alert, code="OTHER"))
    assert alert.severity is Severity.CRITICAL


@pytest.mark.req("AL1")
def test_who_misses_a_list_makes_no_other_alert() -> None:
    missing = "the venue does not list orders (the venue repeats a page)"
    breaker = a_breaker(Effect.BLOCK)
    alert = of_breaker(evolve(breaker, name="drop_copy_lists", reason=missing))
    beside = of_breaker(evolve(breaker, name="boot", reason=f"the start waits: {missing}"))
    another = of_breaker(evolve(breaker, name="boot", reason=missing.replace("orders", "fills")))

    assert fingerprint(alert) == fingerprint(beside) != fingerprint(another)


def test_a_discrepancy_shows_both_sides() -> None:
    assert of_discrepancy(DiscrepancyFound("USD", "10", "11")).what == "USD: ours 10, venue 11"
    told = of_discrepancy(DiscrepancyFound("balance", LEDGER, "BTC: the venue has 0, we own 1"))
    assert told.what == "balance: BTC: the venue has 0, we own 1"


@pytest.mark.req("PROT1")
def test_unprotected_lots_are_listed_and_protected_ones_are_no_news() -> None:
    assert of_lots(LotsListed("stop", ("lot-1",), ())) is None

    alert = of_lots(LotsListed("stop", ("lot-1",), ("lot-2", "lot-3")))
    assert alert is not None
    assert "2 lots" in alert.what
    assert alert.owned == "lot-2, lot-3"


@pytest.mark.req("SUP1")
@pytest.mark.parametrize("actor", [*ACTORS])
def test_an_alert_about_a_dead_actor_says_what_nobody_does_now(actor: str) -> None:
    name = "strategy.breakout" if actor == STRATEGY else actor
    told = {of_down(ActorDown(name, 1, "x")).worst, of_given_up(name, "x").worst}

    assert told == {UNWATCHED[name.partition(".")[0]]}
