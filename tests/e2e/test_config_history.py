"""Rollback of a configuration with real processes: by `config restore`, and by version control."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders.runs import ROOT

pytestmark = pytest.mark.req("CH1", "RB5")


class Operator:
    """Somebody with a configuration, a data folder and a terminal."""

    def __init__(self, home: Path) -> None:
        self.home = home
        shutil.copytree(
            ROOT / "config", home / "config", ignore=shutil.ignore_patterns("*.py*", "__*")
        )
        self.folders = [f"--{name}-dir={home / name}" for name in ("config", "data", "log")]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, str(ROOT / "run.py"), *words, *self.folders],
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    def trade(self) -> str:
        """Trade one cycle in virtual time; return what people were told."""
        return self.run("--env", "paper", "--speed", "max", "--cycles", "1").stderr

    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("config", "show", "--json").stdout)
        return found

    def git(self, *words: str) -> None:
        who = ("-c", "user.name=operator", "-c", "user.email=operator@example.org")
        subprocess.run(["git", *who, *words], cwd=self.home, check=True, capture_output=True)

    def edit(self, old: str, new: str) -> None:
        policy = self.home / "config" / "policy.yaml"
        text = policy.read_text()
        assert text.count(old) == 1
        policy.write_text(text.replace(old, new))


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path)


def test_a_start_tells_what_is_looser_and_its_files_can_be_brought_back(
    operator: Operator,
) -> None:
    assert "config LOOSER" not in operator.trade()
    before = operator.shown()["config_hash"]
    operator.edit("max_order_usd: 1000", "max_order_usd: 2000")

    told = " ".join(operator.trade().split())
    assert "WARNING config LOOSER since the start of" in told
    assert "policy.max_order_usd 1000 -> 2000" in told

    rows = json.loads(operator.run("config", "history", "--json").stdout)
    assert [row["config_hash"] for row in rows] == [before, operator.shown()["config_hash"]]
    operator.run("config", "restore", before)
    assert operator.shown()["config_hash"] == before


def test_version_control_brings_a_configuration_back(operator: Operator) -> None:
    operator.git("init", "--quiet")
    before = operator.shown()["config_hash"]
    for value in ("1000", "2000"):
        if value != "1000":
            operator.edit("max_order_usd: 1000", f"max_order_usd: {value}")
        operator.git("add", "config")
        operator.git("commit", "--quiet", "-m", f"at most {value}")
    assert operator.shown()["config_hash"] != before

    operator.git("checkout", "HEAD~1", "config/")

    assert operator.shown()["config_hash"] == before
