"""The cases of a torture: ten alone, all together, and an honest strategy beside each."""

from __future__ import annotations

import pytest

from app.commands.torture import NAMES
from app.torture.cases import ALL, HOSTILE, ON_THREADS, cases
from app.torture.honest import HONEST
from config.loading import load
from tests.builders.world import CONFIG

pytestmark = pytest.mark.req("E1")


def test_without_a_name_all_ten_are_tried_and_then_all_at_once() -> None:
    assert tuple(each.name for each in cases((), 1)) == (*HOSTILE, ALL) == NAMES
    assert len(HOSTILE) == 10
    assert cases((ALL,), 1)[0].names == tuple(HOSTILE)


@pytest.mark.parametrize("name", NAMES)
def test_only_the_hostile_and_the_honest_trade_with_the_widest_budgets(name: str) -> None:
    (case,) = cases((name,), 1)

    found = case.config(load(CONFIG)).strategies

    assert set(found) == {*case.names, HONEST}
    assert all(each.enabled and each.pyramids for each in found.values())
    assert {key: each.strategy.id for key, each in found.items()} == {key: key for key in found}


def test_who_takes_the_machine_away_is_tried_in_real_time() -> None:
    assert {each.name for each in cases((), 1) if each.is_on_threads} == ON_THREADS
