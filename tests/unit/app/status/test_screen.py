"""Plain where there is no terminal."""

from __future__ import annotations

import io

import pytest

from app.status import screen
from app.status.lines import Line


def test_where_there_is_no_terminal_lines_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)

    screen.show([Line("paper: trading", "bold red"), Line("word " * 40)])

    assert "\x1b" not in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= 80


def test_where_the_terminal_knows_ascii_only_a_loss_is_still_a_loss() -> None:
    assert screen.writable("−18.16 USD, 価", "ascii") == "-18.16 USD, ?"
    assert screen.writable("−18.16 USD", "utf-8") == "−18.16 USD"
