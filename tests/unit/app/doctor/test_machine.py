"""The doctor's looks at the machine: each fault of it is named with its fix."""

from __future__ import annotations

import resource
import shutil
import socket
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.command_line.options import Folders
from app.doctor import machine
from app.doctor.finding import Health, Symptom, fail, looked, ok
from domain.model.errors import TradingError

Patch = pytest.MonkeyPatch


class Version(NamedTuple):
    major: int
    minor: int
    micro: int


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def worst(found: Iterable[Symptom]) -> Symptom:
    order = [Health.OK, Health.WARN, Health.FAIL]
    return max(found, key=lambda each: order.index(each.health))


def where(home: Path) -> Folders:
    return Folders(data=home / "data", log=home / "logs")


def _old_python(patch: Patch, _: Path) -> Iterable[Symptom]:
    patch.setattr(sys, "version_info", Version(3, 10, 1))
    return machine.python()


def _missing_library(patch: Patch, _: Path) -> Iterable[Symptom]:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    patch.setattr(machine, "version", version)
    return machine.libraries()


def _other_library(patch: Patch, _: Path) -> Iterable[Symptom]:
    patch.setattr(machine, "version", lambda _: "0.0.1")
    return machine.libraries()


def _no_lock_file(patch: Patch, home: Path) -> Iterable[Symptom]:
    patch.setattr(machine, "LOCK", home / "gone.lock")
    return machine.libraries()


def _file_for_folder(_: Patch, home: Path) -> Iterable[Symptom]:
    (home / "data").write_text("no folder")
    return machine.folders(where(home))


def _free(patch: Patch, home: Path, free: int) -> Iterable[Symptom]:
    patch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, free))
    return machine.folders(where(home))


def _no_port(patch: Patch, _: Path) -> Iterable[Symptom]:
    def refuse(*_: Any) -> socket.socket:
        raise PermissionError(13, "Permission denied")

    patch.setattr(socket, "create_server", refuse)
    return machine.ports()


def _few_files(patch: Patch, _: Path) -> Iterable[Symptom]:
    patch.setattr(resource, "getrlimit", lambda _: (64, 64))
    return machine.files()


@pytest.mark.parametrize(
    ("broken", "health", "name", "found", "mend"),
    [
        (_old_python, Health.FAIL, "python", "3.10.1", "install Python 3.11"),
        (_missing_library, Health.FAIL, "libraries", "aiohttp", "./scripts/setup"),
        (_other_library, Health.WARN, "libraries", "0.0.1 instead of", "./scripts/setup"),
        (_no_lock_file, Health.WARN, "libraries", "can't be read", "git checkout"),
        (_file_for_folder, Health.FAIL, "data", "--data-dir", "--data-dir"),
        (lambda p, h: _free(p, h, 10**7), Health.FAIL, "data", "0.0 GB free", "make room"),
        (lambda p, h: _free(p, h, 10**9), Health.WARN, "data", "1.0 GB free", "make room soon"),
        (_no_port, Health.FAIL, "ports", "Permission denied", "loopback"),
        (_few_files, Health.WARN, "files", "64", "ulimit -n"),
    ],
)
def test_a_broken_machine_is_named_with_its_fix(
    broken: Callable[[Patch, Path], Iterable[Symptom]],
    health: Health,
    name: str,
    found: str,
    mend: str,
    tmp_path: Path,
    monkeypatch: Patch,
) -> None:
    told = worst(broken(monkeypatch, tmp_path))

    assert (told.health, told.name) == (health, name)
    assert found in told.found
    assert mend in told.mend


def test_this_machine_runs_it(tmp_path: Path) -> None:
    found = list(looked(machine.all_of(where(tmp_path))))

    assert {each.name for each in found} >= {"python", "libraries", "data", "logs", "ports"}
    assert not [each for each in found if each.health is Health.FAIL]


def test_a_look_that_breaks_off_is_told_and_stops_no_other() -> None:
    def breaks() -> Iterable[Symptom]:
        raise TradingError("the chain is broken\nand more")

    def no_rights() -> Iterable[Symptom]:
        raise PermissionError(13, "Permission denied", "/etc/x")

    found = list(looked([("a", breaks), ("b", no_rights), ("c", lambda: [ok("c", "well")])]))

    assert [each.health for each in found] == [Health.FAIL, Health.FAIL, Health.OK]
    assert found[0] == fail("a", "the chain is broken", found[0].mend)
    assert "/etc/x" in found[1].found
