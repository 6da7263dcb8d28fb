"""A reader sees the old file or the new one, never a part."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.control.files import read_json, write_json, write_whole


@given(
    st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text(), max_size=5),
    st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(
    tmp_path: Path, value: dict[str, object], is_durable: bool
) -> None:
    path = tmp_path / "some" / "status.json"

    write_json(path, value, is_durable=is_durable)

    assert read_json(path) == value
    assert [each.name for each in path.parent.iterdir()] == ["status.json"]


@pytest.mark.parametrize("text", [None, "", '{"a": 1', "[1]", '"text"', "nul", "[" * 60_000])
def test_what_is_no_whole_object_is_none(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "status.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    assert read_json(path) is None


def test_a_write_that_fails_keeps_the_old_file_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "status.json"
    write_whole(path, "old")

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_whole(path, "new")

    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
