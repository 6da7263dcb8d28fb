"""Modes have an order, and are read however an operator writes them."""

from __future__ import annotations

import pytest

from config.mode import Mode


@pytest.mark.req("M1")
def test_each_mode_may_do_what_the_ones_before_it_may() -> None:
    assert [mode.rank for mode in (Mode.DRY_RUN, Mode.PAPER, Mode.LIVE)] == [0, 1, 2]
    assert len(Mode) == 3


@pytest.mark.parametrize("text", ["dry-run", "DRY-RUN", " dry_run ", "Dry_Run\n"])
def test_case_underscores_and_blanks_do_not_matter(text: str) -> None:
    assert Mode.parse(text) is Mode.DRY_RUN


@pytest.mark.parametrize("text", ["", "dry", "dryrun", "real", "paper live"])
def test_another_word_is_refused_with_the_ones_there_are(text: str) -> None:
    with pytest.raises(ValueError, match="expected one of dry-run, paper, live, was"):
        Mode.parse(text)
