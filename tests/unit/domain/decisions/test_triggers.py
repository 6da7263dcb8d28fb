"""A strategy is asked about what triggered and what it does not hold, and about no more."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from attrs import frozen

from domain.decisions.strategy import Strategy
from domain.decisions.triggers import Terms, TriggerInvalid, left, triggered
from domain.model.bars import Bars, Timeframe
from domain.model.context import Context
from domain.model.product import ProductId
from tests.builders.bars import a_context, some_bars
from tests.builders.messages import BTC, ETH, a_lot

NAME, TERMS = "rising", Terms()
RISING, FALLING = [1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]


@frozen
class Rising(Strategy):
    """Looks at what closes higher than the bar before, leaves what closes lower."""

    id: str = "rising"
    lookback: int = 2

    def trigger(self, bars: Bars) -> Any:
        return np.diff(bars.close, prepend=bars.close[:1]) > 0

    def leave(self, bars: Bars) -> Any:
        return np.diff(bars.close, prepend=bars.close[:1]) < 0

    def decide(self, context: Context) -> tuple[()]:
        return ()


@frozen
class RisingHours(Rising):
    timeframe: ClassVar[Timeframe] = Timeframe.HOUR
    hours: int = 3


def asked(context: Context, *, strategy: Strategy | None = None, terms: Terms = TERMS) -> list[str]:
    found = triggered(NAME, strategy or Rising(), context, terms)
    return [each.product for each in found.context.bars]


@pytest.mark.req("STR1")
def test_only_what_triggered_is_asked_about_and_only_its_look_back_is_shown() -> None:
    context = a_context(some_bars(RISING), some_bars(FALLING, product=ETH))

    found = triggered(NAME, Rising(), context, TERMS).context

    assert [each.product for each in found.bars] == [BTC]
    assert [each.product for each in found.quotes] == [BTC]
    assert list(found.bars[0].close) == [300, 400]


def test_a_product_with_too_few_bars_is_not_asked_about() -> None:
    assert asked(a_context(some_bars([1.0]), some_bars([], product=ETH))) == []


@pytest.mark.req("STR1")
def test_what_a_strategy_holds_is_not_asked_about_unless_it_pyramids() -> None:
    context = a_context(some_bars(RISING), lots=(a_lot(strategy="rising"),))

    assert asked(context) == []
    assert asked(context, terms=Terms(pyramids=True)) == [BTC]


def test_a_lot_of_another_strategy_hinders_nothing() -> None:
    assert asked(a_context(some_bars(RISING), lots=(a_lot(strategy="other"),))) == [BTC]


@pytest.mark.req("S1")
def test_of_too_many_those_of_the_largest_turnover_are_asked_about_and_the_rest_named() -> None:
    names = [ProductId(f"{letter}-USD") for letter in "ABCD"]
    volumes = dict(zip(names, (1, 5, 3, 9), strict=True))
    bars = [some_bars(RISING, [volumes[name]] * 4, product=name) for name in names]

    found = triggered(NAME, Rising(), a_context(*bars), Terms(max_triggers_per_cycle=2))

    assert [each.product for each in found.context.bars] == ["B-USD", "D-USD"]
    assert found.beyond == ("A-USD", "C-USD")


@pytest.mark.req("S1")
def test_a_strategy_of_hours_is_handed_hours_and_the_other_lengths_that_it_asks_for() -> None:
    hours = some_bars(RISING, timeframe=Timeframe.HOUR)
    context = a_context(some_bars(FALLING), hours=(hours,), days=(hours,))

    found = triggered(NAME, RisingHours(), context, TERMS).context

    assert [each.timeframe for each in found.bars] == [Timeframe.HOUR]
    assert [len(each) for each in found.hours] == [3]
    assert found.days == ()


def test_it_leaves_only_what_it_holds() -> None:
    falling = (some_bars(FALLING), some_bars(FALLING, product=ETH))
    lots = (a_lot(strategy="rising"), a_lot(id="lot-2", product=ETH, strategy="other"))

    assert left(NAME, Rising(), a_context(*falling, lots=lots)) == (BTC,)
    assert left(NAME, Rising(), a_context(*falling)) == ()
    assert left(NAME, Rising(), a_context(some_bars(RISING), lots=lots)) == ()


ODD = [
    None,
    True,
    [True, True],
    np.array([1, 1]),
    np.array([True]),
    np.array([[True, True]]),
    np.array(True),
]


@pytest.mark.req("R2")
@pytest.mark.parametrize("column", ODD, ids=[str(number) for number in range(len(ODD))])
@pytest.mark.parametrize("name", ["trigger", "leave"])
def test_what_is_no_column_of_truth_values_is_refused_by_its_name(name: str, column: Any) -> None:
    class Odd(Rising):
        pass

    setattr(Odd, name, lambda _self, _bars: column)
    context = a_context(some_bars(RISING), lots=(a_lot(strategy="rising"),))

    def ask() -> object:
        if name == "leave":
            return left(NAME, Odd(), context)
        return triggered(NAME, Odd(), context, Terms(pyramids=True))

    if name == "leave" and column is None:
        assert ask() == ()
        return
    with pytest.raises(TriggerInvalid, match=f"^{name}: expected 2 truth values, was "):
        ask()


@pytest.mark.req("STR1", "BT1")
def test_a_trigger_that_is_known_to_be_false_is_not_asked() -> None:
    class Counting(Rising):
        asked: ClassVar[list[ProductId]] = []

        def trigger(self, bars: Bars) -> Any:
            self.asked.append(bars.product)
            return super().trigger(bars)

    context = a_context(some_bars(RISING), some_bars(RISING, product=ETH))

    found = triggered(NAME, Counting(), context, TERMS, frozenset({ETH}))

    assert Counting.asked == [ETH]
    assert found.products == {ETH}


def test_what_may_have_fired_is_asked_nevertheless() -> None:
    context = a_context(some_bars(FALLING))

    assert not triggered(NAME, Rising(), context, TERMS, frozenset({BTC})).products
