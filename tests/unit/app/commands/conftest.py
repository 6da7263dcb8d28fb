"""What tests of commands share: a mode that ran once, one that runs, and what it was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import app.commands.operating
from adapters.control.instances import InstanceLock


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """Return the folder of paper trading below a data folder of the test's own."""
    folder = tmp_path / "paper"
    folder.mkdir()
    (folder / "LOCK").touch()
    return folder


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """Give a data folder in which somebody trades on paper."""
    lock = InstanceLock(tmp_path / "paper")
    lock.acquire("now")
    yield tmp_path
    lock.release()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """Return what is asked of whoever runs, who says yes to all of it."""
    found: list[tuple[str, str, dict[str, Any]]] = []

    def answer(folder: Path, verb: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        found.append((folder.name, verb, dict(payload)))
        return {"code": 0, "lines": ["what came of it"]}

    monkeypatch.setattr(app.commands.operating, "send_request", answer)
    return found
