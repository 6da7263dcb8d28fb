"""What a person took note of, by a name that an alert always has."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.telemetry.acks import FILE, Ack, AckFile, alert_id

ALERT = {"wall": "2026-11-28T21:40:33Z", "severity": "CRITICAL", "code": "X", "what": "late"}


def test_the_same_line_has_the_same_name_and_another_line_another() -> None:
    assert alert_id(ALERT) == alert_id({**ALERT, "done": "nothing"})
    others = [{**ALERT, "what": "later"}, {**ALERT, "wall": "2026-11-28T21:40:34Z"}, {}]
    assert len({alert_id(each) for each in (ALERT, *others)}) == 4


@pytest.mark.req("AL1")
def test_what_was_noted_is_read_back_and_damage_costs_itself(tmp_path: Path) -> None:
    book = AckFile(tmp_path)
    assert book.read() == {}

    book.add("a", Ack("2026-11-28T21:41:00Z", "seen ✓"))
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write("{torn\n[]\n")
    book.add("b", Ack("2026-11-28T21:42:00Z", "sold"))

    assert book.read() == {
        "a": Ack("2026-11-28T21:41:00Z", "seen ✓"),
        "b": Ack("2026-11-28T21:42:00Z", "sold"),
    }
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
