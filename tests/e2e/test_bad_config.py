"""Each file of the configuration, each kind of mistake: where it is, and nothing is started."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.runs import ROOT

WRONG_TYPE = {
    "app": ("mode: paper ", "mode: [paper] "),
    "policy": ("interval_seconds: 60", "interval_seconds: often"),
    "strategies": ("enabled: true", "enabled: perhaps"),
    "universe": ("MEME: [DOGE, SHIB, PEPE]", "MEME: 7"),
}
"""What stands in each shipped file, and what can't stand there."""
AGAIN = {"app": "quote: USDC", "policy": "max_order_usd: 9", "strategies": "breakout: {}"}
"""A key that is there already; that of universe.yaml is never_trade."""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder, ignore=shutil.ignore_patterns("*.py*", "__*"))
    return folder


def refusal(config: Path) -> str:
    """Return what a start with a bad configuration says."""
    home = config.parent
    folders = [f"--{name}-dir={home / name}" for name in ("config", "data", "log")]
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), "--env", "paper", *folders],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert [entry.name for entry in home.iterdir()] == ["config"]
    return done.stderr


def appended(config: Path, file: str, line: str) -> int:
    """Append a line to a file; return its number."""
    path = config / f"{file}.yaml"
    text = path.read_text().rstrip("\n") + f"\n{line}\n"
    path.write_text(text)
    return text.count("\n")


@pytest.mark.req("C1")
@pytest.mark.parametrize("file", WRONG_TYPE)
def test_an_unknown_key_is_named_with_file_and_line(config: Path, file: str) -> None:
    value = "{use: breakot}" if file == "strategies" else "1"
    number = appended(config, file, f"nonsense: {value}")

    told = refusal(config)

    assert f"{file}.yaml:{number}" in told
    assert "nonsense" in told


@pytest.mark.req("C1")
@pytest.mark.parametrize("file", WRONG_TYPE)
def test_a_value_of_the_wrong_type_is_named_with_file_and_line(config: Path, file: str) -> None:
    path = config / f"{file}.yaml"
    right, wrong = WRONG_TYPE[file]
    before, found, after = path.read_text().partition(right)
    assert found
    path.write_text(before + wrong + after)

    assert f"{file}.yaml:{before.count(chr(10)) + 1}" in refusal(config)


@pytest.mark.req("C1")
@pytest.mark.parametrize("file", WRONG_TYPE)
def test_a_missing_file_is_named(config: Path, file: str) -> None:
    (config / f"{file}.yaml").unlink()

    told = refusal(config)

    assert f"{file}.yaml" in told
    assert "missing" in told


@pytest.mark.req("C1")
@pytest.mark.parametrize("file", WRONG_TYPE)
def test_a_key_that_stands_twice_is_named_with_both_lines(config: Path, file: str) -> None:
    line = AGAIN.get(file, "never_trade: []")
    first = (config / f"{file}.yaml").read_text().splitlines()
    key = line.partition(":")[0]
    number = appended(config, file, line)

    told = refusal(config)

    assert f"{file}.yaml:{number}" in told
    assert str(next(n for n, text in enumerate(first, 1) if text.startswith(f"{key}:"))) in told


@pytest.mark.req("C1")
def test_the_mistakes_of_all_files_are_told_at_once(config: Path) -> None:
    lines = {file: appended(config, file, "nonsense: 1") for file in WRONG_TYPE}

    told = refusal(config)

    assert all(f"{file}.yaml:{number}" in told for file, number in lines.items())


@pytest.mark.req("C1", "C2")
def test_the_contradiction_of_the_first_version_is_told_with_both_its_keys(config: Path) -> None:
    path = config / "policy.yaml"
    before, found, after = path.read_text().partition("max_per_asset_pct: {}")
    assert found
    path.write_text(f"{before}max_per_asset_pct: {{DOGE: 7}}{after}")

    told = refusal(config)

    line = before.count(chr(10)) + 1
    assert f"policy.yaml:{line}: policy.max_per_asset_pct.DOGE: must be <= 5, was 7" in told
    assert "policy.max_per_theme_pct.MEME (5)" in told
