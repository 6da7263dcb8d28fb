"""Ids of a world repeat exactly and never meet."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.engine.ids import Ids

KEYS = st.tuples(st.sampled_from(["order", "trade", "fill"]), st.integers(0, 10**6))


@given(st.text(max_size=8), st.sets(KEYS, min_size=2, max_size=20))
def test_the_same_seed_gives_the_same_and_different_things_have_different_ids(
    seed: str, keys: set[tuple[str, int]]
) -> None:
    first = [Ids(seed).uuid(*key) for key in sorted(keys)]

    assert first == [Ids(seed).uuid(*key) for key in sorted(keys)]
    assert len(set(first)) == len(keys)
    assert {UUID(each).version for each in first} == {4}


def test_worlds_of_different_seeds_share_no_id() -> None:
    assert Ids("a").uuid("order", 1) != Ids("b").uuid("order", 1)
