"""A journal that was shortened at a boundary halts the next start, and no order number returns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from actors.kernel.envelope import Envelope
from adapters.control.anchor import AnchorFile
from app.run.anchor_watch import EVERY_NS, AnchorWatch
from app.run.recovery import SHORTENED, JournalPlace, Opened, open_state
from domain.messages.journal import RunStarted
from domain.messages.orders import IntentRaised
from domain.messages.supervision import BreakerTripped
from domain.model.breakers import Effect
from domain.model.instants import Nanos
from tests.builders.messages import NOW, a_breaker, an_intent, approved
from tests.builders.runtime import VirtualRig

pytestmark = pytest.mark.req("AUD1", "X1")


@pytest.fixture
def rig() -> Iterator[VirtualRig]:
    made = VirtualRig()
    yield made
    made.close()


@pytest.fixture
def place(tmp_path: Path) -> JournalPlace:
    return JournalPlace(
        folder=tmp_path / "paper",
        run=RunStarted("paper", "embedded", "w", "c", "p", 1),
        quote_currency="USD",
        machine=lambda: Nanos(1),
        market=lambda: Nanos(NOW),
        wall=None,
        anchor_file=AnchorFile(tmp_path / "paper", tmp_path / "heads"),
    )


def run(place: JournalPlace, rig: VirtualRig, *messages: object) -> Opened:
    """Write messages in a run of its own, and keep its head."""
    opened = open_state(place)
    assert place.anchor_file is not None
    watch = AnchorWatch(rig.runtime, opened, place.anchor_file)
    for number, message in enumerate(messages, 2):
        envelope = Envelope(number, message, "test", 1, number, 0, Nanos(NOW))
        opened.recorder.append(envelope)
    opened.recorder.commit(())
    watch.write()
    opened.close()
    return opened


KILL = BreakerTripped(evolve(a_breaker(Effect.KILL), name="kill", is_latched=True))


@pytest.mark.parametrize("cut", ["its newest segment", "its newest record", "all of it"])
def test_a_lost_latch_halts_the_next_start_all_the_same(
    cut: str, place: JournalPlace, rig: VirtualRig
) -> None:
    run(place, rig)
    run(place, rig, KILL)
    segments = sorted(place.journal.glob("*.jsonl"))
    if cut == "its newest record":
        whole = segments[-1].read_bytes().splitlines(keepends=True)
        segments[-1].write_bytes(b"".join(whole[:-1]))
    for segment in {"its newest segment": segments[-1:], "all of it": segments}.get(cut, ()):
        segment.unlink()

    again = open_state(place)
    again.close()

    (latched,) = again.recovered.latched()
    assert (latched.name, latched.effect) == (SHORTENED, Effect.HALT)


def test_a_journal_that_only_grew_is_whole(place: JournalPlace, rig: VirtualRig) -> None:
    run(place, rig)
    open_state(place).close()  # a start whose head nobody kept

    assert run(place, rig).recovered.latched() == ()


def test_a_number_that_an_order_has_had_is_never_used_again(
    place: JournalPlace, rig: VirtualRig
) -> None:
    run(place, rig)
    run(place, rig, IntentRaised(an_intent(approved(), 41)))
    max(place.journal.glob("*.jsonl")).unlink()

    again = open_state(place)
    again.close()

    assert again.recovered.next_number == 42


def test_the_head_is_kept_once_a_second_and_only_where_it_moved(
    place: JournalPlace, rig: VirtualRig
) -> None:
    opened = open_state(place)
    file = place.anchor_file
    assert file is not None
    watch = AnchorWatch(rig.runtime, opened, file)
    watch.look()
    assert file.read() == (opened.anchor() if rig.runtime.clock.machine_ns() >= EVERY_NS else None)
    watch.write()
    assert file.read() == opened.anchor()
    opened.close()
