"""A log that can't be written is told once, ends nothing, and shows no traceback."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.telemetry.log import ActorLog, close, configure
from adapters.telemetry.log_outlet import LogOutlet
from adapters.telemetry.terminal import Terminal


class Files:
    """A logger whose files have no room while `is_full`."""

    def __init__(self) -> None:
        self.is_full = False
        self.lines: list[str] = []

    def log(self, level: str, template: str, message: str) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.lines.append(f"{level} {template.format(message)}")


def test_a_full_disk_is_told_once_an_outage(capsys: pytest.CaptureFixture[str]) -> None:
    files, outlet = Files(), LogOutlet()
    files.is_full = True
    for _ in range(4):
        outlet.log(files, "INFO", "lost")
    files.is_full = False
    outlet.log(files, "INFO", "kept")
    outlet.log(files, "INFO", "kept {too}")

    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "the log can't be written" in told[0]
    assert "No space left on device" in told[0]
    assert told[1] == "the log is written again; missing: 4 lines"
    assert files.lines == ["INFO kept", "INFO kept {too}"]


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "bulkhead.log").symlink_to("/dev/full")
    configure(tmp_path, "INFO")
    yield tmp_path
    close()


@pytest.mark.usefixtures("full")
def test_an_actor_goes_on_whose_line_finds_no_room_and_no_traceback_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = ActorLog("feed")

    log.info("lost")
    log.failure("bug", RuntimeError("x"))

    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.usefixtures("full")
def test_what_people_are_shown_at_the_end_finds_no_room_and_is_shown_all_the_same() -> None:
    shown = io.StringIO()

    Terminal(shown).show(["Equity 1.00 USD"] * 3)

    assert shown.getvalue().count("Equity 1.00 USD") == 3
