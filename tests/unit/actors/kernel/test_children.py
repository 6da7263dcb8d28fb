"""What has to be shown before an actor's breaker closes, and what people are told is missing."""

from __future__ import annotations

import pytest

from actors.kernel.children import ChildState, Phase
from actors.kernel.policy import Reentry
from actors.kernel.topology import ACTORS, RISK_GATE

pytestmark = pytest.mark.req("SUP1")

NEEDS_BOOKS = sorted(n for n, row in ACTORS.items() if row.reentry is not Reentry.PROOF)
NEEDS_NONE = sorted(n for n, row in ACTORS.items() if row.reentry is Reentry.PROOF)


def in_probation(name: str) -> ChildState:
    case = ChildState(name)
    case.begin_probation(2, 7)
    return case


@pytest.mark.parametrize("name", NEEDS_NONE)
def test_where_the_row_asks_for_proof_alone_proof_is_enough(name: str) -> None:
    case = in_probation(name)
    assert not case.has_proof

    case.proof = "shown"

    assert case.has_proof


@pytest.mark.parametrize("name", NEEDS_BOOKS)
def test_where_the_row_asks_for_the_books_proof_alone_is_not_enough(name: str) -> None:
    case = in_probation(name)
    case.proof = "shown"
    assert not case.has_proof
    assert case.waits_for() == f"actor {name} waits for a clean reconcile"

    case.is_reconciled = True

    assert case.has_proof


@pytest.mark.parametrize("name", sorted(ACTORS))
def test_nobody_is_back_before_its_entries_are_confirmed_cancelled(name: str) -> None:
    case = in_probation(name)
    case.proof, case.is_reconciled, case.is_swept = "shown", True, False

    assert not case.has_proof
    assert case.waits_for() == f"actor {name}: its entries are not confirmed cancelled yet"


def test_a_new_incarnation_has_everything_to_show_again_but_not_the_sweep() -> None:
    case = in_probation(RISK_GATE)
    case.proof, case.is_reconciled, case.is_swept = "shown", True, True

    case.begin_probation(3, 8)

    assert (case.phase, case.epoch, case.token) == (Phase.PROBATION, 3, 8)
    assert (case.proof, case.is_reconciled, case.is_swept) == ("", False, True)
    assert not case.has_proof


@pytest.mark.parametrize(
    ("phase", "is_down"),
    [
        (Phase.UP, False),
        (Phase.WAITING, True),
        (Phase.REBUILDING, True),
        (Phase.PROBATION, False),
        (Phase.PROVEN, False),
        (Phase.GIVEN_UP, True),
    ],
)
def test_down_is_where_no_incarnation_lives(phase: Phase, is_down: bool) -> None:
    case = ChildState(RISK_GATE, phase)

    assert case.is_down is is_down
    if is_down:
        assert case.waits_for() == f"actor {RISK_GATE} is down ({phase.value})"
    else:
        assert case.waits_for().startswith(f"actor {RISK_GATE} has not proven itself yet: ")
