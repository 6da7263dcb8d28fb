"""A latch opens only after revival, a clean comparison and a durable record, in that order."""

from __future__ import annotations

from typing import Any

import pytest

from actors.kernel.ports import ControlRequest
from actors.kernel.topology import AUDITOR, RECONCILER, SUPERVISOR
from actors.safety.operator import ANSWER_WITHIN_NS, POLL_EVERY_NS, Operator
from domain.messages.control import (
    AdoptRequested,
    OperatorActed,
    ReconcileFinished,
    ReconcileRequested,
    ReleaseAnswered,
    ReleaseRequested,
    Settled,
    SettleRequested,
    Synced,
    SyncRequested,
)
from domain.messages.supervision import Revived, ReviveRequested
from domain.messages.universe import AssetBanned, BanCleared, RegimeCleared, RegimeSet
from domain.model.breakers import Effect
from domain.orders.keeper import UNKNOWN_ORDER
from domain.system.pause import PAUSE, PAUSED, UNPAUSED
from domain.system.ways_out import RESUME, UNPAUSE, WAYS_OUT
from domain.universe.orders import told
from tests.builders.harness import Harness, deliver, of_kind
from tests.builders.messages import a_breaker
from tests.builders.operator import a_cashier

pytestmark = pytest.mark.req("K1")


class Folder:
    """The control folder: requests in, answers out."""

    def __init__(self) -> None:
        self.requests: list[ControlRequest] = []
        self.answers: dict[str, dict[str, Any]] = {}

    def poll(self) -> tuple[ControlRequest, ...]:
        found, self.requests = tuple(self.requests), []
        return found

    def reply(self, request_id: str, answer: dict[str, object]) -> None:
        assert request_id not in self.answers
        self.answers[request_id] = answer


class Scene:
    def __init__(self, *, is_latched: bool = True) -> None:
        self.harness, self.folder, self.ended = Harness(), Folder(), list[str]()
        if is_latched:
            self.harness.board.trip(a_breaker(Effect.HALT, name="daily_loss", is_latched=True))
        self.actor = self.harness.start(
            Operator, "operator", self.folder, self.ended.append, a_cashier()
        )

    def ask(
        self,
        verb: str,
        reason: str = "looked at it",
        request_id: str = "r1",
        subject: str = "",
        hours: int = 0,
    ) -> None:
        self.folder.requests.append(ControlRequest(request_id, verb, reason, subject, hours))
        self.harness.pass_time(self.actor, POLL_EVERY_NS)

    def revived(self, request_id: str = "r1", *items: str, given_up: tuple[str, ...] = ()) -> None:
        """Everything is up; the venue denies `given_up` for good, and `items` are in doubt."""
        deliver(self.actor, Revived(request_id, ()), Settled(request_id, given_up, items))

    def compared(self, *problems: str) -> None:
        """Answer the last request for a comparison."""
        reason = self.harness.bodies(ReconcileRequested)[-1].reason
        deliver(self.actor, ReconcileFinished(reason, not problems, problems))

    def written(self) -> None:
        """Let the auditor answer the last sync."""
        token = self.harness.bodies(SyncRequested)[-1].token
        deliver(self.actor, Synced(AUDITOR, token))

    @property
    def is_halted(self) -> bool:
        return self.harness.is_open("daily_loss")


def test_a_latch_opens_when_everything_is_up_compared_and_on_disk_and_not_before() -> None:
    scene = Scene()
    scene.ask("resume")
    assert scene.harness.bodies(ReviveRequested) == [ReviveRequested("r1")]

    scene.revived()
    scene.compared()
    assert scene.is_halted
    assert scene.harness.bodies(OperatorActed) == [OperatorActed("resume", "looked at it")]
    assert [sent.to for sent in scene.harness.sent if isinstance(sent.body, SyncRequested)] == [
        (AUDITOR,)
    ]

    scene.written()
    assert not scene.is_halted
    assert scene.folder.answers == {}

    scene.written()
    told = "daily_loss counts from the equity of now; as much again halts again"
    assert scene.folder.answers["r1"] == {"code": 0, "lines": ["resumed", told]}


def test_what_is_still_down_is_named_and_nothing_is_resumed() -> None:
    scene = Scene()
    scene.ask("resume")
    deliver(scene.actor, Revived("r1", ("actor exits is down",)))

    assert scene.folder.answers["r1"]["code"] == 1
    assert "actor exits is down" in scene.folder.answers["r1"]["lines"]
    assert scene.is_halted
    assert scene.harness.bodies(ReconcileRequested) == []


def test_an_unclean_comparison_keeps_the_latch_and_names_what_differs() -> None:
    scene = Scene()
    scene.ask("resume")
    scene.revived()
    scene.compared("USD: the venue has 1, the ledger 2")

    assert scene.folder.answers["r1"]["lines"] == [
        "not resumed",
        "USD: the venue has 1, the ledger 2",
    ]
    assert scene.is_halted
    assert scene.harness.bodies(OperatorActed) == []


def test_the_comparison_of_somebody_else_resumes_nothing() -> None:
    scene = Scene()
    scene.ask("resume")
    scene.revived()
    deliver(
        scene.actor,
        ReconcileFinished("periodic", True, ()),
        ReconcileFinished("rebuild:r1", True, ()),
        ReconcileFinished("resume:r2", True, ()),
    )

    assert scene.harness.bodies(SyncRequested) == []
    assert scene.is_halted


def test_a_breaker_whose_cause_is_still_there_is_named_in_the_answer() -> None:
    scene = Scene()
    scene.harness.board.trip(a_breaker(Effect.BLOCK, "actor", name="exits", is_latched=True))
    scene.ask("resume")
    scene.revived()
    scene.compared()
    scene.written()
    scene.written()

    assert scene.folder.answers["r1"]["code"] == 0
    assert not scene.is_halted


@pytest.mark.parametrize("step", ["revived", "settled", "compared", "written"])
def test_whoever_does_not_answer_the_operator_has_an_answer_in_time(step: str) -> None:
    scene = Scene()
    scene.ask("resume")
    if step == "settled":
        deliver(scene.actor, Revived("r1", ()))
    elif step != "revived":
        scene.revived()
    if step == "written":
        scene.compared()

    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)

    assert scene.folder.answers["r1"]["code"] == 1
    assert "try again" in scene.folder.answers["r1"]["lines"][1]
    assert scene.is_halted


def test_what_comes_after_the_answer_changes_nothing() -> None:
    scene = Scene()
    scene.ask("resume")
    scene.revived()
    scene.compared()
    token = scene.harness.bodies(SyncRequested)[-1].token
    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)

    deliver(scene.actor, Synced(AUDITOR, token), Revived("r1", ()))

    assert scene.is_halted
    assert len(scene.folder.answers) == 1


def test_two_requests_are_answered_each_for_itself() -> None:
    scene = Scene()
    scene.ask("resume", request_id="r1")
    scene.ask("resume", request_id="r2")
    deliver(scene.actor, Revived("r2", ("actor exits is down",)))
    scene.revived()
    scene.compared()
    scene.written()
    scene.written()

    assert {key: answer["code"] for key, answer in scene.folder.answers.items()} == {
        "r1": 0,
        "r2": 1,
    }


def test_with_nothing_latched_it_says_so() -> None:
    scene = Scene(is_latched=False)
    scene.ask("resume")

    assert scene.folder.answers["r1"] == {"code": 0, "lines": ["nothing is latched"]}
    assert scene.harness.bodies(ReviveRequested) == []


def test_stop_ends_the_run_and_any_other_word_is_refused() -> None:
    scene = Scene()
    scene.ask("stop", request_id="r1")
    scene.ask("dance", request_id="r2")

    assert scene.ended == ["signal"]
    assert [scene.folder.answers[each]["code"] for each in ("r1", "r2")] == [0, 1]


@pytest.mark.parametrize("request_id", ["poll", "resume", "", "a:b"])
def test_no_request_is_mistaken_for_something_else_by_its_name(request_id: str) -> None:
    scene = Scene()
    scene.ask("resume", request_id=request_id)
    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)

    assert scene.folder.answers[request_id]["code"] == 1
    assert of_kind(scene.harness.pass_time(scene.actor, POLL_EVERY_NS), ReviveRequested) == []


def test_nothing_is_remembered_of_requests_that_have_been_answered() -> None:
    scene = Scene()
    for number in range(20):
        scene.ask("resume", request_id=f"r{number}")
        scene.revived(f"r{number}")
        scene.compared()  # and the auditor is silent
    scene.harness.pass_time(scene.actor, 3 * ANSWER_WITHIN_NS)

    assert len(scene.folder.answers) == 20
    actor = scene.actor
    kept = (actor._waiting, actor._answers, actor._told, actor._syncing.waiting)
    assert kept == ({}, {}, {}, ())
    assert SUPERVISOR in scene.harness.sent[0].to


LATCHED = [name for name, way in WAYS_OUT.items() if not way.by_itself and name != PAUSE]


@pytest.mark.req("SUP1")
@pytest.mark.parametrize("name", [*LATCHED, "mailbox:auditor", "risk_gate"])
def test_every_latch_opens_by_resume(name: str) -> None:
    scene = Scene(is_latched=False)
    scene.harness.board.trip(a_breaker(Effect.HALT, name=name, is_latched=True))
    scene.ask("resume")
    scene.revived()
    scene.compared()
    scene.written()
    scene.written()

    assert scene.folder.answers["r1"]["code"] == 0
    assert scene.harness.trips() == ()


@pytest.mark.req("SUP1")
@pytest.mark.parametrize(
    "name", [name for name, way in WAYS_OUT.items() if way.by_itself and way.command != RESUME]
)
def test_where_resume_can_not_help_it_says_what_does(name: str) -> None:
    scene = Scene(is_latched=False)
    scene.harness.board.trip(a_breaker(Effect.BLOCK, name=name))
    scene.ask("resume")

    answer = scene.folder.answers["r1"]
    assert answer["code"] == 0
    assert answer["lines"][0] == "nothing is latched"
    assert WAYS_OUT[name].by_itself in answer["lines"][1]
    assert WAYS_OUT[name].command in answer["lines"][1]


@pytest.mark.req("SUP1")
def test_books_that_differ_are_told_with_the_command_that_can_help() -> None:
    scene = Scene()
    scene.harness.board.trip(a_breaker(Effect.BLOCK, name="reconcile"))
    scene.ask("resume")
    scene.revived()
    scene.compared("USD: the venue has 1, the ledger 2")

    lines = scene.folder.answers["r1"]["lines"]
    assert lines[:2] == ["not resumed", "USD: the venue has 1, the ledger 2"]
    assert WAYS_OUT["reconcile"].command in lines[2]


# Orders that the venue denies.


def a_scene_in_doubt(*, is_latched: bool = False) -> Scene:
    scene = Scene(is_latched=is_latched)
    scene.harness.board.trip(a_breaker(Effect.BLOCK, "product:BTC-USD", name=UNKNOWN_ORDER))
    scene.ask("resume")
    return scene


@pytest.mark.req("SUP1", "X4")
def test_what_the_venue_denies_is_asked_about_for_the_person_before_anything_is_compared() -> None:
    scene = a_scene_in_doubt()
    deliver(scene.actor, Revived("r1", ()))

    assert scene.harness.bodies(SettleRequested) == [SettleRequested("r1", "looked at it")]
    assert scene.harness.bodies(ReconcileRequested) == []

    deliver(scene.actor, Settled("r1", ("order-1",), ()))
    scene.compared()
    scene.written()
    scene.written()

    assert scene.folder.answers["r1"]["code"] == 0
    (told,) = scene.folder.answers["r1"]["lines"][1:]
    assert told.startswith("order order-1 is given up: ")


@pytest.mark.req("SUP1", "X4")
def test_where_the_venue_can_not_be_asked_nothing_is_resumed_and_the_orders_are_named() -> None:
    scene = a_scene_in_doubt()
    scene.revived("r1", "order 7 may or may not exist: the venue could not be asked (503)")

    answer = scene.folder.answers["r1"]
    assert answer["code"] == 1
    assert answer["lines"][:2] == [
        "not resumed",
        "order 7 may or may not exist: the venue could not be asked (503)",
    ]
    assert scene.harness.bodies(OperatorActed) == []


@pytest.mark.req("SUP1")
def test_an_order_in_doubt_keeps_no_latch_and_is_named_in_the_answer() -> None:
    scene = a_scene_in_doubt(is_latched=True)
    scene.revived("r1", "order 7 may or may not exist")
    scene.compared()
    scene.written()
    scene.written()

    assert not scene.is_halted
    assert scene.folder.answers["r1"]["code"] == 0
    assert scene.folder.answers["r1"]["lines"][:2] == ["resumed", "order 7 may or may not exist"]


# Giving up a lot.


def released(scene: Scene, *, is_done: bool) -> None:
    deliver(scene.actor, ReleaseAnswered("r1", is_done, "what came of it"), sender=RECONCILER)


@pytest.mark.req("REC1")
@pytest.mark.parametrize("is_latched", [True, False])
def test_a_lot_is_released_by_the_reconciler_and_answered_when_it_is_on_disk(
    is_latched: bool,
) -> None:
    scene = Scene(is_latched=is_latched)
    scene.ask("release", "sold by hand", subject="lot-1")
    assert scene.harness.bodies(ReleaseRequested) == [
        ReleaseRequested("r1", "lot-1", "sold by hand")
    ]

    released(scene, is_done=True)
    assert scene.folder.answers == {}
    assert scene.harness.bodies(OperatorActed) == [OperatorActed("release", "sold by hand")]

    scene.written()
    assert scene.folder.answers["r1"] == {"code": 0, "lines": ["what came of it"]}
    assert scene.is_halted is is_latched


@pytest.mark.req("REC1")
def test_what_is_not_released_is_answered_at_once_and_no_deed() -> None:
    scene = Scene()
    scene.ask("release", subject="lot-1")
    released(scene, is_done=False)
    released(scene, is_done=False)

    assert scene.folder.answers["r1"] == {"code": 1, "lines": ["what came of it"]}
    assert scene.harness.bodies(OperatorActed) == []


@pytest.mark.req("REC1")
@pytest.mark.parametrize("is_released", [True, False])
def test_a_release_that_is_not_confirmed_in_time_is_not_said_to_be_done(is_released: bool) -> None:
    scene = Scene()
    scene.ask("release", subject="lot-1")
    if is_released:
        released(scene, is_done=True)
    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)

    answer = scene.folder.answers["r1"]
    assert answer["code"] == 1
    assert "not confirmed" in answer["lines"][0]
    if is_released:
        scene.written()
    assert len(scene.folder.answers) == 1


# A pause.


def test_a_pause_blocks_at_once_and_is_answered_when_it_is_on_record() -> None:
    scene = Scene(is_latched=False)
    scene.ask("pause", "news at two")

    (breaker,) = scene.harness.board.open
    assert (breaker.name, breaker.effect, breaker.reason) == (PAUSE, Effect.BLOCK, "news at two")
    assert breaker.is_latched
    assert scene.harness.bodies(OperatorActed) == [OperatorActed("pause", "news at two")]
    assert scene.folder.answers == {}

    scene.written()
    scene.written()
    assert scene.folder.answers["r1"] == {"code": 0, "lines": [PAUSED]}


@pytest.mark.way_out("pause")
def test_a_pause_ends_by_unpause_alone() -> None:
    scene = Scene()
    scene.harness.board.trip(a_breaker(Effect.BLOCK, name=PAUSE, is_latched=True))
    scene.ask("resume")
    scene.revived("r1")
    scene.compared()
    scene.written()
    scene.written()

    assert not scene.is_halted
    assert scene.harness.is_open(PAUSE)
    assert scene.folder.answers["r1"]["lines"][0] == "resumed"
    assert UNPAUSE in scene.folder.answers["r1"]["lines"][-1]

    scene.ask("resume", request_id="r2")
    assert scene.folder.answers["r2"]["lines"][0] == "nothing is latched"

    scene.ask("unpause", "the news are out", request_id="r3")
    assert scene.harness.is_open(PAUSE)
    scene.written()
    assert not scene.harness.is_open(PAUSE)
    assert "r3" not in scene.folder.answers
    scene.written()
    assert scene.folder.answers["r3"] == {"code": 0, "lines": [UNPAUSED]}
    assert scene.harness.bodies(OperatorActed)[-1] == OperatorActed("unpause", "the news are out")


def test_unpause_opens_no_halt_and_names_what_still_stops() -> None:
    scene = Scene()
    scene.harness.board.trip(a_breaker(Effect.BLOCK, name=PAUSE, is_latched=True))
    scene.ask("unpause")
    scene.written()
    scene.written()

    assert scene.is_halted
    assert WAYS_OUT["daily_loss"].command in scene.folder.answers["r1"]["lines"][1]


def test_unpause_where_nothing_is_paused_says_so() -> None:
    scene = Scene()
    scene.ask("unpause")

    assert scene.folder.answers["r1"] == {"code": 0, "lines": ["nothing is paused"]}
    assert scene.is_halted


def test_a_pause_that_is_not_on_record_in_time_holds_and_is_no_success() -> None:
    scene = Scene(is_latched=False)
    scene.ask("pause")
    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)

    answer = scene.folder.answers["r1"]
    assert answer["code"] == 1
    assert answer["lines"][0] == "paused"
    assert scene.harness.is_open(PAUSE)


@pytest.mark.req("U1", "U3")
@pytest.mark.parametrize(
    ("verb", "subject", "kind"),
    [
        ("ban", "PUMP-USD", AssetBanned),
        ("unban", "PUMP-USD", BanCleared),
        ("set_regime", "bear", RegimeSet),
        ("clear_regime", "", RegimeCleared),
    ],
)
def test_a_word_about_the_universe_is_told_at_once_and_answered_when_it_is_on_record(
    verb: str, subject: str, kind: type
) -> None:
    scene = Scene(is_latched=False)
    scene.ask(verb, "exploit", subject=subject)

    (deed,) = scene.harness.bodies(kind)
    assert deed.reason == "exploit"
    assert scene.harness.bodies(OperatorActed) == [OperatorActed(verb, "exploit")]
    assert scene.folder.answers == {}
    scene.written()
    scene.written()
    assert scene.folder.answers["r1"] == {"code": 0, "lines": [told(deed)]}


@pytest.mark.req("U1")
def test_a_ban_of_nothing_is_refused_and_no_deed() -> None:
    scene = Scene(is_latched=False)
    scene.ask("ban", subject="$$$")
    scene.ask("ban", request_id="r2", subject="PUMP", hours=-1)

    assert [scene.folder.answers[each]["code"] for each in ("r1", "r2")] == [1, 1]
    assert scene.harness.bodies(OperatorActed) == []


@pytest.mark.req("U1")
def test_a_ban_that_is_not_on_record_in_time_is_no_success() -> None:
    scene = Scene(is_latched=False)
    scene.ask("ban", subject="PUMP")
    scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)

    answer = scene.folder.answers["r1"]
    assert (answer["code"], answer["lines"][0]) == (1, "not confirmed")


@pytest.mark.req("REC1")
def test_an_adoption_is_decided_by_the_reconciler_and_answered_when_it_is_on_disk() -> None:
    scene = Scene(is_latched=False)
    scene.ask("adopt", "by hand", subject="ETH-USD 0.01 34.5 3200")
    asked = AdoptRequested("r1", "ETH-USD 0.01 34.5 3200", "by hand")
    assert scene.harness.bodies(AdoptRequested) == [asked]

    released(scene, is_done=True)
    assert scene.folder.answers == {}
    assert scene.harness.bodies(OperatorActed) == [
        OperatorActed("adopt", "ETH-USD 0.01 34.5 3200: by hand")
    ]
    scene.written()
    assert scene.folder.answers["r1"]["code"] == 0


@pytest.mark.req("REC1")
@pytest.mark.parametrize("subject", ["", "ETH-USD", "ETH-USD 1 NaN 3", "ETH-USD 1 2 0"])
def test_what_is_no_adoption_reaches_nobody(subject: str) -> None:
    scene = Scene(is_latched=False)
    scene.ask("adopt", "by hand", subject=subject)

    assert scene.folder.answers["r1"]["code"] == 1
    assert scene.harness.bodies(AdoptRequested) == []
