"""The supervisor: nobody is back before everything that its row asks for is shown."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define, field

from actors.kernel.envelope import ReplyTo
from actors.kernel.policy import Reentry
from actors.kernel.supervision import crash_breakers, policy_of
from actors.kernel.supervisor import (
    AGAIN_NS,
    BOOKS_AGAIN_NS,
    REVIVE_WITHIN_NS,
    Supervisor,
)
from actors.kernel.topology import (
    ACTORS,
    ALERTS,
    ALLOCATOR,
    AUDITOR,
    CANCELLER,
    CORE,
    EXITS,
    FEED,
    KILL_SWITCH,
    PORTFOLIO,
    RECONCILER,
    RISK_GATE,
    SCHEDULER,
    STRATEGY,
    SUPERVISOR,
)
from domain.messages.control import (
    AlertRaised,
    OperatorActed,
    ReconcileFinished,
    ReconcileRequested,
    SweepFinished,
    SweepRequested,
    Synced,
    SyncRequested,
)
from domain.messages.supervision import (
    ActorDown,
    ActorProven,
    ActorRestarted,
    BreakerReset,
    RebuildFinished,
    Revived,
    ReviveRequested,
)
from domain.model.breakers import ACTOR, Effect
from domain.model.instants import SECOND, Nanos
from domain.system.pause import PAUSE, pausing
from tests.builders.harness import Harness, deliver, of_kind
from tests.builders.messages import NOW, a_breaker

pytestmark = pytest.mark.req("SUP1")

HOST = f"{STRATEGY}breakout"
NAMES = [HOST if name == STRATEGY else name for name in ACTORS if name != SUPERVISOR]
LONG_NS = 60 * SECOND
MOMENT_NS = SECOND // 20


@define
class Staff:
    """Ends and starts nobody; remembers what it was told."""

    auto_resumes_left: int = 0
    dead: tuple[tuple[str, int], ...] = ()
    is_journal_broken: bool = False
    retired: list[tuple[str, ...]] = field(factory=list)
    rebuilt: list[tuple[tuple[str, ...], int]] = field(factory=list)

    def down(self) -> tuple[tuple[str, int], ...]:
        return self.dead

    def retire(self, names: tuple[str, ...]) -> None:
        self.retired.append(names)

    def rebuild(self, names: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        assert reply_to.actor == SUPERVISOR
        self.rebuilt.append((names, token))

    def briefing(self) -> tuple[None, None]:
        return None, None

    def has_journal_failed(self) -> bool:
        return self.is_journal_broken


class Scene:
    """A supervisor alone, and actors that die and come back when the test says so."""

    def __init__(self, *, auto_resumes: int = 0, epoch: int = 1, **staff: Any) -> None:
        self.harness, self.staff = Harness(), Staff(auto_resumes_left=auto_resumes, **staff)
        self.actor = self.harness.start(
            Supervisor, SUPERVISOR, self.staff, lambda: 0.5, epoch=epoch
        )
        self.epochs: dict[str, int] = {}

    def tell(self, *messages: Any) -> tuple[Any, ...]:
        return deliver(self.actor, *messages)

    def pass_time(self, by_ns: int) -> tuple[Any, ...]:
        return self.harness.pass_time(self.actor, by_ns)

    def die(self, name: str, fingerprint: str = "") -> tuple[Any, ...]:
        """The breaker is open before the news: the dying thread tripped it."""
        epoch = self.epochs.setdefault(name, 1)
        for breaker in crash_breakers(name, "on purpose", NOW):
            self.harness.board.trip(breaker, may_flap=True)
        return self.tell(ActorDown(name, epoch, "on purpose", fingerprint or f"{name} {epoch}"))

    def rebuild(self, name: str) -> int:
        """Let the pause pass and the journal be synced; return the token of the rebuild."""
        before, waited_ns = len(self.staff.rebuilt), 0
        while len(self.staff.rebuilt) == before:
            assert waited_ns < LONG_NS, f"{name} is not rebuilt"
            waited_ns += MOMENT_NS
            for asked in of_kind(self.pass_time(MOMENT_NS), SyncRequested):
                self.tell(Synced(AUDITOR, asked.token))
        names, token = self.staff.rebuilt[before]
        assert name in names
        for each in names:
            self.epochs[each] = self.epochs.get(each, 1) + 1
            self.tell(ActorRestarted(each, self.epochs[each]))
        self.tell(RebuildFinished(token, tuple((n, self.epochs[n]) for n in names), None))
        return token

    def prove(self, *names: str) -> None:
        for name in names:
            self.tell(ActorProven(name, self.epochs[name], "did its work"))

    def reconcile(self, token: int, *, is_clean: bool = True) -> None:
        self.tell(ReconcileFinished(f"rebuild:{token}", is_clean, () if is_clean else ("no",)))

    def sweep(self, *names: str) -> None:
        self.tell(SweepFinished(names, 0, Nanos(0)))

    def open(self) -> set[str]:
        return {breaker.name for breaker in self.harness.board.open}

    def latched(self) -> set[str]:
        return {breaker.name for breaker in self.harness.board.latched()}


def halts(name: str) -> bool:
    return policy_of(name).effect >= Effect.HALT


def proofs_of(name: str) -> set[str]:
    """Return what the row of an actor asks for."""
    needed = {"proof"}
    if policy_of(name).reentry is not Reentry.PROOF:
        needed.add("books")
    if halts(name):
        needed.add("sweep")
    return needed


def show(scene: Scene, name: str, token: int, shown: set[str]) -> None:
    if "sweep" in shown:
        scene.sweep(name)
    if "proof" in shown:
        scene.prove(name)
    if "books" in shown:
        scene.reconcile(token)


@pytest.mark.parametrize("name", NAMES)
def test_a_breaker_closes_or_waits_for_a_person_only_with_all_proofs(name: str) -> None:
    for missing in sorted(proofs_of(name)):
        scene = Scene()
        scene.die(name)
        token = scene.rebuild(name)

        show(scene, name, token, proofs_of(name) - {missing})

        assert name in scene.open(), f"closed without its {missing}"
        assert scene.actor._children.of(name).phase.value == "probation"


@pytest.mark.parametrize("name", NAMES)
def test_with_all_proofs_it_closes_or_stays_latched_for_a_person(name: str) -> None:
    scene = Scene()
    scene.die(name)
    token = scene.rebuild(name)

    show(scene, name, token, proofs_of(name))

    assert (name in scene.open()) is policy_of(name).is_latched
    assert (name in scene.latched()) is policy_of(name).is_latched


def test_an_unclean_comparison_proves_nothing() -> None:
    scene = Scene()
    scene.die(ALLOCATOR)
    token = scene.rebuild(ALLOCATOR)
    scene.prove(ALLOCATOR)

    scene.reconcile(token, is_clean=False)
    assert ALLOCATOR in scene.open()
    scene.reconcile(token)
    assert ALLOCATOR not in scene.open()


def test_the_comparison_of_another_rebuild_proves_nothing() -> None:
    scene = Scene()
    scene.die(ALLOCATOR)
    token = scene.rebuild(ALLOCATOR)
    scene.prove(ALLOCATOR)

    scene.reconcile(token + 1)
    scene.tell(ReconcileFinished("hourly", True, ()))

    assert ALLOCATOR in scene.open()


def test_a_comparison_finished_before_the_newcomer_is_up_proves_nothing() -> None:
    scene = Scene()
    scene.die(ALLOCATOR)
    scene.pass_time(LONG_NS)
    (_, token) = scene.staff.rebuilt[0]

    scene.reconcile(token)
    scene.tell(ActorRestarted(ALLOCATOR, 2), ActorProven(ALLOCATOR, 2, "round"))
    assert ALLOCATOR in scene.open()

    scene.reconcile(token)
    assert ALLOCATOR not in scene.open()


def test_what_a_predecessor_proved_does_not_count() -> None:
    scene = Scene()
    scene.die(EXITS)
    scene.rebuild(EXITS)

    scene.tell(ActorProven(EXITS, 1, "long ago"))

    assert EXITS in scene.open()


def test_a_second_death_needs_new_proofs() -> None:
    scene = Scene()
    scene.die(ALLOCATOR)
    scene.rebuild(ALLOCATOR)
    scene.prove(ALLOCATOR)
    scene.die(ALLOCATOR)
    token = scene.rebuild(ALLOCATOR)

    scene.reconcile(token)

    assert ALLOCATOR in scene.open(), "the proof was its predecessor's"


def test_a_sweep_that_timed_out_does_not_count_as_swept() -> None:
    scene = Scene()
    scene.die(CANCELLER)
    scene.rebuild(CANCELLER)
    scene.prove(CANCELLER)

    scene.pass_time(10 * LONG_NS)
    scene.sweep("boot", FEED)
    assert CANCELLER in scene.open()

    scene.sweep("boot", CANCELLER)
    assert CANCELLER not in scene.open()


def test_a_sweep_before_a_death_does_not_count_for_it() -> None:
    scene = Scene()
    scene.sweep(CANCELLER)
    scene.die(CANCELLER)
    scene.rebuild(CANCELLER)

    scene.prove(CANCELLER)

    assert CANCELLER in scene.open()


def test_a_comparison_is_asked_for_until_it_is_clean() -> None:
    scene = Scene()
    scene.die(ALLOCATOR)
    token = scene.rebuild(ALLOCATOR)

    asked = of_kind(scene.pass_time(3 * BOOKS_AGAIN_NS), ReconcileRequested)
    assert len(asked) == 3
    assert {each.reason for each in asked} == {f"rebuild:{token}"}

    scene.reconcile(token)
    scene.pass_time(BOOKS_AGAIN_NS)
    assert of_kind(scene.pass_time(3 * BOOKS_AGAIN_NS), ReconcileRequested) == []


def test_what_is_rebuilt_from_the_journal_waits_until_everything_said_is_on_disk() -> None:
    scene = Scene()
    scene.die(RISK_GATE)
    said = scene.pass_time(int(0.9 * SECOND))

    (asked,) = of_kind(said, SyncRequested)
    assert scene.staff.retired == [(RISK_GATE, *(n for n in CORE if n != RISK_GATE))]
    assert scene.staff.rebuilt == []

    scene.tell(Synced(AUDITOR, asked.token + 1))
    assert scene.staff.rebuilt == []
    scene.tell(Synced(AUDITOR, asked.token), Synced(AUDITOR, asked.token))
    assert [token for _, token in scene.staff.rebuilt] == [asked.token]


def test_an_auditor_that_does_not_answer_is_asked_again() -> None:
    scene = Scene()
    scene.die(RISK_GATE)

    asked = of_kind(scene.pass_time(2 * AGAIN_NS + SECOND), SyncRequested)

    assert len(asked) >= 2
    assert len({each.token for each in asked}) == len(asked)
    scene.tell(Synced(AUDITOR, asked[0].token))
    assert scene.staff.rebuilt == [], "an answer to a question that was given up"


def test_the_core_is_rebuilt_together_and_with_the_auditor_if_that_is_down_too() -> None:
    scene = Scene()
    scene.die(AUDITOR)
    scene.die(RISK_GATE)

    scene.pass_time(LONG_NS)

    assert [set(names) for names, _ in scene.staff.rebuilt] == [{AUDITOR, *CORE}]


def test_without_a_journal_the_auditor_stays_down() -> None:
    scene = Scene(is_journal_broken=True)

    said = scene.die(AUDITOR)
    scene.pass_time(LONG_NS)

    assert scene.staff.rebuilt == []
    (alert,) = of_kind(said, AlertRaised)
    assert "the journal can't be written" in alert.what


def test_the_same_bug_twice_leaves_it_down_latched_and_told() -> None:
    scene = Scene()
    scene.die(EXITS, "same place")
    scene.rebuild(EXITS)

    said = scene.die(EXITS, "same place")
    scene.pass_time(LONG_NS)

    assert [each.code for each in of_kind(said, AlertRaised)] == ["ACTOR_GIVEN_UP"]
    assert EXITS in scene.latched()
    assert len(scene.staff.rebuilt) == 1


def test_a_failed_rebuild_gives_up_everybody_in_it() -> None:
    scene = Scene()
    scene.die(RISK_GATE)
    (asked,) = of_kind(scene.pass_time(int(0.9 * SECOND)), SyncRequested)
    scene.tell(Synced(AUDITOR, asked.token))

    said = scene.tell(RebuildFinished(asked.token, (), "chain broken"))

    assert {each.what.split()[0] for each in of_kind(said, AlertRaised)} == set(CORE)
    assert all("chain broken" in each.what for each in of_kind(said, AlertRaised))


@pytest.mark.parametrize("name", [n for n in NAMES if policy_of(n).sweep_after_ns is not None])
def test_entries_are_cancelled_when_it_is_not_back_in_time(name: str) -> None:
    after_ns = policy_of(name).sweep_after_ns
    assert after_ns is not None
    late, early = Scene(), Scene()
    late.die(name)
    assert of_kind(late.pass_time(after_ns), SweepRequested) == [
        SweepRequested(f"{name} is down", includes_exits=False)
    ]

    early.die(name)
    early.tell(ActorRestarted(name, 2))
    assert of_kind(early.pass_time(LONG_NS), SweepRequested) == []


def test_alerts_that_stay_away_for_a_minute_block_entries() -> None:
    scene = Scene()
    scene.die(ALERTS)
    scene.pass_time(LONG_NS - SECOND)
    assert not scene.harness.is_open(ALERTS, "global")

    scene.pass_time(2 * SECOND)
    assert scene.harness.is_open(ALERTS, "global")


def test_an_actor_whose_company_was_given_up_is_given_up_too() -> None:
    scene = Scene()
    scene.die(PORTFOLIO, "same place")
    scene.rebuild(PORTFOLIO)
    scene.die(PORTFOLIO, "same place")

    scene.die(RISK_GATE)
    said = scene.pass_time(LONG_NS)

    assert [each.what.partition(":")[0] for each in of_kind(said, AlertRaised)] == [
        "risk_gate is not started again"
    ]
    assert len(scene.staff.rebuilt) == 1


def test_who_has_nothing_to_do_with_the_auditor_comes_back_alone() -> None:
    scene = Scene()
    scene.die(AUDITOR)
    scene.die(CANCELLER)

    scene.pass_time(SECOND // 5)

    assert scene.staff.retired == [(CANCELLER,)]


def test_an_allocator_that_dies_again_after_it_was_readmitted_waits_for_a_person() -> None:
    scene = Scene()
    for is_latched in (False, True):
        scene.die(ALLOCATOR)
        token = scene.rebuild(ALLOCATOR)
        show(scene, ALLOCATOR, token, proofs_of(ALLOCATOR))
        assert (ALLOCATOR in scene.latched()) is is_latched


def test_late_news_of_the_dead_incarnation_is_no_return() -> None:
    scene = Scene()
    scene.die(EXITS)

    scene.tell(ActorRestarted(EXITS, 1))

    assert scene.actor._children.of(EXITS).phase.value == "waiting"


# The one release by policy.


def proven_halt(scene: Scene, name: str = RISK_GATE) -> tuple[Any, ...]:
    """Let the core die and prove itself; return what is said at the last proof."""
    scene.die(name)
    token = scene.rebuild(name)
    scene.sweep(*CORE)
    scene.prove(*CORE)
    before = len(scene.harness.sent)
    scene.reconcile(token)
    return tuple(each.body for each in scene.harness.sent[before:])


def test_paper_releases_itself_once_and_only_when_that_is_on_disk() -> None:
    scene = Scene(auto_resumes=1)
    said = proven_halt(scene)

    (acted,) = of_kind(said, OperatorActed)
    (asked,) = of_kind(said, SyncRequested)
    assert acted.verb == "auto-resume"
    assert RISK_GATE in scene.latched()

    scene.tell(Synced(AUDITOR, asked.token))
    assert scene.open() == set()
    assert scene.staff.auto_resumes_left == 0


def test_a_pause_keeps_no_run_from_releasing_itself_and_outlives_that() -> None:
    scene = Scene(auto_resumes=1)
    scene.harness.board.trip(pausing("lunch", Nanos(NOW)))

    (asked,) = of_kind(proven_halt(scene), SyncRequested)
    scene.tell(Synced(AUDITOR, asked.token))

    assert scene.latched() == {PAUSE}


def test_without_a_release_left_a_person_has_to_come() -> None:
    scene = Scene(auto_resumes=0)

    assert of_kind(proven_halt(scene), OperatorActed) == []
    assert RISK_GATE in scene.latched()


def test_a_release_is_withdrawn_when_something_else_falls_meanwhile() -> None:
    scene = Scene(auto_resumes=1)
    (asked,) = of_kind(proven_halt(scene), SyncRequested)

    scene.die(RECONCILER)
    scene.tell(Synced(AUDITOR, asked.token))

    assert RISK_GATE in scene.latched()
    assert scene.staff.auto_resumes_left == 1


def test_a_latch_that_is_no_crash_keeps_the_run_from_releasing_itself() -> None:
    scene = Scene(auto_resumes=1)
    scene.harness.board.trip(a_breaker(Effect.HALT, name="daily_loss", is_latched=True))

    assert of_kind(proven_halt(scene), OperatorActed) == []


def test_a_crash_that_is_not_proven_yet_keeps_the_run_from_releasing_itself() -> None:
    scene = Scene(auto_resumes=1)
    scene.die(SCHEDULER)
    scene.rebuild(SCHEDULER)

    assert of_kind(proven_halt(scene), OperatorActed) == []


def test_a_crash_of_the_kill_switch_is_never_released_by_policy() -> None:
    scene = Scene(auto_resumes=1)
    scene.die(KILL_SWITCH)
    token = scene.rebuild(KILL_SWITCH)

    show(scene, KILL_SWITCH, token, proofs_of(KILL_SWITCH))

    assert KILL_SWITCH in scene.latched()
    assert scene.harness.bodies(OperatorActed) == []


def test_after_the_operators_reset_a_further_death_is_handled_as_a_first() -> None:
    scene = Scene()
    proven_halt(scene)
    for name in CORE:
        scene.tell(BreakerReset(name, ACTOR, "operator", "looked into it"))

    assert {scene.actor._children.of(name).phase.value for name in CORE} == {"up"}


# The operator's revival.


def test_a_revival_answers_at_once_when_nothing_is_down() -> None:
    scene = Scene()

    assert scene.tell(ReviveRequested("r1")) == (Revived("r1", ()),)


def test_a_revival_tries_again_what_was_given_up_and_answers_when_it_is_back() -> None:
    scene = Scene()
    scene.die(EXITS, "same place")
    scene.rebuild(EXITS)
    scene.die(EXITS, "same place")
    scene.staff.dead = ((EXITS, 2),)

    assert of_kind(scene.tell(ReviveRequested("r1")), Revived) == []
    said = scene.pass_time(0)
    assert len(scene.staff.rebuilt) == 2
    assert of_kind(said, Revived) == []

    scene.epochs[EXITS] = 3
    scene.tell(ActorRestarted(EXITS, 3))
    before = len(scene.harness.sent)
    scene.prove(EXITS)
    assert [each.body for each in scene.harness.sent[before:]] == [Revived("r1", ())]


def test_a_revival_is_a_clean_sheet() -> None:
    scene = Scene()
    scene.die(EXITS, "same place")
    scene.rebuild(EXITS)
    scene.die(EXITS, "same place")
    scene.staff.dead = ((EXITS, 2),)
    scene.tell(ReviveRequested("r1"))
    scene.rebuild(EXITS)

    said = scene.die(EXITS, "same place")

    assert of_kind(said, AlertRaised) == []


def test_a_revival_names_what_is_missing_when_its_time_is_over() -> None:
    scene = Scene(is_journal_broken=True)
    scene.die(AUDITOR)
    scene.staff.dead = ((AUDITOR, 1),)
    scene.tell(ReviveRequested("r1"))

    (answer,) = of_kind(scene.pass_time(REVIVE_WITHIN_NS), Revived)

    assert answer.request_id == "r1"
    assert any(AUDITOR in item for item in answer.items)


# Its own death.


def test_a_fresh_supervisor_takes_over_what_it_finds_down_and_wants_the_books_compared() -> None:
    scene = Scene(epoch=2, dead=((FEED, 3),))

    assert [each.actor for each in scene.harness.bodies(ActorProven)] == [SUPERVISOR]
    assert len(scene.harness.bodies(ReconcileRequested)) == 1
    scene.pass_time(LONG_NS)
    assert [names for names, _ in scene.staff.rebuilt] == [(FEED,)]


def test_no_answer_to_a_predecessor_is_taken_for_one_to_us() -> None:
    one, two = Scene(), Scene(epoch=2)
    for scene in (one, two):
        scene.die(RISK_GATE)
    (old,) = of_kind(one.pass_time(int(0.9 * SECOND)), SyncRequested)
    (new,) = of_kind(two.pass_time(int(0.9 * SECOND)), SyncRequested)

    two.tell(Synced(AUDITOR, old.token))

    assert old.token != new.token
    assert two.staff.rebuilt == []


def test_a_rebuild_that_fails_for_want_of_room_is_tried_again_until_there_is_enough() -> None:
    scene = Scene()
    scene.die(EXITS)
    for number in range(1, 9):  # more often than any budget allows
        while len(scene.staff.rebuilt) < number:
            scene.pass_time(MOMENT_NS)
        _, token = scene.staff.rebuilt[-1]
        short = RebuildFinished(token, (), "can't start new thread", is_shortage=True)
        (alert,) = of_kind(scene.tell(short), AlertRaised)
        assert alert.code == "SHORTAGE"
        assert "stops, targets and longest holds of owned lots are not watched" in alert.worst

    assert EXITS not in scene.latched()
    scene.rebuild(EXITS)
    scene.prove(EXITS)
    assert not scene.harness.is_open(EXITS)


def test_deaths_for_want_of_room_are_not_the_same_bug_twice() -> None:
    scene = Scene()
    for _ in range(6):
        epoch = scene.epochs.setdefault(EXITS, 1)
        scene.tell(ActorDown(EXITS, epoch, "MemoryError", "Check MemoryError", is_shortage=True))
        scene.rebuild(EXITS)

    assert EXITS not in scene.latched()
