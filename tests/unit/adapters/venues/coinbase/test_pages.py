"""Pages from bodies: what is on them, where they go on, in which spans they are asked for."""

from __future__ import annotations

from itertools import pairwise

import pytest

from adapters.venues.coinbase import pages
from domain.model.errors import ProtocolBroken
from domain.model.instants import MINUTE, SECOND


def test_a_page_says_where_it_goes_on_or_is_none() -> None:
    assert pages.orders(b'{"orders":[],"has_next":true,"cursor":"x"}').cursor == "x"
    assert pages.orders(b'{"orders":[],"has_next":false,"cursor":null}').cursor == ""
    with pytest.raises(ProtocolBroken):
        pages.orders(b'{"orders":[],"has_next":true}')


def test_fills_go_on_as_long_as_there_is_a_cursor() -> None:
    assert pages.fills(b'{"fills":[],"cursor":"x"}').cursor == "x"
    assert pages.fills(b'{"fills":[],"cursor":null}').cursor == ""


def test_junk_is_no_answer_to_a_cancel() -> None:
    with pytest.raises(ProtocolBroken):
        pages.cancelled(b"junk")


def test_spans_are_whole_buckets_and_do_not_overlap() -> None:
    found = pages.spans(MINUTE, 30 * SECOND, 601 * MINUTE)

    assert found[0][0] == 60
    assert found[-1][1] == 600 * 60
    assert all(later[0] == earlier[1] + 60 for earlier, later in pairwise(found))
