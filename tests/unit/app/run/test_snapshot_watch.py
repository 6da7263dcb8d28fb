"""While a run goes on a snapshot is taken from time to time, which the next start goes on from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.kernel.envelope import Envelope
from adapters.journal.snapshots import snapshots_in
from app.run.recovery import JournalPlace, Opened, open_state
from app.run.snapshot_watch import AT_ONCE, LOOK_EVERY_NS, SnapshotWatch
from domain.messages.journal import RunStarted, SnapshotTaken
from domain.messages.portfolio import EquityMarked
from domain.model.instants import Nanos
from domain.model.money import Amount
from tests.builders.messages import NOW
from tests.builders.numbers import decimals
from tests.builders.runtime import VirtualRig

pytestmark = pytest.mark.req("BOOT1")

EVERY = 10


class Scene:
    """A run whose journal is written by hand, and whose clock the test moves."""

    def __init__(self, rig: VirtualRig, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rig, self.said, self.now_ns = rig, list[Any](), 0
        monkeypatch.setattr(rig.runtime, "announce", self.said.append)
        clock = type(rig.runtime.clock)
        monkeypatch.setattr(clock, "machine_ns", lambda _: Nanos(self.now_ns))
        self.place = JournalPlace(
            folder=folder / "paper",
            run=RunStarted("paper", "embedded", "w", "c", "p", 1),
            quote_currency="USD",
            machine=lambda: Nanos(1),
            market=lambda: Nanos(NOW),
            wall=None,
        )
        self.start()

    def start(self) -> None:
        self.opened: Opened = open_state(self.place)
        self.watch = SnapshotWatch(self.rig.runtime, self.place.journal, self.opened.folded, EVERY)

    def end(self) -> None:
        self.opened.close()

    def write(self, *messages: object) -> None:
        for each in messages:
            self.opened.recorder.append(Envelope(1, each, "test", 1, 1, 0, Nanos(NOW)))

    def mark(self, count: int) -> None:
        (nlv,) = decimals(1)
        self.write(*(EquityMarked(n, Amount(nlv), Amount(nlv)) for n in range(count)))

    def look(self) -> list[Any]:
        """Look a second later; return what is said."""
        self.now_ns += LOOK_EVERY_NS
        self.said.clear()
        self.watch.look()
        return list(self.said)

    @property
    def files(self) -> list[Path]:
        return snapshots_in(self.place.journal)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    rig = VirtualRig()
    made = Scene(rig, tmp_path, monkeypatch)
    yield made
    made.end()
    rig.close()


def test_after_enough_records_a_snapshot_is_taken_and_named(scene: Scene) -> None:
    assert scene.look() == []
    scene.mark(EVERY)

    [taken] = scene.look()

    assert isinstance(taken, SnapshotTaken)
    assert taken.seq == 2 + EVERY
    assert len(scene.files) == 1
    scene.mark(EVERY - 1)
    assert scene.look() == []


def test_the_next_start_goes_on_from_it_and_tells_the_same(scene: Scene) -> None:
    scene.mark(EVERY)
    scene.write(*scene.look())
    scene.mark(3)
    scene.end()
    scene.start()

    assert scene.opened.folded.used == scene.files[0]
    assert scene.opened.reread().marks == scene.opened.recovered.marks
    assert scene.look() == []


def test_a_look_takes_in_a_little_at_a_time(scene: Scene) -> None:
    scene.mark(AT_ONCE + EVERY)

    first, second = scene.look(), scene.look()

    assert [each.seq for each in (*first, *second)] == [AT_ONCE, AT_ONCE + EVERY + 2]


def test_a_start_that_read_a_long_journal_takes_one_at_once(scene: Scene) -> None:
    scene.mark(EVERY)
    scene.end()
    scene.start()

    assert [each.seq for each in scene.look()] == [EVERY + 3]


def test_one_that_can_not_be_used_is_told_once_and_put_aside(scene: Scene) -> None:
    scene.mark(EVERY)
    scene.write(*scene.look())
    scene.files[0].write_bytes(b"{}")
    scene.end()
    scene.start()

    assert scene.opened.folded.used is None
    assert scene.files == []
    assert list(scene.place.journal.glob("unused-*"))
    scene.end()
    scene.start()
    assert scene.opened.folded.unused == ()


def test_a_journal_that_is_changed_under_it_is_followed_no_more(scene: Scene) -> None:
    scene.mark(3)
    [segment] = scene.place.journal.glob("*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b'"nlv":"1"', b'"nlv":"2"'))

    assert scene.look() == scene.look() == []
    assert scene.files == []


def test_without_room_no_snapshot_is_taken_and_the_run_goes_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise OSError(28, "no room")

    monkeypatch.setattr("app.run.snapshot_watch.write_snapshot", refuse)
    scene.mark(EVERY)

    assert scene.look() == scene.look() == []
