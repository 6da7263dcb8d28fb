"""A log that can't be written is told once, ends nothing, and shows no traceback."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from adapters.telemetry.log import ActorLog, configure


class FullDisk(io.StringIO):
    """A stream that has no room while `is_full`."""

    is_full = False

    def write(self, text: str) -> int:
        if self.is_full:
            raise OSError(28, "No space left on device")
        return super().write(text)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FullDisk]:
    stream = FullDisk()
    configure(tmp_path, "INFO", console=stream)
    yield stream
    logger.remove()


def test_a_full_disk_is_told_once_an_outage_without_a_traceback(
    disk: FullDisk, capsys: pytest.CaptureFixture[str]
) -> None:
    log = ActorLog("feed")
    disk.is_full = True
    for _ in range(3):
        log.info("lost")
    log.failure("bug", RuntimeError("x"))
    disk.is_full = False
    log.info("kept")
    log.info("kept too")

    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "the log can't be written" in told[0]
    assert "No space left on device" in told[0]
    assert told[1] == "the log is written again; missing: 4 lines"
    assert "kept too" in disk.getvalue()
