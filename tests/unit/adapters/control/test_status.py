import json
from pathlib import Path

from adapters.control.status import FileStatusBoard, read_status


def test_status_and_its_copy_say_the_same(tmp_path: Path) -> None:
    board = FileStatusBoard(tmp_path / "paper")
    board.publish({"cycles": 1})
    board.publish({"cycles": 2, "equity": "10000"})

    assert read_status(tmp_path / "paper") == {"cycles": 2, "equity": "10000"}
    assert json.loads((tmp_path / "state.json").read_text()) == {"cycles": 2, "equity": "10000"}
    assert sorted(entry.name for entry in (tmp_path / "paper").iterdir()) == ["status.json"]


def test_without_a_run_there_is_no_status(tmp_path: Path) -> None:
    assert read_status(tmp_path / "paper") is None
