"""A space file is read strictly: every problem is told at once, each with its line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sweep.space import Dimension, SweepSpace, read_space
from config.errors import ConfigError

pytestmark = pytest.mark.req("BT2", "C1")
KEY = "strategies.breakout.stop_loss_pct"


def read(folder: Path, text: str) -> SweepSpace:
    file = folder / "space.yaml"
    file.write_text(text, encoding="utf-8")
    return read_space(file)[0]


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as found:
        read(folder, text)
    return [str(each).removeprefix(f"{folder}/") for each in found.value.problems]


def test_ranges_and_choices_become_overrides(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "seed: 7\nparameters:\n"
        f"  {KEY}: {{low: 1, high: 2, step: 0.25}}\n"
        "  policy.exits.max_hold: {choices: [6h, 24h]}\n"
        "  strategies.breakout.pyramids: {choices: [true, false]}\n"
        "  strategies.breakout.lookback_minutes: {low: 60, high: 62}\n",
    )

    assert [each.values for each in found.parameters] == [
        ("1", "1.25", "1.5", "1.75", "2"),
        ("6h", "24h"),
        ("true", "false"),
        ("60", "61", "62"),
    ]
    assert [each.is_range for each in found.parameters] == [True, False, False, True]
    assert found.sets({each.key: 1 for each in found.parameters}) == (
        f"{KEY}=1.25",
        "policy.exits.max_hold=24h",
        "strategies.breakout.pyramids=false",
        "strategies.breakout.lookback_minutes=61",
    )
    assert (found.seed, found.folds, found.in_sample) == (7, 4, Decimal(3))


def test_the_ends_of_a_range_and_all_choices_stand_for_the_rest() -> None:
    assert Dimension(key="k", values=("1", "2", "3"), is_range=True).ends == (0, 2)
    assert Dimension(key="k", values=("a", "b", "c"), is_range=False).ends == (0, 1, 2)


def test_all_problems_are_told_with_their_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "objective: sharp\n"
        "folds: 0\n"
        "typo: 3\n"
        "parameters:\n"
        "  app.mode: {choices: [live, paper]}\n"
        f"  {KEY}: {{low: 1, high: 2, stp: 1}}\n",
    )

    assert len(found) == 5
    assert "space.yaml:1: objective: expected one of sharpe" in found[0]
    assert "did you mean sharpe?" in found[0]
    assert "space.yaml:2: folds: must be >= 1" in found[1]
    assert "space.yaml:5: parameters.app.mode: can't be swept" in found[2]
    assert f"space.yaml:6: parameters.{KEY}.stp: unknown key" in found[3]
    assert "space.yaml:3: typo: unknown key" in found[4]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("{low: 1, high: 2, stp: 1}", "stp: unknown key"),
        ("{low: 2, high: 2}", "must be above low 2, was 2"),
        ("{low: 1, high: 2.5}", "needs a step"),
        ("{low: 1, high: 2, step: 0.3}", "does not lead from low to high: it ends at 1.9"),
        ("{low: 1, high: 2, step: 0}", "must be above 0"),
        ("{low: 1, high: 2, step: -1}", "must be above 0"),
        ("{low: 1, high: 1000000}", "more than 10,000 values"),
        ("{low: a, high: 2}", "expected a number, was 'a'"),
        ("{low: .nan, high: 2}", "expected a plain number"),
        ("{high: 2}", "needs low, or choices"),
        ("{}", "needs low, or choices"),
        ("{choices: [1]}", "expected a list of 2 to 50"),
        ("{choices: [1, 1]}", "names a value twice"),
        ("{choices: [1, [2]]}", "expected one value"),
        ("{choices: 3}", "expected a list of 2 to 50"),
        ("{choices: [1, 2], low: 1}", "has choices and a range"),
        ("3", "expected {low: 1, high: 9, step: 1}"),
        ("null", "was nothing"),
    ],
)
def test_a_range_that_is_none_is_refused(told: str, why: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, f"seed: 1\nparameters:\n  {KEY}: {told}\n")

    assert found.startswith("space.yaml:3")
    assert why in found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "expected a mapping"),
        ("- 1\n", "expected a mapping"),
        ("seed: 1\n", "parameters: is missing"),
        ("parameters: {}\n", "names no key"),
        ("parameters: 3\n", "expected a mapping"),
        ("parameters: {a: &x 1}\n", "anchors"),
        (f"parameters:\n  {KEY}: {{low: 1, high: 2}}\n  {KEY}: 3\n", "duplicate key"),
        (f"seed: -1\nparameters:\n  {KEY}: {{low: 1, high: 2}}\n", "must be >= 0"),
        ("\x00", "YAML"),
    ],
)
def test_a_file_that_is_no_space_is_refused(text: str, why: str, tmp_path: Path) -> None:
    assert any(why in each for each in problems(tmp_path, text))


def test_a_file_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_space(tmp_path / "nowhere.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_space(tmp_path / "latin.yaml")
    (tmp_path / "large.yaml").write_bytes(b"#" * 300_000)
    with pytest.raises(ConfigError, match="larger than"):
        read_space(tmp_path / "large.yaml")


@given(text=st.text(max_size=200))
def test_any_text_is_a_space_or_refused_in_words(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("space") / "space.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(ConfigError) as found:
        read_space(file)
    assert str(found.value)
