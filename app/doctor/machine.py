"""The machine: Python, libraries, room, rights, ports."""

from __future__ import annotations

import re
import resource
import shutil
import socket
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from app.command_line.environment import FolderUnusable, require_writable
from app.command_line.options import ROOT, Folders
from app.doctor.finding import Look, Symptom, fail, ok, warn
from domain.model.wording import counted

PYTHON = (3, 11)
LOCK = ROOT / "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
INSTALL = "./scripts/setup"
LITTLE_ROOM, NO_ROOM = 2 * 10**9, 10**8
"""Bytes: a busy journal with its logs writes less than the first in a month."""
FEW_FILES = 256
"""Open files: sockets, segments and logs of trader and venue together need about a hundred."""
NAMED = 5


def python() -> Iterator[Symptom]:
    """Look at the version that runs this."""
    here = sys.version_info[:2]
    told = f"{here[0]}.{here[1]}.{sys.version_info.micro}"
    if here == PYTHON:
        yield ok("python", told)
    else:
        wanted = f"{PYTHON[0]}.{PYTHON[1]}"
        yield fail("python", f"{told}, and {wanted} is what is tested", f"install Python {wanted}")


def libraries() -> Iterator[Symptom]:
    """Compare what is installed with the lock file."""
    try:
        pins = dict(_PIN.findall(LOCK.read_text(encoding="utf-8")))
    except OSError:
        yield warn("libraries", f"{LOCK.name} can't be read", "restore it: git checkout -- .")
        return
    missing, others = [], []
    for name, wanted in sorted(pins.items()):
        try:
            found = version(name)
        except PackageNotFoundError:
            missing.append(name)
            continue
        if found != wanted:
            others.append(f"{name} {found} instead of {wanted}")
    if missing:
        yield fail("libraries", f"{_some(missing)} not installed", INSTALL)
    elif others:
        yield warn("libraries", f"not as tested: {_some(others)}", INSTALL)
    else:
        yield ok("libraries", f"{counted(len(pins), 'package')} as locked")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def folders(where: Folders) -> Iterator[Symptom]:
    """Prove that journal and logs can be written, and that there is room for them."""
    for name, folder, flag in (
        ("data", where.data, "--data-dir"),
        ("logs", where.log, "--log-dir"),
    ):
        try:
            require_writable(folder, flag)
        except FolderUnusable as error:
            told = str(error).removesuffix("; nothing was started")
            yield fail(name, told, f"mend it, or name another folder with {flag}")
            continue
        yield _room(name, folder)


def _room(name: str, folder: Path) -> Symptom:
    free = shutil.disk_usage(folder).free
    told = f"{folder}: {free / 10**9:.1f} GB free"
    if free < NO_ROOM:
        return fail(name, told, "make room: without it the journal stops, and so do orders")
    if free < LITTLE_ROOM:
        return warn(name, told, "make room soon")
    return ok(name, told)


def ports() -> Iterator[Symptom]:
    """Prove that the embedded venue could listen on this machine."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
    except OSError as error:
        mend = "allow programs to listen on loopback (firewall, container)"
        yield fail("ports", f"nothing can listen on 127.0.0.1: {error.strerror}", mend)
        return
    yield ok("ports", f"127.0.0.1 can be listened on (tried {port})")


def files() -> Iterator[Symptom]:
    """Look at how many files a process may open."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    told = "no limit" if most == resource.RLIM_INFINITY else f"{most} may be open"
    if most != resource.RLIM_INFINITY and most < FEW_FILES:
        yield warn("files", told, f"ulimit -n {4 * FEW_FILES}")
    else:
        yield ok("files", told)


def all_of(where: Folders) -> Iterable[tuple[str, Look]]:
    """Return every look at the machine, by name."""
    return (
        ("python", python),
        ("libraries", libraries),
        ("folders", lambda: folders(where)),
        ("ports", ports),
        ("files", files),
    )
