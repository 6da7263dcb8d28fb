"""Own strategies are found in their folder by path; what is wrong with one has file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.commands.strategy_starter import entry_of, source_of
from config.errors import ConfigError
from config.loading import load
from config.own import ROOT, folder_of, found_in

SHIPPED = ROOT / "config"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a config folder with an own strategy `mine` beside it, and its entry."""
    folder, own = tmp_path / "config", tmp_path / "own"
    folder.mkdir()
    own.mkdir()
    for file in SHIPPED.glob("*.yaml"):
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (own / "mine.py").write_text(source_of("mine"), encoding="utf-8")
    with (folder / "strategies.yaml").open("a", encoding="utf-8") as stream:
        stream.write(entry_of("mine"))
    return tmp_path


def hashes(home: Path, *sets: str) -> tuple[str, str]:
    config = load(home / "config", (f"app.strategies.folder={home / 'own'}", *sets))
    return config.config_hash, config.policy_hash


def problems(home: Path) -> str:
    with pytest.raises(ConfigError) as found:
        hashes(home)
    return str(found.value)


@pytest.mark.req("C1", "STR2")
def test_an_own_strategy_is_an_entry_like_any_other(home: Path) -> None:
    sets = (
        f"app.strategies.folder={home / 'own'}",
        "strategies.mine.enabled=true",
        "strategies.mine.minutes=20",
    )
    config = load(home / "config", sets)
    spec = config.strategies["mine"]

    assert spec.enabled
    assert (spec.strategy.id, spec.strategy.lookback) == ("mine", 21)
    assert {"strategies.mine.minutes", "strategies.mine.stop_loss_pct"} <= {
        each.name for each in config.effective()
    }


@pytest.mark.req("CH1")
def test_its_source_is_in_both_hashes_and_where_it_stands_is_in_none(home: Path) -> None:
    before = hashes(home)
    moved = home / "own" / "elsewhere"
    moved.mkdir()
    (moved / "mine.py").write_text(source_of("mine"), encoding="utf-8")
    elsewhere = load(home / "config", (f"app.strategies.folder={moved}",))
    (home / "own" / "mine.py").write_text(source_of("mine") + "# a word\n", encoding="utf-8")
    after = hashes(home)

    assert (elsewhere.config_hash, elsewhere.policy_hash) == before
    assert before[0] != after[0]
    assert before[1] != after[1]


@pytest.mark.req("CH1")
def test_a_file_that_no_entry_uses_changes_no_hash(home: Path) -> None:
    before = hashes(home)
    (home / "own" / "draft.py").write_text(source_of("draft"), encoding="utf-8")

    assert hashes(home) == before


@pytest.mark.req("C1", "STR1")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import time\n", "mine.py:1: imports time; it may import attrs, "),
        ("\n\nx = open('a')\n", "mine.py:3: uses open: a strategy is a pure function"),
        ("def\n", "mine.py:1: cannot be read: "),
        ("x = 1 / 0\n", "mine.py:1: cannot be imported: ZeroDivisionError"),
        ("x = 1\n", "mine.py:1: expected one class with the method decide, found none"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_line(home: Path, text: str, told: str) -> None:
    (home / "own" / "mine.py").write_text(text, encoding="utf-8")

    assert told in problems(home)


def test_nothing_of_an_impure_file_runs(home: Path) -> None:
    mark = home / "mark"
    text = f"import os\nraise SystemExit(open({str(mark)!r}, 'w').close())\n"
    (home / "own" / "mine.py").write_text(text, encoding="utf-8")

    assert "imports os" in problems(home)
    assert not mark.exists()


@pytest.mark.req("C1")
def test_the_name_of_a_shipped_strategy_is_taken(home: Path) -> None:
    (home / "own" / "breakout.py").write_text(source_of("breakout"), encoding="utf-8")

    assert "breakout.py:1: needs a name of letters that no shipped strategy has" in problems(home)


def test_tests_and_helpers_of_the_folder_are_no_strategies(tmp_path: Path) -> None:
    for name in ("test_mine.py", "_draft.py", "conftest.py"):
        (tmp_path / name).write_text("import os\n", encoding="utf-8")

    found = found_in(tmp_path)

    assert (dict(found.kinds), found.problems, found.code_hash(["mine"])) == ({}, (), "")
    assert found_in(tmp_path / "nowhere").problems == ()


def test_the_folder_is_that_of_the_checkout_unless_it_is_absolute(tmp_path: Path) -> None:
    assert folder_of("strategies") == folder_of(None) == ROOT / "strategies"
    assert folder_of(str(tmp_path)) == tmp_path
