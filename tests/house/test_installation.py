"""What the README promises a fresh machine: locked packages, scripts that say what they need."""

from __future__ import annotations

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tidy import PACKAGES, ROOT, mentioned_modules, sources

SCRIPTS = ("mutants", "paper", "setup", "test")
LOCKS = (
    "requirements.lock",
    "requirements-research.lock",
    "requirements-dev.lock",
    "requirements-mutants.lock",
)
"""Each on top of those before."""
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+) \\$", re.MULTILINE)


def lock(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    return {canonicalize_name(pin["name"]): pin["version"] for pin in PIN.finditer(lock(name))}


LOADED_BY_NAME = {"psycopg"}
"""Drivers that SQLAlchemy loads by the name in a database's URL."""


def declared(section: str, key: str) -> list[Requirement]:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    return [Requirement(line) for line in settings[section][key].split("\n") if line.strip()]


@pytest.mark.parametrize(
    ("section", "key", "locks"),
    [
        ("options", "install_requires", LOCKS[:1]),
        ("options.extras_require", "research", LOCKS[:2]),
        ("options.extras_require", "dev", LOCKS[:3]),
        ("options.extras_require", "mutants", LOCKS),
    ],
)
def test_every_declared_package_is_locked_within_its_range(
    section: str, key: str, locks: tuple[str, ...]
) -> None:
    locked = {name: version for lock_name in locks for name, version in pins(lock_name).items()}

    for requirement in declared(section, key):
        version = locked.get(canonicalize_name(requirement.name), "missing")
        assert version in requirement.specifier, f"{requirement}: locked {version}"


def test_what_is_declared_is_imported_and_the_other_way_round() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sources(*PACKAGES)]
    imported = {module.partition(".")[0] for tree in trees for module in mentioned_modules(tree)}
    foreign = imported - sys.stdlib_module_names - {*PACKAGES, "run"}
    makers = packages_distributions()
    needed = {canonicalize_name(makers[module][0]) for module in foreign if module in makers}

    assert sorted(foreign - makers.keys()) == []
    wanted = (
        *declared("options", "install_requires"),
        *declared("options.extras_require", "research"),
    )
    assert needed == {canonicalize_name(each.name) for each in wanted} - LOADED_BY_NAME


def test_what_only_sweeps_need_is_loaded_by_nothing_else() -> None:
    extra = {
        canonicalize_name(each.name) for each in declared("options.extras_require", "research")
    }
    for path in sources(*PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = {module.partition(".")[0] for module in mentioned_modules(tree)} & extra
        assert not found or path.is_relative_to(ROOT / "app" / "sweep"), f"{path}: {found}"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_carries_hashes(name: str) -> None:
    lines = [line for line in lock(name).splitlines() if line[:1] not in ("#", "-", "")]
    heads = [number for number, line in enumerate(lines) if not line.startswith(" ")]

    assert len(heads) == len(pins(name)) > 0
    assert all(lines[number + 1].startswith("    --hash=sha256:") for number in heads)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place_to_fetch_from(name: str) -> None:
    assert "://" not in lock(name)


def test_the_locks_do_not_overlap() -> None:
    names = [name for each in LOCKS for name in pins(each)]

    assert len(names) == len({*names})


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_can_be_run_by_any_shell(name: str) -> None:
    path = ROOT / "scripts" / name

    assert os.access(path, os.X_OK)
    for script in (path, ROOT / "scripts" / "environment.sh"):
        assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0


def bare_path(folder: Path) -> str:
    """Return a PATH that has what the scripts need of a Unix, and no Python at all."""
    for tool in ("sh", "dirname", "basename", "cat", "cksum", "date", "ls"):
        (folder / tool).symlink_to(str(shutil.which(tool)))
    return str(folder)


def run_setup(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": bare_path(tmp_path), "BULKHEAD_VENV": str(tmp_path / "venv")}
    command = [str(shutil.which("sh")), str(ROOT / "scripts" / "setup")]
    return subprocess.run(
        command, env=clean | environment, capture_output=True, text=True, check=False
    )


def test_without_python_311_the_script_says_what_to_install(tmp_path: Path) -> None:
    done = run_setup(tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("bulkhead: needs Python 3.11, found no python3 on PATH.")
    assert not (tmp_path / "venv").exists()


def test_a_wrong_interpreter_is_named(tmp_path: Path) -> None:
    done = run_setup(tmp_path, BULKHEAD_PYTHON="/nowhere/python")

    assert done.returncode == 1
    assert done.stderr == (
        "bulkhead: BULKHEAD_PYTHON=/nowhere/python is not a working Python 3.11.\n"
    )


@pytest.mark.parametrize("kind", ["a folder with files", "a file", "a foreign environment"])
def test_setup_erases_nothing_that_it_has_not_made(kind: str, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    kept = venv / "precious.txt"
    if kind == "a file":
        kept = venv
    else:
        venv.mkdir()
        if kind == "a foreign environment":
            (venv / "pyvenv.cfg").touch()
    kept.write_text("precious")

    done = run_setup(tmp_path, BULKHEAD_PYTHON=sys.executable)

    assert done.returncode == 1
    assert "is no virtual environment of ours; it was left" in done.stderr
    assert kept.read_text() == "precious"


def test_setup_erases_and_installs_nothing_through_a_link(tmp_path: Path) -> None:
    shared, venv = tmp_path / "shared", tmp_path / "venv"
    shared.mkdir()
    (shared / "pyvenv.cfg").touch()
    (shared / "bulkhead.mark").touch()
    venv.symlink_to(shared)

    done = run_setup(tmp_path, BULKHEAD_PYTHON=sys.executable)

    assert done.returncode == 1
    assert "is a link, and the environment behind it was not made here" in done.stderr
    assert sorted(each.name for each in shared.iterdir()) == ["bulkhead.mark", "pyvenv.cfg"]
