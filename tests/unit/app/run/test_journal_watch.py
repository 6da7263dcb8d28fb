"""When the journal fails, its halt outlives the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import define

from adapters.control.halt_note import HaltNote
from app.run.journal_watch import REASON, JournalWatch
from app.run.recovery import JournalPlace, open_state
from domain.messages.journal import RunStarted
from domain.model.breakers import Effect
from domain.model.instants import Nanos
from tests.builders.messages import NOW
from tests.builders.runtime import VirtualRig

pytestmark = pytest.mark.req("AUD1")


@define
class Journal:
    has_failed: bool = False


@pytest.fixture
def rig() -> Iterator[VirtualRig]:
    made = VirtualRig()
    yield made
    made.close()


def a_place(folder: Path) -> JournalPlace:
    return JournalPlace(
        folder=folder,
        run=RunStarted("paper", "embedded", "w", "c", "p", 1),
        quote_currency="USD",
        machine=lambda: Nanos(1),
        market=lambda: Nanos(NOW),
        wall=None,
    )


def test_the_note_is_left_when_the_journal_fails_and_not_before(
    rig: VirtualRig, tmp_path: Path
) -> None:
    journal, note = Journal(), HaltNote(tmp_path)
    watch = JournalWatch(rig.runtime, cast("Any", journal), note)
    watch.look()
    assert note.read() is None

    journal.has_failed = True
    watch.look()
    watch.look()

    assert note.read() == ("auditor", REASON)


def test_the_next_start_is_halted_and_has_it_on_record(rig: VirtualRig, tmp_path: Path) -> None:
    note = HaltNote(tmp_path)
    JournalWatch(rig.runtime, cast("Any", Journal(has_failed=True)), note).look()

    for _ in range(2):  # the record keeps what the note told
        opened = open_state(a_place(tmp_path))
        opened.close()
        (latched,) = opened.recovered.latched()
        assert (latched.name, latched.effect, latched.reason) == ("auditor", Effect.HALT, REASON)
        assert note.read() is None
