"""A trader is known by its path, whatever becomes of the files there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from adapters.control.instances import InstanceRunning
from adapters.control.registry import FolderLock, registered

pytestmark = pytest.mark.req("SI1")


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    folder = tmp_path / "registry"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("fate", ["stays", "is deleted", "is moved"])
def test_a_path_has_one_trader_whatever_becomes_of_its_folder(
    fate: str, registry: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "paper"
    folder.mkdir(parents=True)
    first = FolderLock(folder, registry)
    first.acquire("2026-11-24T10:00:00Z")
    if fate == "is deleted":
        shutil.rmtree(folder)
    elif fate == "is moved":
        folder.rename(tmp_path / "elsewhere")

    with pytest.raises(InstanceRunning, match=f"still runs as pid {os.getpid()}"):
        FolderLock(folder, registry).acquire("later")

    assert [(each.folder, each.pid) for each in registered(registry)] == [(folder, os.getpid())]
    first.release()


def test_a_trader_that_has_ended_leaves_nothing_behind(registry: Path, tmp_path: Path) -> None:
    for _ in range(2):
        lock = FolderLock(tmp_path / "paper", registry)
        lock.acquire("now")
        lock.release()

    assert registered(registry) == ()
    assert list(registry.iterdir()) == []


@pytest.mark.parametrize("card", ["", "{}", '{"data": "/x", "pid": "many"}', "[]"])
def test_a_card_that_says_nothing_is_nobody(card: str, registry: Path) -> None:
    (registry / "a.holder").write_text(card)

    assert registered(registry) == ()
