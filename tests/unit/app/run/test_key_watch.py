"""The age of the key is told once a day while it matters, by the wall clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.control.key_note import KeyNote
from adapters.venues.coinbase.key_sources import FILE, NAME, SECRET, FoundKey, find_key
from app.run.key_watch import KeyWatch, age_of, configured_key, created_of
from domain.model.breakers import Severity
from domain.model.instants import DAY, HOUR, Nanos
from domain.system.key_age import KeyState
from tests.builders.keys import WHOLE
from tests.builders.messages import NOW
from tests.builders.runtime import VirtualRig

pytestmark = pytest.mark.req("SEC2")

ENVIRONMENT = {NAME: "k1", SECRET: WHOLE}


class Scene:
    """A watch whose wall clock the test moves."""

    def __init__(self, rig: VirtualRig, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall_ns, self.created_ns = int(NOW), NOW
        self.said: list[Any] = []
        monkeypatch.setattr(rig.runtime, "announce", self.said.append)
        monkeypatch.setattr(type(rig.runtime.clock), "wall_ns", lambda _: Nanos(self.wall_ns))
        self._watch = KeyWatch(rig.runtime, lambda: self.created_ns)

    def told_at(self, days: float) -> list[Severity]:
        """Move the clock so far from the making of the key; return what is said."""
        self.wall_ns = NOW + int(days * DAY)
        self.said.clear()
        for _ in range(3):
            self._watch.look()
        return [each.severity for each in self.said]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    rig = VirtualRig()
    yield Scene(rig, monkeypatch)
    rig.close()


def test_a_clock_that_moves_on_finds_the_key_young_then_due_then_overdue(scene: Scene) -> None:
    found = [scene.told_at(days) for days in (0, 82.9, 83.1, 89.8, 90.1, 400)]

    warning, critical = [Severity.WARNING], [Severity.CRITICAL]
    assert found == [[], [], warning, warning, critical, critical]


def test_it_is_told_once_a_day_and_again_the_next(scene: Scene) -> None:
    midnight = (NOW // DAY + 91) * DAY - NOW
    hours = (1, 2, 23, 24, 25)

    found = [len(scene.told_at((midnight + hour * HOUR) / DAY)) for hour in hours]

    assert found == [1, 0, 0, 1, 0]


def test_a_key_that_was_replaced_meanwhile_is_no_matter_any_more(scene: Scene) -> None:
    assert scene.told_at(95) == [Severity.CRITICAL]

    scene.created_ns = Nanos(NOW + 95 * DAY)
    assert scene.told_at(96) == []


def test_when_a_key_was_made_says_its_file_first_then_a_person(tmp_path: Path) -> None:
    note, found = KeyNote(tmp_path), find_key(ENVIRONMENT, tmp_path / "checkout")
    assert age_of(found, note, NOW).state is KeyState.UNKNOWN

    note.write("k1", Nanos(NOW - 5 * DAY))
    assert age_of(found, note, NOW).days == 5
    dated = FoundKey(type(found.key)("k1", found.key.private, NOW), "", "EdDSA")
    assert created_of(dated, note) == NOW


def test_a_run_without_a_key_looks_after_none_and_a_broken_one_does_not_stop_it(
    tmp_path: Path,
) -> None:
    assert configured_key({}, tmp_path) is None
    assert configured_key({FILE: str(tmp_path)}, tmp_path / "checkout") is None
    assert configured_key(ENVIRONMENT, tmp_path) is not None
