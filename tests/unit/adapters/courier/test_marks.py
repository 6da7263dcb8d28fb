"""What was sent is remembered line by line: through cut lines, nonsense and a full disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.courier.marks import FILE, Mark, MarkFile, begun_of, by_alert, sent_of
from domain.model.instants import Nanos
from domain.system.deliveries import KEPT_NS
from tests.builders.messages import NOW

pytestmark = pytest.mark.req("AL1")


def mark(alert: str | None, channel: str = "c", at_ns: int = NOW, *, louder: bool = False) -> Mark:
    return Mark(
        written_ns=Nanos(at_ns),
        channel=channel,
        label=f"https://{channel}.example",
        alert=alert,
        is_escalated=louder,
    )


def test_marks_are_read_as_they_were_written_by_nobody_else(tmp_path: Path) -> None:
    marks = [mark(None), mark("a"), mark("a", louder=True), mark("b", "d")]
    MarkFile(tmp_path).add(*marks)

    assert MarkFile(tmp_path).read() == marks
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_without_a_file_nothing_was_sent(tmp_path: Path) -> None:
    assert MarkFile(tmp_path).read() == []
    assert MarkFile(tmp_path).prune(NOW) == []


def test_by_channel_it_is_told_since_when_it_is_there_and_what_it_has() -> None:
    marks = [mark(None), mark(None, at_ns=NOW + 5), mark("a"), mark("a", louder=True), mark("b")]

    assert begun_of(marks) == {"c": NOW}
    assert sent_of(marks) == {"c": {"a": True, "b": False}}
    assert [name for name, _ in by_alert(marks)] == ["a", "a", "b"]


def test_a_line_that_was_cut_off_costs_itself_and_not_the_next(tmp_path: Path) -> None:
    file = MarkFile(tmp_path)
    file.add(mark("a"), mark("b"))
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-7])

    file.add(mark("c"))

    assert [each.alert for each in file.read()] == ["a", "c"]


@pytest.mark.parametrize(
    "line",
    [
        *("", "[]", "{}", "\x00", '{"wall": 1, "channel": "c"}', '{"wall": "x", "channel": "c"}'),
        '{"wall": "2026-01-01T00:00:00Z", "channel": "c", "alert": 5}',
    ],
)
def test_a_line_that_is_none_is_left_out(tmp_path: Path, line: str) -> None:
    (tmp_path / FILE).write_text(f"{line}\n")
    MarkFile(tmp_path).add(mark("a"))

    assert [each.alert for each in MarkFile(tmp_path).read()] == ["a"]


def test_what_nobody_asks_for_any_more_goes_and_the_beginnings_stay(tmp_path: Path) -> None:
    file = MarkFile(tmp_path)
    file.add(mark(None), mark("old"), mark("new", at_ns=NOW + 1))

    kept = file.prune(Nanos(NOW + KEPT_NS + 1))

    assert [each.alert for each in kept] == [None, "new"] == [each.alert for each in file.read()]
