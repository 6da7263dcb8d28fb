"""`regime` hands a person's word on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import app.commands.regime
from adapters.journal.segments import read_records
from app.command_line.cli import main
from app.run.recovery import CODEC, JOURNAL, operate_offline
from domain.messages.universe import RegimeSet
from domain.model.context import Regime

pytestmark = pytest.mark.req("U3")


@pytest.mark.parametrize(
    ("words", "verb", "about"),
    [
        (("set", "bear"), "set_regime", {"subject": "bear", "hours": 24}),
        (("set", "crash", "--hours", "2"), "set_regime", {"subject": "crash", "hours": 2}),
        (("set", "BULL"), "set_regime", {"subject": "bull", "hours": 24}),
        (("clear",), "clear_regime", {"subject": "", "hours": 0}),
    ],
)
def test_the_word_goes_on(
    words: tuple[str, ...],
    verb: str,
    about: dict[str, object],
    paper: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Any] = []

    def operate(*given: object, **more: object) -> int:
        seen.append((given[1:], more))
        return 0

    monkeypatch.setattr(app.commands.regime, "operate", operate)

    assert main(["regime", *words, "--reason", "news", "--data-dir", str(paper.parent)]) == 0
    assert seen == [(((paper,), verb, "news"), about)]


@pytest.mark.parametrize("words", [("set", "panic"), ("set", "bear", "--hours", "169"), ("set",)])
def test_what_is_no_regime_is_refused(words: tuple[str, ...], paper: Path) -> None:
    line = ["regime", *words, "--reason", "news", "--data-dir", str(paper.parent)]

    assert main(line) == 2


def test_where_nothing_ever_ran_no_word_can_be_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["regime", "set", "bear", "--reason", "x", "--data-dir", str(tmp_path)]) == 1
    assert "nothing ever ran" in capsys.readouterr().err


def test_a_word_while_nothing_runs_is_for_the_next_start(paper: Path) -> None:
    code, lines = operate_offline(paper, (), "set_regime", "news", subject="bear", hours=3)

    assert code == 0
    assert lines[0].startswith("the regime is bear until ")
    kinds = [each for each in read_records(paper / JOURNAL) if each.type == RegimeSet.__name__]
    assert [CODEC.decode(each.type, each.data).regime for each in kinds] == [Regime.BEAR]
