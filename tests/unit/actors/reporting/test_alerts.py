"""An alert is written at once and once a minute; what is written is not remembered for longer."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from actors.kernel.envelope import Envelope
from actors.reporting.alerts import REPEAT_AFTER_NS, Alerts
from domain.messages.control import AlertRaised, DiscrepancyFound
from domain.messages.portfolio import LotsListed
from domain.messages.supervision import (
    BY_OPERATOR,
    BY_PROOF,
    ActorDown,
    ActorProven,
    BreakerReset,
    BreakerTripped,
)
from domain.messages.venue import EntriesUnread
from domain.model.breakers import Effect, Scope, Severity
from domain.model.entries import EntryKind
from domain.model.instants import SECOND
from domain.system.alert_ends import RESOLVED, UNPROTECTED_LOTS, of_end
from tests.builders.harness import Harness, deliver
from tests.builders.messages import a_breaker

pytestmark = pytest.mark.req("AL1")


class Sink:
    def __init__(self) -> None:
        self.written: list[Envelope] = []

    def write(self, envelope: Envelope) -> None:
        self.written.append(envelope)

    @property
    def codes(self) -> list[str]:
        return [each.body.code for each in self.written]


class Scene:
    def __init__(self, *, epoch: int = 1) -> None:
        self.harness, self.sink = Harness(), Sink()
        self.actor = self.harness.start(Alerts, "alerts", self.sink, epoch=epoch)

    def tell(self, *messages: Any) -> None:
        deliver(self.actor, *messages)


def an_alert(what: str = "something is odd", severity: Severity = Severity.WARNING) -> AlertRaised:
    return AlertRaised(
        severity=severity,
        code="ODD",
        what=what,
        done="nothing",
        owned="nothing",
        worst="nothing",
        command="status",
    )


def test_every_event_that_people_should_know_becomes_an_alert_at_once() -> None:
    scene = Scene()
    scene.tell(
        an_alert(),
        BreakerTripped(a_breaker(Effect.HALT, name="daily_loss")),
        ActorDown("exits", 1, "ValueError"),
        DiscrepancyFound("USD", "1", "2"),
        LotsListed("stop", (), ("BTC-USD 1",)),
    )

    assert scene.sink.codes == [
        "ODD",
        "BREAKER:daily_loss",
        "ACTOR_DOWN",
        "DISCREPANCY",
        "UNPROTECTED",
    ]


def test_of_a_death_its_own_news_is_told_and_not_its_breaker_too() -> None:
    scene = Scene()
    scene.tell(BreakerTripped(a_breaker(Effect.HALT, "actor", name="exits")))

    assert scene.sink.codes == []


def test_protected_lots_are_no_alert_and_end_those_of_the_last_stop() -> None:
    scene = Scene()
    scene.tell(LotsListed("stop", (), ("BTC-USD 1",)), LotsListed("start", ("BTC-USD 1",), ()))
    scene.tell(LotsListed("start", (), ()))

    assert scene.sink.codes == ["UNPROTECTED", RESOLVED]
    assert {each.body.topic for each in scene.sink.written} == {UNPROTECTED_LOTS}


def reset(name: str, scope: str = "global", by: str = BY_PROOF) -> BreakerReset:
    return BreakerReset(name, Scope(scope), by, "seen")


def test_a_breaker_that_closes_ends_its_alert_and_no_other() -> None:
    scene = Scene()
    scene.tell(
        BreakerTripped(a_breaker(Effect.BLOCK, name="staleness")),
        BreakerTripped(a_breaker(Effect.BLOCK, "product:BTC-USD", name="staleness")),
        reset("staleness"),
    )

    one, other, end = scene.sink.written
    assert (end.body.code, end.body.severity) == (RESOLVED, Severity.INFO)
    assert end.body.topic == one.body.topic != other.body.topic


def test_an_actor_that_is_back_ends_what_was_told_of_its_death() -> None:
    scene = Scene()
    scene.tell(ActorDown("exits", 1, "ValueError"), reset("exits", "actor"))

    down, end = scene.sink.written
    assert (end.body.code, end.body.topic) == (RESOLVED, down.body.topic)


def test_what_nobody_was_told_of_has_no_end_unless_a_person_ended_it() -> None:
    scene = Scene()
    scene.tell(reset("sentinel"))
    assert scene.sink.codes == []

    scene.tell(reset("daily_loss", by=BY_OPERATOR))

    assert scene.sink.codes == [RESOLVED]


def test_a_fresh_incarnation_ends_what_its_predecessor_may_have_told_of() -> None:
    scene = Scene(epoch=2)
    scene.tell(reset("staleness"))

    assert scene.sink.codes == [RESOLVED]


def test_what_begins_again_after_its_end_is_news_within_the_minute_too() -> None:
    scene = Scene()
    tripped = BreakerTripped(a_breaker(Effect.BLOCK, name="staleness"))
    scene.tell(tripped, tripped, reset("staleness"), tripped)

    assert scene.sink.codes == ["BREAKER:staleness", RESOLVED, "BREAKER:staleness"]


def test_an_end_that_somebody_announces_ends_too() -> None:
    scene = Scene()
    scene.tell(of_end("courier of alerts", "it works again"))

    assert scene.sink.codes == [RESOLVED]


def test_the_same_again_within_a_minute_is_dropped_and_after_it_written() -> None:
    scene = Scene()
    scene.tell(an_alert("equity 100"))
    scene.harness.clock.move(REPEAT_AFTER_NS - 1)
    scene.tell(an_alert("equity 99"))
    assert len(scene.sink.written) == 1

    scene.harness.clock.move(1)
    scene.tell(an_alert("equity 98"))

    assert [each.body.what for each in scene.sink.written] == ["equity 100", "equity 98"]


def test_a_repetition_that_is_dropped_does_not_put_the_next_one_off() -> None:
    scene = Scene()
    for _ in range(121):
        scene.tell(an_alert())
        scene.harness.clock.move(SECOND)

    assert len(scene.sink.written) == 3


def test_a_louder_alert_is_not_the_same() -> None:
    scene = Scene()
    scene.tell(an_alert(), an_alert(severity=Severity.CRITICAL))

    assert len(scene.sink.written) == 2


def test_what_is_written_names_its_cause_and_not_the_alerts_actor() -> None:
    scene = Scene()
    scene.tell(ActorDown("exits", 1, "ValueError"))

    (envelope,) = scene.sink.written
    assert (envelope.sender, envelope.at_ns) == ("test", scene.harness.clock.market_ns())


def test_texts_without_number_are_forgotten_after_a_minute() -> None:
    scene = Scene()
    for letter in "abcdefghijklmnopqrstuvwxyz":
        scene.tell(an_alert(f"order {letter}"))
        scene.harness.clock.move(10 * SECOND)

    assert len(scene.sink.written) == 26
    assert len(scene.actor._written_ns) <= 6


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_writes_an_alert_to_show_that_it_can() -> None:
    scene = Scene(epoch=2)
    (back,) = scene.harness.bodies(AlertRaised)
    assert scene.harness.bodies(ActorProven) == []

    scene.tell(back)

    assert scene.sink.codes == ["ACTOR_BACK"]
    assert len(scene.harness.bodies(ActorProven)) == 1


def test_the_first_incarnation_has_nothing_to_show() -> None:
    assert Scene().harness.bodies(AlertRaised) == []


def test_what_was_left_out_is_alerted_once_a_kind_and_reason_however_often_it_comes() -> None:
    scene = Scene()
    news = EntriesUnread(EntryKind.ORDER, "side: expected BUY or SELL", ("by-hand-1",), 1, 1)

    scene.tell(news)
    scene.harness.pass_time(scene.actor, 2 * REPEAT_AFTER_NS)
    scene.tell(evolve(news, count=2), evolve(news, kind=EntryKind.FILL))

    assert scene.sink.codes == ["LEFT_OUT", "LEFT_OUT"]


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.INFO, "info"), (Severity.WARNING, "warning"), (Severity.CRITICAL, "critical")],
)
def test_an_alert_is_on_the_terminal_too_with_what_to_type(severity: Severity, level: str) -> None:
    scene = Scene()
    scene.tell(an_alert(severity=severity), an_alert(severity=severity))

    assert [line.text for line in scene.harness.log.of(level)] == [
        "ODD: something is odd; nothing; type: status"
    ]
