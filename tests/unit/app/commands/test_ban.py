"""`ban` hands its order on, and lists from the journal what has not run out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import app.commands.ban
from app.command_line.cli import main
from app.run.recovery import operate_offline

pytestmark = pytest.mark.req("U1")


def ban(*words: str, folder: Path) -> int:
    return main(["ban", *words, "--data-dir", str(folder.parent)])


@pytest.mark.parametrize(
    ("words", "verb", "hours"),
    [
        (("add", "PUMP-USD"), "ban", 168),
        (("add", "PUMP-USD", "--hours", "2"), "ban", 2),
        (("clear", "PUMP-USD"), "unban", 0),
    ],
)
def test_the_order_goes_on_with_product_and_hours(
    words: tuple[str, ...],
    verb: str,
    hours: int,
    paper: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Any] = []

    def operate(*given: object, **more: object) -> int:
        seen.append((given[1:], more))
        return 1

    monkeypatch.setattr(app.commands.ban, "operate", operate)

    assert ban(*words, "--reason", "exploit", folder=paper) == 1
    about = {"subject": "PUMP-USD", "hours": hours}
    assert seen == [(((paper,), verb, "exploit"), about)]


@pytest.mark.parametrize(
    "words",
    [
        ("add", "$$$", "--reason", "x"),
        ("add", "PUMP", "--hours", "8761", "--reason", "x"),
        ("add", "PUMP", "--hours", "0", "--reason", "x"),
        ("add", "PUMP"),
        ("add", "PUMP", "--reason", " "),
        ("clear", "", "--reason", "x"),
    ],
)
def test_what_can_not_be_meant_is_refused(words: tuple[str, ...], paper: Path) -> None:
    assert ban(*words, folder=paper) == 2


def test_where_nothing_ever_ran_no_ban_can_be_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ban("add", "PUMP", "--reason", "x", folder=tmp_path / "paper") == 1
    assert ban("list", folder=tmp_path / "paper") == 1
    assert "nothing ever ran" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_ban_while_nothing_runs_is_kept_and_listed_until_it_is_cleared(
    paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb, subject in (("ban", "PUMP-USD"), ("ban", "doge"), ("unban", "DOGE-USDC")):
        assert operate_offline(paper, (), verb, "exploit", subject=subject)[0] == 0

    assert ban("list", "--json", folder=paper) == 0
    (row,) = json.loads(capsys.readouterr().out)["bans"]
    assert (row["asset"], row["reason"]) == ("PUMP", "exploit")
    assert ban("list", folder=paper) == 0
    assert "PUMP until " in capsys.readouterr().out

    operate_offline(paper, (), "unban", "over", subject="PUMP")
    assert ban("list", folder=paper) == 0
    assert "nothing is banned" in capsys.readouterr().out
