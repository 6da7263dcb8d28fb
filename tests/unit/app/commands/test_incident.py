"""What `incident` answers, and with which code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.command_line.cli import main
from tests.builders.incidents import a_run

pytestmark = pytest.mark.req("RB5")
Said = pytest.CaptureFixture[str]


def call(home: Path, *words: str) -> int:
    place = ("--data-dir", str(home / "data"), "--log-dir", str(home / "logs"))
    return main(["incident", *words, *place])


def test_a_bundle_is_written_once_and_can_be_verified(tmp_path: Path, capsys: Said) -> None:
    a_run(tmp_path)
    file = tmp_path / "monday.tar.zst"

    assert call(tmp_path, "-o", str(file)) == 0
    assert "1 run with 2 records" in capsys.readouterr().out
    assert call(tmp_path, "-o", str(file)) == 2
    assert "give a new name" in capsys.readouterr().err
    assert call(tmp_path, "--verify", str(file)) == 0
    file.write_bytes(file.read_bytes()[:200])
    assert call(tmp_path, "--verify", str(file)) == 2
    assert call(tmp_path, "--verify", str(tmp_path / "gone")) == 2


def test_it_answers_as_json(tmp_path: Path, capsys: Said) -> None:
    a_run(tmp_path)

    assert call(tmp_path, "--json", "-o", str(tmp_path / "b")) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["runs"], found["records"], found["cleaned"]) == (1, 2, [])


def test_where_nothing_is_nothing_is_written(tmp_path: Path, capsys: Said) -> None:
    file = tmp_path / "b"

    assert call(tmp_path, "-o", str(file)) == 2
    assert "nothing to write" in capsys.readouterr().err
    assert call(tmp_path, "--from", "2026-11-02", "--to", "2026-11-01") == 2
    assert call(tmp_path) == 2
    assert "-o " in capsys.readouterr().err
    assert not file.exists()
    a_run(tmp_path)
    assert call(tmp_path, "-o", str(tmp_path / "no" / "folder")) == 2
    assert "there is no folder" in capsys.readouterr().err
