"""Dates come in the order of their instants, then of their kinds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.engine.event_queue import NEVER, Due, EventQueue


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(Due), st.text(max_size=2)), max_size=30)
)
def test_dates_come_once_each_in_the_order_of_instant_and_kind(
    dates: list[tuple[int, Due, str]],
) -> None:
    queue = EventQueue()
    for at_ns, due, name in dates:
        queue.add(at_ns, due, name)

    came = []
    while (next_ns := queue.next_ns()) is not NEVER:
        found = queue.pop(next_ns, max(Due))
        assert found is not None
        came.append((int(next_ns), *found))

    assert came == sorted(dates)


def test_nothing_comes_before_its_instant_nor_beyond_the_kind_that_was_asked_for() -> None:
    queue = EventQueue()
    queue.add(10, Due.TRADES, "BTC-USD")

    assert queue.pop(9, Due.HEARTBEAT) is None
    assert queue.pop(10, Due.QUEUED) is None
    assert queue.pop(10, Due.TRADES) == (Due.TRADES, "BTC-USD")
    assert queue.pop(10, Due.TRADES) is None


def test_an_empty_queue_is_due_never() -> None:
    assert EventQueue().next_ns() == NEVER
