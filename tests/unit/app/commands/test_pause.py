"""`pause` and `unpause` hand their order on; where nothing ever ran they say so."""

from __future__ import annotations

from pathlib import Path

import pytest

import app.commands.pause
from app.command_line.cli import main
from app.command_line.options import Folders


@pytest.mark.parametrize("verb", ["pause", "unpause"])
def test_where_nothing_ever_ran_it_is_no_success(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--reason", "news", "--data-dir", str(tmp_path)]) == 1
    assert "nothing ever ran" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["pause", "unpause"])
def test_the_order_goes_to_the_mode_that_is_meant(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    for mode in ("paper", "dry-run"):
        (tmp_path / mode).mkdir()
        (tmp_path / mode / "LOCK").touch()

    def operate(*given: object) -> int:
        seen.append(given)
        return 1

    monkeypatch.setattr(app.commands.pause, "operate", operate)

    assert main([verb, "--reason", "news", "--env", "paper", "--data-dir", str(tmp_path)]) == 1
    (given,) = seen
    assert given == (Folders(data=tmp_path), (tmp_path / "paper",), verb, "news")
