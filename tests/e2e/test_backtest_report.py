"""Two processes that play the same backtest write the same bytes, and the notebook reads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from domain.model.instants import HOUR, iso
from tests.builders.backtests import BEGIN, LIVELY
from tests.builders.commands import ROOT

NOTEBOOK = ROOT / "docs" / "backtest.ipynb"


def play(folder: Path, hash_seed: str) -> Path:
    """Play eight hours in a process of its own; return the folder of what it wrote."""
    folder.mkdir()
    sets = [word for each in LIVELY for word in ("--set", each)]
    files = ["--report", "r.json", "--html", "r.html", "--results", "results"]
    span = ["--to", iso(BEGIN + 8 * HOUR), "--trials", "3"]
    command = [sys.executable, str(ROOT / "run.py"), "backtest", *span, *sets, *files]
    done = subprocess.run(
        [*command, "--config-dir", str(ROOT / "config")],
        cwd=folder,
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return play(tmp_path_factory.mktemp("one") / "played", "1")


@pytest.mark.req("BT1", "BT2")
def test_report_page_and_tables_are_the_same_bytes_in_another_process(
    played: Path, tmp_path: Path
) -> None:
    again = play(tmp_path / "again", "77")

    files = sorted(file.relative_to(played) for file in played.rglob("*") if file.is_file())
    assert len(files) == 2 + 4
    for file in files:
        assert (played / file).read_bytes() == (again / file).read_bytes(), file
    assert json.loads((played / "r.json").read_text(encoding="utf-8"))["closed"]


def cells() -> list[dict[str, Any]]:
    """Return the cells of the notebook."""
    found = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert found["nbformat"] == 4
    return list(found["cells"])


@pytest.mark.req("BT2")
def test_the_notebook_reads_what_a_backtest_has_written(
    played: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(played)
    names: dict[str, Any] = {}

    for cell in cells():
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)

    report = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert names["closed"].height == report["trades"]["total_trades"]
    assert names["by_exit"].height == len(report["by_exit"])
    profit = names["closed"]["profit_currency"].sum()
    assert f"{profit.normalize():f}" == report["trades"]["profit"]


def test_the_notebook_is_committed_without_what_it_printed() -> None:
    code = [cell for cell in cells() if cell["cell_type"] == "code"]

    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert sum(len("".join(cell["source"]).splitlines()) for cell in cells()) <= 90
