"""A private picture says the same and shares nothing that could be changed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import attrs
import numpy as np
import pytest

from domain.decisions.private import private
from domain.model.context import Context
from domain.model.pnl import Origin, OriginPnl
from tests.builders.bars import a_context, some_bars
from tests.builders.messages import a_lot, a_quote


def picture() -> Context:
    found = a_context(some_bars([1.0, 2.0]), lots=(a_lot(),))
    portfolio = attrs.evolve(found.portfolio, origins=(OriginPnl(origin=Origin("a", "b")),))
    hours, days = (some_bars([3.0]),), (some_bars([4.0]),)
    return attrs.evolve(found, quotes=(a_quote(),), hours=hours, days=days, portfolio=portfolio)


def values(of: Any) -> Iterator[object]:
    """Yield everything below a value that could be changed by force."""
    if attrs.has(type(of)):
        yield of
        for field in attrs.fields(type(of)):
            yield from values(getattr(of, field.name))
    elif isinstance(of, tuple):
        for each in of:
            yield from values(each)
    elif isinstance(of, np.ndarray):
        yield of


@pytest.mark.req("STR1")
def test_it_shares_no_value_with_the_picture_that_it_is_a_copy_of() -> None:
    known = picture()
    theirs = {id(each) for each in values(known)}

    mine = list(values(private(known)))

    assert len(mine) == len(theirs)
    assert not [each for each in mine if id(each) in theirs]
    assert not any(np.shares_memory(one, two) for one in arrays(mine) for two in arrays_of(known))


@pytest.mark.req("STR1")
def test_it_says_the_same_and_its_columns_are_read_only() -> None:
    known = picture()
    mine = private(known)

    assert repr(mine) == repr(known)
    assert mine.portfolio == known.portfolio
    assert mine.portfolio.lots[0].cost == known.portfolio.lots[0].cost != Decimal(0)
    with pytest.raises(ValueError, match="read-only"):
        mine.bars[0].close[0] = 1


def arrays(found: list[object]) -> list[np.ndarray[Any, Any]]:
    return [each for each in found if isinstance(each, np.ndarray)]


def arrays_of(known: Context) -> list[np.ndarray[Any, Any]]:
    return arrays(list(values(known)))
