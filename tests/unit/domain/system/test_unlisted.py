"""A list that fails is told once and asked for at a pace; in the end it is unknown."""

from __future__ import annotations

import pytest

from domain.model.instants import SECOND
from domain.system.unlisted import (
    FIRST_PAUSE_NS,
    LONGEST_PAUSE_NS,
    UNKNOWN_AFTER_NS,
    Unlisted,
)

pytestmark = pytest.mark.req("E2")


def test_a_list_is_unknown_only_when_it_has_failed_for_so_long() -> None:
    lists = Unlisted()
    lists.failed("orders", "HTTP 500", 0)

    assert lists.doubt(UNKNOWN_AFTER_NS - 1) is None
    assert lists.doubt(UNKNOWN_AFTER_NS) == "the venue does not list orders (HTTP 500)"


def test_a_list_that_comes_back_begins_anew() -> None:
    lists = Unlisted()
    lists.failed("orders", "HTTP 500", 0)
    lists.answered("orders")
    assert lists.are_none
    lists.failed("orders", "HTTP 500", 100 * SECOND)

    assert lists.doubt(101 * SECOND) is None


def test_one_list_that_comes_back_does_not_hide_another() -> None:
    lists = Unlisted()
    lists.failed("orders", "HTTP 500", 0)
    lists.failed("fills", "HTTP 502", 0)
    lists.answered("orders")

    assert not lists.are_none
    assert lists.doubt(UNKNOWN_AFTER_NS) == "the venue does not list fills (HTTP 502)"


def test_a_failure_is_news_once_and_another_reason_is_news() -> None:
    lists = Unlisted()

    said = [lists.failed("orders", why, n) for n, why in enumerate(("a", "a", "b", "b"))]

    assert said == [True, False, True, False]


def test_pauses_double_up_to_the_longest_and_are_short_again_after_a_whole_answer() -> None:
    lists, pauses = Unlisted(), []
    for number in range(6):
        lists.failed("orders", "HTTP 500", number)
        pauses.append(lists.pause_ns() // SECOND)
    lists.answered("orders")
    lists.failed("orders", "HTTP 500", 0)

    assert pauses == [1, 2, 4, 8, 8, 8]
    assert (FIRST_PAUSE_NS, LONGEST_PAUSE_NS) == (SECOND, 8 * SECOND)
    assert lists.pause_ns() == FIRST_PAUSE_NS
