"""`run.py` under another Python, or one without our packages, says so: 2 and a sentence."""

from __future__ import annotations

import ast
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = ROOT / "run.py"
OTHER = """
import runpy, sys
sys.version_info = {version}
sys.argv = ["run.py", "status"]
runpy.run_path({path!r}, run_name="__main__")
"""


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 9), (3, 10, 14), (3, 12, 1), (4, 0, 0)])
def test_another_python_is_told_which_and_how_to_start(version: tuple[int, ...]) -> None:
    code = OTHER.format(version=version, path=str(RUN))
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )

    assert ran.returncode == 2
    assert ran.stdout == ""
    assert f"needs Python 3.11, and this is {version[0]}.{version[1]}" in ran.stderr
    assert "./scripts/paper" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_python_without_our_packages_is_told_to_set_up() -> None:
    ran = subprocess.run(
        [sys.executable, "-S", str(RUN), "status"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ran.returncode == 2
    assert "./scripts/setup" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_every_old_python_can_read_it() -> None:
    text = RUN.read_text(encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree = ast.parse(text, feature_version=(3, 4))

    kinds = {type(node).__name__ for node in ast.walk(tree)}
    assert not kinds & {"JoinedStr", "AnnAssign", "NamedExpr", "Match", "AsyncFunctionDef"}
    assert not any(node.returns for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    assert text.isascii()
