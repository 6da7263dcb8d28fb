from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.decisions.rounds import merge
from domain.model.instants import MINUTE
from domain.model.product import ProductId, Side
from domain.model.proposal import TradeProposal
from tests.builders.messages import BTC, ETH, NOW, a_proposal

BAR = NOW - MINUTE
BARS = {name: {BTC: BAR, ETH: BAR} for name in ("a", "b", "c", "stranger")}
PLENTY = {"a": 9, "b": 9, "c": 9}


def proposal(conviction: str, product: str = BTC, **changes: Any) -> TradeProposal:
    return a_proposal(conviction=Decimal(conviction), product=product, **changes)


def test_nothing_proposed_is_nothing_to_do() -> None:
    assert merge({"a": ()}, BARS, PLENTY) == ((), ())


def test_an_entry_names_its_strategy_and_the_bar_it_was_decided_on() -> None:
    (entry,), dropped = merge({"a": (proposal("0.7"),)}, BARS, PLENTY)

    assert (entry.strategy, entry.proposal, entry.bar_ns) == ("a", proposal("0.7"), BAR)
    assert dropped == ()


def test_of_two_strategies_for_a_product_the_more_convinced_wins() -> None:
    entries, dropped = merge({"a": (proposal("0.5"),), "b": (proposal("0.9"),)}, BARS, PLENTY)

    assert [each.strategy for each in entries] == ["b"]
    assert dropped == (("a", proposal("0.5"), "less_convinced"),)


def test_equal_conviction_goes_to_the_first_by_name() -> None:
    entries, _ = merge({"b": (proposal("0.5"),), "a": (proposal("0.5"),)}, BARS, PLENTY)

    assert [each.strategy for each in entries] == ["a"]


def test_a_strategy_gets_no_more_than_its_limit_and_keeps_its_best() -> None:
    answers = {"a": (proposal("0.4"), proposal("0.8", ETH))}

    entries, dropped = merge(answers, BARS, {"a": 1})

    assert [each.proposal.product for each in entries] == [ETH]
    assert dropped == (("a", proposal("0.4"), "max_trades_per_cycle"),)


def test_a_strategy_without_a_limit_gets_nothing() -> None:
    entries, dropped = merge({"stranger": (proposal("0.9"),)}, BARS, PLENTY)

    assert entries == ()
    assert [why for _, _, why in dropped] == ["max_trades_per_cycle"]


def test_a_product_without_a_bar_is_dropped() -> None:
    entries, dropped = merge({"a": (proposal("0.9", "SOL-USD"),)}, BARS, PLENTY)

    assert entries == ()
    assert [why for _, _, why in dropped] == ["no_bar"]


def test_a_product_wanted_on_both_sides_is_left_alone() -> None:
    answers = {
        "a": (proposal("0.9"),),
        "b": (proposal("0.3", side=Side.SELL), proposal("0.6", ETH)),
    }

    entries, dropped = merge(answers, BARS, PLENTY)

    assert [each.proposal.product for each in entries] == [ETH]
    assert sorted((strategy, why) for strategy, _, why in dropped) == [
        ("a", "opposite_sides"),
        ("b", "opposite_sides"),
    ]


@pytest.mark.parametrize("conviction", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_conviction_that_is_no_number_comes_last_and_harms_nobody(conviction: str) -> None:
    answers = {"a": (proposal(conviction), proposal("0.4", ETH)), "b": (proposal("0.3"),)}

    entries, dropped = merge(answers, BARS, PLENTY)

    assert [(each.strategy, each.proposal.product) for each in entries] == [("a", ETH), ("b", BTC)]
    assert [(strategy, why) for strategy, _, why in dropped] == [("a", "less_convinced")]


PROPOSALS = some.builds(
    proposal,
    some.sampled_from(("0.1", "0.5", "0.9", "NaN")),
    some.sampled_from((BTC, ETH, ProductId("SOL-USD"))),
    side=some.sampled_from(Side),
)
ANSWERS = some.dictionaries(some.sampled_from("abc"), some.lists(PROPOSALS, max_size=4).map(tuple))


@given(ANSWERS, some.integers(0, 4))
def test_every_proposal_is_either_an_entry_or_dropped_with_a_reason(
    answers: dict[str, tuple[TradeProposal, ...]], limit: int
) -> None:
    entries, dropped = merge(answers, BARS, dict.fromkeys("abc", limit))

    assert len(entries) + len(dropped) == sum(map(len, answers.values()))
    products = [each.proposal.product for each in entries]
    assert len(products) == len(set(products))
    assert all(why for _, _, why in dropped)
    for strategy in answers:
        assert sum(each.strategy == strategy for each in entries) <= limit


@given(ANSWERS)
def test_the_order_of_the_answers_does_not_matter(
    answers: dict[str, tuple[TradeProposal, ...]],
) -> None:
    backwards = dict(reversed(answers.items()))

    one, two = merge(answers, BARS, PLENTY), merge(backwards, BARS, PLENTY)

    assert str(one) == str(two)  # as text, because NaN is not equal to itself
