"""Pages that are printed from code: written, or compared with what is committed."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def write_or_check(page: Path, text: str, module: str, arguments: list[str]) -> int:
    """Write `page`, a path below the root, or with `--check` compare; return the exit code."""
    path = ROOT / page
    if "--check" not in arguments:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{page} is not what the code gives: run python -m {module}\n")
    return 1
