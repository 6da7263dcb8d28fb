"""A case runs in a process of its own, which sees no secret and leaves nothing behind."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from app.torture.cases import a_case
from app.torture.children import TortureCases
from app.torture.outcome import BoundVerdict

pytestmark = pytest.mark.req("E1")


def test_a_process_that_ends_without_an_outcome_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    children = TortureCases(tmp_path / "no-config", ())
    heard: list[int] = []

    (found,) = children.outcomes([a_case("spammer", 1)], heard.append)

    assert found.verdict is BoundVerdict.BROKEN
    assert found.error.startswith("its process ended with 1: ")
    assert "a config folder holds" in found.error
    assert heard == [1]
    assert list(tmp_path.iterdir()) == [], "its folder is gone"
