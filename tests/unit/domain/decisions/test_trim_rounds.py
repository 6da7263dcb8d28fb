"""When the next round of trims may begin."""

from __future__ import annotations

import pytest

from domain.decisions.exit_tries import ORDER_LIFE_NS
from domain.decisions.trim_rounds import TOLD_AFTER, TrimRounds
from domain.model.instants import HOUR, MINUTE, SECOND

PACE = 60 * SECOND


@pytest.mark.req("E1")
def test_a_round_waits_for_its_sales_and_for_the_pace() -> None:
    rounds = TrimRounds(PACE)
    rounds.begin(["lot-1"], 0)
    rounds.ordered("id-1", "lot-1")

    assert not rounds.may_begin(HOUR), "its order has not ended"
    assert rounds.ended("id-1") == "lot-1"
    rounds.succeeded(HOUR)
    assert not rounds.may_begin(HOUR + PACE - 1)
    assert rounds.may_begin(HOUR + PACE)


@pytest.mark.req("E1")
def test_rounds_that_fail_wait_longer_up_to_an_hour_and_are_told_once() -> None:
    rounds, told, waits, now_ns = TrimRounds(PACE), [], [], 0
    for _ in range(9):
        rounds.begin(["lot-1"], now_ns)
        told.append(rounds.failed("lot-1", now_ns))
        waits.append(next(n for n in range(1, 70) if rounds.may_begin(now_ns + n * MINUTE)))
        now_ns += waits[-1] * MINUTE

    assert waits == [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert [count for count, is_told in enumerate(told, 1) if is_told] == [TOLD_AFTER]

    rounds.begin([], now_ns)
    assert rounds.may_begin(now_ns + MINUTE), "nothing is above a cap any more"


@pytest.mark.req("E1", "SUP1")
def test_after_a_start_a_sale_of_before_is_waited_for() -> None:
    rounds = TrimRounds(PACE)
    rounds.opened(HOUR)

    assert not rounds.may_begin(HOUR + ORDER_LIFE_NS - 1)
    assert rounds.may_begin(HOUR + ORDER_LIFE_NS)


@pytest.mark.req("E1")
def test_a_sale_that_nobody_answers_holds_up_the_rounds_for_the_life_of_an_order() -> None:
    rounds = TrimRounds(PACE)
    rounds.begin(["lot-1"], 0)

    assert not rounds.may_begin(ORDER_LIFE_NS - 1)
    assert rounds.may_begin(ORDER_LIFE_NS)
