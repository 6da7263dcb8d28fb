"""Tell by its exit code whether the trader of a data folder gives signs of life.

    python deploy/healthy.py DATA_FOLDER

0: its status was written within the last half minute; 1: it was not, and a sentence says so. Needs
nothing but Python, so that asking often costs little.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

LIMIT_S = 30
"""The status is written each second; a reconcile or a busy machine may take a few."""


def age_s(data: Path) -> float | None:
    """Return the age of the newest status in seconds; None if there is none."""
    try:
        return time.time() - (data / "state.json").stat().st_mtime
    except OSError:
        return None


def main(arguments: list[str]) -> int | str:
    """Return the exit code, or the sentence with which to end with 1."""
    if len(arguments) != 1:
        return "usage: python deploy/healthy.py DATA_FOLDER"
    age = age_s(Path(arguments[0]))
    if age is None:
        return f"{arguments[0]}: no status yet"
    return f"{arguments[0]}: no sign of life for {age:.0f} s" if age > LIMIT_S else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
