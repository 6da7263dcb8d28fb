"""The way back from real money, all five steps, and its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.model.money import install_context
from scripts import rollback_drill
from tests.builders.rollback_drill import STEPS, drill


@pytest.mark.slow
@pytest.mark.req("RB5", "M1", "K1")
def test_from_live_with_a_lot_back_to_paper_and_the_former_configuration(tmp_path: Path) -> None:
    install_context()

    assert tuple(each.step for each in drill(tmp_path)) == STEPS


@pytest.mark.req("RB5")
def test_the_page_shows_every_step_and_is_the_one_that_the_rows_give() -> None:
    assert tuple(each.step for each in rollback_drill.known()) == STEPS
    committed = rollback_drill.PAGE.read_text(encoding="utf-8")
    assert committed == rollback_drill.page(rollback_drill.known())
