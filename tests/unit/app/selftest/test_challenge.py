"""A challenge is right when its guard has refused what it must, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from app.selftest.challenge import Challenge, NotReached
from app.selftest.scene import Scene, asked
from app.selftest.stage import Outcome
from config.effective import Config
from domain.messages.decisions import OrderApproved, ProposalRefused
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.product import Side
from tests.builders.messages import BTC, approved

pytestmark = pytest.mark.req("M1")

SCENE = Scene(config=Config())
ENTRY = asked(SCENE)
YES = OrderApproved(approved())


def no(*codes: str) -> ProposalRefused:
    refusals = tuple(Refusal(reason=Reason(code), observed="a", limit="b") for code in codes)
    return ProposalRefused(Purpose.ENTRY, "breakout", BTC, Side.BUY, refusals)


def a_challenge(**changes: Any) -> Challenge:
    values: dict[str, Any] = {
        "guard": "spacing",
        "what": "an entry",
        "scene": SCENE,
        "said": (ENTRY,),
        "code": "spacing",
    }
    return Challenge(**{**values, **changes})


def test_it_has_to_be_refused_for_its_reason_whatever_else_refuses() -> None:
    assert a_challenge().flaw(Outcome((no("cooldown", "spacing"),), ())) is None
    assert (
        a_challenge().flaw(Outcome((no("cooldown"),), ())) == "an entry: passed spacing (cooldown)"
    )
    assert a_challenge().flaw(Outcome((YES,), ())) == "an entry: passed spacing (approved)"


def test_inside_of_a_limit_it_must_not_be_refused_for_that_reason() -> None:
    inside = a_challenge(is_inside=True)

    assert inside.flaw(Outcome((no("cooldown"),), ())) is None
    assert inside.flaw(Outcome((YES,), ())) is None
    told = "an entry: refused by spacing all the same"
    assert inside.flaw(Outcome((no("spacing"),), ())) == told


def test_a_breaker_has_to_be_open_and_to_stop_the_entry() -> None:
    lost, kept = a_challenge(breaker="drawdown"), a_challenge(breaker="drawdown", is_inside=True)
    refused, open_now = (no("spacing"),), ("drawdown", "daily_loss")

    assert lost.flaw(Outcome(refused, (), open_now)) is None
    assert lost.flaw(Outcome(refused, (), ("daily_loss",))) == "an entry: drawdown is not open"
    assert lost.flaw(Outcome((YES,), (), open_now)) == "an entry: passed spacing (approved)"
    assert kept.flaw(Outcome(refused, (), ("daily_loss",))) is None
    assert kept.flaw(Outcome((YES,), (), open_now)) == "an entry: drawdown is open"


def test_a_proposal_that_nobody_has_judged_proves_nothing() -> None:
    assert a_challenge().flaw(Outcome((), ())) == "an entry: 0 of 1 proposals were judged"


def test_a_wall_has_to_have_refused_in_its_words() -> None:
    wall = a_challenge(wall="kill switch")

    assert wall.flaw(Outcome((YES,), ("kill switch",))) is None
    assert wall.flaw(Outcome((YES,), ("fenced",))) == "an entry: fenced"
    assert wall.flaw(Outcome((YES,), ())) == "an entry: nobody has refused it"
    with pytest.raises(NotReached):
        wall.flaw(Outcome((no("spacing"),), ()))


def test_what_has_to_be_approved_before_it_is_no_flaw_of_the_guard() -> None:
    third = a_challenge(said=(ENTRY,) * 3, before=2)

    assert third.flaw(Outcome((YES, YES, no("spacing")), ())) is None
    told = "an entry: spacing has refused one before it"
    assert third.flaw(Outcome((YES, no("spacing"), no("spacing")), ())) == told
    with pytest.raises(NotReached):
        third.flaw(Outcome((YES, no("cooldown"), no("spacing")), ()))
