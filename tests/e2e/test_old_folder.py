"""Data folders of the versions before this one go on as if nothing had happened.

`golden/folders/` has two as the version before the modules moved left them, without keys:
one ended in virtual time after purchases and sales, one was killed on threads while entries rested.
"""

from __future__ import annotations

import json
import tarfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.control.anchor import AnchorFile
from tests.builders.runs import (
    ROOT,
    call,
    ledger_accounts,
    live_orders,
    paper,
    segments,
    status,
    venue_accounts,
    verified,
)

FOLDERS = ROOT / "tests" / "golden" / "folders"


def unpacked(name: str, home: Path) -> dict[str, Any]:
    """Unpack a folder; return the status that its version left."""
    with tarfile.open(FOLDERS / f"{name}.tar.gz") as packed:
        packed.extractall(home, filter="data")
    for folder in (home / "data").iterdir():  # nor is it known what a folder of that name once held
        AnchorFile(folder).move_to(home / "forgotten" / folder.name)
    found: dict[str, Any] = json.loads((home / "data" / "paper" / "status.json").read_text())
    return found


@pytest.mark.req("AUD1")
@pytest.mark.parametrize("name", ["ended_virtual", "killed_threads"])
def test_an_old_journal_verifies_and_its_status_is_shown(name: str, tmp_path: Path) -> None:
    left = unpacked(name, tmp_path)

    found = verified(tmp_path)

    assert found["problems"] == []
    assert found["orders"] == left["orders_total"]
    assert status(tmp_path)["world"] == left["world"]


@pytest.mark.req("BOOT1", "AUD1")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ended_virtual", ("--speed", "max", "--seed", "3", "--duration", "3m")),
        ("killed_threads", ("--speed", "60", "--seed", "3", "--duration", "2m")),
    ],
)
def test_an_old_folder_starts_reconciles_and_goes_on(
    name: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    left = unpacked(name, tmp_path)
    (old,) = segments(tmp_path)
    before = old.read_bytes()

    stopped = paper(tmp_path, *arguments)

    assert stopped["reason"] == "duration"
    assert old.read_bytes() == before, "the old records are not touched"
    assert len(segments(tmp_path)) == 2
    assert verified(tmp_path)["problems"] == []
    assert venue_accounts(tmp_path) == ledger_accounts(tmp_path)
    assert not live_orders(tmp_path)
    now = status(tmp_path)
    assert (now["world"], now["reconcile"]) == (left["world"], "clean")
    if not now["positions"] and not now["fills_total"]:
        assert Decimal(now["pnl_net"]) == Decimal(left["pnl_net"])


def test_an_old_folder_is_reset_as_any_other(tmp_path: Path) -> None:
    unpacked("ended_virtual", tmp_path)

    done = call(tmp_path, "paper", "reset")

    assert done.returncode == 0
    assert not (tmp_path / "data" / "paper" / "venue" / "world.db").exists()
