"""The guardian reads no actor: the status is what was published, also when nobody publishes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, cast

import pytest
from attrs import evolve

from actors.kernel.envelope import Envelope
from actors.kernel.topology import CANCELLER, GUARDIAN, PROJECTOR, ROUTES
from app.command_line.options import TradeOptions
from app.run.guardian import (
    EXIT_HALTED,
    EXIT_NO,
    EXIT_OK,
    STATUS_LIMIT_NS,
    SWEEP_LIMIT_NS,
    Guardian,
    Run,
)
from app.run.guardian_inbox import GuardianInbox
from app.run.ports import VenueFacts
from app.run.stop_request import StopRequest
from app.run.virtual_ports import VirtualDriver
from config.effective import Config
from config.mode import Mode
from domain.messages.control import (
    StatusPublished,
    StatusRequested,
    StopRequested,
    SweepFinished,
)
from domain.messages.journal import RunStopped
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import EquityMarked, LotsListed, StatementTaken
from domain.messages.supervision import BootCompleted, TradingReady
from domain.model.breakers import Effect, Severity
from domain.model.instants import SECOND, Nanos, iso
from domain.model.money import ZERO, Amount, Rate
from domain.system.recovery import Recovered, fold
from domain.system.ways_out import RESUME
from tests.builders.messages import NOW, a_breaker, an_intent, approved, booked
from tests.builders.runtime import VirtualRig
from tests.fakes.actors import Scripted

STATUS: dict[str, object] = {
    "cycles": 7,
    "orders_total": 3,
    "fills_total": 2,
    "equity": "9980.1",
    "pnl_net": "-19.9",
    "fees": "4.7",
    "positions": [{"product": "BTC-USD", "quantity": "0.5"}],
}

NOTHING = Recovered()


class Board:
    def __init__(self) -> None:
        self.last: dict[str, object] = {}

    def publish(self, status: dict[str, object]) -> None:
        self.last = status


class WrittenAlerts:
    def __init__(self) -> None:
        self.written: list[Envelope] = []
        self.is_full = False

    def write(self, envelope: Envelope) -> None:
        if self.is_full:
            raise OSError(28, "no space left on device")
        self.written.append(envelope)


class Case:
    """A guardian before an actor that plays the projector, on a system without any other."""

    def __init__(self, recovered: Recovered = NOTHING) -> None:
        self.rig = VirtualRig(routes=ROUTES)
        self.system = self.rig.runtime
        self.board, self.stop, self.said = Board(), StopRequest(), list[str]()
        self.heard: list[Any] = []
        inbox = self.inbox = GuardianInbox()
        self.system.listen(GUARDIAN, inbox.put)
        run = Run(
            options=TradeOptions(mode=Mode.PAPER, config=Config()),
            facts=VenueFacts(
                venue="v", world="w", prices="invented", has_history=True, end_ns=None
            ),
            say=self.said.append,
            recovered=recovered,
        )
        unused = cast("Any", None)  # the journal is for actors that are dead
        self.alerts = WrittenAlerts()
        self.guardian = Guardian(
            run,
            self.system,
            VirtualDriver(self.system),
            self.stop,
            inbox,
            unused,
            self.alerts,
            self.board,
        )

    def project(self, answer: Callable[[Scripted, Any], None]) -> None:
        """Start the actor that the status is asked of."""

        def receive(actor: Scripted, message: Any) -> None:
            self.heard.append(message)
            answer(actor, message)

        self.system.spawn(Scripted, PROJECTOR, receive)

    def publishing(self, actor: Scripted, message: Any) -> None:
        if isinstance(message, StatusRequested):
            self.board.publish(STATUS)
            actor.publish(StatusPublished(message.token))

    def booted(self, swept: tuple[str, ...]) -> None:
        """Let the run be past its boot, before a canceller that confirms sweeps of `swept`."""

        def cancel(actor: Scripted, message: Any) -> None:
            if isinstance(message, StopRequested) and swept:
                actor.publish(SweepFinished(swept, 0, Nanos(0)))

        self.system.spawn(Scripted, CANCELLER, cancel)
        boot = BootCompleted((), Rate(ZERO), Rate(ZERO), is_clean=True)
        self.inbox.put(Envelope(1, boot, "reconciler", 1, 1, 0, Nanos(NOW)))
        self.system.call_at(NOW + 10 * SWEEP_LIMIT_NS, lambda: None)

    def halt(self) -> None:
        self.system.board.trip(a_breaker(Effect.HALT))


@pytest.fixture
def case() -> Iterator[Case]:
    made = Case()
    yield made
    made.rig.close()


def test_a_status_is_asked_for_and_read_once_it_is_published(case: Case) -> None:
    case.project(case.publishing)

    assert case.guardian.publish() == STATUS
    assert case.guardian.publish() == STATUS
    assert case.heard == [StatusRequested(1), StatusRequested(2)]


@pytest.mark.req("SUP1")
def test_of_a_projector_that_does_not_answer_the_last_status_counts(case: Case) -> None:
    case.board.publish(STATUS)
    case.project(lambda *_: None)
    case.system.call_at(NOW + 2 * STATUS_LIMIT_NS, lambda: None)

    assert case.guardian.publish() == STATUS


@pytest.mark.req("SUP1")
def test_a_dead_projector_is_not_waited_for(case: Case) -> None:
    def die(*_: Any) -> None:
        raise ValueError("on purpose")

    case.board.publish(STATUS)
    case.project(die)
    case.guardian.publish()
    assert case.system.down() == (PROJECTOR,)
    case.heard.clear()

    assert case.guardian.publish() == STATUS
    assert case.heard == []


@pytest.mark.parametrize(
    ("reason", "is_halted", "code", "told"),
    [
        ("signal", False, EXIT_OK, "signal"),
        ("duration", True, EXIT_HALTED, "halted"),
        ("error", False, EXIT_NO, "error"),
        ("error", True, EXIT_HALTED, "error"),
    ],
)
def test_the_last_line_and_the_exit_code_are_of_what_was_published(
    case: Case, reason: str, is_halted: bool, code: int, told: str
) -> None:
    case.project(case.publishing)
    if is_halted:
        case.halt()
    case.stop.ask(reason)

    assert case.guardian.end() == code

    assert case.said == [
        f"STOPPED reason={told} cycles=7 orders=3 fills=2 equity=9980.1 pnl_net=-19.9 fees=4.7"
        " unprotected=1"
    ]
    assert LotsListed("stop", (), ("BTC-USD 0.5",)) in case.heard


@pytest.mark.req("REC1")
@pytest.mark.parametrize(("missing", "is_protected"), [("0.2", True), ("0.5", False)])
def test_at_the_start_a_lot_of_which_the_venue_has_nothing_is_not_called_protected(
    case: Case, monkeypatch: pytest.MonkeyPatch, missing: str, is_protected: bool
) -> None:
    position = {"product": "BTC-USD", "quantity": "0.5", "missing": missing}
    monkeypatch.setitem(STATUS, "positions", [position])
    case.project(case.publishing)
    case.guardian._list_lots(case.guardian.publish())
    case.guardian.publish()

    lot = (f"BTC-USD 0.5 ({missing} missing)",)
    there, gone = (lot, ()) if is_protected else ((), lot)
    assert LotsListed("start", there, gone) in case.heard


def test_before_anything_was_published_the_last_line_says_nought(case: Case) -> None:
    case.stop.ask("signal")

    case.guardian._inbox.put(Envelope(1, StatusPublished(1), PROJECTOR, 1, 1, 0, Nanos(NOW)))
    case.guardian.end()

    (line,) = case.said
    assert line.startswith("STOPPED reason=signal cycles=0 orders=0 fills=0 equity=0")


def test_what_is_not_known_at_the_end_is_told_as_it_was_known_last(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("equity", "pnl_net"):
        monkeypatch.setitem(STATUS, name, None)
    monkeypatch.setitem(STATUS, "last_known", {"equity": "9990", "pnl_net": "-10"})
    case.project(case.publishing)
    case.stop.ask("signal")

    case.guardian.end()

    assert "equity=9990 pnl_net=-10" in case.said[-1]


def test_the_status_that_is_left_behind_has_the_values_of_the_last_line(case: Case) -> None:
    case.project(case.publishing)
    case.stop.ask("signal")
    case.guardian.end()
    later = {"equity": "9979.5", "pnl_net": "-20.5", "positions": [], "breakers": ["kill"]}
    case.board.publish({**STATUS, **later})

    case.guardian.leave_status()

    assert case.board.last == {**STATUS, "breakers": ["kill"]}


def test_the_last_record_has_the_counts_and_the_equity_of_the_last_status(case: Case) -> None:
    told: list[Any] = []
    case.project(case.publishing)
    case.system.spawn(Scripted, "auditor", lambda _, message: told.append(message))
    case.stop.ask("signal")

    case.guardian.end()

    equity, profit = Amount(Decimal("9980.1")), Amount(Decimal("-19.9"))
    assert RunStopped("signal", 7, 3, 2, is_confirmed=True, nlv=equity, pnl=profit) in told


@pytest.mark.req("K1")
@pytest.mark.parametrize(
    ("swept", "is_swept"),
    [(("signal",), True), ((), False), (("boot",), False)],
    ids=["its own sweep", "none in time", "another sweep"],
)
def test_entries_count_as_cancelled_only_by_the_stops_own_sweep(
    case: Case, swept: tuple[str, ...], is_swept: bool
) -> None:
    case.project(case.publishing)
    case.booted(swept)
    case.stop.ask("signal")

    code = case.guardian.end()

    told = [line.text for line in case.rig.log.of("critical")]
    assert code == (EXIT_OK if is_swept else EXIT_NO)
    assert case.guardian.is_confirmed is is_swept
    assert len(told) == (0 if is_swept else 1)
    assert all(line.startswith("entries are not confirmed cancelled") for line in told)


@pytest.mark.req("REC1")
def test_an_end_that_could_not_be_compared_with_the_venue_is_said(case: Case) -> None:
    case.project(case.publishing)
    case.booted(("signal",))
    case.stop.ask("signal")

    assert case.guardian.end() == EXIT_OK

    (told,) = [line.text for line in case.rig.log.of("warning")]
    assert told.startswith("orders, fills and balances are not compared with the venue's")


def a_journal(*messages: object) -> Recovered:
    """Return the state of a journal with an order and then `messages`."""
    intent = an_intent(approved())
    told = (StatementTaken("start", ()), IntentRaised(intent), *messages)
    return fold(((NOW + n, each) for n, each in enumerate(told)), "USD")


@pytest.mark.req("K1", "BOOT1")
@pytest.mark.parametrize(
    ("recovered", "code"), [(NOTHING, EXIT_OK), (a_journal(), EXIT_NO)], ids=["nothing", "an order"]
)
def test_an_end_before_the_start_was_complete_is_good_only_if_nothing_can_rest(
    recovered: Recovered, code: int
) -> None:
    case = Case(recovered)
    case.stop.ask("signal")

    assert case.guardian.end() == code
    # The sentinel is told the same: it takes over, with an alert, only where something may rest.
    assert case.guardian.is_confirmed is (code == EXIT_OK)
    case.rig.close()


@pytest.mark.req("PROT1", "M1")
def test_lots_of_the_journal_are_unprotected_also_if_nobody_could_value_them() -> None:
    intent = an_intent(approved())
    case = Case(a_journal(booked(intent)))
    case.stop.ask("error")

    assert case.guardian.end() == EXIT_NO

    assert case.said[-1].endswith("unprotected=1")
    case.rig.close()


@pytest.mark.req("K1")
@pytest.mark.parametrize(("is_halted", "code"), [(False, EXIT_NO), (True, EXIT_HALTED)])
def test_an_end_that_is_not_confirmed_is_an_alert_and_no_success(
    case: Case, is_halted: bool, code: int
) -> None:
    case.project(case.publishing)
    case.booted(())
    if is_halted:
        case.halt()
    case.stop.ask("signal")

    assert case.guardian.end() == code

    (alert,) = (envelope.body for envelope in case.alerts.written)
    assert (alert.severity, alert.code) == (Severity.CRITICAL, "STOP_UNCONFIRMED")
    assert "python run.py" in alert.command


@pytest.mark.req("AUD1")
def test_an_alert_that_finds_no_room_keeps_no_run_from_its_end(case: Case) -> None:
    case.alerts.is_full = True
    case.project(case.publishing)
    case.booted(())
    case.halt()
    case.guardian.watch()
    case.stop.ask("signal")

    assert case.guardian.end() == 3
    assert case.said[-1].startswith("STOPPED reason=halted")


def test_a_start_under_a_latch_says_why_since_when_and_what_ends_it(case: Case) -> None:
    kill = evolve(a_breaker(Effect.KILL), name="kill", reason="looked wrong", is_latched=True)
    case.system.board.restore((kill,))

    case.guardian.live()

    (line,) = case.rig.log.of("critical")
    since = iso(kill.at_ns)[:19].replace("T", " ")
    assert line.text == (
        f"KILL since {since}: looked wrong (kill); nothing is bought until you type: {RESUME}"
    )


@pytest.mark.req("C2")
def test_before_ready_people_are_told_that_nothing_can_be_bought(case: Case) -> None:
    case.project(case.publishing)
    case.booted(())
    case.inbox.put(Envelope(2, TradingReady("1441m"), "feed", 1, 2, 0, Nanos(NOW)))
    told_at_ready: list[str] = []

    def say(line: str) -> None:
        case.said.append(line)
        told_at_ready.extend(each.text for each in case.rig.log.of("warning"))
        assert not case.guardian.begun.is_set()
        case.stop.ask("signal")

    case.guardian._run = evolve(case.guardian._run, say=say)
    case.guardian.live()

    assert case.said[0].startswith("READY mode=paper")
    assert case.guardian.begun.is_set()
    assert "no strategy is enabled" in told_at_ready[0]


def test_an_end_before_anything_was_valued_keeps_the_last_equity() -> None:
    case = Case(a_journal(EquityMarked(3, Amount(Decimal("990.5")), Amount(Decimal(1000)))))
    case.stop.ask("kill")

    case.guardian.end()

    assert "equity=990.5 pnl_net=-9.5" in case.said[-1]
    case.rig.close()


@pytest.mark.req("K1")
def test_a_kill_during_a_stop_is_what_the_run_ended_by(case: Case) -> None:
    case.project(case.publishing)
    case.booted(("signal",))
    case.stop.ask("signal")
    case.system.call_at(NOW, lambda: case.stop.ask("kill"))

    assert case.guardian.end() == EXIT_HALTED
    assert case.said[-1].startswith("STOPPED reason=kill ")


@pytest.mark.req("K1", "BOOT1")
def test_a_kill_before_the_start_is_complete_still_cancels_what_the_last_run_left() -> None:
    case = Case(a_journal())
    case.project(case.publishing)
    swept: list[object] = []

    def cancel(actor: Scripted, message: Any) -> None:
        swept.append(message)
        actor.publish(SweepFinished(("kill",), 0, Nanos(0)))

    case.system.spawn(Scripted, CANCELLER, cancel)
    case.stop.ask("kill")
    boot = BootCompleted((), Rate(ZERO), Rate(ZERO), is_clean=True)
    envelope = Envelope(1, boot, "reconciler", 1, 1, 0, Nanos(NOW))
    case.system.call_at(NOW + SECOND, lambda: case.inbox.put(envelope))
    case.system.call_at(NOW + 10 * SWEEP_LIMIT_NS, lambda: None)

    assert case.guardian.end() == EXIT_HALTED
    assert case.guardian.is_confirmed
    assert [type(each) for each in swept] == [StopRequested]
    case.rig.close()
