"""`strategy list` and `strategy new`: from nothing to a strategy that can be enabled."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.command_line.cli import cli
from app.command_line.shell import CommandSession
from app.commands.strategy_starter import source_of, title_of
from config.loading import load
from config.own import ROOT


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a config folder whose own strategies are beside it."""
    folder = tmp_path / "config"
    folder.mkdir()
    for file in (ROOT / "config").glob("*.yaml"):
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    app = (folder / "app.yaml").read_text(encoding="utf-8")
    own = app.replace("folder: strategies ", f"folder: {tmp_path / 'own'} ")
    (folder / "app.yaml").write_text(own, encoding="utf-8")
    return tmp_path


def called(home: Path, *arguments: str) -> tuple[int, str]:
    command = ["strategy", *arguments, "--config-dir", str(home / "config")]
    done = CliRunner().invoke(cli, command, obj=CommandSession())
    return done.exit_code, done.output


def test_the_list_names_entries_and_files(home: Path) -> None:
    code, said = called(home, "list", "--json")
    rows = {row["use"]: row for row in json.loads(said)}

    assert code == 0
    assert rows["breakout"]["enabled"]
    assert rows["breakout"]["file"] == "domain/strategies/breakout.py"
    assert rows["trend_daily"]["bars"] == "21 days"


@pytest.mark.req("STR2")
def test_a_new_strategy_is_a_file_a_test_and_an_entry_that_is_disabled(home: Path) -> None:
    code, said = called(home, "new", "dip_buyer")

    assert code == 0
    assert "--set strategies.dip_buyer.enabled=true" in said
    spec = load(home / "config").strategies["dip_buyer"]
    assert not spec.enabled
    assert type(spec.strategy).__name__ == title_of("dip_buyer") == "DipBuyer"
    assert "dip_buyer" in called(home, "list")[1]


def test_its_test_passes_as_it_is_written(home: Path) -> None:
    called(home, "new", "dip_buyer")
    test = home / "own" / "test_dip_buyer.py"

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", ["Dip", "dip-buyer", "2nd", "a b", "../x", "breakout"])
def test_a_name_that_cannot_be_used_writes_nothing(home: Path, name: str) -> None:
    before = (home / "config" / "strategies.yaml").read_text(encoding="utf-8")

    code, said = called(home, "new", name)

    assert code == 2
    assert "name" in said
    assert not (home / "own").exists()
    assert (home / "config" / "strategies.yaml").read_text(encoding="utf-8") == before


def test_a_file_that_is_there_is_kept(home: Path) -> None:
    (home / "own").mkdir()
    test = home / "own" / "test_dip_buyer.py"
    test.write_text("# mine", encoding="utf-8")

    assert called(home, "new", "dip_buyer")[0] == 2
    assert test.read_text(encoding="utf-8") == "# mine"
    assert not (home / "own" / "dip_buyer.py").exists()


def test_the_example_is_what_a_new_strategy_looks_like() -> None:
    example = (ROOT / "strategies" / "example.py").read_text(encoding="utf-8")

    assert example == source_of("example")
