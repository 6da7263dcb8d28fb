"""The view of a run stands between its READY and its STOPPED, on a terminal only."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from adapters.telemetry.terminal import Terminal
from app.status.live_view import LiveView
from tests.builders.status import DOCUMENT


class Stream(io.TextIOWrapper):
    def __init__(self, *, is_tty: bool) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)
        self._is_tty = is_tty

    def isatty(self) -> bool:
        return self._is_tty

    @property
    def text(self) -> str:
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode()


@pytest.fixture(autouse=True)
def xterm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def told(home: Path, *, is_tty: bool, is_plain: bool = False) -> tuple[str, list[tuple[str, bool]]]:
    """Return what a run shows, and each line for programs with whether there was a view then."""
    (home / "status.json").write_text(json.dumps(DOCUMENT))
    stream, said = Stream(is_tty=is_tty), list[tuple[str, bool]]()
    terminal = Terminal(stream, is_plain=is_plain)
    view = LiveView(terminal, home)
    say = view.around(lambda line: said.append((line, "equity" in stream.text)))
    say("READY mode=paper")
    terminal.show(["bought 1 BTC"])
    shown = stream.text
    say("STOPPED reason=signal")
    view.end()
    return shown, said


def test_it_begins_after_ready_stays_below_what_is_said_and_ends_before_stopped(
    tmp_path: Path,
) -> None:
    shown, said = told(tmp_path, is_tty=True)

    assert said[0] == ("READY mode=paper", False)
    assert said[1][0] == "STOPPED reason=signal"
    after = shown.rpartition("bought 1 BTC")[2]
    assert "equity 9,981.84 USD" in after
    assert "stop 69,780.62" in after


def test_plain_is_ascii(tmp_path: Path) -> None:
    shown, _ = told(tmp_path, is_tty=True, is_plain=True)

    assert shown.isascii()
    assert "profit -18.16" in shown


def test_without_a_terminal_there_are_lines_only_and_it_says_so(tmp_path: Path) -> None:
    shown, _ = told(tmp_path, is_tty=False)

    assert "\x1b" not in shown
    assert shown.splitlines() == [
        "--watch: standard error is no terminal, so there are lines only",
        "bought 1 BTC",
    ]
