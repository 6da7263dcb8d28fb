"""What the guardian has heard is whole, whoever reads it and whenever."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from actors.kernel.envelope import Envelope
from app.run.guardian_inbox import GuardianInbox, Heard
from domain.messages.control import StatusPublished
from domain.messages.supervision import BootCompleted, TradingReady
from domain.model.instants import Nanos
from tests.builders.messages import MAKER, NOW, TAKER, a_reconcile, a_sweep

BOOT = BootCompleted((), MAKER, TAKER, is_clean=True)
READY = TradingReady("1441m")


def told(inbox: GuardianInbox, *messages: Any) -> Heard:
    for number, message in enumerate(messages):
        inbox.put(Envelope(number, message, "an actor", 1, number, 0, Nanos(NOW)))
    return inbox.read()


def test_at_first_nothing_is_known() -> None:
    assert GuardianInbox().read() == Heard()


def test_boot_and_ready_are_kept_as_they_were_told() -> None:
    heard = told(GuardianInbox(), BOOT, READY)

    assert (heard.boot, heard.ready) == (BOOT, READY)


@pytest.mark.req("K1")
def test_a_sweep_answers_everybody_who_asked_for_it() -> None:
    heard = told(GuardianInbox(), a_sweep("boot"), a_sweep("signal", "stale"))

    assert heard.swept == {"boot", "signal", "stale"}


def test_what_was_reconciled_is_known_by_its_reason() -> None:
    heard = told(GuardianInbox(), a_reconcile("boot"), a_reconcile("stop"))

    assert heard.reconciled == {"boot", "stop"}


def test_an_older_status_takes_nothing_back() -> None:
    assert told(GuardianInbox(), StatusPublished(3), StatusPublished(2)).published == 3


@pytest.mark.req("SUP1")
def test_many_threads_tell_and_read_and_nothing_is_lost() -> None:
    inbox, seen = GuardianInbox(), list[int]()

    def tell(first: int) -> None:
        for number in range(first, first + 500):
            told(inbox, StatusPublished(number), a_sweep(str(number)))
            seen.append(len(inbox.read().swept))

    threads = [threading.Thread(target=tell, args=(1_000 * each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(seen) == 2_000
    assert (inbox.read().published, len(inbox.read().swept)) == (3_499, 2_000)
