"""Wherever the process vanishes, also while it recovers, the next start finds the truth."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.cuts import (
    DONE_THERE,
    NOT_THERE,
    POWER_LOST,
    POWER_THERE,
    SESSIONS,
    TRADING,
    Edge,
    Session,
    cut_session,
    edges_of,
)
from tests.builders.full import IS_FULL

pytestmark = [pytest.mark.slow, pytest.mark.req("X1", "X4", "BOOT1", "AUD1")]
PARTS = 8
EVERY = 1 if IS_FULL else 43
TWICE_EVERY = 7 if IS_FULL else 101
SECONDS = (0, 3, 9, 17, 31, 47)
"""Edges of a recovery at which it vanishes again."""
LEAST_EDGES = 200
EdgesOf = Callable[[Session], list[Edge]]


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> EdgesOf:
    """Return the edges of a whole session, which is played once."""
    return functools.cache(
        lambda session: edges_of(tmp_path_factory.mktemp("whole") / session.name, session)
    )


BOTH = pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.name)


@BOTH
@pytest.mark.parametrize("part", range(PARTS))
def test_a_process_that_vanishes_at_any_edge_leaves_one_order_an_intent_and_equal_books(
    part: int, session: Session, edges: EdgesOf, tmp_path: Path
) -> None:
    all_edges = edges(session)
    assert len(all_edges) >= LEAST_EDGES
    for number in range(part * EVERY, len(all_edges), PARTS * EVERY):
        places, problems = cut_session(tmp_path / str(number), number, session=session)
        assert places == [all_edges[number]]
        assert problems == [], (number, places)


@BOTH
@pytest.mark.parametrize("part", range(PARTS))
def test_a_recovery_that_vanishes_too_is_recovered(
    part: int, session: Session, edges: EdgesOf, tmp_path: Path
) -> None:
    for number in range(part * TWICE_EVERY, len(edges(session)), PARTS * TWICE_EVERY):
        second = SECONDS[number % len(SECONDS)]
        places, problems = cut_session(tmp_path / str(number), number, second, session)
        assert problems == [], (number, second, places)


@pytest.mark.parametrize("where", [NOT_THERE, DONE_THERE, POWER_THERE])
def test_an_order_request_is_cut_before_and_after_the_venue_has_it(
    where: str, edges: EdgesOf, tmp_path: Path
) -> None:
    number = next(
        at
        for at, each in enumerate(edges(TRADING))
        if (each.what, each.where) == ("POST /orders", where)
    )
    _, problems = cut_session(tmp_path / "cut", number)
    assert problems == []


def test_the_power_goes_between_a_write_and_its_sync(edges: EdgesOf, tmp_path: Path) -> None:
    lost = [at for at, each in enumerate(edges(TRADING)) if each.where == POWER_LOST]
    _, problems = cut_session(tmp_path / "cut", lost[len(lost) // 2])
    assert problems == []
