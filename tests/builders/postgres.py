"""A PostgreSQL server of our own, in a scratch folder, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.builders.waiting import wait_for

PROGRAMS = "/usr/lib/postgresql"
"""Where Debian keeps the programs of a server, which it leaves out of PATH."""
NOBODY = 65534
"""A server refuses to be root."""


def program(name: str) -> str:
    """Return where a program of the server is, or skip."""
    there = sorted(str(each) for each in Path(PROGRAMS).glob(f"*/bin/{name}"))
    path = shutil.which(name) or (there[-1] if there else None)
    if path is None:
        pytest.skip(f"no PostgreSQL server is installed here: there is no {name}")
    return path


@contextmanager
def postgres() -> Iterator[str]:
    """Start a server in a folder of its own, with a socket and no port; yield its URL."""
    pytest.importorskip("psycopg", reason="the driver is not installed: ./scripts/setup dev")
    make, serve = program("initdb"), program("postgres")
    with tempfile.TemporaryDirectory(prefix="pg") as place:  # a socket's path has to be short
        who: dict[str, Any] = {}
        if os.geteuid() == 0:
            who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            os.chown(place, NOBODY, NOBODY)
        data = f"{place}/data"
        making = [make, "-D", data, "-U", "sweeper", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(making, check=True, capture_output=True, cwd=place, **who)
        settings = ("listen_addresses=", f"unix_socket_directories={place}", "fsync=off")
        chosen = [word for each in settings for word in ("-c", each)]
        with Path(place, "log").open("wb") as log:
            serving = [serve, "-D", data, *chosen]
            running = subprocess.Popen(serving, cwd=place, stderr=log, stdout=log, **who)
        try:
            wait_for(Path(place, ".s.PGSQL.5432").exists, seconds=60)
            yield f"postgresql://sweeper@/postgres?host={place}"
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(timeout=60)


def finished_there(url: str) -> list[int]:
    """Return the numbers of the finished trials, as the server has them."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            question = text("select number from trials where state = 'COMPLETE' order by number")
            return list(connection.execute(question).scalars())
    finally:
        engine.dispose()
