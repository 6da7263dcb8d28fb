"""One round of proposals: the most convinced per product and side, in a fixed order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages.decisions import TradeProposal
from domain.product import ProductId, Side
from domain.rounds import merge
from tests.builders import BTC, ETH, a_proposal

BARS = {BTC: 60, ETH: 60}


def wants(product: str, conviction: str, side: Side = Side.BUY) -> TradeProposal:
    return a_proposal(product=ProductId(product), conviction=Decimal(conviction), side=side)


@pytest.mark.req("STR4")
def test_of_one_product_the_most_convinced_wins() -> None:
    answers = {"a": (wants(BTC, "0.5"),), "b": (wants(BTC, "0.6"),)}

    entries, dropped = merge(answers, BARS, {"a": 5, "b": 5})

    assert [(each.strategy, each.bar_ns) for each in entries] == [("b", 60)]
    assert [(strategy, why) for strategy, _, why in dropped] == [("a", "less_convinced")]


@pytest.mark.req("STR4")
def test_a_product_wanted_on_both_sides_is_left_alone() -> None:
    answers = {"a": (wants(BTC, "0.9"),), "b": (wants(BTC, "0.4", Side.SELL), wants(ETH, "0.4"))}

    entries, dropped = merge(answers, BARS, {"a": 5, "b": 5})

    assert [each.proposal.product for each in entries] == [ETH]
    assert [why for _, _, why in dropped] == ["opposite_sides"] * 2


@pytest.mark.req("STR3")
def test_a_strategy_gets_its_trades_per_cycle_the_most_convinced_first() -> None:
    answers = {"a": (wants(BTC, "0.5"), wants(ETH, "0.7"))}

    entries, dropped = merge(answers, BARS, {"a": 1})

    assert [each.proposal.product for each in entries] == [ETH]
    assert [why for _, _, why in dropped] == ["max_trades_per_cycle"]
    assert merge(answers, BARS, {})[0] == ()


def test_a_product_without_a_bar_is_dropped() -> None:
    entries, dropped = merge({"a": (wants("XRP-USD", "0.5"),)}, BARS, {"a": 5})

    assert entries == ()
    assert dropped[0][2] == "no_bar"


@pytest.mark.req("R2")
def test_a_conviction_that_is_no_number_comes_last() -> None:
    answers = {"a": (wants(BTC, "NaN"),), "b": (wants(BTC, "0.1"),)}

    entries, _ = merge(answers, BARS, {"a": 5, "b": 5})

    assert [each.strategy for each in entries] == ["b"]


PROPOSALS = st.lists(
    st.builds(
        wants,
        st.sampled_from([BTC, ETH]),
        st.sampled_from(["0.3", "0.5", "0.9"]),
        st.sampled_from(list(Side)),
    ),
    max_size=4,
)


@pytest.mark.req("STR4")
@given(st.dictionaries(st.sampled_from("abc"), PROPOSALS))
def test_nothing_is_lost_and_the_order_of_answers_does_not_matter(
    answers: dict[str, list[TradeProposal]],
) -> None:
    frozen = {strategy: tuple(proposals) for strategy, proposals in answers.items()}
    turned = dict(reversed(frozen.items()))
    limits = dict.fromkeys("abc", 3)

    entries, dropped = merge(frozen, BARS, limits)

    assert merge(turned, BARS, limits)[0] == entries
    assert len(entries) + len(dropped) == sum(len(each) for each in answers.values())
    assert len({each.proposal.product for each in entries}) == len(entries)
    convictions = [each.proposal.conviction for each in entries]
    assert convictions == sorted(convictions, reverse=True)
