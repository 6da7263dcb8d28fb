"""A rehearsal is every run since it began, also those that were killed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.messages.control import ReconcileFinished
from domain.messages.journal import RunStopped
from domain.messages.supervision import ActorDown, BootCompleted
from domain.model.instants import MINUTE, SECOND
from domain.model.money import Rate
from domain.model.orders import OrderState
from domain.rehearsal.record import RehearsalFold, RehearsalRecord
from tests.builders.messages import a_moved, an_intent, booked
from tests.builders.rehearsals import STARTED, a_round

pytestmark = pytest.mark.req("RH1")

STOPPED = RunStopped("duration", 1, 0, 0)
CLEAN = ReconcileFinished("periodic", True, ())


def told(*messages: object, wall: bool = True) -> RehearsalRecord:
    """Return what comes of records a minute apart."""
    fold = RehearsalFold(MINUTE)
    for number, message in enumerate(messages):
        at_ns = number * MINUTE
        fold.take(message, at_ns, at_ns + SECOND if wall else None)
    return fold.result()


def boot(maker: str, taker: str) -> BootCompleted:
    return BootCompleted((), Rate(Decimal(maker)), Rate(Decimal(taker)), True)


def test_cycles_of_all_runs_count_and_a_run_without_an_end_has_died() -> None:
    found = told(STARTED, a_round(), a_round(), STARTED, a_round(), STOPPED)

    assert (found.runs, found.died, found.cycles) == (2, 1, 3)
    assert found.performance.cycles == 3
    assert (found.begun_ns, found.ended_ns, found.wall_ns) == (0, 5 * MINUTE, 5 * MINUTE)
    # What lies between the last record of one run and the first of the next is a gap.
    assert found.ran_ns == 4 * MINUTE
    assert len(found.points) == 3


def test_of_several_cycles_within_an_interval_one_counts() -> None:
    fold = RehearsalFold(MINUTE)
    fold.take(STARTED, 0, 0)
    for at_ns in (0, SECOND, MINUTE - 1, MINUTE, 3 * MINUTE):
        fold.take(a_round(), at_ns, at_ns)

    assert fold.result().cycles == 3
    assert len(fold.result().points) == 5


def test_what_stands_before_the_first_start_does_not_count() -> None:
    assert told(a_round(), CLEAN) == RehearsalRecord()


def test_every_configuration_is_told_once_in_the_order_of_the_runs() -> None:
    other = evolve(STARTED, config_hash="other")

    assert told(STARTED, other, STARTED).config_hashes == ("c0ffee", "other")


def test_a_dead_actor_is_an_unhandled_exception() -> None:
    found = told(STARTED, ActorDown("feed", 1, "KeyError: 'x'"))

    assert found.exceptions == ("feed: KeyError: 'x'",)


def test_in_virtual_time_no_wall_time_passes() -> None:
    found = told(STARTED, a_round(), wall=False)

    assert found.is_virtual
    assert found.wall_ns is None
    assert found.performance.is_virtual


def test_the_lowest_fees_that_were_read_are_those_that_were_rehearsed() -> None:
    found = told(STARTED, boot("0.006", "0.012"), STARTED, boot("0.004", "0.015"))

    assert (found.maker, found.taker) == (Rate(Decimal("0.004")), Rate(Decimal("0.012")))


def test_a_fill_is_reconciled_once_a_comparison_after_it_was_clean() -> None:
    fill = booked(an_intent())

    assert told(STARTED, CLEAN, fill).open_doubts != ()
    assert told(STARTED, fill, CLEAN).open_doubts == ()
    wrong = ReconcileFinished("periodic", False, ("USD: differs",))
    assert told(STARTED, fill, CLEAN, wrong).open_doubts == ("USD: differs",)
    assert told(STARTED, fill, CLEAN, wrong, CLEAN).open_doubts == ()
    assert told(STARTED, fill, fill, CLEAN).fills == 2


def test_an_order_of_which_nobody_knows_the_end_is_in_doubt_until_its_end_is_known() -> None:
    intent = an_intent()
    unknown = a_moved(intent, OrderState.UNKNOWN)

    (doubt,) = told(STARTED, unknown).open_doubts
    assert intent.client_order_id in doubt
    assert told(STARTED, unknown, a_moved(intent, OrderState.VOID)).open_doubts == ()
