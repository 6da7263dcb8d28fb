"""`why` reads the journal and answers, or says why it can't."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.journal.emptying import empty_details
from app.command_line.cli import main
from app.commands.why import _up_to
from app.run.recovery import JOURNAL, operate_offline
from config.loading import load
from domain.model.instants import DAY, MINUTE, SECOND, iso, parse_iso
from tests.builders.messages import NOW
from tests.builders.rehearsal_folder import write_day
from tests.builders.world import CONFIG


def test_without_a_journal_there_is_no_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["why", "BTC-USD", "--data-dir", str(tmp_path)]) == 1
    assert "no answer" in capsys.readouterr().err


def test_before_any_decision_it_says_so_and_ends_with_1(
    paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operate_offline(paper, (), "pause", "news")

    assert main(["why", "btc-usd", "--data-dir", str(paper.parent)]) == 1
    assert "nothing was decided about BTC-USD" in capsys.readouterr().err
    assert main(["why", "BTC-USD", "--json", "--data-dir", str(paper.parent)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["product"], told["cycle"]) == ("BTC-USD", None)


@pytest.mark.req("RET1")
def test_that_details_were_removed_as_old_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, config = tmp_path / "data" / "paper", load(CONFIG)
    for days in (100, 0):
        write_day(folder, config, NOW - days * DAY, cycles=3, length_ns=MINUTE)
    long_ago = iso(NOW - 100 * DAY + MINUTE)
    asked = ["why", "BTC-USD", long_ago, "--data-dir", str(tmp_path / "data")]
    assert main(asked) == 0
    assert "removed" not in capsys.readouterr().err

    empty_details(folder / JOURNAL, NOW - 90 * DAY, lambda: NOW)

    assert main(asked) == 1
    assert "details of cycles were removed as old" in capsys.readouterr().err


def test_a_time_that_is_none_is_refused(paper: Path) -> None:
    assert main(["why", "BTC-USD", "noon", "--data-dir", str(paper.parent)]) == 2


def test_a_time_in_seconds_means_all_of_that_second() -> None:
    second = parse_iso("2026-11-29T02:59:01Z")

    assert _up_to("2026-11-29T02:59:01Z") == second + SECOND - 1
    assert _up_to("2026-11-29T02:59:01.5Z") == second + SECOND // 2
