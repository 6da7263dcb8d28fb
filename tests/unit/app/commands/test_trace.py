"""`trace` reads the journal and tells a chain, or says what it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.command_line.cli import main
from app.run.recovery import operate_offline


def test_without_a_journal_there_is_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", "abcdef", "--data-dir", str(tmp_path)]) == 1
    assert "no answer" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "told"), [("abcdef", ""), ("abc", "at least 6 characters")])
def test_an_id_that_nobody_knows_ends_with_1_and_where_ids_stand(
    text: str, told: str, paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operate_offline(paper, (), "pause", "news")

    assert main(["trace", text, "--data-dir", str(paper.parent)]) == 1
    said = capsys.readouterr().err
    assert f"no order, trade, lot or decision '{text}'" in said
    assert told in said
    assert f"report --data-dir {paper.parent} --json" in said
