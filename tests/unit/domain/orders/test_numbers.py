"""A number of a lineage is given out once, also when the journal has forgotten that it was."""

from __future__ import annotations

import pytest

from domain.orders.identity import client_order_id
from domain.orders.numbers import AHEAD, IntentNumbers
from tests.builders.messages import LINEAGE

pytestmark = pytest.mark.req("X1")


def named(*numbers: int) -> set[str]:
    return {client_order_id(LINEAGE, number) for number in numbers}


def test_numbers_go_on_from_the_journal_with_their_ids() -> None:
    numbers = IntentNumbers(LINEAGE, 7)

    assert [numbers.take(), numbers.take()] == [
        (7, client_order_id(LINEAGE, 7)),
        (8, client_order_id(LINEAGE, 8)),
    ]


def test_what_is_given_out_or_foreign_skips_nothing() -> None:
    numbers = IntentNumbers(LINEAGE, 7)
    numbers.take()

    assert numbers.skip({"foreign"} | named(1, 7)) == set()
    assert numbers.take()[0] == 8
    assert numbers.skip(named(8)) == set()


@pytest.mark.parametrize("known", [(7,), (9, 7), (7, 7 + AHEAD - 1), (8, 7 + AHEAD, 7 + 2 * AHEAD)])
def test_numbers_go_on_above_all_that_is_seen(known: tuple[int, ...]) -> None:
    numbers = IntentNumbers(LINEAGE, 7)

    assert numbers.skip(named(*known) | {"foreign"}) == named(*known)
    assert numbers.take()[0] == max(known) + 1


def test_what_was_skipped_is_counted_once() -> None:
    numbers = IntentNumbers(LINEAGE, 7)
    numbers.skip(named(9))

    assert numbers.skip(named(7, 8, 9)) == set()
    assert numbers.skip(named(10)) == named(10)


def test_the_number_after_what_was_skipped_is_recognised_too() -> None:
    numbers = IntentNumbers(LINEAGE, 7)

    for number in (7, 8, 20, 21):
        assert numbers.skip(named(number)) == named(number)
    assert numbers.take()[0] == 22


def test_after_a_restore_ids_of_the_lineage_before_are_ours_above_its_last_known_number() -> None:
    former = "f" * 32
    numbers = IntentNumbers(LINEAGE, 7, ((former, 4),))

    lost = {client_order_id(former, 5), client_order_id(former, 9)}
    assert numbers.skip(lost | {client_order_id(former, 4), "foreign"}) == lost
    assert numbers.take() == (7, client_order_id(LINEAGE, 7))
    assert numbers.skip(lost) == set()
