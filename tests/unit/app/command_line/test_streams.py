"""Whoever reads us may go away at any moment: what was begun is done to its end."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.control.kill_switch import read_kill
from tests.builders.commands import ROOT, Called, called, every_line, load_everything

SHOW = ("config", "show")


def home_in(folder: Path) -> Path:
    load_everything()
    shutil.copytree(ROOT / "config", folder / "config", ignore=shutil.ignore_patterns("*.py*"))
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return home_in(tmp_path)


@pytest.fixture(scope="module")
def as_usual(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Called]:
    """What each command does whose streams are open."""
    home, lines = home_in(tmp_path_factory.mktemp("usual")), every_line()[:-1]
    return dict(zip(lines, called(home, *lines), strict=True))


def closing(*numbers: int) -> Callable[[], None]:
    def before() -> None:
        for number in numbers:
            os.close(number)

    return before


def broken_pipe() -> int:
    read, write = os.pipe()
    os.close(read)
    return write


@pytest.mark.parametrize("numbers", [(1,), (2,), (0, 1), (0, 1, 2)])
def test_closed_streams_are_no_bug_of_any_command(
    numbers: tuple[int, ...], home: Path, as_usual: dict[tuple[str, ...], Called]
) -> None:
    for line, usual in as_usual.items():
        (done,) = called(home, line, before=closing(*numbers))

        assert done.code == usual.code, line
        assert "Traceback" not in done.said


def test_no_file_of_ours_takes_the_number_of_a_closed_stream(home: Path) -> None:
    (home / "data" / "paper" / "journal").mkdir(parents=True)
    (home / "data" / "paper" / "journal" / "1.jsonl").touch()

    called(home, ("kill", "--reason", "looks wrong"), before=closing(1, 2))

    order = read_kill(home / "data")
    assert order is not None
    assert order.reason == "looks wrong"


def test_a_reader_that_has_had_enough_is_no_failure(home: Path) -> None:
    (done,) = called(home, SHOW, stdout=broken_pipe())

    assert (done.code, done.err) == (0, "")


@pytest.mark.req("K1")
def test_a_reader_that_goes_away_does_not_keep_a_kill_from_its_work(home: Path) -> None:
    (home / "data" / "paper" / "journal").mkdir(parents=True)
    (home / "data" / "paper" / "journal" / "1.jsonl").touch()

    (done,) = called(home, ("kill", "--reason", "looks wrong"), stdout=broken_pipe())

    assert done.code == 1
    assert "the next start there is refused" in done.err
    assert read_kill(home / "data") is not None


def test_a_report_that_could_not_be_written_is_no_success(home: Path) -> None:
    full = os.open("/dev/full", os.O_WRONLY)

    (done,) = called(home, SHOW, stdout=full)

    assert done.code == 1
    assert done.err == "standard output could not be written: No space left on device\n"
