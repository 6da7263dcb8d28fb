"""Start every benchmark in its smallest size: CI's proof that none has rotted. It times nothing.

Usage: python -m benchmarks.smoke
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIMIT_S, AT_ONCE = 120, 2
STARTS = 'if __name__ == "__main__":'
ABOUT_THEM = ("smoke", "compare", "sender")
"""Programs that are no benchmarks themselves."""


def benchmarks(folder: Path = HERE) -> list[Path]:
    """Return the benchmarks of `folder` in order of their names; each understands `--smoke`."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    return [path for path, text in texts.items() if STARTS in text and path.stem not in ABOUT_THEM]


def failure(path: Path) -> str | None:
    """Start one benchmark; return what it said if it failed or printed nothing."""
    command = [sys.executable, str(path), "--smoke"]
    try:
        done = subprocess.run(
            command, cwd=path.parents[1], capture_output=True, text=True, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return f"no end within {LIMIT_S} s"
    if done.returncode == 0 and done.stdout.strip():
        return None
    return f"exit code {done.returncode}\n{done.stderr[-2000:]}"


def main() -> int:
    """Print one line a benchmark; return 1 if one of them failed."""
    failed, paths = 0, benchmarks()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for path, said in zip(paths, pool.map(failure, paths), strict=True):
            print(f"{path.name:24}{'runs' if said is None else said}", flush=True)
            failed += said is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
