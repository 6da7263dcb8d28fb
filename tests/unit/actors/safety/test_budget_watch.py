"""Requests that are refused, or that wait for the limit, are told; entries wait if it lasts."""

from __future__ import annotations

import pytest

from actors.safety.budget_watch import LASTS_NS, WARN_EVERY_NS
from actors.safety.drop_copy import POLL_EVERY_NS, DropCopy
from domain.messages.supervision import BootCompleted
from domain.model.breakers import Effect
from domain.model.instants import SECOND
from domain.system.rate_budget import LONGEST_PAUSE_NS, Pace, RateBudget
from tests.builders.harness import Harness, deliver
from tests.builders.messages import MAKER, TAKER
from tests.fakes.log import LogLine
from tests.fakes.recording_venue import RecordingVenue

pytestmark = pytest.mark.req("RB1")


class Scene:
    """The drop copy, which looks after the budgets, at a venue whose budgets the test moves."""

    def __init__(self) -> None:
        self.harness, self.venue = Harness(), RecordingVenue()
        self.budgets = {"private": RateBudget("private", 30), "public": RateBudget("public", 10)}
        self.waiting = 0
        self.actor = self.harness.start(DropCopy, "drop_copy", self.venue, (), ())
        deliver(self.actor, BootCompleted((), MAKER, TAKER, is_clean=True))

    def refuse(self, name: str) -> None:
        now_ns = self.harness.clock.machine
        self.budgets[name].take(now_ns)
        self.budgets[name].refused(now_ns, now_ns, Pace(retry_ns=SECOND), 0.5)

    def answer(self, name: str) -> None:
        now_ns = self.harness.clock.machine
        self.budgets[name].take(now_ns)
        self.budgets[name].answered(now_ns, now_ns, Pace())

    def look(self, for_ns: int = POLL_EVERY_NS) -> None:
        """Let time pass in which the budgets stay as they are."""
        end_ns = self.harness.clock.machine + for_ns
        while self.harness.clock.machine < end_ns:
            now_ns = self.harness.clock.machine
            uses = (each.use(now_ns, self.waiting) for each in self.budgets.values())
            self.venue.uses = tuple(uses)
            self.harness.pass_time(self.actor, POLL_EVERY_NS)

    def said(self, text: str) -> list[LogLine]:
        return [each for each in self.harness.log.lines if text in each.text]


@pytest.mark.way_out("private_limit", "public_limit")
@pytest.mark.parametrize(("name", "effect"), [("private", Effect.BLOCK), ("public", Effect.NONE)])
def test_a_venue_that_goes_on_refusing_opens_a_breaker_until_it_answers(
    name: str, effect: Effect
) -> None:
    scene = Scene()
    scene.refuse(name)
    scene.look()
    assert scene.harness.trips() == ()

    scene.look(LASTS_NS + POLL_EVERY_NS)
    (breaker,) = scene.harness.trips()
    assert (breaker.name, breaker.effect) == (f"{name}_limit", effect)
    assert not breaker.is_latched

    scene.answer(name)
    scene.look()
    assert scene.harness.trips() == ()


def test_what_nobody_asks_any_more_is_refused_no_more() -> None:
    scene = Scene()
    scene.refuse("public")
    scene.look(LASTS_NS * 2)
    assert len(scene.harness.trips()) == 1
    scene.waiting = 1
    scene.look(LONGEST_PAUSE_NS * 2)
    assert len(scene.harness.trips()) == 1
    scene.waiting = 0
    scene.look()
    assert scene.harness.trips() == ()


def test_refusals_are_told_once_a_minute_and_counted() -> None:
    scene = Scene()
    for _ in range(10):
        scene.refuse("private")
        scene.look()
    (line,) = scene.said("refuses requests")
    assert line.fields["refused"] == 1

    scene.look(WARN_EVERY_NS)
    scene.refuse("private")
    scene.look()
    assert [each.fields["refused"] for each in scene.said("refuses requests")] == [1, 11]


def test_a_refusal_that_is_over_when_it_is_looked_at_is_told_and_blocks_nothing() -> None:
    scene = Scene()
    scene.refuse("public")
    scene.harness.clock.move(SECOND)
    scene.answer("public")
    scene.look(LASTS_NS * 2)
    assert len(scene.said("refuses requests")) == 1
    assert scene.harness.trips() == ()


def test_requests_that_wait_for_long_are_told_now_and_then_and_when_none_does_any_more() -> None:
    scene = Scene()
    scene.waiting = 90
    scene.look(20 * SECOND)
    scene.waiting = 30
    scene.look(20 * SECOND)
    scene.waiting = 0
    scene.look()
    waits = [each for each in scene.said("requests wait") if each.fields["budget"] == "public"]
    assert [each.fields["waiting"] for each in waits] == [90, 30, 30][: len(waits)]
    assert len(waits) >= 2
    assert len(scene.said("no request waits")) == 2


def test_a_short_wait_is_not_worth_a_word() -> None:
    scene = Scene()
    scene.waiting = 3
    scene.look()
    scene.waiting = 0
    scene.look(20 * SECOND)
    assert scene.harness.log.lines == []
