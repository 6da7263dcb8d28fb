"""A strategy that fails with its settings is a problem of the configuration, with its line."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pytest
from attrs import frozen

from config.converter import make_converter
from config.strategies import StrategySpec
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from domain.model.bounds import Invalid
from domain.model.context import Context
from domain.model.settings import number


@frozen
class _Odd(Strategy):
    id: str
    window: int = number(5, "Bars looked at", low=1, high=9)

    def trigger(self, bars: Bars) -> Any:
        return bars.close > bars.close

    def decide(self, context: Context) -> tuple[()]:
        return ()


class ReadsUndeclared(_Odd):
    @property
    def lookback(self) -> int:
        undeclared = "spans"
        return int(getattr(self, undeclared))


@frozen
class KeepsUndeclared(_Odd):
    lookback = 5

    def __attrs_post_init__(self) -> None:
        self.threshold = 3


class DividesByNothing(_Odd):
    @property
    def lookback(self) -> int:
        return self.window // 0


class HasNoLookback(_Odd):
    lookback: Any = "a day"


class LooksTooFar(_Odd):
    lookback = 10_082


class WantsHalves(_Odd):
    lookback = 1
    hours: Any = 0.5


class CountsInWeeks(_Odd):
    lookback = 1
    timeframe: ClassVar[Any] = "week"


@pytest.mark.req("C1")
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (ReadsUndeclared, "AttributeError: 'ReadsUndeclared' object has no attribute 'spans'"),
        (KeepsUndeclared, "KeepsUndeclared can't be used: FrozenInstanceError"),
        (DividesByNothing, "DividesByNothing can't be used: ZeroDivisionError"),
        (HasNoLookback, "HasNoLookback.lookback must be 1 to 10081 bars, was 'a day'"),
        (LooksTooFar, "LooksTooFar.lookback must be 1 to 10081 bars, was 10082"),
        (WantsHalves, "WantsHalves.hours must be 0 to 10081 bars, was 0.5"),
        (CountsInWeeks, "CountsInWeeks.timeframe must be a Timeframe"),
    ],
)
def test_whatever_it_does_with_its_settings_is_told(kind: type[Any], told: str) -> None:
    with pytest.raises(Invalid, match=re.escape(told)) as found:
        make_converter({"odd": kind}).structure({"use": "odd"}, StrategySpec)

    assert "_strategies.py:" in str(found.value) or " must be " in told
