"""The signal file: whoever made it, however it reads, it is one order and says how far it goes."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.control.kill_switch import (
    FILE,
    LONGEST_REASON,
    FileHaltSignal,
    read_kill,
    remove_kill,
    touch_kill,
    write_kill,
)
from domain.model.kill import KillOrder

LETTERS = st.characters(categories=("L", "N", "P", "S"))


@pytest.mark.req("K1")
def test_an_absent_file_is_no_signal(tmp_path: Path) -> None:
    assert FileHaltSignal(tmp_path).read() is None
    assert read_kill(tmp_path) is None
    assert not remove_kill(tmp_path)


@pytest.mark.req("K1")
@pytest.mark.parametrize(
    ("text", "includes_exits"),
    [
        ("", False),
        ("venue looks wrong", False),
        ("all", True),
        ("ALL\n", True),
        ("stop it: all", True),
        ("do not call anyone", False),
        ("{", False),
        ("[1, 2]", False),
        ("{}", False),
        ('{"all": true}', True),
        ('{"all": false}', False),
        ('{"reason": "all of it is wrong"}', False),
        ("[" * 100_000, False),
    ],
)
def test_a_file_made_by_anyone_is_a_signal(tmp_path: Path, text: str, includes_exits: bool) -> None:
    (tmp_path / FILE).write_text(text)

    order = read_kill(tmp_path)
    assert order is not None
    assert order.includes_exits is includes_exits
    assert FileHaltSignal(tmp_path).read() == order


@pytest.mark.req("K1")
def test_the_reason_of_anybody_is_one_line_that_can_be_kept(tmp_path: Path) -> None:
    words = "\x1b[2J wrong\n" + "x" * 9_999
    for text in (words, json.dumps({"reason": words, "at": words})):
        (tmp_path / FILE).write_text(text)

        order = read_kill(tmp_path)

        assert order is not None
        for said in filter(None, (order.reason, order.at)):
            assert said.startswith("[2J wrong x")
            assert said.isprintable()
            assert len(said) <= LONGEST_REASON + 1


@pytest.mark.req("K1")
def test_what_cannot_be_read_is_a_signal(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    order = FileHaltSignal(tmp_path).read()
    assert order is not None
    assert "cannot be read" in order.reason
    assert not order.includes_exits


@pytest.mark.req("K1")
@given(reason=st.text(LETTERS, max_size=40) | st.just("sell all"), includes_exits=st.booleans())
def test_our_own_file_keeps_the_reason_and_means_all_only_when_told(
    reason: str, includes_exits: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("data")
    order = KillOrder(reason, includes_exits, "2026-11-24T10:00:00Z")
    write_kill(folder, order)

    assert FileHaltSignal(folder).read() == order


@pytest.mark.req("K1")
def test_what_anybody_put_there_is_a_signal_with_words_that_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"stop\x1b[2J\xff now\n" + b"x" * 9000)

    order = read_kill(tmp_path)

    assert order is not None
    assert order.reason.startswith("stop [2J\ufffd now xxx")
    assert order.reason.isprintable()
    assert len(order.reason) <= 501


@pytest.mark.req("K1")
def test_of_several_files_the_first_gives_the_reason_and_any_may_say_all(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    write_kill(first, KillOrder("one", at="then"))
    write_kill(second, KillOrder("two", includes_exits=True, at="later"))

    both = FileHaltSignal(tmp_path, first, second).read()

    assert both == KillOrder("one", includes_exits=True, at="then")


@pytest.mark.req("K1")
def test_what_would_keep_a_reader_waiting_is_a_signal(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / FILE)
    pipe = read_kill(tmp_path)
    (tmp_path / FILE).unlink()
    with (tmp_path / FILE).open("wb") as file:
        file.truncate(1 << 40)
    huge = read_kill(tmp_path)

    assert pipe is not None
    assert huge is not None
    assert "cannot be read" in pipe.reason
    assert "cannot be read" in huge.reason


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    stop = threading.Event()
    orders = [KillOrder("a" * LONGEST_REASON), KillOrder("b" * LONGEST_REASON)]
    write_kill(tmp_path, orders[0])

    def write() -> None:
        for number in range(100):
            write_kill(tmp_path, orders[number % 2])
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not stop.is_set():
        assert read_kill(tmp_path) in orders
    writer.join()
    assert [entry.name for entry in tmp_path.iterdir()] == [FILE]


def test_removing_tells_whether_it_was_there(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()

    assert remove_kill(tmp_path)
    assert read_kill(tmp_path) is None


@pytest.mark.req("K1", "RB5")
def test_a_liquidation_sells_under_the_kill_of_before_and_a_new_one_stops_it(
    tmp_path: Path,
) -> None:
    write_kill(tmp_path, KillOrder("looks wrong"))
    written_s = (tmp_path / FILE).stat().st_mtime
    earlier = FileHaltSignal(tmp_path, since_s=written_s)
    later = FileHaltSignal(tmp_path, since_s=written_s + 0.001)

    assert earlier.read() is not None
    assert later.read() is None
    assert FileHaltSignal(tmp_path).read() is not None

    touch_kill(tmp_path)
    os.utime(tmp_path / FILE, (written_s + 5, written_s + 5))
    assert later.read() == KillOrder("looks wrong")
