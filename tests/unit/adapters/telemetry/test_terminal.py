"""The terminal: wrapped and coloured where a person watches, plain where nobody does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from adapters.telemetry.log import ActorLog, configure
from adapters.telemetry.terminal import Terminal
from domain.model.instants import parse_iso


class Stream(io.TextIOWrapper):
    """A stream that may be a terminal."""

    def __init__(self, *, is_tty: bool, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)
        self._is_tty = is_tty

    def isatty(self) -> bool:
        return self._is_tty

    @property
    def text(self) -> str:
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode(self.encoding)


@pytest.fixture(autouse=True)
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    yield
    logger.remove()


def told(
    home: Path, *, is_tty: bool = True, level: str = "INFO", encoding: str = "utf-8", **how: bool
) -> tuple[Stream, Terminal, ActorLog]:
    stream = Stream(is_tty=is_tty, encoding=encoding)
    terminal = Terminal(stream, **how)
    configure(home, level, terminal)
    return stream, terminal, ActorLog("projector")


def test_a_line_has_the_time_of_day_and_nothing_of_the_plumbing(tmp_path: Path) -> None:
    stream, _, log = told(tmp_path, is_tty=False)
    log.debug("a detail")
    log.info("bought 2 BTC")

    (line,) = stream.text.splitlines()
    assert line[2] == line[5] == ":"
    assert line[8:] == " bought 2 BTC"


def test_control_characters_of_others_never_reach_the_terminal(tmp_path: Path) -> None:
    stream, _, log = told(tmp_path, is_tty=False)
    log.warning("odd \x1b[31m\r\n name [bold]x[/bold]", of="\x1b]0;title\x07")

    assert "\x1b" not in stream.text
    assert stream.text.count("\n") == 1
    assert "[bold]x[/bold]" in stream.text


def test_colour_is_for_terminals_only(tmp_path: Path) -> None:
    on, _, log = told(tmp_path)
    log.warning("look")
    off, _, log = told(tmp_path, is_tty=False)
    log.warning("look")

    assert "\x1b[33m" in on.text
    assert "\x1b" not in off.text
    assert off.text.endswith(" WARNING look\n")


def test_no_color_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream, _, log = told(tmp_path)
    log.warning("look")

    assert "\x1b[33m" not in stream.text


@pytest.mark.parametrize(("is_plain", "encoding"), [(True, "utf-8"), (False, "ascii")])
def test_plain_has_neither_colour_nor_symbols(
    tmp_path: Path, is_plain: bool, encoding: str
) -> None:
    stream, _, log = told(tmp_path, is_plain=is_plain, encoding=encoding)
    log.warning("profit \u221212.30 · equity –")

    assert stream.text.isascii()
    assert "\x1b" not in stream.text
    assert "profit -12.30 ; equity -" in stream.text


def test_quiet_shows_warnings_and_worse_and_the_files_have_all(tmp_path: Path) -> None:
    stream, terminal, log = told(tmp_path, is_tty=False, is_quiet=True)
    log.info("bought")
    terminal.show(["a block"])
    log.critical("halted")

    assert stream.text.endswith(" CRITICAL halted\n")
    assert stream.text.count("\n") == 1
    kept = (tmp_path / "bulkhead.log").read_text()
    assert "bought" in kept
    assert "a block" in kept


@pytest.mark.parametrize("level", ["ERROR", "CRITICAL"])
def test_no_level_hides_a_warning(tmp_path: Path, level: str) -> None:
    stream, _, log = told(tmp_path, is_tty=False, level=level)
    log.warning("look")

    assert "WARNING look" in stream.text


def test_a_long_line_is_wrapped_between_words_on_a_terminal(tmp_path: Path) -> None:
    stream, _, log = told(tmp_path, is_plain=True)
    log.info("word " * 40 + "python run.py status")

    lines = stream.text.splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 80 for line in lines)
    assert all(line.startswith(" " * 9) for line in lines[1:])


def test_a_long_line_stays_one_where_nobody_watches(tmp_path: Path) -> None:
    stream, _, log = told(tmp_path, is_tty=False)
    log.info("word " * 40)

    assert stream.text.count("\n") == 1


def test_the_market_has_its_own_time_where_that_is_not_now(tmp_path: Path) -> None:
    stream, terminal, log = told(tmp_path, is_tty=False)
    terminal.market = lambda: parse_iso("2023-12-12T14:31:00Z")
    log.info("bought")

    assert stream.text == "12-12 14:31:00 bought\n"


def test_a_terminal_that_has_gone_ends_nothing(tmp_path: Path) -> None:
    stream, terminal, log = told(tmp_path)
    stream.close()
    log.critical("halted")
    terminal.show(["the end"])

    assert "halted" in (tmp_path / "bulkhead.log").read_text()


def test_without_a_stream_nothing_is_shown_and_the_files_are_kept(tmp_path: Path) -> None:
    configure(tmp_path, "INFO", Terminal(None))
    ActorLog("projector").info("bought")

    assert "bought" in (tmp_path / "bulkhead.log").read_text()
