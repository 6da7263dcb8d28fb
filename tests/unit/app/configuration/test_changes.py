"""A start says what is looser than before, loudly, and what is tighter only, quietly."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from app.configuration.changes import Said, record_start, told_changes
from app.configuration.history import FOLDER, newest
from config.effective import Config
from config.loading import load

pytestmark = pytest.mark.req("CH1")
SOURCE = Path(__file__).resolve().parents[4] / "config"
SHIPPED = load(SOURCE)


def started(folder: Path, config: Config, second: int = 1) -> tuple[Said, ...]:
    return record_start(folder, config, SOURCE, (), f"2026-11-29T20:00:{second:02}Z")


def after(folder: Path, *sets: str) -> tuple[Said, ...]:
    assert started(folder, SHIPPED) == ()
    return started(folder, load(SOURCE, sets), 2)


def test_the_first_start_and_an_equal_one_say_nothing(tmp_path: Path) -> None:
    assert started(tmp_path, SHIPPED) == ()
    assert started(tmp_path, SHIPPED, 2) == ()


def test_tighter_only_is_said_in_one_quiet_line(tmp_path: Path) -> None:
    (said,) = after(tmp_path, "policy.max_order_usd=900", "policy.caps.total_pct=10")

    assert not said.is_loud
    assert said.text == (
        "config tighter only since the start of 2026-11-29 20:00:01: "
        "policy.caps.total_pct 15 -> 10; policy.max_order_usd 1000 -> 900"
    )


def test_what_is_looser_is_a_warning_each(tmp_path: Path) -> None:
    said = after(
        tmp_path,
        "policy.max_order_usd=2000",
        "policy.exits.max_hold=30h",
        "policy.caps.total_pct=10",
        "policy.loop.interval_seconds=30",
    )

    loud, quiet = (
        [each.text for each in said if each.is_loud],
        [each.text for each in said if not each.is_loud],
    )
    since = "since the start of 2026-11-29 20:00:01"
    assert loud == [
        f"config LOOSER {since}: policy.exits.max_hold 24h -> 30h",
        f"config LOOSER {since}: policy.max_order_usd 1000 -> 2000",
    ]
    assert quiet == [
        f"config changed {since}: policy.loop.interval_seconds 60 -> 30",
        f"config tighter {since}: policy.caps.total_pct 15 -> 10",
    ]


def test_many_differences_are_cut_short_and_the_command_is_named(tmp_path: Path) -> None:
    members = ", ".join(f"C{number}: 1" for number in range(12))
    started(tmp_path, load(SOURCE, [f"policy.max_per_asset_pct={{{members}}}"]))

    said = started(tmp_path, SHIPPED, 2)
    assert len(said) == 9
    assert "4 more, see python run.py config diff" in said[-1].text
    assert said[-1].is_loud


def test_another_program_is_said(tmp_path: Path) -> None:
    started(tmp_path, SHIPPED)
    before = newest(tmp_path)
    assert before is not None

    (said,) = told_changes(evolve(before, config_hash="0" * 16, code="other"), SHIPPED)
    assert said.text.startswith("the program itself has changed")


def test_what_cannot_be_kept_is_said_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where a folder should be")

    (said,) = started(tmp_path, SHIPPED)
    assert "not kept for `config history`" in said.text
