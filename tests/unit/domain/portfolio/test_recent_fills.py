from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.portfolio.recent_fills import PAGE, PAGES, RecentFills


def of(*entry_ids: str) -> RecentFills:
    fills = RecentFills()
    for entry_id in entry_ids:
        fills = fills.and_also(entry_id)
    return fills


@given(some.lists(some.text(max_size=3)), some.text(max_size=3))
def test_it_holds_what_was_added_and_nothing_else(added: list[str], other: str) -> None:
    fills = of(*added)

    assert all(each in fills for each in added)
    assert (other in fills) is (other in added)


def test_what_has_one_more_leaves_the_earlier_value_as_it_was() -> None:
    before = of("a")
    after = before.and_also("b")

    assert ("b" in before, "b" in after) == (False, True)


@pytest.mark.req("X4")
def test_it_remembers_more_than_two_full_inboxes_and_no_more_than_its_pages() -> None:
    count = PAGE * PAGES + 7
    fills = of(*(str(number) for number in range(count)))

    assert PAGE * (PAGES - 1) > 20_000
    assert len(fills) <= PAGE * PAGES
    assert "6" not in fills
    assert all(str(number) in fills for number in range(count - 20_000, count))
