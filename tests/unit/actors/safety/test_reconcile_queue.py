"""However many ask, a kind of request is one comparison, and a person's goes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.safety.reconcile_queue import RequestQueue, kind_of

REASONS = st.sampled_from(["gap", "stop", "rebuild:1", "rebuild:2", "resume:a", "resume:b", "hour"])


@given(asked=st.lists(REASONS, max_size=30))
def test_every_reason_is_answered_once_and_no_kind_twice(asked: list[str]) -> None:
    queue = RequestQueue()
    for reason in asked:
        queue.add(reason)

    passes = []
    while not queue.is_empty:
        passes.append(queue.take())

    told = [reason for reasons in passes for reason in reasons]
    assert sorted(told) == sorted(set(asked))
    kinds = [{kind_of(reason) for reason in reasons} for reasons in passes]
    assert all(len(each) == 1 for each in kinds)
    assert len(passes) == len({kind_of(reason) for reason in asked})
    assert queue.take() == ()


@given(asked=st.permutations(["gap", "resume:1", "rebuild:1", "stop"]))
def test_a_person_is_first_then_the_stop_then_whoever_came_first(asked: list[str]) -> None:
    queue = RequestQueue()
    for reason in asked:
        queue.add(reason)

    rest = [each for each in asked if each in ("gap", "rebuild:1")]
    assert [queue.take()[0] for _ in asked] == ["resume:1", "stop", *rest]
