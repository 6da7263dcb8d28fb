"""How much memory the process has, also where the system does not tell."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.telemetry import memory

MEBIBYTE = 1 << 20


def test_what_is_taken_shows() -> None:
    before = memory.resident_bytes()
    taken = bytearray(b"x") * (64 * MEBIBYTE)

    assert memory.resident_bytes() >= before + 48 * MEBIBYTE
    assert len(taken) == 64 * MEBIBYTE


@pytest.mark.parametrize("text", [None, "", "12", "12 many 3"])
def test_without_proc_it_is_the_largest_that_it_ever_was(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = memory.resident_bytes()
    statm = tmp_path / "self" / "statm"
    statm.parent.mkdir()
    if text is not None:
        statm.write_text(text, encoding="ascii")
    monkeypatch.setattr(memory, "_PROC", tmp_path)

    assert memory.resident_bytes() >= now // 2


def test_of_another_process_it_is_told_while_that_lives() -> None:
    own = memory.resident_bytes_of(os.getpid())

    assert own is not None
    assert own > MEBIBYTE
    assert memory.resident_bytes_of(2**31 - 1) is None
