"""Verdicts are compared decision by decision; one that differs has a cause, or says it has none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from domain.model.breakers import Effect
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.replay.hindrances import Flow, Hinderer, Hindrance, Hindrances
from domain.replay.pairing import pairs_of
from domain.replay.parts import Cause, PnlPart
from domain.replay.session import EntryVerdict
from domain.replay.verdicts import OF_THE_ROUND, Divergence, Verdicts, compare
from tests.builders.messages import BTC, ETH, a_breaker
from tests.builders.sessions import BEGUN, a_key, a_session, a_trip, a_verdict, rounds_at

pytestmark = pytest.mark.req("BT4")
SOLD_BY_HAND = Cause(part=PnlPart.PERSON, why="you sold it")


def told(
    run: list[EntryVerdict], replay: list[EntryVerdict], *held: Hindrance, **changes: Any
) -> Verdicts:
    rounds = changes.pop("rounds", a_session().rounds)
    left_out = changes.pop("left_out", ())
    mine = a_session(verdicts=tuple(run), rounds=rounds)
    theirs = a_session(verdicts=tuple(replay), left_out=left_out)
    pairs = changes.pop("pairs", ())
    known = Hindrances(held=held, flows=changes.pop("flows", ()))
    return compare(mine, theirs, pairs, known, changes.pop("diverged", ()))


def causes(*arguments: Any, **changes: Any) -> list[PnlPart | None]:
    return [each.cause.part for each in told(*arguments, **changes).differences]


def a_divergence(minute: int, product: Any = BTC) -> Divergence:
    at_ns = Nanos(BEGUN + minute * MINUTE)
    return Divergence(at_ns=at_ns, product=product, cause=SOLD_BY_HAND)


def test_the_same_verdicts_are_counted_and_so_are_equal_numbers() -> None:
    one = EntryVerdict(key=a_key(2), at_ns=BEGUN, numbers="2 at 100")
    other = EntryVerdict(key=a_key(2), at_ns=BEGUN, numbers="2 at 101")
    refused = a_verdict(1, "total_cap")
    found = told([refused, one], [refused, other])
    assert (found.same, found.exact, found.differences) == (2, 1, ())


def test_asking_again_about_a_bar_on_which_it_was_let_buy_is_nothing_new() -> None:
    again = a_verdict(1, "already_approved")
    assert told([a_verdict(1), again], [a_verdict(1)]).differences == ()
    assert told([again], []).differences == ()


def test_an_approval_counts_before_a_refusal_of_the_same_bar() -> None:
    found = told([a_verdict(1, "stale_quote"), a_verdict(1)], [a_verdict(1)])
    assert (found.same, found.differences) == (1, ())


@pytest.mark.parametrize("mine", [[], [a_verdict(1, "blocked")]])
@pytest.mark.parametrize(
    ("by", "part"), [(Hinderer.PERSON, PnlPart.PERSON), (Hinderer.SYSTEM, PnlPart.SYSTEM)]
)
def test_what_was_not_let_pass_under_a_breaker_is_of_who_opened_it(
    mine: list[EntryVerdict], by: Hinderer, part: PnlPart
) -> None:
    held = Hindrance(by=by, why="", since_ns=BEGUN, breaker=a_breaker(Effect.BLOCK))
    assert causes(mine, [a_verdict(1)], held) == [part]


def test_what_was_let_pass_under_a_breaker_is_not_explained_by_it() -> None:
    held = Hindrance(by=Hinderer.SYSTEM, why="", since_ns=BEGUN, breaker=a_breaker(Effect.BLOCK))
    assert causes([a_verdict(1)], [], held) == [None]


@pytest.mark.parametrize("reason", ["stale_quote", "suspect_price", "a_reason_of_tomorrow"])
def test_refused_for_what_was_seen_of_the_market_is_a_refusal(reason: str) -> None:
    assert causes([a_verdict(1, reason)], [a_verdict(1)]) == [PnlPart.SYSTEM]
    assert causes([a_verdict(1)], [a_verdict(1, reason)]) == [PnlPart.SYSTEM]


def test_a_minute_without_a_decision_is_the_runs() -> None:
    assert causes([], [a_verdict(1)], rounds=rounds_at(0, 2)) == [PnlPart.SYSTEM]


def test_what_comes_after_the_last_decision_of_the_run_is_cut_off() -> None:
    assert causes([], [a_verdict(3)], rounds=rounds_at(0)) == [PnlPart.TIMING]


def test_decided_on_another_bar_is_timing() -> None:
    pairs = pairs_of([a_trip(1)], [a_trip(2)])
    assert causes([a_verdict(1)], [a_verdict(2)], pairs=pairs) == [PnlPart.TIMING, PnlPart.TIMING]


def test_what_follows_a_difference_of_the_product_has_its_cause() -> None:
    early, late = a_divergence(0), a_divergence(9)
    assert causes([a_verdict(3)], [], diverged=[early]) == [PnlPart.PERSON]
    assert causes([a_verdict(3)], [], diverged=[late]) == [None]


def test_caps_follow_a_difference_of_any_product_and_signals_do_not() -> None:
    other = a_divergence(0, ETH)
    assert causes([a_verdict(3, "total_cap")], [a_verdict(3)], diverged=[other]) == [PnlPart.PERSON]
    assert causes([a_verdict(3)], [], diverged=[other]) == [None]


def test_another_purchase_makes_what_follows() -> None:
    held = Hindrance(
        by=Hinderer.PERSON,
        why="pause",
        since_ns=BEGUN,
        until_ns=Nanos(BEGUN + 90 * 1_000_000_000),
        breaker=a_breaker(Effect.BLOCK, name="pause"),
    )
    found = told([a_verdict(5)], [a_verdict(1), a_verdict(5, "already_held")], held)
    assert [each.cause.part for each in found.differences] == [PnlPart.PERSON, PnlPart.PERSON]


def test_let_pass_in_a_later_round_of_the_minute_is_timing() -> None:
    later = evolve(a_verdict(1), at_ns=Nanos(BEGUN + MINUTE + 50 * SECOND))
    (difference,) = told([later], [], left_out=(a_verdict(1, "max_trades_per_cycle"),)).differences
    assert difference.cause.part is PnlPart.TIMING
    assert difference.cause.why == "decided 50 s after the minute, the replay decides once"
    assert difference.replay is not None
    assert difference.replay.reason == "max_trades_per_cycle"
    assert causes([later], []) == [PnlPart.TIMING]


@pytest.mark.parametrize("reason", sorted(OF_THE_ROUND))
def test_what_another_entry_came_before_is_timing_unless_somebody_came_between(reason: str) -> None:
    mine, theirs = [a_verdict(20)], [a_verdict(20, reason)]
    assert causes(mine, theirs) == [PnlPart.TIMING]
    assert causes(mine, theirs, diverged=[a_divergence(19, ETH)]) == [PnlPart.PERSON]
    assert causes(mine, theirs, diverged=[a_divergence(2, ETH)]) == [PnlPart.TIMING]


def test_what_was_left_out_of_a_round_is_no_proposal_where_the_gate_of_neither_saw_it() -> None:
    found = told([], [], left_out=(a_verdict(1, "max_trades_per_cycle"),))
    assert (found.same, found.differences) == (0, ())


def test_what_nothing_explains_says_so() -> None:
    found = told([], [a_verdict(1)])
    (difference,) = found.differences
    assert difference.cause.part is None
    assert difference.at_ns == BEGUN + MINUTE
    assert found.cause(a_key(1)) == difference.cause
    assert found.cause(a_key(2)) is None


@pytest.mark.parametrize("reason", ["insufficient_cash", "total_cap"])
def test_a_cap_that_is_another_since_money_went_is_of_who_took_it(reason: str) -> None:
    flow = Flow(at_ns=BEGUN, amount=Decimal(-9000), why="withdrawal of 9000 USD")
    mine, theirs = [a_verdict(1, reason)], [a_verdict(1)]
    assert causes(mine, theirs, flows=(flow,)) == [PnlPart.PERSON]
    late = evolve(flow, at_ns=Nanos(BEGUN + 9 * MINUTE))
    assert causes(mine, theirs, flows=(late,)) == [None]
