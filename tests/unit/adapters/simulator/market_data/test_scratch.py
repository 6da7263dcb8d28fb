"""What is put into a scratch file comes back the same, and its pages can be let go at any time."""

from __future__ import annotations

import errno
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.simulator.market_data import scratch
from adapters.simulator.market_data.scratch import USED_ROWS, ScratchFile, scratch_folder
from adapters.simulator.market_data.source import MarketError

pytestmark = pytest.mark.req("BT4")


def columns(rows: int, first: int = 0) -> tuple[Any, ...]:
    starts = np.arange(first, first + rows, dtype=np.int64)
    return starts, starts / 7, np.sqrt(starts)


@pytest.mark.parametrize("rows", [1, 511, 512, 513, 100_000])
def test_columns_come_back_as_they_were_put(rows: int) -> None:
    made = ScratchFile()
    places = [made.put(columns(rows, first)) for first in (0, 10**6)]
    read = [made.read(place) for place in places]
    shown = [made.shown(place)[0] for place in places]

    for first, back, there in zip((0, 10**6), read, shown, strict=True):
        for want, *found in zip(columns(rows, first), back, there, strict=True):
            for each in found:
                assert each.dtype == want.dtype
                assert each.tobytes() == want.tobytes()


def test_pages_are_let_go_when_many_rows_were_looked_at_and_say_the_same_after() -> None:
    made = ScratchFile()
    places = [made.put(columns(50_000, first)) for first in (0, 50_000)]
    (_, (starts, *_), pages), other = (None, *made.shown(places[1])), made.shown(places[0])

    pages.use(USED_ROWS)
    assert pages.used == USED_ROWS
    pages.use(1)

    assert pages.used == 0
    assert starts.tolist() == list(range(50_000, 100_000))
    assert other[0][0].tolist() == list(range(50_000))


def test_what_is_shown_can_not_be_changed() -> None:
    made = ScratchFile()
    (starts, *_), _ = made.shown(made.put(columns(5)))

    with pytest.raises(ValueError, match="read-only"):
        starts[0] = 1


class _Full(io.BytesIO):
    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: _Full())

    with pytest.raises(MarketError, match=r"could not be kept in .*No space left.*set TMPDIR"):
        ScratchFile().put(columns(1_000))


def test_a_folder_that_takes_no_file_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)

    with pytest.raises(MarketError, match=r"could not be kept in .*Permission denied.*set TMPDIR"):
        ScratchFile()


def test_the_file_goes_where_tmpdir_says_else_onto_a_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "DISK", tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert scratch_folder() is None
    monkeypatch.delenv("TMPDIR")
    assert scratch_folder() == tmp_path
    monkeypatch.setattr(scratch, "DISK", tmp_path / "nowhere")
    assert scratch_folder() is None
