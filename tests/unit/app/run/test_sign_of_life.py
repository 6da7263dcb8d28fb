"""The daily word comes once a day, with the figures of a picture of this run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.control.files import write_json
from app.run.sign_of_life import FILE, SignOfLife
from domain.model.instants import DAY, HOUR, MINUTE, SECOND, Nanos, iso, parse_iso
from tests.builders.runtime import VirtualRig

pytestmark = pytest.mark.req("AL1")

BEGUN = parse_iso("2026-11-29T07:30:00Z")


class Scene:
    """A watch whose clock the test moves; the status is written as a run does."""

    def __init__(self, rig: VirtualRig, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ns = int(BEGUN)
        self.said: list[Any] = []
        self.folder = folder
        self._rig = rig
        clock = type(rig.runtime.clock)
        for name in ("machine_ns", "wall_ns"):
            monkeypatch.setattr(clock, name, lambda _: Nanos(self.now_ns))
        monkeypatch.setattr(rig.runtime, "announce", self.said.append)
        self.start()

    def start(self) -> None:
        self.watch = SignOfLife(
            self._rig.runtime, self.folder, self.folder, "default", Nanos(8 * HOUR)
        )

    def at(
        self, length_ns: int, pnl: str = "-18.16", changes: dict[str, object] | None = None
    ) -> list[str]:
        """Move the clock so far from the first start; return what is said."""
        self.now_ns = BEGUN + length_ns
        status: dict[str, object] = {
            "wall_time": iso(self.now_ns),
            "equity": "9981.84",
            "pnl_net": pnl,
        }
        status |= {"quote": "USD", "positions": [{}], **(changes or {})}
        write_json(self.folder / "status.json", status)
        self.said.clear()
        for _ in range(3):
            self.now_ns += SECOND
            self.watch.look()
        return [each.what for each in self.said]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    rig = VirtualRig()
    yield Scene(rig, tmp_path, monkeypatch)
    monkeypatch.undo()
    rig.close()


def test_it_comes_at_its_time_once_a_day_with_the_pnl_of_the_day(scene: Scene) -> None:
    (scene.folder / FILE).write_text(json.dumps({"wall": iso(BEGUN - 2 * HOUR), "pnl_net": "-8"}))
    scene.start()
    assert scene.at(20 * MINUTE) == []
    assert scene.at(31 * MINUTE) == [
        "it lives: equity 9981.84 USD, PnL of the day -10.16 USD, 1 lot, 0 open alerts"
    ]
    assert scene.at(23 * HOUR) == []
    (second,) = scene.at(DAY + 31 * MINUTE, "1.84")

    assert "PnL of the day +20.00 USD" in second


def test_a_run_without_a_day_before_tells_at_its_start_since_when(scene: Scene) -> None:
    (first,) = scene.at(MINUTE)

    assert "PnL since the account opened -18.16 USD" in first


def test_a_second_start_on_the_same_day_is_silent(scene: Scene) -> None:
    assert len(scene.at(31 * MINUTE)) == 1
    scene.start()

    assert scene.at(40 * MINUTE) == []


@pytest.mark.parametrize(
    "changes",
    [{"wall_time": iso(BEGUN - SECOND)}, {"wall_time": None}, {"equity": None}, {"equity": "NaN"}],
)
def test_a_picture_of_another_run_or_without_value_is_no_sign_of_life(
    scene: Scene, changes: dict[str, object]
) -> None:
    assert scene.at(31 * MINUTE, changes=changes) == []
    assert len(scene.at(32 * MINUTE)) == 1


def test_open_alerts_are_counted(scene: Scene) -> None:
    line = {"at": iso(BEGUN), "severity": "CRITICAL", "what": "x"}
    (scene.folder / "alerts.jsonl").write_text(json.dumps(line) + "\n")

    (told,) = scene.at(31 * MINUTE)

    assert told.endswith("1 open alert")


def test_without_room_for_its_note_it_still_tells_once_a_day(scene: Scene) -> None:
    (scene.folder / FILE).mkdir()

    assert len(scene.at(31 * MINUTE)) == 1
    assert scene.at(40 * MINUTE) == []
