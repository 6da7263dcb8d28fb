"""What is sent next: once, in order, by channel; louder if nobody takes note; over restarts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.model.breakers import Severity
from domain.model.instants import HOUR, SECOND, Nanos
from domain.system.deliveries import (
    BRIEF_NS,
    ESCALATE_NS,
    KEPT_NS,
    LONGEST_PAUSE_NS,
    Deliveries,
    Delivery,
    Notice,
)
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("AL1")

ONE, TWO = "one", "two"


class Scene:
    """Channels that take everything but while they are said to be down, and a clock."""

    def __init__(
        self,
        *channels: str,
        marks: dict[str, dict[str, bool]] | None = None,
        now_ns: int = NOW,
        least: Severity = Severity.WARNING,
        draw: float = 0.5,
    ) -> None:
        self.now_ns = Nanos(now_ns)
        self.names = channels or (ONE,)
        self.marks = marks or {}
        self.down: set[str] = set()
        self.sent: list[Delivery] = []
        self.deliveries = Deliveries(
            dict.fromkeys(self.names, NOW), self.marks, least=least, draw=lambda: draw
        )

    def writes(self, *notices: Notice) -> None:
        for each in notices:
            self.deliveries.take(each, self.now_ns)

    def later(self, length_ns: int) -> None:
        self.now_ns = Nanos(self.now_ns + length_ns)

    def send(self) -> list[Delivery]:
        """Send whatever is due now; return what arrived."""
        arrived = []
        for channel in self.names:
            while (due := self.deliveries.next(channel, self.now_ns)) is not None:
                if channel in self.down:
                    self.deliveries.failed(due, self.now_ns)
                    break
                self.deliveries.delivered(due)
                self.marks.setdefault(channel, {})[due.alert] = due.is_escalated
                arrived.append(due)
        self.sent += arrived
        return arrived


def notice(name: str, at_ns: int = NOW, severity: Severity = Severity.CRITICAL) -> Notice:
    return Notice(id=name, written_ns=Nanos(at_ns), severity=severity)


def test_an_alert_goes_to_every_channel_once_and_in_order() -> None:
    scene = Scene(ONE, TWO)
    scene.writes(notice("a"), notice("b"), notice("a"))

    sent = scene.send()

    assert [(each.channel, each.alert) for each in sent] == [
        (ONE, "a"),
        (ONE, "b"),
        (TWO, "a"),
        (TWO, "b"),
    ]
    assert scene.send() == []
    assert scene.deliveries.is_all_sent


def test_what_is_less_severe_than_asked_for_stays_here_but_for_what_is_for_all() -> None:
    scene = Scene(least=Severity.CRITICAL)
    daily = evolve(notice("daily", severity=Severity.INFO), is_for_all=True)
    scene.writes(notice("quiet", severity=Severity.WARNING), daily, notice("loud"))
    scene.later(BRIEF_NS)

    assert [each.alert for each in scene.send()] == ["daily", "loud"]


def test_a_channel_that_is_down_holds_up_no_other_and_gets_all_once_when_it_is_back() -> None:
    scene = Scene(ONE, TWO)
    scene.down = {ONE}
    for number in range(600):
        if number % 60 == 0:
            scene.writes(notice(f"a{number}", scene.now_ns))
        scene.send()
        scene.later(SECOND)
    assert {each.channel for each in scene.sent} == {TWO}
    assert scene.deliveries.state(ONE).waiting == 10
    assert scene.deliveries.state(ONE).failing_since_ns == NOW

    scene.down = set()
    scene.later(LONGEST_PAUSE_NS)
    arrived = [each.alert for each in scene.send() if each.channel == ONE]

    assert arrived == [f"a{number}" for number in range(0, 600, 60)]
    assert scene.deliveries.state(ONE).failing_since_ns is None


def test_pauses_grow_to_a_minute_and_no_further_and_are_drawn() -> None:
    scene = Scene(draw=0.999999)
    scene.down = {ONE}
    scene.writes(notice("a"))
    tries: list[int] = []
    while len(tries) < 10:
        if scene.deliveries.next(ONE, scene.now_ns) is not None:
            tries.append(scene.now_ns)
            scene.send()
        scene.later(SECOND // 4)

    pauses = [round((b - a) / SECOND) for a, b in pairwise(tries)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_what_nobody_takes_note_of_in_time_is_sent_once_more_and_louder() -> None:
    scene = Scene()
    scene.writes(notice("a"))
    scene.send()
    scene.later(ESCALATE_NS - 1)
    assert scene.send() == []

    scene.later(1)

    assert scene.send() == [Delivery(ONE, "a", True)]
    scene.later(HOUR)
    assert scene.send() == []
    assert scene.deliveries.is_over


def test_what_was_noted_or_is_over_in_time_gets_no_louder() -> None:
    scene = Scene()
    scene.deliveries.note(["early"])
    over = evolve(notice("over"), topic="breaker x (global)")
    scene.writes(notice("noted"), notice("early"), over)
    scene.send()
    scene.later(ESCALATE_NS // 2)
    scene.deliveries.note(["noted"])
    end = Notice(
        id="end",
        written_ns=scene.now_ns,
        severity=Severity.INFO,
        topic="breaker x (global)",
        is_end=True,
    )
    scene.writes(end)
    scene.later(ESCALATE_NS)

    assert [each.alert for each in scene.send()] == ["end"]
    assert scene.deliveries.is_over


def test_information_never_gets_louder() -> None:
    scene = Scene(least=Severity.INFO)
    scene.writes(notice("a", severity=Severity.INFO))
    scene.send()
    scene.later(ESCALATE_NS)

    assert scene.send() == []


def test_what_could_not_be_sent_for_two_minutes_is_sent_once_and_at_once_louder() -> None:
    scene = Scene()
    scene.writes(notice("a"))
    scene.later(ESCALATE_NS)

    assert scene.send() == [Delivery(ONE, "a", True)]
    scene.later(ESCALATE_NS)
    assert scene.send() == []


def a_warning(name: str, at_ns: int) -> Notice:
    return evolve(notice(name, at_ns, Severity.WARNING), topic="breaker x (global)")


def its_end(name: str, at_ns: int) -> Notice:
    return Notice(
        id=name,
        written_ns=Nanos(at_ns),
        severity=Severity.INFO,
        topic="breaker x (global)",
        is_end=True,
    )


def test_a_warning_that_is_over_at_once_wakes_nobody_nor_does_its_end() -> None:
    scene = Scene()
    scene.writes(a_warning("w", NOW))
    assert scene.send() == []
    scene.writes(its_end("e", NOW + BRIEF_NS))
    scene.later(BRIEF_NS)

    assert scene.send() == []


def test_a_warning_that_lasts_is_told_and_its_end_too() -> None:
    scene = Scene()
    scene.writes(a_warning("w", NOW))
    scene.later(BRIEF_NS)
    assert [each.alert for each in scene.send()] == ["w"]
    scene.writes(its_end("e", scene.now_ns + 1))

    assert [each.alert for each in scene.send()] == ["e"]


def test_the_end_of_what_nobody_was_told_of_is_not_told() -> None:
    scene = Scene(least=Severity.CRITICAL)
    scene.writes(a_warning("w", NOW), its_end("e", NOW + HOUR))
    scene.later(2 * HOUR)

    assert scene.send() == []


def test_a_channel_that_is_new_is_not_told_of_what_was_before_it() -> None:
    scene = Scene()
    scene.writes(notice("before", NOW - 1), notice("after", NOW))

    assert [each.alert for each in scene.send()] == ["after"]


def test_what_lies_too_long_is_forgotten_with_its_marks() -> None:
    scene = Scene()
    scene.down = {ONE}
    scene.writes(notice("a"))
    scene.send()
    scene.later(KEPT_NS + 1)
    scene.writes(notice("b", scene.now_ns))
    scene.down = set()

    assert [each.alert for each in scene.send()] == ["b"]
    assert not scene.deliveries.needs("a")


def test_a_line_of_the_future_gets_louder_all_the_same() -> None:
    scene = Scene()
    scene.writes(notice("a", NOW + HOUR))
    scene.send()
    scene.later(ESCALATE_NS)

    assert scene.send() == [Delivery(ONE, "a", True)]


STEPS = st.lists(
    st.one_of(
        st.sampled_from(["critical", "warning", "info", "end", "note", "restart"]),
        st.sampled_from(["down", "up"]),
        st.integers(1, 150).map(lambda seconds: f"wait {seconds}"),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_nothing_is_lost_sent_twice_or_out_of_order(steps: list[str]) -> None:
    written: list[Notice] = []
    noted: set[str] = set()
    sent: list[Delivery] = []
    scene = Scene(ONE, TWO)
    for number, step in enumerate(steps):
        word, _, seconds = step.partition(" ")
        name = f"n{number}"
        if word in ("critical", "warning", "info"):
            severity = Severity(word.upper())
            new = evolve(notice(name, scene.now_ns, severity), topic="t" if number % 2 else "")
            written.append(new)
            scene.writes(new)
        elif word == "end":
            written.append(evolve(its_end(name, scene.now_ns), topic="t"))
            scene.writes(written[-1])
        elif word == "note" and written:
            noted.add(written[-1].id)
            scene.deliveries.note(noted)
        elif word == "restart":
            sent += scene.sent
            down = scene.down
            scene = Scene(ONE, TWO, marks=scene.marks, now_ns=scene.now_ns)
            scene.down = down
            scene.deliveries.note(noted)
            scene.writes(*written)
        elif word in ("down", "up"):
            scene.down = {ONE} if word == "down" else set()
        else:
            scene.later(int(seconds or 1) * SECOND)
        scene.send()
        scene.later(1)
    scene.down = set()
    for _ in range(4):
        scene.later(ESCALATE_NS)
        scene.send()
    sent += scene.sent

    loud = [each for each in written if each.severity is not Severity.INFO]
    for channel in (ONE, TWO):
        mine = [each for each in sent if each.channel == channel]
        first = list(dict.fromkeys(each.alert for each in mine))
        ends = {each.id for each in written if each.is_end}
        must = [each.id for each in loud if each.severity is Severity.CRITICAL]
        assert [each for each in first if each in must] == must
        assert sorted(first, key=lambda name: int(name[1:])) == first
        assert set(first) <= {each.id for each in loud} | ends
        keys = [(each.alert, each.is_escalated) for each in mine]
        assert len(keys) == len(set(keys))
        assert all(keys.count((name, True)) <= 1 for name in first)
        louder = {each.alert for each in mine if each.is_escalated}
        assert not louder & ends
    assert scene.deliveries.is_over
