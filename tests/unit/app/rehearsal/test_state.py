"""What a rehearsal keeps, and what it makes of damage."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import asdict

from adapters.control.files import write_json
from app.rehearsal.state import FOLDER, SAMPLES, STATE, MemorySample, RehearsalFolder
from config.loading import load
from tests.builders.messages import NOW
from tests.builders.rehearsal_folder import a_state
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("RH1")


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    folder, state = RehearsalFolder(tmp_path), a_state(load(CONFIG), NOW, ("--seed=3",))

    folder.write(state)

    assert folder.read() == state
    assert not state.plan.is_drill


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after_seq", -1),
        ("after_seq", True),
        ("length_ns", 0),
        ("length_ns", "1"),
        ("interval_ns", 0),
        ("speed", "fast"),
        ("speed", "Infinity"),
        ("words", "none"),
    ],
)
def test_a_value_that_cannot_be_is_no_state(name: str, value: object, tmp_path: Path) -> None:
    card = asdict(a_state(load(CONFIG), NOW)) | {"words": []} | {name: value}
    (tmp_path / FOLDER).mkdir()
    write_json(tmp_path / FOLDER / STATE, card)

    assert RehearsalFolder(tmp_path).read() is None


def test_samples_survive_a_line_that_was_cut_off(tmp_path: Path) -> None:
    folder = RehearsalFolder(tmp_path)
    folder.path.mkdir()
    assert folder.samples() == ()
    for number in (1, 2):
        folder.sample(MemorySample(NOW + number, 100 + number))
    with (folder.path / SAMPLES).open("a", encoding="utf-8") as file:
        file.write('{"wall_ns": true, "resident": 5}\nnull\n{"wall_ns": 1')

    assert folder.samples() == (MemorySample(NOW + 1, 101), MemorySample(NOW + 2, 102))


def test_what_is_there_is_put_aside_and_kept(tmp_path: Path) -> None:
    folder = RehearsalFolder(tmp_path)
    folder.put_aside()
    for _ in range(2):
        folder.write(a_state(load(CONFIG), NOW))
        folder.put_aside()

    assert folder.read() is None
    assert (tmp_path / f"{FOLDER}-1" / STATE).exists()
    assert (tmp_path / f"{FOLDER}-2" / STATE).exists()
