"""A run whose data folder is moved, deleted or replaced halts for good within two seconds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.run.folder_watch import DATA_FOLDER, FolderWatch
from domain.model.breakers import Effect
from domain.model.instants import SECOND
from tests.builders.operator import resume_board
from tests.builders.runtime import VirtualRig, breaker

pytestmark = pytest.mark.req("AUD1", "SI1")

SEGMENT = "000001.jsonl"


@pytest.fixture
def rig() -> Iterator[VirtualRig]:
    made = VirtualRig()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data" / "paper"
    (made / "journal").mkdir(parents=True)
    (made / "journal" / SEGMENT).touch()
    (made / "LOCK").touch()
    return made


def look_for(rig: VirtualRig, watch: FolderWatch, seconds: float) -> None:
    for _ in range(int(10 * seconds)):
        pass_time(rig, SECOND // 10)
        watch.look()


def pass_time(rig: VirtualRig, by_ns: int) -> None:
    is_due = list[bool]()
    rig.runtime.call_at(rig.runtime.clock.market_ns() + by_ns, lambda: is_due.append(True))
    rig.until(lambda: bool(is_due))


def replace(folder: Path) -> None:
    """Put a copy where the folder was: equal, and another one."""
    folder.rename(folder.with_name("old"))
    shutil.copytree(folder.with_name("old"), folder)


LOSSES: dict[str, Callable[[Path], object]] = {
    "the folder is moved": lambda folder: folder.rename(folder.with_name("moved")),
    "the folder is deleted": shutil.rmtree,
    "the data folder is moved": lambda folder: folder.parent.rename(folder.parent.with_name("m")),
    "the folder is replaced": replace,
    "the journal is moved": lambda folder: (folder / "journal").rename(folder / "j"),
    "the journal is deleted": lambda folder: shutil.rmtree(folder / "journal"),
    "a segment is deleted": lambda folder: (folder / "journal" / SEGMENT).unlink(),
    "the lock is deleted": lambda folder: (folder / "LOCK").unlink(),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_not_the_folder_of_the_start_any_more_halts_and_is_told_once(
    loss: str, rig: VirtualRig, folder: Path
) -> None:
    watch = FolderWatch(rig.runtime, folder)
    look_for(rig, watch, 2)
    assert breaker(rig, DATA_FOLDER) is None

    LOSSES[loss](folder)
    look_for(rig, watch, 2)

    opened = breaker(rig, DATA_FOLDER)
    assert opened is not None
    assert (opened.effect, opened.is_latched) == (Effect.HALT, True)
    assert str(folder) in opened.reason
    assert len(rig.log.of("critical")) == 1


@pytest.mark.way_out("data_folder")
@pytest.mark.req("SUP1")
def test_the_next_start_on_the_folder_that_was_put_back_goes_on_when_a_person_resumes(
    rig: VirtualRig, folder: Path
) -> None:
    watch, moved = FolderWatch(rig.runtime, folder), folder.with_name("moved")
    folder.rename(moved)
    look_for(rig, watch, 2)
    assert breaker(rig, DATA_FOLDER) is not None

    moved.rename(folder)
    again = FolderWatch(rig.runtime, folder)
    assert resume_board(rig.runtime.board).code == 0
    look_for(rig, again, 2)

    assert rig.runtime.board.open == ()


def test_a_new_segment_and_new_files_are_no_loss(rig: VirtualRig, folder: Path) -> None:
    watch = FolderWatch(rig.runtime, folder)
    (folder / "journal" / "000002.jsonl").touch()
    (folder / "status.json").touch()
    look_for(rig, watch, 3)

    assert breaker(rig, DATA_FOLDER) is None
