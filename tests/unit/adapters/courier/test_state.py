"""How a courier does is told when it is new; whether it lives is seen by its process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.courier.state import FILE, StateFile, is_at_work, read_state
from tests.builders.courier import DEAD_PID


def test_news_are_written_and_the_same_again_is_none(tmp_path: Path) -> None:
    state = StateFile(tmp_path)
    state.tell({"channels": []})
    first = read_state(tmp_path)
    state.tell({"channels": []})
    assert read_state(tmp_path) == first

    state.tell({"channels": [1]})

    assert read_state(tmp_path)["channels"] == [1]
    assert read_state(tmp_path)["pid"] == os.getpid()


def test_without_room_it_goes_on(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    StateFile(tmp_path).tell({})

    assert read_state(tmp_path) == {}


@pytest.mark.parametrize(
    ("pid", "is_there"),
    [(1, True), (DEAD_PID, False), (0, False), (-1, False), ("7", False), (None, False)],
)
def test_a_courier_lives_as_long_as_its_process(pid: object, is_there: bool) -> None:
    assert is_at_work({"pid": pid}) is is_there
    assert is_at_work({"pid": os.getpid()})
