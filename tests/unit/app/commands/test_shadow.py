"""`shadow report`: a shadow's file told to people and to programs, whatever is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.command_line.cli import main
from tests.unit.app.results.test_shadow import BEGIN, DIFFERENCE, a_sum

LINES = [
    {**BEGIN, "differs": [{"name": "policy.caps.total_pct", "primary": "15", "shadow": "9",
                           "is_acted_on": True}]},
    DIFFERENCE,
    a_sum(),
    {"kind": "end", "at": "2026-11-29T10:03:00Z", "how": "ZeroDivisionError: a bug"},
]  # fmt: skip


def written(paper: Path, *lines: str) -> None:
    (paper / "shadow").mkdir()
    text = "".join(line + "\n" for line in lines)
    (paper / "shadow" / "run-0001.jsonl").write_text(text, encoding="ascii")


def test_without_a_shadow_there_is_no_report(
    paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shadow", "report", "--data-dir", str(paper.parent)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "no shadow has run there; `python run.py" in told.err


@pytest.mark.req("SH1")
def test_it_tells_agreement_settings_profit_and_examples(
    paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(paper, *map(json.dumps, LINES))

    assert main(["shadow", "report", "--data-dir", str(paper.parent)]) == 0
    told = capsys.readouterr().out
    for words in (
        "Shadow of paper, 2 cycles",
        "Agreement 75.00 % of 4 decisions",
        "trader +1.00, shadow +3.00 USD; difference +2.00 USD",
        "It ended before the run: ZeroDivisionError: a bug",
        "policy.caps.total_pct",
        "the same order in another size",
        "BTC-USD BUY",
    ):
        assert words in told


@pytest.mark.req("SH1")
def test_the_document_has_the_same(paper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(paper, *map(json.dumps, LINES), "{", "[]")

    assert main(["shadow", "report", "--json", "--data-dir", str(paper.parent)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["of"] == "paper"
    assert told["agreement_pct"] == "75"
    assert told["pnl"] == {"primary": "1", "shadow": "3", "delta": "2", "interval_95": None}
    assert told["counts"]["only-shadow"] == 0
    assert told["differs"][0]["name"] == "policy.caps.total_pct"
    assert told["damaged"] == 2
    assert told["ended"] == "ZeroDivisionError: a bug"


def test_a_damaged_file_is_told(paper: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(
        paper, json.dumps(BEGIN), "\x00" * 9, json.dumps(a_sum(skipped=2, left_out=3, rebuilt=1))
    )

    assert main(["shadow", "report", "--data-dir", str(paper.parent)]) == 0
    told = capsys.readouterr().out
    assert "1 line of the file can't be read" in told
    assert "2 cycles not compared" in told
    assert "books were rebuilt 1 time" in told
    assert "3 differences counted, not kept" in told


def test_a_file_without_a_beginning_is_none(
    paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(paper, "{", json.dumps(a_sum()))

    assert main(["shadow", "report", "--data-dir", str(paper.parent)]) == 1
    assert "has no beginning (1 damaged)" in capsys.readouterr().err
