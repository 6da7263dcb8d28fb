"""The shown book: the market's levels less what we took, with our orders, never crossed."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.engine.book import Levels, VenueBook, changes
from domain.model.market import Level
from domain.model.product import Side
from tests.builders.messages import a_level
from tests.builders.numbers import decimals, price, quantity

BIDS = (a_level("99", "1"), a_level("98", "2"))
ASKS = (a_level("101", "1"), a_level("102", "2"))


def a_side(*, descending: bool) -> st.SearchStrategy[Levels]:
    rows = st.dictionaries(st.integers(90, 110), st.integers(1, 9), max_size=8)
    return rows.map(
        lambda each: tuple(
            Level(price(at), quantity(each[at])) for at in sorted(each, reverse=descending)
        )
    )


def book() -> VenueBook:
    made = VenueBook()
    made.replace(BIDS, ASKS)
    return made


def test_what_we_take_is_gone_until_the_next_step_brings_it_back() -> None:
    taken = book()

    taken.take(Side.BUY, (a_level("101", "1"), a_level("102", "0.5")))
    assert taken.shown() == (BIDS, (a_level("102", "1.5"),))
    assert (taken.best(Side.BUY), taken.best(Side.SELL)) == decimals(99, 102)

    taken.replace(BIDS, ASKS)
    assert taken.shown() == (BIDS, ASKS)


def test_an_empty_side_has_no_best_price() -> None:
    assert VenueBook().best(Side.BUY) is None
    assert VenueBook().best_own(Side.SELL) is None


@given(st.data(), st.booleans())
def test_the_changes_turn_one_side_into_the_other_and_name_nothing_else(
    data: st.DataObject, is_bid: bool
) -> None:
    before, after = (data.draw(a_side(descending=is_bid)) for _ in range(2))
    shown = {level.price: level.quantity for level in before}

    updates = [
        json.loads(text) for text in changes("bid" if is_bid else "offer", before, after, "")
    ]

    for update in updates:
        at, left = Decimal(update["price_level"]), Decimal(update["new_quantity"])
        assert shown.get(price(at)) != left, "a level that did not change is named"
        if left == 0:
            del shown[price(at)]
        else:
            shown[price(at)] = quantity(left)
    assert shown == {level.price: level.quantity for level in after}
    told = [Decimal(update["price_level"]) for update in updates]
    assert told == sorted(told, reverse=is_bid)
