"""What tests of commands share: the folder of a mode that ran once."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """Return the folder of paper trading below a data folder of the test's own."""
    folder = tmp_path / "paper"
    folder.mkdir()
    (folder / "LOCK").touch()
    return folder
