"""A checkout of its own, for what happens in the folders that a command takes by itself."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.builders.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("actors", "adapters", "app", "config", "domain", "scripts")
"""The folders that the program runs from."""


class Checkout:
    """A copy of the program in a folder; its `data` and `logs` are those below it."""

    def __init__(self, root: Path) -> None:
        """Copy the program to `root`, which must not exist."""
        self.root, self.data = root, root / "data"
        for name in PRODUCT:
            shutil.copytree(ROOT / name, root / name)
        shutil.copy2(ROOT / "run.py", root)

    def run(
        self, *arguments: str, cwd: Path | None = None, seconds: float = 90.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; it must not show a traceback."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=cwd or self.root,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done

    def home(self, world: str) -> Path:
        """Return the folder of a world that is not the default one."""
        return self.data / "worlds" / world

    def worlds(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the rows of `paper list`, by world and mode."""
        done = self.run("paper", "list", "--json")
        assert done.returncode == 0, done.stderr
        return {(row["world"], row["mode"]): row for row in json.loads(done.stdout)}

    @contextlib.contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command until the end of the block; the block begins with its first line."""
        with (self.root / f"said-{len(list(self.root.glob('said-*')))}").open("w+") as said:
            process = subprocess.Popen(
                self.command(*arguments), cwd=self.root, stdout=said, stderr=said, text=True
            )
            text = Path(said.name)
            try:
                wait_for(
                    lambda: process.poll() is not None or has_begun(text.read_text()),
                    60.0,
                    text.read_text,
                )
                assert process.poll() is None, text.read_text()
                yield process
            finally:
                process.send_signal(signal.SIGKILL)  # its venue ends with it
                process.wait(60)

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of its `run.py`."""
        return [sys.executable, str(self.root / "run.py"), *arguments]


def has_begun(text: str) -> bool:
    """Tell whether a trader or a venue says that it runs."""
    return any(line.startswith(("READY ", "VENUE ")) for line in text.splitlines())
