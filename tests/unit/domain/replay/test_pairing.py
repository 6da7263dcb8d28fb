"""Every trade of both stands in one pair, and every part of a fill against one of the other."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.instants import MINUTE
from domain.replay.pairing import NEAR_NS, chunks, cut, pairs_of
from domain.replay.session import PlayedFill
from tests.builders.sessions import a_trip, an_execution

pytestmark = pytest.mark.req("BT4")
SIZES = st.decimals("0.00000001", "1000", places=8)
FILLS = st.lists(
    st.builds(
        lambda quantity, fee: an_execution(quantity=quantity, fee=fee),
        SIZES,
        st.decimals("0", "50", places=12),
    ),
    max_size=5,
)


def total(fills: list[PlayedFill | None], name: str) -> Decimal:
    return sum((getattr(each, name) for each in fills if each is not None), Decimal(0))


@given(run=FILLS, replay=FILLS)
def test_parts_add_up_to_the_fills_they_are_cut_of(
    run: list[PlayedFill], replay: list[PlayedFill]
) -> None:
    found = list(chunks(run, replay))

    for name in ("quantity", "fee"):
        assert total([each.run for each in found], name) == total([*run], name)
        assert total([each.replay for each in found], name) == total([*replay], name)
    both = [(each.run, each.replay) for each in found if each.run and each.replay]
    assert all(mine.quantity == theirs.quantity for mine, theirs in both)
    alone = [each for each in found if each.run is None or each.replay is None]
    assert len({each.run is None for each in alone}) <= 1, "what is left is of one of them only"


def test_a_cut_of_all_leaves_nothing() -> None:
    assert cut(an_execution(), Decimal(2)) == (an_execution(), None)


def test_trades_are_paired_by_bar_and_then_by_nearness() -> None:
    near = NEAR_NS // MINUTE
    run = (a_trip(0), a_trip(30), a_trip(60))
    replay = (a_trip(0, lot="a"), a_trip(30 + near, lot="b"), a_trip(61 + near, lot="c"))

    found = pairs_of(run, replay)

    told = [(p.run and p.run.lot, p.replay and p.replay.lot, p.is_shifted) for p in found]
    assert told == [
        ("lot-0", "a", False),
        ("lot-30", "b", True),
        ("lot-60", None, False),
        (None, "c", False),
    ]


def test_what_was_owned_before_is_paired_by_its_lot() -> None:
    run = (a_trip(0, is_carried=True), a_trip(0, lot="other"))
    replay = (a_trip(0, lot="new"), a_trip(5, lot="lot-0", is_carried=True))

    found = {p.run.lot: p.replay.lot for p in pairs_of(run, replay) if p.run and p.replay}

    assert found == {"lot-0": "lot-0", "other": "new"}


def test_what_was_adopted_has_no_counterpart() -> None:
    (one, other) = pairs_of((a_trip(0, is_adopted=True),), (a_trip(0),))
    assert (one.replay, other.run) == (None, None)


@given(
    run=st.lists(st.integers(0, 30), max_size=6),
    replay=st.lists(st.integers(0, 30), max_size=6),
)
def test_each_trade_is_in_one_pair(run: list[int], replay: list[int]) -> None:
    mine = [a_trip(minute, lot=f"run-{n}") for n, minute in enumerate(run)]
    theirs = [a_trip(minute, lot=f"replay-{n}") for n, minute in enumerate(replay)]

    found = pairs_of(mine, theirs)

    assert sorted(p.run.lot for p in found if p.run) == sorted(each.lot for each in mine)
    assert sorted(p.replay.lot for p in found if p.replay) == sorted(each.lot for each in theirs)
