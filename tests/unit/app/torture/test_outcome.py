"""An outcome names every bound that did not hold, and what was not shown at all."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from app.torture.cases import a_case
from app.torture.outcome import BoundVerdict, TortureOutcome, document

pytestmark = pytest.mark.req("E1")

TOLD: dict[str, Any] = {
    "code": 0,
    "said": [],
    "seen": {
        "losses": {"minute": "10", "hour": "20", "day": "20"},
        "peak": "10000",
        "at_risk": "1500",
        "busiest": {"minute": 6, "hour": 60, "day": 60},
        "orders": 60,
        "fills": 20,
        "fees": "3",
        "left": "0",
    },
    "bounds": {
        "losses": {"minute": "10", "hour": "30", "day": "40"},
        "at_risk": "1500",
        "orders": {"minute": 6, "hour": 60, "day": 600},
    },
    "journal": {"refused": 5, "approved": 3, "honest_approved": 1, "cycles": 25, "breakers": []},
    "proposals": 100,
    "honest_rounds": 20,
}


def an_outcome(*path: str, value: Any = None) -> TortureOutcome:
    """Return the outcome in which everything is just within its bounds, but for one value."""
    told = copy.deepcopy(TOLD)
    place = told
    for name in path[:-1]:
        place = place[name]
    if path:
        place[path[-1]] = value
    return TortureOutcome(case=a_case("spammer", 1), told=told)


def test_what_is_just_within_every_bound_holds() -> None:
    assert an_outcome().failures == ()
    assert an_outcome().verdict is BoundVerdict.HOLDS
    assert an_outcome().worst[0] == "minute"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("code",), 70, "ended with 70"),
        (("seen", "losses", "minute"), "10.01", "10.01 lost within one minute, stated are 10.00"),
        (("seen", "losses", "day"), "NaN", "lost within one day"),
        (("seen", "at_risk"), "1500.01", "1,500.01 at risk at once"),
        (("seen", "busiest", "minute"), 7, "7 purchases accepted within one minute"),
        (("seen", "busiest", "hour"), 61, "61 purchases accepted within one hour"),
        (("seen", "left"), "2.01", "2.01 of lots whose stops were passed"),
        (("honest_rounds",), 19, "asked in 19 of 25 decisions"),
    ],
)
def test_a_bound_that_does_not_hold_is_named(path: tuple[str, ...], value: Any, words: str) -> None:
    found = an_outcome(*path, value=value)

    assert found.verdict is BoundVerdict.BROKEN
    (said,) = found.failures
    assert words in said
    assert not json.loads(document([an_outcome(), found], 1))["ok"]


@pytest.mark.parametrize("path", [("proposals",), ("seen", "fills")])
def test_where_nothing_was_bought_nothing_was_shown(path: tuple[str, ...]) -> None:
    assert an_outcome(*path, value=0).verdict is BoundVerdict.NOTHING


def test_a_share_of_what_the_account_has_grown_to_may_be_at_risk() -> None:
    found = an_outcome("seen", "at_risk", value="1501")
    found.told["seen"]["peak"] = "10010"

    assert found.failures == ()


def test_a_process_that_left_nothing_has_failed() -> None:
    found = TortureOutcome(case=a_case("all", 1), told={}, error="no end within 240 s")

    assert found.verdict is BoundVerdict.BROKEN
    assert json.loads(document([found], 1))["cases"][0]["failures"] == ["no end within 240 s"]


def test_a_halt_by_a_limit_on_losses_is_no_failure() -> None:
    assert an_outcome("code", value=3).verdict is BoundVerdict.HOLDS
