import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.control.kill_switch import (
    FILE,
    FileHaltSignal,
    KillOrder,
    read_kill,
    remove_kill,
    write_kill,
)


def means_all(text: str | None) -> bool:
    return text is not None and "all" in text.lower().split()


@pytest.mark.req("K1")
def test_an_absent_file_is_no_signal(tmp_path: Path) -> None:
    assert FileHaltSignal(tmp_path).read() is None
    assert read_kill(tmp_path) is None
    assert not remove_kill(tmp_path)


@pytest.mark.req("K1")
@pytest.mark.parametrize(
    ("text", "is_all"),
    [
        ("", False),
        ("venue looks wrong", False),
        ("all", True),
        ("ALL\n", True),
        ("stop it: all", True),
        ("do not call anyone", False),
        ("{", False),
        ("[1, 2]", False),
        ('{"all": true}', True),
    ],
)
def test_a_file_made_by_anyone_is_a_signal(tmp_path: Path, text: str, is_all: bool) -> None:
    (tmp_path / FILE).write_text(text)

    order = read_kill(tmp_path)
    assert order is not None
    assert order.is_all is is_all
    assert means_all(FileHaltSignal(tmp_path).read()) is is_all


@pytest.mark.req("K1")
def test_what_cannot_be_read_is_a_signal(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()

    assert "cannot be read" in (FileHaltSignal(tmp_path).read() or "")


@pytest.mark.req("K1")
@given(reason=st.text(max_size=40), is_all=st.booleans())
def test_our_own_file_keeps_the_reason_and_means_all_only_when_told(
    reason: str, is_all: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("data")
    order = KillOrder(reason, "2026-11-24T10:00:00Z", is_all)
    write_kill(folder, order)

    assert read_kill(folder) == order
    assert means_all(FileHaltSignal(folder).read()) is is_all


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    stop = threading.Event()
    orders = [KillOrder("a" * 9000), KillOrder("b" * 9000)]
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
