"""Whatever the machine lacks or somebody has damaged: a sentence and the right exit code."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import resource
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders.commands import ROOT, TRADE, Called, called, every_line, load_everything
from tests.builders.full import one_in

NOBODY = 65534
SKIPPED = 98
FILES = (
    "data/KILL_SWITCH",
    "data/state.json",
    "data/paper/status.json",
    "data/paper/LOCK",
    "data/paper/LOCK.holder",
    "data/paper/halt.json",
    "data/paper/sentinel.json",
    "data/paper/control/1.json",
    "logs/alerts.jsonl",
    "logs/bulkhead.log",
    "config/app.yaml",
    "config/policy.yaml",
    "config/universe.yaml",
    "config/strategies.yaml",
)
"""The small files of a home; each is there before it is damaged."""


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def binary(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 8)


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def huge(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.truncate(1 << 40)


def nested(file: Path) -> None:
    file.write_bytes(b"[" * 60_000)


def numbers(file: Path) -> None:
    file.write_text('{"pid": 1e999, "reason": -1, "halted": [1e999], "mode": {"a": "\\ud800"}}')


def negative(file: Path) -> None:
    file.write_text('{"pid": -1, "host": "h", "started": "s", "at": 0, "verb": 7}')


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


DAMAGES = (emptied, cut, binary, folder, huge, nested, numbers, negative, pipe)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a run has ended, with every small file there."""
    load_everything()
    home = tmp_path_factory.mktemp("used")
    shutil.copytree(ROOT / "config", home / "config", ignore=shutil.ignore_patterns("*.py*"))
    (done,) = called(home, TRADE, before=registry_in(home))
    assert done.code == 0, done.said
    for name in FILES:
        file = home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() and name not in ("data/KILL_SWITCH", "data/paper/halt.json"):
            file.write_text("{}")
    return home


@pytest.fixture
def home(used: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(used, tmp_path / "home"))


def registry_in(home: Path) -> Callable[[], None]:
    """Keep the locks of the user in a home."""

    def before() -> None:
        def folder_of(kind: str = "accounts") -> Path:
            place = home / "registry" / kind
            place.mkdir(parents=True, exist_ok=True)
            return place

        for module in ("accounts", "anchor", "registry"):
            owner: Any = importlib.import_module(f"adapters.control.{module}")
            owner.lock_folder = folder_of

    return before


def assert_no_bug(done: Called, line: tuple[str, ...]) -> None:
    """A sentence and a code of the contract; 70 and 99 are none."""
    assert done.code in {0, 1, 2, 3, 4, 5}, f"{line} ended with {done.code}: {done.said}"
    assert "Traceback" not in done.said, f"{line}: {done.said}"
    assert "internal error" not in done.said, f"{line}: {done.said}"
    assert done.code == 0 or done.err.strip(), f"{line} ended with {done.code} and said nothing"


def lines_that_read(name: str, damage: Callable[[Path], None]) -> Iterator[tuple[str, ...]]:
    """Yield a line for each command that may look at a file; a start only once a file."""
    for line in one_in(6, every_line(), f"{name} {damage.__name__}"):
        if line == TRADE:
            if damage is folder:
                yield line
        elif line[0] in ("data", "venue"):
            continue  # they have files of their own
        elif (line[0] == "config") == name.startswith("config/"):
            yield line


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_no_bug_of_any_command(
    name: str, damage: Callable[[Path], None], home: Path
) -> None:
    if not (home / name).exists():
        (home / name).write_text("{}")
    damage(home / name)

    for line in lines_that_read(name, damage):
        (done,) = called(home, line, before=registry_in(home))
        assert_no_bug(done, line)


# What a folder can be: each makes the folder so, in the child that calls.


def read_only(place: Path) -> None:
    mount(place, place, MS_BIND)
    mount(place, place, MS_BIND | MS_REMOUNT | MS_RDONLY)


def full(place: Path) -> None:
    kept = Path(shutil.copytree(place, place.with_name("kept")))
    mount(Path("tmpfs"), place, 0, b"size=16m")
    shutil.copytree(kept, place, dirs_exist_ok=True)
    for number, size in enumerate((1 << 20, 4096, 1)):
        filler = (place / f"filler.{number}").open("wb", buffering=0)
        with contextlib.suppress(OSError), filler:
            while filler.write(bytes(size)):
                continue


def of_another_user(place: Path) -> None:
    place.chmod(0o700)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def gone(place: Path) -> None:
    shutil.rmtree(place)


def a_file(place: Path) -> None:
    shutil.rmtree(place)
    place.write_text("")


def without_room_for_files(_: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


PLACES = (read_only, full, of_another_user, gone, a_file)
LIBC = ctypes.CDLL(None, use_errno=True)
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
CLONE_NEWNS = 0x20000


def mount(source: Path, target: Path, flags: int, options: bytes = b"") -> None:
    """Mount in a view of the file system that ends with this process."""
    LIBC.unshare(CLONE_NEWNS)
    LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    kind = b"tmpfs" if options else None
    failed = LIBC.mount(os.fsencode(source), os.fsencode(target), kind, flags, options or None)
    if failed:
        os._exit(SKIPPED)


@pytest.fixture
def open_home(used: Path) -> Iterator[Path]:
    """A home that every user may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        home = Path(shutil.copytree(used, Path(folder) / "home"))
        home.chmod(0o755)
        yield home


@pytest.mark.parametrize("name", ["data", "logs"])
@pytest.mark.parametrize("make", PLACES, ids=lambda each: each.__name__)
def test_a_folder_that_is_not_as_it_should_be_is_no_bug_of_any_command(
    make: Callable[[Path], None], name: str, open_home: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make such folders")

    def before() -> None:
        registry_in(open_home)()
        make(open_home / name)

    for line in one_in(6, every_line(), f"{name} {make.__name__}"):
        with restored(open_home):
            (done,) = called(open_home, line, before=before)
        if done.code == SKIPPED:
            pytest.skip("nothing can be mounted here")
        assert_no_bug(done, line)
        if line[0] == "kill" and name == "data":
            assert done.code == (2 if make is a_file else 1)
        if line == TRADE and make is not gone:
            assert done.code == 2
            assert "nothing was started" in done.err or "is a file, no folder" in done.err
            assert str(open_home) in done.err


@contextlib.contextmanager
def restored(home: Path) -> Iterator[None]:
    """Put the home back as it was after a call."""
    kept = Path(shutil.copytree(home, home.with_name("before")))
    try:
        yield
    finally:
        shutil.rmtree(home)
        kept.rename(home)


def test_a_limit_on_the_size_of_files_is_no_bug_of_any_command(home: Path) -> None:
    def before() -> None:
        registry_in(home)()
        without_room_for_files(home)

    for line in every_line():
        (done,) = called(home, line, before=before)
        assert done.code in {0, 1, 2, 4}, (line, done)


WORLD = (
    "world.json",
    "world.db",
    "clock",
    "ca.pem",
    "keys/key.json",
    "keys/user_key.json",
    "keys/admin.token",
    "keys/tls.key",
)
VENUE = ("venue", "--parent-pipe")


@pytest.fixture(scope="module")
def venue_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the venue has run alone."""
    load_everything()
    home = tmp_path_factory.mktemp("venue")
    (done,) = called(home, VENUE)
    assert done.code == 0, done.said
    return home


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
@pytest.mark.parametrize("name", WORLD)
def test_a_damaged_file_of_the_world_is_told_by_its_name(
    name: str, damage: Callable[[Path], None], venue_home: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(venue_home, tmp_path / "home"))
    if name == "world.db" and damage is huge:
        pytest.skip("a book may be as large as it likes")
    damage(home / "data" / "venue" / name)

    (done,) = called(home, VENUE)

    assert_no_bug(done, VENUE)
    assert done.code in {0, 2}
    assert done.code == 0 or name.partition(".")[0] in done.err
