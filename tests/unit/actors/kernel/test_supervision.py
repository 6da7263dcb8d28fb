"""Every row of the policy table keeps the rules that the rows have in common."""

from __future__ import annotations

import pytest

from actors.kernel.policy import CrashPolicy, Reentry, Source
from actors.kernel.supervision import crash_breakers, policy_of, scope_of
from actors.kernel.topology import ACTORS, AUDITOR, CORE, ORDER_MANAGER, STRATEGY
from domain.model.breakers import ACTOR, GLOBAL, VENUE, Effect
from domain.model.instants import SECOND
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("SUP1")

ROWS = sorted(ACTORS.items())
EACH = pytest.mark.parametrize(("actor", "row"), ROWS, ids=[name for name, _ in ROWS])


def one_of(row: str) -> str:
    """Return an actor of the row."""
    return f"{STRATEGY}breakout" if row == STRATEGY else row


@EACH
def test_what_only_a_person_releases_halts_everything(actor: str, row: CrashPolicy) -> None:
    if row.is_latched:
        assert (row.effect, row.scope) == (Effect.HALT, GLOBAL)


@EACH
def test_what_halts_everything_waits_for_a_person(actor: str, row: CrashPolicy) -> None:
    if (row.effect, row.scope) == (Effect.HALT, GLOBAL):
        assert row.is_latched


@EACH
def test_no_death_pulls_the_kill_switch(actor: str, row: CrashPolicy) -> None:
    assert row.effect < Effect.KILL


@EACH
def test_an_actor_with_an_effect_has_a_limit_to_its_restarts(actor: str, row: CrashPolicy) -> None:
    assert (row.budget.limit is None) is (row.effect is Effect.NONE)
    assert row.budget.stops_on_repeat is (row.budget.limit is not None)


@EACH
def test_pauses_and_budgets_are_in_order(actor: str, row: CrashPolicy) -> None:
    budget = row.budget
    assert 0 < budget.first_pause_ns <= budget.longest_pause_ns < budget.period_ns
    assert SECOND <= row.hang_ns <= 10 * SECOND


@EACH
def test_people_are_told_of_every_row(actor: str, row: CrashPolicy) -> None:
    assert all((row.orders, row.rebuilt_from, row.proof))


@EACH
def test_a_group_is_one_kind_of_return(actor: str, row: CrashPolicy) -> None:
    """Whoever is rebuilt with it needs at least as much proof, and the journal too."""
    for other in row.group:
        assert policy_of(other).reentry is row.reentry
        assert policy_of(other).source is Source.JOURNAL
    assert not row.group or actor in row.group


def test_the_core_is_rebuilt_as_one_and_the_auditor_takes_the_core_with_it() -> None:
    assert {ACTORS[name].group for name in CORE} == {CORE}
    assert ACTORS[AUDITOR].group == (AUDITOR, *CORE)
    assert not any(ACTORS[name].keeps_mail for name in CORE)


@EACH
def test_the_breaker_that_stops_trading_opens_first(actor: str, row: CrashPolicy) -> None:
    actor = one_of(actor)
    breakers = crash_breakers(actor, "the cause", NOW)

    assert breakers[-1].scope == ACTOR
    scopes = [each.scope for each in breakers]
    assert scopes == ([ACTOR] if row.effect is Effect.NONE else [scope_of(actor), ACTOR])
    for each in breakers:
        assert (each.name, each.reason, each.at_ns) == (actor, "the cause", NOW)
        assert each.is_latched is row.is_latched
        assert each.effect is max(row.effect, Effect.BLOCK)


def test_only_sides_of_no_weight_open_nothing_that_covers_an_order() -> None:
    harmless = {name for name, row in ROWS if len(crash_breakers(one_of(name), "", NOW)) == 1}

    assert harmless == {"alerts", "projector", "bar_keeper", "entries"}


def test_a_strategy_takes_only_itself_down() -> None:
    assert policy_of("strategy.breakout") is ACTORS[STRATEGY]
    assert scope_of("strategy.breakout") == "strategy:breakout"
    assert crash_breakers("strategy.breakout", "", NOW)[0].scope == "strategy:breakout"


def test_the_two_that_reach_the_venue_cover_the_venue() -> None:
    assert {name for name, row in ROWS if row.scope == VENUE} == {"canceller", "drop_copy", "feed"}


@pytest.mark.parametrize("name", ["", "nobody", "strategies", f"{ORDER_MANAGER}2"])
def test_an_actor_without_a_row_halts_and_waits_for_a_person(name: str) -> None:
    row = policy_of(name)

    assert (row.effect, row.scope, row.reentry) == (Effect.HALT, GLOBAL, Reentry.ONLY_OPERATOR)
    assert not row.keeps_mail
    assert [each.is_latched for each in crash_breakers(name, "", NOW)] == [True, True]
