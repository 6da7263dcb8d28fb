import json
from pathlib import Path

from adapters.control.status import FileStatusBoard, read_status
from domain.model.instants import SECOND


def test_status_and_its_copy_say_the_same(tmp_path: Path) -> None:
    board = FileStatusBoard(tmp_path / "paper")
    board.publish({"cycles": 1})
    board.publish({"cycles": 2, "equity": "10000"})

    assert read_status(tmp_path / "paper") == {"cycles": 2, "equity": "10000"}
    assert json.loads((tmp_path / "state.json").read_text()) == {"cycles": 2, "equity": "10000"}
    assert sorted(entry.name for entry in (tmp_path / "paper").iterdir()) == ["status.json"]


def test_the_picture_says_when_it_was_taken(tmp_path: Path) -> None:
    board = FileStatusBoard(tmp_path / "paper", wall_ns=lambda: 1_700_000_000 * SECOND)
    board.publish({"cycles": 1})

    assert read_status(tmp_path / "paper") == {"cycles": 1, "wall_time": "2023-11-14T22:13:20Z"}


def test_without_a_run_there_is_no_status(tmp_path: Path) -> None:
    assert read_status(tmp_path / "paper") is None
