"""The auditor: no receipt before the record is durable, and what can't be written ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actors.kernel.envelope import Envelope
from actors.reporting.auditor import COMMIT_EVERY_NS, Auditor
from domain.messages.control import Synced, SyncRequested
from domain.messages.journal import RunStopped
from domain.messages.market import QuoteMoved
from domain.messages.orders import FillBooked, IntentRaised, Receipt
from domain.messages.supervision import ActorProven, BreakerTripped
from domain.model.breakers import Effect
from domain.model.errors import JournalError
from domain.model.instants import Nanos
from tests.builders.harness import Harness, Sent, deliver
from tests.builders.messages import a_breaker, a_quote, an_intent, booked

INTENT = an_intent()
RAISED = IntentRaised(INTENT)
FILLED = booked(INTENT)


class Paper:
    """A journal in memory: what was appended, and how much of it is durable."""

    def __init__(self) -> None:
        self.lines: list[Any] = []
        self.durable = 0
        self.fail: Callable[[], None] = lambda: None

    def append(self, envelope: Envelope) -> None:
        self.fail()
        self.lines.append(envelope.body)

    def commit(self, client_order_ids: tuple[str, ...]) -> tuple[Receipt, ...]:
        self.fail()
        self.durable = len(self.lines)
        return tuple(Receipt(each, self.durable, "h", Nanos(9)) for each in client_order_ids)


class Case:
    """An auditor on paper."""

    def __init__(self, epoch: int = 1) -> None:
        self.harness, self.paper = Harness(), Paper()
        self.actor = self.harness.start(Auditor, "auditor", self.paper, epoch=epoch)
        self.harness.sent.clear()

    def tell(self, *messages: Any) -> tuple[Any, ...]:
        return deliver(self.actor, *messages)

    def wait(self) -> tuple[Any, ...]:
        return self.harness.pass_time(self.actor, COMMIT_EVERY_NS)


@pytest.mark.req("AUD1", "X1")
def test_an_intent_is_durable_before_its_receipt_leaves_for_the_order_manager() -> None:
    case = Case()
    case.tell(RAISED)

    assert case.harness.sent == [
        Sent(("order_manager",), Receipt(INTENT.client_order_id, 1, "h", Nanos(9)))
    ]
    assert case.paper.durable == 1


@pytest.mark.req("AUD1")
def test_records_become_durable_within_their_time_and_together() -> None:
    case = Case()
    case.tell(FILLED, FILLED)
    assert (case.paper.lines, case.paper.durable) == ([FILLED, FILLED], 0)
    assert len(case.harness.timers) == 1

    case.wait()

    assert (case.paper.durable, case.harness.timers) == (2, [])


@pytest.mark.req("AUD1", "K1")
def test_what_halts_is_durable_at_once() -> None:
    case = Case()
    case.tell(FILLED, BreakerTripped(a_breaker(Effect.HALT)))

    assert case.paper.durable == 2


@pytest.mark.req("AUD1")
def test_the_last_record_of_a_run_is_durable_at_once() -> None:
    case = Case()
    case.tell(RunStopped("signal", 1, 2, 3))

    assert case.paper.durable == 1


@pytest.mark.req("AUD1")
def test_a_sync_is_answered_once_everything_before_it_is_durable() -> None:
    case = Case()

    said = case.tell(FILLED, SyncRequested(4))

    assert (said, case.paper.durable) == ((Synced("auditor", 4),), 1)


def test_an_orderly_stop_makes_the_rest_durable() -> None:
    case = Case()
    case.tell(FILLED)
    case.actor.on_stop()

    assert case.paper.durable == 1


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_shows_soon_that_it_can_write_and_only_then() -> None:
    case = Case(epoch=2)
    assert case.harness.bodies(ActorProven) == []

    case.wait()

    assert [each.actor for each in case.harness.bodies(ActorProven)] == ["auditor"]
    assert case.wait() == ()


def _refuse() -> None:
    raise JournalError("the disk is full")


@pytest.mark.req("AUD1", "SUP1")
@pytest.mark.parametrize("message", [RAISED, FILLED])
def test_what_cannot_be_written_ends_it_and_gives_no_receipt(
    message: FillBooked | IntentRaised,
) -> None:
    case = Case()
    case.paper.fail = _refuse

    with pytest.raises(Exception, match="the disk is full"):
        case.tell(message)

    assert case.harness.bodies(Receipt) == []
    assert any(each.effect >= Effect.HALT for each in case.harness.trips())


def test_what_is_no_record_is_nothing_for_it() -> None:
    case = Case()

    with pytest.raises(Exception, match="does not hear QuoteMoved"):
        case.tell(QuoteMoved(a_quote()))
    assert case.paper.lines == []
