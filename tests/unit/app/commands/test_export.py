"""`export` writes a table whole or not at all, and says where there is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.command_line.cli import main
from app.run.recovery import operate_offline


def export(paper: Path, *words: str) -> int:
    return main(["export", *words, "--data-dir", str(paper.parent)])


@pytest.mark.parametrize("table", ["fills", "lots", "ledger", "equity"])
def test_where_nothing_was_traded_only_the_header_is_written(
    table: str, paper: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operate_offline(paper, (), "pause", "news")
    file = tmp_path / "out.csv"

    assert export(paper, table, "--year", "2026", "-o", str(file)) == 0
    assert f"no {table} in 2026: only the header was written" in capsys.readouterr().err
    assert len(file.read_text().splitlines()) == 1
    assert export(paper, table, "-o", "-") == 0
    assert capsys.readouterr().out == file.read_text()


def test_a_view_says_that_it_is_one(
    paper: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operate_offline(paper, (), "pause", "news")
    file = str(tmp_path / "lots.parquet")

    assert export(paper, "lots", "--method", "hifo", "-o", file) == 0
    assert "a view for taxes; the books are as `--method fifo`" in capsys.readouterr().err
    assert export(paper, "lots", "-o", file) == 0
    assert "a view" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("fills", "-o", "out.xlsx"), "expected FILE.csv, FILE.parquet or - (CSV)"),
        (("fill", "-o", "-"), "did you mean fills?"),
        (("fills", "-o", "-", "--method", "hifo"), "it is for `lots` only"),
        (("lots", "-o", "-", "--method", "lifo"), "did you mean hifo?"),
        (("lots", "-o", "-", "--year", "0"), "--year"),
        (("lots",), "--output"),
    ],
)
def test_what_can_not_be_is_refused(
    words: tuple[str, ...], told: str, paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(paper, *words) == 2
    assert told in capsys.readouterr().err


def test_a_broken_journal_leaves_the_old_file(
    paper: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operate_offline(paper, (), "pause", "news")
    (segment,) = (paper / "journal").glob("*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b"news", b"nose", 1))
    file = tmp_path / "out.csv"
    file.write_text("old")

    assert export(paper, "fills", "-o", str(file)) == 1
    assert "nothing was written" in capsys.readouterr().err
    assert file.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_without_a_journal_or_a_folder_nothing_is_written(
    tmp_path: Path, paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "fills", "-o", "-", "--data-dir", str(tmp_path / "none")]) == 1
    operate_offline(paper, (), "pause", "news")
    assert export(paper, "fills", "-o", str(tmp_path / "no" / "out.csv")) == 1
    assert "nothing was written" in capsys.readouterr().err
