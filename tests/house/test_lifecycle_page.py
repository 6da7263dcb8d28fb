"""The page about the life of an order is the one that the table gives."""

from __future__ import annotations

import pytest

from domain.model.orders import OrderState
from domain.orders.lifecycle import IMPOSSIBLE, TABLE
from scripts import lifecycle_page, pages


@pytest.mark.req("X4")
def test_the_committed_page_is_the_one_that_the_table_gives() -> None:
    committed = (pages.ROOT / lifecycle_page.PAGE).read_text(encoding="utf-8")

    assert committed == lifecycle_page.render(), "run python -m scripts.lifecycle_page"


def test_every_change_of_state_is_an_arrow_and_every_impossibility_a_reason() -> None:
    arrows = "\n".join(lifecycle_page.picture())
    reasons = "\n".join(lifecycle_page.reasons())

    for state in OrderState:
        for event, after in TABLE[state].items():
            assert after is state or any(
                line.strip().startswith(f"{state} --> {after}:") and event.value in line
                for line in arrows.splitlines()
            )
    assert all(f"{event.value} in {state}" in reasons for state, event in IMPOSSIBLE)
