"""How much memory the process has, also where the system does not tell."""

from __future__ import annotations

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
    statm = tmp_path / "statm"
    if text is not None:
        statm.write_text(text, encoding="ascii")
    monkeypatch.setattr(memory, "_STATM", statm)

    assert memory.resident_bytes() >= now // 2
