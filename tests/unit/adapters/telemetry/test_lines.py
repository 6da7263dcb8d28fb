"""JSON lines of somebody else: rotated, damaged, cut, and still growing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loguru import logger

from adapters.telemetry import log
from adapters.telemetry.lines import LINE_MAX, Entry, LineFiles


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bulkhead.jsonl"


def write(path: Path, *numbers: int) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps({"n": number}) + "\n" for number in numbers)


def rotate(path: Path, stamp: str) -> None:
    path.rename(path.with_name(f"{path.stem}.{stamp}{path.suffix}"))


def numbers(entries: list[Entry]) -> list[int]:
    return [int(each["n"]) for each in entries]


def everything(files: LineFiles, count: int | None = None) -> list[int]:
    return numbers(files.newest(count, lambda _: True))


def test_rotated_files_come_first_in_the_order_of_their_times(path: Path) -> None:
    write(path, 1, 2)
    rotate(path, "2026-11-28_10-00-00_000000")
    write(path, 3)
    rotate(path, "2026-11-29_10-00-00_000000")
    write(path, 4, 5)

    assert everything(LineFiles(path)) == [1, 2, 3, 4, 5]
    assert everything(LineFiles(path), 3) == [3, 4, 5]
    assert numbers(LineFiles(path).newest(2, lambda each: each["n"] % 2 == 1)) == [3, 5]


@pytest.mark.parametrize(
    "damage",
    [b"{", b"\xff\xfe", b"[1]", b"7", b"[" * 100_000, b"x" * (3 * LINE_MAX), b'{"n": 1}{"n": 2}'],
)
def test_a_damaged_line_costs_itself_and_is_counted(path: Path, damage: bytes) -> None:
    write(path, 1)
    with path.open("ab") as file:
        file.write(damage + b"\n")
    write(path, 2)
    files = LineFiles(path)

    assert everything(files) == [1, 2]
    assert files.damaged == 1


def test_a_line_that_is_still_being_written_is_no_damage(path: Path) -> None:
    write(path, 1)
    with path.open("ab") as file:
        file.write(b'{"n": 2')
    files = LineFiles(path)

    assert everything(files) == [1]
    assert files.damaged == 0


def test_without_a_file_there_is_nothing(path: Path) -> None:
    assert everything(LineFiles(path)) == []
    assert LineFiles(path).names("actor") == set()


class Pauses:
    """What happens at each pause of who follows: one deed after the other, then the end."""

    def __init__(self, *deeds: Callable[[], None]) -> None:
        self._deeds = iter(deeds)

    def __call__(self) -> None:
        deed = next(self._deeds, None)
        if deed is None:
            raise KeyboardInterrupt
        deed()


def followed(files: LineFiles, *deeds: Callable[[], None]) -> list[int]:
    """Follow until every deed is done and what came of it is read."""
    found: list[Entry] = []
    following: Iterator[Entry] = files.follow(Pauses(*deeds))
    with pytest.raises(KeyboardInterrupt):
        found.extend(following)
    return numbers(found)


def test_who_follows_goes_on_where_reading_ended(path: Path) -> None:
    write(path, 1)
    files = LineFiles(path)
    assert everything(files) == [1]
    write(path, 2)

    assert followed(files, lambda: write(path, 3)) == [2, 3]


def test_who_follows_misses_nothing_at_a_rotation(path: Path) -> None:
    write(path, 1)
    files = LineFiles(path)
    everything(files)

    def turn() -> None:
        write(path, 2)
        rotate(path, "2026-11-28_10-00-00_000000")

    def turn_twice() -> None:
        write(path, 4)
        rotate(path, "2026-11-29_10-00-00_000000")
        write(path, 5)
        rotate(path, "2026-11-30_10-00-00_000000")
        write(path, 6)

    assert followed(files, turn, lambda: write(path, 3), turn_twice) == [2, 3, 4, 5, 6]


def test_who_follows_a_file_that_was_removed_goes_on_with_the_oldest_that_is_left(
    path: Path,
) -> None:
    write(path, 1)
    files = LineFiles(path)
    everything(files)

    def turn_and_remove() -> None:
        path.unlink()
        write(path, 2)
        rotate(path, "2026-11-28_10-00-00_000000")
        write(path, 3)

    assert followed(files, turn_and_remove, lambda: write(path, 4)) == [2, 3, 4]


def test_who_follows_before_there_is_a_file_sees_its_first_line(path: Path) -> None:
    assert followed(LineFiles(path), lambda: write(path, 1)) == [1]


def test_who_follows_a_file_that_is_emptied_begins_anew(path: Path) -> None:
    write(path, 1, 2, 3)
    files = LineFiles(path)
    everything(files)

    def empty() -> None:
        path.write_bytes(b"")

    assert followed(files, empty, lambda: write(path, 9)) == [9]


def test_half_a_line_is_followed_to_its_end(path: Path) -> None:
    def half() -> None:
        path.write_bytes(b'{"n": ')

    def rest() -> None:
        with path.open("ab") as file:
            file.write(b"7}\n")

    assert followed(LineFiles(path), half, rest) == [7]


def test_files_are_found_as_the_log_rotates_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "ROTATION", "2 KB")
    log.configure(tmp_path, "INFO")
    try:
        for number in range(60):
            log.ActorLog("feed").info("line", n=number)
    finally:
        logger.remove()
    files = LineFiles(tmp_path / log.STRUCTURED)

    told = files.newest(None, lambda _: True)

    assert len(files.files()) > 2
    assert [each["data"]["n"] for each in told] == list(range(60))
