"""Runs of the real system in virtual time, and what they say of themselves when they are over."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def play(home: Path, *options: str) -> None:
    """Trade on paper at `--speed max`, in folders below `home`, with the shipped configuration.

    Raises:
        RuntimeError: the run did not end with 0; the text is its own.
    """
    _call(home, "--env", "paper", "--speed", "max", *options)


def status(home: Path) -> dict[str, Any]:
    """Return the last status of the run in `home`."""
    found: dict[str, Any] = json.loads((data_of(home) / "status.json").read_text(encoding="utf-8"))
    return found


def report(home: Path) -> dict[str, Any]:
    """Return the results of the run in `home`, as `report --json` prints them."""
    found: dict[str, Any] = json.loads(_call(home, "report", "--json"))
    return found


def data_of(home: Path) -> Path:
    """Return the folder that a run in `home` keeps its journal and its status in."""
    return home / "data" / "paper"


def gross(status: Mapping[str, Any]) -> Decimal:
    """Return the profit before fees: of what was sold, and of open lots at the best bid."""
    held = sum(
        (Decimal(lot["quantity"]) * Decimal(lot["mark"]) for lot in status["positions"]), Decimal(0)
    )
    return (
        Decimal(status["cash"]) + Decimal(status["fees"]) + held - Decimal(status["opening_equity"])
    )


def _call(home: Path, *words: str) -> str:
    command = [sys.executable, str(ROOT / "run.py"), *words]
    for name in ("data", "log"):
        command += [f"--{name}-dir", str(home / name)]
    command += ["--config-dir", str(ROOT / "config")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=home)
    if done.returncode != 0:
        said = " ".join(words)
        raise RuntimeError(f"{said} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout
