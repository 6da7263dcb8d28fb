"""`config check` and `config show` say what a configuration leaves open and what it can lose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.command_line.cli import main

pytestmark = pytest.mark.req("C2")
Said = pytest.CaptureFixture[str]
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def document(capsys: Said, *words: str) -> dict[str, Any]:
    assert main(["config", *words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_check_shows_the_sizes_at_any_equity(capsys: Said) -> None:
    assert main(["config", "check", "--nlv", "255"]) == 0

    told = capsys.readouterr().out
    assert "an entry may cost, with 255 USD in bear:" in told
    assert "none (1.53)" in told
    assert "355.66" in told


def test_show_says_the_most_that_can_be_lost(capsys: Said) -> None:
    assert main(["config", "show", "--nlv", "2000"]) == 0

    assert "the most that this can lose with 2000 USD:" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "show"])
def test_programs_get_both_from_either(command: str, capsys: Said) -> None:
    found = document(capsys, command, "--nlv", "500")

    assert found["feasibility"]["nlv"] == found["blast_radius"]["nlv"] == "500"
    assert {"chop", "bear", "bull"} < set(found["feasibility"])


def test_without_an_amount_it_is_what_a_paper_world_begins_with(capsys: Said) -> None:
    assert document(capsys, "show")["blast_radius"]["nlv"] == "10000"

    none = document(capsys, "show", "--set", "app.paper.balances={}")
    assert (none["feasibility"], none["blast_radius"]) == (None, None)


@pytest.mark.parametrize("amount", ["0", "-5", "much", "NaN", "Infinity"])
def test_an_amount_that_is_none_is_refused(amount: str, capsys: Said) -> None:
    assert main(["config", "check", "--nlv", amount]) == 2
    assert "--nlv" in capsys.readouterr().err
